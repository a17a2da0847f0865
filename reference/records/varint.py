"""Integers of varying length, zig-zag encoded: what records are written with. Source: ``ByteUtils``."""

from functools import lru_cache

from ackproof.reference.records.errors import InvalidRecordError

REMEMBERED = 1_000
"""How many numbers are remembered with their bytes: most are lengths, offset deltas and timestamp deltas."""


@lru_cache(REMEMBERED)
def encoded(value: int) -> bytes:
    """The bytes of a number of up to 64 bits."""
    zigzag = (value << 1) ^ (value >> 63)
    written = bytearray()
    while zigzag >= 128:
        written.append(zigzag & 127 | 128)
        zigzag >>= 7
    written.append(zigzag)
    return bytes(written)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """
    A number of 32 bits that starts at *at*, and where it ends.

    Bits beyond the 32nd are ignored, as Kafka does.

    Raises:
        InvalidRecordError: It is longer than five bytes.
        IndexError: The data ends within it.
    """
    byte = data[at]
    if byte < 128:
        return (byte >> 1) ^ -(byte & 1), at + 1
    zigzag, end = _unsigned(data, at, 5)
    zigzag &= 0xFFFFFFFF
    return (zigzag >> 1) ^ -(zigzag & 1), end


def read_varlong(data: bytes, at: int) -> tuple[int, int]:
    """
    A number of 64 bits that starts at *at*, and where it ends.

    Bits beyond the 64th are ignored, as Kafka does.

    Raises:
        InvalidRecordError: It is longer than ten bytes.
        IndexError: The data ends within it.
    """
    byte = data[at]
    if byte < 128:
        return (byte >> 1) ^ -(byte & 1), at + 1
    zigzag, end = _unsigned(data, at, 10)
    zigzag &= 0xFFFFFFFFFFFFFFFF
    return (zigzag >> 1) ^ -(zigzag & 1), end


def _unsigned(data: bytes, at: int, length_max: int) -> tuple[int, int]:
    value = 0
    for index in range(length_max):
        byte = data[at + index]
        value |= (byte & 127) << (7 * index)
        if byte < 128:
            return value, at + index + 1
    raise InvalidRecordError(f"a number is longer than {length_max} bytes")
