"""Records, and how a batch holds them. Source: ``DefaultRecord``."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import attrs

from ackproof.reference.kernel.value import value
from ackproof.reference.records.errors import InvalidRecordError
from ackproof.reference.records.varint import encoded, read_varint, read_varlong

R = TypeVar("R")

NULL = encoded(-1)
ATTRIBUTES = b"\0"
"""Those of a record: none are in use."""
LONGS = 2**64
REMEMBERED, REMEMBERED_MAX_BYTES = 1_000, 1_024
"""How many batches are remembered as they were read, and how large they are at most."""
KEY_ERRORS = "surrogateescape"
"""A header's key need not be UTF-8 on the wire; this keeps the bytes that are not."""


@attrs.frozen
class Header:
    """A header of a record; its key, unlike its value, is text."""

    key: str
    value: bytes | None


@value
class Record:
    """
    A record.

    Attributes:
        timestamp_ms: As its producer said; in a batch with log append time readers get that of the batch instead.
        offset_delta: Its offset, less the base offset of its batch.
    """

    value: bytes | None
    key: bytes | None = None
    timestamp_ms: int = 0
    headers: tuple[Header, ...] = ()
    offset_delta: int = 0

    @property
    def has_key(self) -> bool:
        """Whether it has one, be it empty."""
        return self.key is not None


def wrapped(value: int) -> int:
    """A sum or difference of two numbers of 64 bits, as Java has it."""
    return (value + LONGS // 2) % LONGS - LONGS // 2


def encode_records(records: tuple[Record, ...], base_timestamp_ms: int) -> bytes:
    """The bytes of *records*, not compressed."""
    parts: list[bytes] = []
    for record in records:
        body = _body(record, base_timestamp_ms)
        parts.append(encoded(len(body)))
        parts.append(body)
    return b"".join(parts)


def _body(record: Record, base_timestamp_ms: int) -> bytes:
    key, value, headers = record.key, record.value, record.headers
    parts = [ATTRIBUTES, encoded(wrapped(record.timestamp_ms - base_timestamp_ms)), encoded(record.offset_delta)]
    parts += (NULL,) if key is None else (encoded(len(key)), key)
    parts += (NULL,) if value is None else (encoded(len(value)), value)
    parts.append(encoded(len(headers)))
    for header in headers:
        name = header.key.encode(errors=KEY_ERRORS)
        parts += (encoded(len(name)), name)
        parts += (NULL,) if header.value is None else (encoded(len(header.value)), header.value)
    return b"".join(parts)


def decode_records(data: bytes, count: int, base_timestamp_ms: int) -> tuple[Record, ...]:
    """
    The *count* records that *data*, not compressed, holds.

    Raises:
        InvalidRecordError: It does not hold so many, or holds more than them.
    """
    # A leader looks at them, then come its readers.
    decode = _remembered if len(data) <= REMEMBERED_MAX_BYTES else _decoded
    return decode(data, count, base_timestamp_ms)


def _decoded(data: bytes, count: int, base_timestamp_ms: int) -> tuple[Record, ...]:
    if count < 0:
        raise InvalidRecordError(f"a batch has {count} records")
    return tuple(one_by_one(data, count, base_timestamp_ms, _read_record))


def one_by_one(
    data: bytes, count: int, base_timestamp_ms: int, read: Callable[[bytes, int, int], tuple[R, int]]
) -> list[R]:
    """
    What *read* makes of each of the *count* records in *data*: it is told where one starts, and says where it ends.

    Raises:
        InvalidRecordError: There are fewer, or something follows them.
    """
    found: list[R] = []
    at = 0
    try:
        for _ in range(count):
            record, at = read(data, at, base_timestamp_ms)
            found.append(record)
    except IndexError as error:
        raise InvalidRecordError("the records end early") from error
    if count and at != len(data):
        raise InvalidRecordError(f"{len(data) - at} bytes follow the last record")
    return found


_remembered = lru_cache(REMEMBERED)(_decoded)


def _read_record(data: bytes, at: int, base_timestamp_ms: int) -> tuple[Record, int]:
    length, start = read_varint(data, at)
    end = start + length
    if length < 0 or end > len(data):
        raise InvalidRecordError(f"a record of {length} bytes in {len(data) - start}")
    timestamp_delta, at = read_varlong(data, start + 1)
    offset_delta, at = read_varint(data, at)
    key, at = _read_bytes(data, at, end)
    value, at = _read_bytes(data, at, end)
    headers, at = _read_headers(data, at, end) if data[at] else ((), at + 1)
    if at != end:
        raise InvalidRecordError(f"a record of {length} bytes has {at - start}")
    timestamp_ms = base_timestamp_ms + timestamp_delta
    if not -LONGS // 2 <= timestamp_ms < LONGS // 2:
        timestamp_ms = wrapped(timestamp_ms)
    return Record(value, key, timestamp_ms, headers, offset_delta), end


def _read_bytes(data: bytes, at: int, end: int) -> tuple[bytes | None, int]:
    byte = data[at]
    # Most fields are short.
    length, at = (byte >> 1, at + 1) if byte < 128 and not byte & 1 else read_varint(data, at)
    if length < 0:
        return None, at
    if at + length > end:
        raise InvalidRecordError(f"a field of {length} bytes in {end - at}")
    return data[at : at + length], at + length


def _read_headers(data: bytes, at: int, end: int) -> tuple[tuple[Header, ...], int]:
    count, at = read_varint(data, at)
    if count == 0:
        return (), at
    if not 0 < count <= end - at:
        raise InvalidRecordError(f"{count} headers in {end - at} bytes")
    headers: list[Header] = []
    for _ in range(count):
        key, at = _read_bytes(data, at, end)
        if key is None:
            raise InvalidRecordError("a header has no key")
        value, at = _read_bytes(data, at, end)
        headers.append(Header(key.decode(errors=KEY_ERRORS), value))
    return tuple(headers), at
