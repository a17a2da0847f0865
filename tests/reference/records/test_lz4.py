"""Frames of LZ4 that Kafka reads, and that it does not. Source: ``Lz4BlockInputStream``."""

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.records.errors import UndecodableError
from ackproof.reference.records.lz4 import FRAME_HEADER, compress, decompress
from ackproof.reference.records.xxhash32 import xxhash32

LIMIT_BYTES = 10_000_000
TEXT = b"hello, world; hello, Kafka; " * 4000


def framed_by_cramjam(data: bytes, *, has_checksum: bool = False, is_linked: bool = False) -> bytes:
    compressor = cramjam.lz4.Compressor(level=3, content_checksum=has_checksum, block_linked=is_linked)
    compressor.compress(data)
    return bytes(compressor.finish())


@given(st.binary(max_size=100))
def test_the_checksum_is_the_one_that_others_put_in_front_of_their_blocks(data: bytes) -> None:
    """There is no other implementation of the checksum here, but one that uses it."""
    frame = framed_by_cramjam(data)

    assert frame[6] == xxhash32(frame[4:6]) >> 8 & 255


@pytest.mark.parametrize(
    ("data", "checksum"),
    [(b"", 0x02CC5D05), (b"a", 0x550D7456), (b"Nobody inspects the spammish repetition", 0xE2293B2F)],
)
def test_the_checksum_is_that_of_its_specification(data: bytes, checksum: int) -> None:
    assert xxhash32(data) == checksum


@pytest.mark.parametrize("length", [0, 1, 65_536, 65_537, 112_000])
def test_blocks_are_of_64_kib(length: int) -> None:
    frame = compress(TEXT[:length])

    assert frame.startswith(FRAME_HEADER)
    assert frame.endswith(b"\0\0\0\0")
    assert bytes(cramjam.lz4.decompress(frame)) == TEXT[:length]


def test_what_does_not_get_smaller_is_stored() -> None:
    data = bytes(range(256))

    assert compress(data) == FRAME_HEADER + b"\0\x01\0\x80" + data + b"\0\0\0\0"


@pytest.mark.parametrize("has_checksum", [False, True])
def test_frames_of_others_are_read_with_checksums_too(has_checksum: bool) -> None:
    assert decompress(framed_by_cramjam(TEXT, has_checksum=has_checksum), LIMIT_BYTES) == TEXT


def test_blocks_that_need_one_another_are_refused() -> None:
    with pytest.raises(UndecodableError, match="flags"):
        decompress(framed_by_cramjam(TEXT, is_linked=True), LIMIT_BYTES)


def test_a_size_of_the_contents_is_skipped() -> None:
    descriptor = b"\x68\x40" + (5).to_bytes(8, "little")
    header = b"\x04\x22\x4d\x18" + descriptor + bytes((xxhash32(descriptor) >> 8 & 255,))

    assert decompress(header + compress(TEXT)[7:], LIMIT_BYTES) == TEXT


def test_whatever_follows_a_frame_is_ignored() -> None:
    assert decompress(compress(TEXT) + b"anything", LIMIT_BYTES) == TEXT


@pytest.mark.parametrize(
    "header",
    [
        b"\x04\x22\x4d\x19\x60\x40\x82",
        b"\x04\x22\x4d\x18\x61\x40\x82",
        b"\x04\x22\x4d\x18\xa0\x40\x82",
        b"\x04\x22\x4d\x18\x60\x30\x82",
        b"\x04\x22\x4d\x18\x60\x41\x82",
        b"\x04\x22\x4d\x18\x60\xc0\x82",
        b"\x04\x22\x4d\x18\x60\x40\x83",
    ],
)
def test_other_headers_are_refused(header: bytes) -> None:
    with pytest.raises(UndecodableError):
        decompress(header + compress(TEXT)[7:], LIMIT_BYTES)


def test_a_wrong_checksum_of_a_block_is_found() -> None:
    frame = bytearray(framed_by_cramjam(TEXT[:100]))
    frame[-5] ^= 1

    with pytest.raises(UndecodableError, match="checksum of a block"):
        decompress(bytes(frame), LIMIT_BYTES)


def test_a_block_is_not_larger_than_the_frame_says() -> None:
    too_large = (65_537 | 0x80000000).to_bytes(4, "little") + bytes(65_537)

    with pytest.raises(UndecodableError, match="too large"):
        decompress(FRAME_HEADER + too_large + b"\0\0\0\0", LIMIT_BYTES)
