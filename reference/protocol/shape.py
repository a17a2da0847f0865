"""Shapes that messages had in old versions, where the same is said in other fields."""

from collections.abc import Callable
from typing import TypeVar, cast

import attrs
from kio.schema.errors import ErrorCode
from kio.static.constants import EntityType
from kio.static.protocol import Entity, RequestPayload, ResponsePayload

from ackproof.reference.protocol.conversion import Convert, conversion
from ackproof.reference.protocol.errors import KafkaError

Message = RequestPayload | ResponsePayload
Old = TypeVar("Old", bound=Message)
New = TypeVar("New", bound=Message)
E = TypeVar("E", bound=Entity)
T = TypeVar("T")


@attrs.frozen
class Shape:
    """
    The old shape of a message.

    Attributes:
        old: The class of the last version that had it; those before differ from that in single fields only.
        upgrade: What makes a message of the class in ``apis.py`` of one of that class.
        downgrade: The reverse.
    """

    old: type[Message]
    upgrade: Convert
    downgrade: Convert

    @property
    def key(self) -> tuple[int, bool]:
        """The key of the API, and whether it is about requests."""
        return int(self.old.__api_key__), self.old.__type__ is EntityType.request


def shape(old: type[Old], upgrade: Callable[[Old], New], downgrade: Callable[[New], Old]) -> Shape:
    """A shape, of functions that know the classes."""
    return Shape(cast("type[Message]", old), cast("Convert", upgrade), cast("Convert", downgrade))


def converted(message: object, target: type[E]) -> E:
    """A part of a message that differs in its class only."""
    return cast("E", conversion(cast("type[Entity]", type(message)), target)(message))


def only(items: tuple[T, ...], what: str) -> T:
    """
    The one item of a request that once had no more.

    Raises:
        KafkaError: UNSUPPORTED_VERSION: there are more, or none.
    """
    if len(items) != 1:
        raise KafkaError(ErrorCode.unsupported_version, f"the old version has one {what}, not {len(items)}")
    return items[0]
