"""How large records are, before they are compressed. Source: ``DefaultRecord``, ``DefaultRecordBatch``."""

from collections.abc import Sequence

from ackproof.reference.records.batch import Header
from ackproof.reference.records.header import HEADER_SIZE_BYTES

RECORD_OVERHEAD_MAX_BYTES = 21
"""As much as its length, attributes, timestamp and offset take."""
ATTRIBUTES_SIZE_BYTES = 1
NULL_SIZE_BYTES = 1


def varint_size_bytes(value: int) -> int:
    """How many bytes a number takes in a record."""
    if -64 <= value < 64:
        return 1
    zigzag = (value << 1) ^ (value >> 63)
    return (zigzag.bit_length() + 6) // 7


def content_size_bytes(key: bytes | None, value: bytes | None, headers: Sequence[Header]) -> int:
    """How many bytes key, value and headers take."""
    size_bytes = _bytes_size_bytes(key) + _bytes_size_bytes(value) + varint_size_bytes(len(headers))
    for header in headers:
        size_bytes += _bytes_size_bytes(header.key.encode()) + _bytes_size_bytes(header.value)
    return size_bytes


def record_size_bytes(offset_delta: int, timestamp_delta_ms: int, content_bytes: int) -> int:
    """How many bytes a record takes in a batch, with its key, value and headers."""
    body_bytes = (
        ATTRIBUTES_SIZE_BYTES + varint_size_bytes(timestamp_delta_ms) + varint_size_bytes(offset_delta) + content_bytes
    )
    return varint_size_bytes(body_bytes) + body_bytes


def upper_bound_bytes(content_bytes: int) -> int:
    """How many bytes a batch of this one record takes at most."""
    return HEADER_SIZE_BYTES + RECORD_OVERHEAD_MAX_BYTES + content_bytes


def _bytes_size_bytes(data: bytes | None) -> int:
    return NULL_SIZE_BYTES if data is None else varint_size_bytes(len(data)) + len(data)
