"""Records of ``__consumer_offsets``: what a group coordinator keeps, and finds again when it loads."""

from functools import lru_cache
from struct import Struct

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
from ackproof.reference.groups.shards.entity import read, written
from ackproof.reference.kernel.value import value
from ackproof.reference.records.batch import Record

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
    """A record's value has a version that is not known: what comes after it must not be loaded either."""


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
    What was written; None for records of other types, which are passed over.

    Raises:
        UnreadableRecordError: It is of a known type, but its value is not of a known version.

    Source: ``CoordinatorRecordSerde.deserialize``.
    """
    assert record.key is not None
    (type_of_record,) = TYPE_OR_VERSION.unpack_from(record.key)
    if type_of_record not in KEYS:
        return None
    key_type, value_types = KEYS[type_of_record]
    key = read(key_type, record.key[2:])
    if record.value is None:
        return StateRecord(key)
    (version,) = TYPE_OR_VERSION.unpack_from(record.value)
    if version not in value_types:
        raise UnreadableRecordError(f"{value_types[max(value_types)].__name__} of version {version}")
    return StateRecord(key, read(value_types[version], record.value[2:]))
