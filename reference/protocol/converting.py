"""
Messages of one version as those of another: servers and clients hold all of them in the version of ``apis.py``.

What a version lacks gets its default, and what only another version has is dropped; ``adapting.py`` has those where the
same is said in other fields. Error codes that old callers do not know are replaced as Kafka does.
"""

from functools import cache
from typing import TypeVar, cast

from kio.index import load_request_schema, load_response_schema
from kio.schema.errors import ErrorCode
from kio.static.constants import EntityType
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.protocol.adapting import SHAPES
from ackproof.reference.protocol.apis import API_OF
from ackproof.reference.protocol.conversion import Convert, conversion
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.fields import fields_of
from ackproof.reference.protocol.obsolete import LATER_FIELDS
from ackproof.reference.protocol.shape import Message, Shape

P = TypeVar("P", RequestPayload, ResponsePayload, Message)


@cache
def request_class(api_key: int, version: int) -> type[RequestPayload]:
    """The class of an API's requests in a version."""
    return load_request_schema(api_key, version)


@cache
def response_class(api_key: int, version: int) -> type[ResponsePayload]:
    """The class of an API's answers in a version."""
    return load_response_schema(api_key, version)


def to_canonical(message: P) -> P:
    """*message*, of any version, in the version of its API in ``apis.py``."""
    return cast("P", _upgrade(type(message))(message))


def to_version(message: P, version: int) -> P:
    """
    *message*, in the version of its API in ``apis.py``, in another.

    Raises:
        KafkaError: UNSUPPORTED_VERSION: it is a request that says what that version cannot.
    """
    return cast("P", _downgrade(type(message), version)(message))


def _class_like(message: type[Message], version: int) -> type[Message]:
    load = request_class if message.__type__ is EntityType.request else response_class
    return load(message.__api_key__, version)


def _shape_of(message: type[Message]) -> Shape | None:
    return SHAPES.get((int(message.__api_key__), message.__type__ is EntityType.request))


@cache
def _upgrade(source: type[Message]) -> Convert:
    api = API_OF.get(source.__api_key__)
    # What is asked of others and not served stays as it is.
    canonical = _class_like(source, api.version if api else source.__version__)
    shape = _shape_of(source)
    if shape is None or source.__version__ > shape.old.__version__:
        return conversion(source, canonical)
    return _chain(conversion(source, shape.old), shape.upgrade)


@cache
def _downgrade(canonical: type[Message], version: int) -> Convert:
    target = _class_like(canonical, version)
    shape = _shape_of(canonical)
    if shape is None or version > shape.old.__version__:
        return _checked(canonical, version, conversion(canonical, target))
    return _checked(canonical, version, _chain(shape.downgrade, conversion(shape.old, target)))


def _chain(first: Convert, second: Convert) -> Convert:
    return lambda message: second(first(message))


def _checked(canonical: type[Message], version: int, convert: Convert) -> Convert:
    """Refuses what a client of Kafka does not send to a broker that is too old for it."""
    defaults = [
        (field.name, field.default)
        for field in fields_of(canonical)
        if version < LATER_FIELDS.get((int(canonical.__api_key__), field.name), 0)
    ]
    if not defaults or canonical.__type__ is not EntityType.request:
        return convert

    def check(message: object) -> object:
        for name, default in defaults:
            if getattr(message, name) != default:
                raise KafkaError(ErrorCode.unsupported_version, f"{canonical.__name__} {version} has no {name}")
        return convert(message)

    return check
