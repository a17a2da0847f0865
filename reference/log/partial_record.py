"""What a leader looks at in records that it does not change. Source: ``PartialDefaultRecord``."""

from ackproof.reference.kernel.value import value
from ackproof.reference.records.errors import InvalidRecordError
from ackproof.reference.records.record import one_by_one
from ackproof.reference.records.varint import read_varint, read_varlong


@value
class PartialRecord:
    """A record without what it says."""

    timestamp_ms: int
    offset_delta: int
    has_key: bool


def skim(data: bytes, count: int, base_timestamp_ms: int) -> list[PartialRecord]:
    """
    The *count* records in *data*, of a batch that stays compressed as it is.

    They are read field by field. How long each of them says that it is counts for nothing, so that a batch with wrong
    lengths is taken, which its readers then cannot read.

    Raises:
        InvalidRecordError: There are fewer, or something follows them.

    Source: ``DefaultRecord.readPartiallyFrom``.
    """
    return one_by_one(data, count, base_timestamp_ms, _skim_one)


def _skim_one(data: bytes, at: int, base_timestamp_ms: int) -> tuple[PartialRecord, int]:
    _, at = read_varint(data, at)
    timestamp_delta, at = read_varlong(data, at + 1)
    offset_delta, at = read_varint(data, at)
    key_length, at = read_varint(data, at)
    at = _after_field(data, at + max(key_length, 0))
    headers, at = read_varint(data, at)
    if headers < 0:
        raise InvalidRecordError(f"a record has {headers} headers")
    for _ in range(headers):
        length, at = read_varint(data, at)
        if length < 0:
            raise InvalidRecordError("a header has no key")
        at = _after_field(data, at + length)
    return PartialRecord(base_timestamp_ms + timestamp_delta, offset_delta, key_length >= 0), at


def _after_field(data: bytes, at: int) -> int:
    """Where the field that starts at *at* ends; it may end before the data does, but not after."""
    length, at = read_varint(data, at)
    end = at + max(length, 0)
    if end > len(data):
        raise InvalidRecordError("a field ends after the records")
    return end
