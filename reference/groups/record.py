"""Records of ``__consumer_offsets``: what a group coordinator keeps, and finds again when it loads."""

from functools import lru_cache
from struct import Struct
from typing import TypeVar

from kio.static.protocol import Entity

from ackproof.reference.groups.modern.schema import (
    ConsumerGroupCurrentMemberAssignmentKey,
    ConsumerGroupCurrentMemberAssignmentValue,
    ConsumerGroupMemberMetadataKey,
    ConsumerGroupMemberMetadataValue,
    ConsumerGroupMetadataKey,
    ConsumerGroupMetadataValue,
    ConsumerGroupRegularExpressionKey,
    ConsumerGroupRegularExpressionValue,
    ConsumerGroupTargetAssignmentMemberKey,
    ConsumerGroupTargetAssignmentMemberValue,
    ConsumerGroupTargetAssignmentMetadataKey,
    ConsumerGroupTargetAssignmentMetadataValue,
)
from ackproof.reference.groups.schema import (
    GroupMetadataKey,
    GroupMetadataValue,
    LegacyOffsetCommitKey,
    OffsetCommitKey,
    OffsetCommitValue,
    OffsetCommitValueV1,
    OffsetCommitValueV3,
)
from ackproof.reference.groups.shards.entity import written
from ackproof.reference.kernel.value import value
from ackproof.reference.protocol.reading import read
from ackproof.reference.protocol.wire import MalformedError
from ackproof.reference.records.batch import Record

E = TypeVar("E", bound=Entity)

Key = (
    LegacyOffsetCommitKey
    | OffsetCommitKey
    | GroupMetadataKey
    | ConsumerGroupMetadataKey
    | ConsumerGroupMemberMetadataKey
    | ConsumerGroupTargetAssignmentMetadataKey
    | ConsumerGroupTargetAssignmentMemberKey
    | ConsumerGroupCurrentMemberAssignmentKey
    | ConsumerGroupRegularExpressionKey
)
Value = (
    OffsetCommitValueV1
    | OffsetCommitValueV3
    | OffsetCommitValue
    | GroupMetadataValue
    | ConsumerGroupMetadataValue
    | ConsumerGroupMemberMetadataValue
    | ConsumerGroupTargetAssignmentMetadataValue
    | ConsumerGroupTargetAssignmentMemberValue
    | ConsumerGroupCurrentMemberAssignmentValue
    | ConsumerGroupRegularExpressionValue
)

OFFSETS: tuple[type[Value], ...] = (OffsetCommitValueV1, OffsetCommitValueV3, OffsetCommitValue)
FORMATS: tuple[tuple[type[Key], tuple[type[Value], ...]], ...] = (
    (LegacyOffsetCommitKey, OFFSETS),
    (OffsetCommitKey, OFFSETS),
    (GroupMetadataKey, (GroupMetadataValue,)),
    (ConsumerGroupMetadataKey, (ConsumerGroupMetadataValue,)),
    (ConsumerGroupMemberMetadataKey, (ConsumerGroupMemberMetadataValue,)),
    (ConsumerGroupTargetAssignmentMetadataKey, (ConsumerGroupTargetAssignmentMetadataValue,)),
    (ConsumerGroupTargetAssignmentMemberKey, (ConsumerGroupTargetAssignmentMemberValue,)),
    (ConsumerGroupCurrentMemberAssignmentKey, (ConsumerGroupCurrentMemberAssignmentValue,)),
    (ConsumerGroupRegularExpressionKey, (ConsumerGroupRegularExpressionValue,)),
)
KEYS = {int(key.__version__): (key, {int(value.__version__): value for value in values}) for key, values in FORMATS}
"""The key of each type of record, and its value in each version."""
TYPE_OR_VERSION = Struct(">h")
REMEMBERED = 1_000
"""How many keys are remembered as they are written: a group commits the same partitions over and over."""


class UnreadableRecordError(Exception):
    """A record is not what its type or version says: what comes after it must not be loaded either."""


@value
class StateRecord:
    """
    A record, decoded.

    Attributes:
        value: None deletes what was kept under *key* (a tombstone).
    """

    key: Key
    value: Value | None = None


def encode(record: StateRecord, timestamp_ms: int) -> Record:
    """The record as it is written. Source: ``GroupCoordinatorRecordSerde``, ``CoordinatorRecordSerde``."""
    key = _written_key(record.key)
    if record.value is None:
        return Record(None, key, timestamp_ms)
    return Record(TYPE_OR_VERSION.pack(record.value.__version__) + written(record.value), key, timestamp_ms)


@lru_cache(REMEMBERED)
def _written_key(key: Key) -> bytes:
    return TYPE_OR_VERSION.pack(key.__version__) + written(key)


def decode(record: Record) -> StateRecord | None:
    """
    What was written; None for records of other types, which are passed over, as tagged fields are that are not known.

    Raises:
        UnreadableRecordError: It has no key, or is of a known type and can not be read.

    Source: ``CoordinatorRecordSerde.deserialize``, ``CoordinatorLoaderImpl.doLoad``.
    """
    if record.key is None:
        raise UnreadableRecordError("a record without a key")
    type_of_record = _type_or_version(record.key, "key")
    if type_of_record not in KEYS:
        return None
    key_type, value_types = KEYS[type_of_record]
    key = _read(key_type, record.key)
    if record.value is None:
        return StateRecord(key)
    version = _type_or_version(record.value, "value")
    if version not in value_types:
        raise UnreadableRecordError(f"{value_types[max(value_types)].__name__} of version {version}")
    return StateRecord(key, _read(value_types[version], record.value))


def _type_or_version(data: bytes, name: str) -> int:
    if len(data) < TYPE_OR_VERSION.size:
        raise UnreadableRecordError(f"a {name} without a version")
    (number,) = TYPE_OR_VERSION.unpack_from(data)
    return int(number)


def _read(entity: type[E], data: bytes) -> E:
    try:
        return read(entity, data, TYPE_OR_VERSION.size)[0]
    except MalformedError as problem:
        raise UnreadableRecordError(f"{entity.__name__}: {problem}") from problem
