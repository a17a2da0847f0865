"""
What consumers say in the classic protocol: the bytes of subscriptions and assignments.

The coordinator reads them of groups of the type ``consumer``. What is cut off within a number it takes for malformed
and goes on without; lengths that cannot be throw an exception in Kafka that nobody expects.

Source: ``ConsumerProtocol``, ``ByteBufferAccessor``.
"""

from collections.abc import Mapping, Sequence
from struct import Struct

import attrs

from ackproof.reference.groups.errors import UnexpectedError

PROTOCOL_TYPE = "consumer"
NEWEST_VERSION = 3
INT16 = Struct(">h")
INT32 = Struct(">i")


class MalformedError(Exception):
    """The bytes end within a number, or their version is negative (``SchemaException``)."""


@attrs.frozen
class Subscription:
    """
    What a member wants (``ConsumerProtocolSubscription``).

    Attributes:
        owned_partitions: By topic; in versions before 1 nobody says.
    """

    topics: tuple[str, ...]
    owned_partitions: tuple[tuple[str, tuple[int, ...]], ...] = ()
    generation: int = -1
    rack_id: str | None = None


@attrs.frozen
class Assignment:
    """What a member is assigned (``ConsumerProtocolAssignment``)."""

    partitions: tuple[tuple[str, tuple[int, ...]], ...]
    user_data: bytes | None = None


class Reader:
    """Reads numbers, strings and lists one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def _remaining(self) -> int:
        return len(self._data) - self._at

    def number(self, form: Struct) -> int:
        """The next number."""
        if self._remaining < form.size:
            raise MalformedError("the bytes end within a number")
        (value,) = form.unpack_from(self._data, self._at)
        self._at += form.size
        return int(value)

    def taken(self, size: int) -> bytes:
        """So many bytes."""
        if size > self._remaining:
            raise UnexpectedError(f"{size} bytes where there are {self._remaining}")
        self._at += size
        return self._data[self._at - size : self._at]

    def string(self) -> str:
        """A string."""
        length = self.number(INT16)
        if length < 0:
            raise UnexpectedError("null where a string must be")
        return self.taken(length).decode(errors="replace")

    def string_or_none(self) -> str | None:
        """A string, or null."""
        length = self.number(INT16)
        return None if length < 0 else self.taken(length).decode(errors="replace")

    def bytes_or_none(self) -> bytes | None:
        """Bytes, or null."""
        length = self.number(INT32)
        return None if length < 0 else self.taken(length)

    def count(self) -> int:
        """How many elements a list has."""
        count = self.number(INT32)
        if not 0 <= count <= self._remaining:
            raise UnexpectedError(f"a list of {count} in {self._remaining} bytes")
        return count

    def partitions(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Topics with partitions."""
        return tuple(
            (self.string(), tuple(self.number(INT32) for _ in range(self.count()))) for _ in range(self.count())
        )


def read_version(data: bytes) -> int:
    """
    The version that *data* starts with, or the newest known if that is older.

    Raises:
        MalformedError: There is none, or it is negative.
    """
    version = Reader(data).number(INT16)
    if version < 0:
        raise MalformedError(f"version {version}")
    return min(version, NEWEST_VERSION)


def read_topics(data: bytes) -> frozenset[str]:
    """
    The topics of a subscription of any version.

    Raises:
        MalformedError, UnexpectedError: It cannot be read.
    """
    Reader(data).number(INT16)
    reader = Reader(data[INT16.size :])
    topics = frozenset(reader.string() for _ in range(reader.count()))
    reader.bytes_or_none()
    return topics


def read_subscription(data: bytes) -> Subscription:
    """
    A subscription.

    Raises:
        MalformedError, UnexpectedError: It cannot be read.
    """
    version = read_version(data)
    reader = Reader(data[INT16.size :])
    topics = tuple(reader.string() for _ in range(reader.count()))
    reader.bytes_or_none()
    owned = reader.partitions() if version >= 1 else ()
    generation = reader.number(INT32) if version >= 2 else -1
    return Subscription(topics, owned, generation, reader.string_or_none() if version >= 3 else None)


def read_assignment(data: bytes) -> Assignment:
    """
    An assignment.

    Raises:
        MalformedError, UnexpectedError: It cannot be read.
    """
    read_version(data)
    reader = Reader(data[INT16.size :])
    partitions = reader.partitions()
    return Assignment(partitions, reader.bytes_or_none())


def written_assignment(partitions: Mapping[str, Sequence[int]], version: int) -> bytes:
    """The bytes of an assignment without user data."""
    parts = [INT16.pack(version), INT32.pack(len(partitions))]
    for topic, numbers in partitions.items():
        name = topic.encode()
        parts += [INT16.pack(len(name)), name, INT32.pack(len(numbers)), *(INT32.pack(number) for number in numbers)]
    return b"".join([*parts, INT32.pack(-1)])


def written_subscription(subscription: Subscription, version: int = NEWEST_VERSION) -> bytes:
    """The bytes of a subscription without user data."""
    parts = [INT16.pack(version), INT32.pack(len(subscription.topics))]
    for topic in subscription.topics:
        parts += [INT16.pack(len(topic.encode())), topic.encode()]
    parts.append(INT32.pack(-1))
    if version >= 1:
        parts.append(written_assignment(dict(subscription.owned_partitions), 0)[INT16.size : -INT32.size])
    if version >= 2:
        parts.append(INT32.pack(subscription.generation))
    if version >= 3:
        rack = subscription.rack_id
        parts.append(INT16.pack(-1) if rack is None else INT16.pack(len(rack.encode())) + rack.encode())
    return b"".join(parts)
