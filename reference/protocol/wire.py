"""
Values as messages carry them: numbers, text, bytes and arrays.

They are read as Kafka does, whatever the bytes are: nothing is made room for that is not there, text need not be
UTF-8, a negative length is null, and error codes that are not known become UNKNOWN_SERVER_ERROR.

Source: ``ByteBufferAccessor``, ``MessageDataGenerator``.
"""

import struct
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.primitive import EPOCH

Read = Callable[[bytes, int], tuple[object, int]]
"""The value that begins at a place, and where it ends."""
ReadLength = Callable[[bytes, int], tuple[int, int]]
"""A length, and where what is so long begins; a negative one is null."""
Converter = Callable[[object], object]

SHORT, INT = struct.Struct(">h"), struct.Struct(">i")
STRING_MAX_BYTES = 0x7FFF
VARINT_MAX_BYTES = 5
FORMATS: Mapping[str, str] = {
    "bool": "?",
    "int8": "b",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "float64": "d",
    "error_code": "h",
    "timedelta_i32": "i",
    "timedelta_i64": "q",
    "datetime_i64": "q",
    "uuid": "16s",
}
"""How the values of a fixed size are packed, by the type that kio gives a field."""
ERROR_CODES = {int(code): code for code in ErrorCode}
MILLISECOND = timedelta(milliseconds=1)
DURATION_MIN_MS, DURATION_MAX_MS = timedelta.min // MILLISECOND, timedelta.max // MILLISECOND
MOMENT_MAX_MS = (datetime.max.replace(tzinfo=EPOCH.tzinfo) - EPOCH) // MILLISECOND


class MalformedError(ValueError):
    """The bytes are not those of a message of that kind."""


def _error_code(value: object) -> ErrorCode:
    assert isinstance(value, int)
    return ERROR_CODES.get(value, ErrorCode.unknown_server_error)


def _duration(value: object) -> timedelta:
    """One beyond what Python can say is the longest that it can."""
    assert isinstance(value, int)
    return timedelta(milliseconds=max(DURATION_MIN_MS, min(value, DURATION_MAX_MS)))


def _moment(value: object) -> datetime | None:
    assert isinstance(value, int)
    return None if value < 0 else EPOCH + timedelta(milliseconds=min(value, MOMENT_MAX_MS))


def _uuid(value: object) -> UUID | None:
    assert isinstance(value, bytes)
    return UUID(bytes=value) if any(value) else None


CONVERTERS: Mapping[str, Converter] = {
    "error_code": _error_code,
    "timedelta_i32": _duration,
    "timedelta_i64": _duration,
    "datetime_i64": _moment,
    "uuid": _uuid,
}
"""What makes the value of a field of what was unpacked, where that is not it already."""


def read_unsigned_varint(data: bytes, at: int) -> tuple[int, int]:
    """
    A number of 32 bits, which from 2**31 on is negative, and where it ends.

    Raises:
        MalformedError: It is longer than five bytes.
        IndexError: The data ends within it.
    """
    value = data[at]
    if value < 128:
        return value, at + 1
    value &= 127
    for index in range(1, VARINT_MAX_BYTES):
        byte = data[at + index]
        value |= (byte & 127) << (7 * index)
        if byte < 128:
            value &= 0xFFFFFFFF
            return value - (value >> 31 << 32), at + index + 1
    raise MalformedError("a number is too long")


def read_compact_length(data: bytes, at: int) -> tuple[int, int]:
    """A length in a flexible message: one more than it is, so that 0 is null."""
    length, at = read_unsigned_varint(data, at)
    return length - 1, at


def read_short_length(data: bytes, at: int) -> tuple[int, int]:
    """The length of text in a message that is not flexible."""
    (length,) = SHORT.unpack_from(data, at)
    return length, at + 2


def read_int_length(data: bytes, at: int) -> tuple[int, int]:
    """The length of anything else in a message that is not flexible."""
    (length,) = INT.unpack_from(data, at)
    return length, at + 4


def skip(data: bytes, at: int, length: int) -> int:
    """
    Where *length* bytes end.

    Raises:
        MalformedError: There are not so many.
    """
    if not 0 <= length <= len(data) - at:
        raise MalformedError(f"{length} bytes in {len(data) - at}")
    return at + length


def number_reader(kafka_type: str) -> Read:
    """Reads a value of a fixed size."""
    packed = struct.Struct(">" + FORMATS[kafka_type])
    convert = CONVERTERS.get(kafka_type)

    def read(data: bytes, at: int) -> tuple[object, int]:
        (value,) = packed.unpack_from(data, at)
        return value if convert is None else convert(value), at + packed.size

    return read


def bytes_reader(read_length: ReadLength) -> Read:
    """Reads bytes, or null."""

    def read(data: bytes, at: int) -> tuple[object, int]:
        length, at = read_length(data, at)
        if length < 0:
            return None, at
        end = skip(data, at, length)
        return data[at:end], end

    return read


def string_reader(read_length: ReadLength) -> Read:
    """Reads text, or null."""

    def read(data: bytes, at: int) -> tuple[object, int]:
        length, at = read_length(data, at)
        if length < 0:
            return None, at
        if length > STRING_MAX_BYTES:
            raise MalformedError(f"text of {length} bytes")
        end = skip(data, at, length)
        return data[at:end].decode(errors="replace"), end

    return read


def array_reader(read_length: ReadLength, read_item: Read) -> Read:
    """Reads an array, or null."""

    def read(data: bytes, at: int) -> tuple[object, int]:
        count, at = read_length(data, at)
        if count < 0:
            return None, at
        if count > len(data) - at:
            raise MalformedError(f"{count} items in {len(data) - at} bytes")
        items: list[object] = []
        for _ in range(count):
            item, at = read_item(data, at)
            items.append(item)
        return tuple(items), at

    return read


def number_array_reader(read_length: ReadLength, kafka_type: str) -> Read:
    """Reads an array of values that are unpacked all at once, or null."""
    form = FORMATS[kafka_type]
    size_bytes = struct.calcsize(">" + form)

    def read(data: bytes, at: int) -> tuple[object, int]:
        count, at = read_length(data, at)
        if count < 0:
            return None, at
        end = skip(data, at, count * size_bytes)
        return struct.unpack_from(f">{count}{form}", data, at), end

    return read
