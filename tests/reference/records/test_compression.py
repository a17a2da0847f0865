"""Compression: what clients send, what others would, and what nobody should."""

import gzip
import tracemalloc

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.records.compression import (
    CODECS,
    DECOMPRESSED_MAX_BYTES,
    Compression,
    compress,
    compression_of,
    decompress,
)
from ackproof.reference.records.errors import UndecodableError
from ackproof.reference.records.snappy import STREAM_HEADER

COMPRESSING: tuple[Compression, ...] = ("gzip", "snappy", "lz4", "zstd")
EACH_CODEC = pytest.mark.parametrize("compression", COMPRESSING)
TEXT = b"hello, world; hello, Kafka; " * 40


@st.composite
def mixed(draw: st.DrawFn) -> bytes:
    """Bytes that can be compressed more or less."""
    return draw(st.binary(max_size=300)) + draw(st.binary(max_size=20)) * draw(st.integers(0, 9000))


@pytest.mark.parametrize("compression", CODECS)
@given(data=mixed())
def test_what_is_compressed_is_decompressed(compression: Compression, data: bytes) -> None:
    assert decompress(compress(data, compression), compression) == data


@pytest.mark.parametrize(
    ("compression", "level"),
    [("gzip", 1), ("gzip", 9), ("gzip", -1), ("lz4", 1), ("lz4", 9), ("lz4", 17), ("zstd", -131072), ("zstd", 22)],
)
def test_each_level_of_kafka_compresses(compression: Compression, level: int) -> None:
    assert decompress(compress(TEXT, compression, level), compression) == TEXT


@pytest.mark.parametrize(
    ("compression", "level"),
    [("gzip", 0), ("gzip", 10), ("lz4", 0), ("lz4", 18), ("zstd", 23), ("snappy", 1), ("none", 1)],
)
def test_other_levels_do_not_exist(compression: Compression, level: int) -> None:
    with pytest.raises(ValueError, match=f"{compression} has no level {level}"):
        compress(TEXT, compression, level)


def test_others_decompress_what_we_compress() -> None:
    assert gzip.decompress(compress(TEXT, "gzip")) == TEXT
    assert bytes(cramjam.lz4.decompress(compress(TEXT, "lz4"))) == TEXT
    assert bytes(cramjam.zstd.decompress(compress(TEXT, "zstd"))) == TEXT


def test_codecs_have_numbers() -> None:
    assert [compression_of(attributes) for attributes in range(5)] == list(CODECS)
    assert compression_of(0x7FF8) == "none"


@EACH_CODEC
def test_what_ends_early_cannot_be_decompressed(compression: Compression) -> None:
    data = compress(TEXT, compression)

    for length in range(len(data)):
        if compression == "snappy" and 0 <= length - len(STREAM_HEADER) < 4:
            continue  # a stream of no chunks; snappy-java does not look at the beginning of a length either
        with pytest.raises(UndecodableError):
            decompress(data[:length], compression)


@EACH_CODEC
@given(data=st.data())
def test_any_bytes_are_decompressed_or_refused(compression: Compression, data: st.DataObject) -> None:
    good = bytearray(compress(TEXT, compression))
    for _ in range(data.draw(st.integers(0, 3))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    junk = data.draw(st.sampled_from([bytes(good)]) | st.binary(max_size=60))

    try:
        decompressed = decompress(junk, compression)
    except UndecodableError:
        return
    assert len(decompressed) <= DECOMPRESSED_MAX_BYTES


@EACH_CODEC
def test_a_bomb_is_refused_before_it_fills_the_memory(compression: Compression) -> None:
    bomb = compress(bytes(3_000_000), compression)
    tracemalloc.start()
    try:
        with pytest.raises(UndecodableError):
            decompress(bomb, compression, limit_bytes=300_000)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak_bytes < 2_000_000
    assert decompress(bomb, compression, limit_bytes=3_000_000) == bytes(3_000_000)


def test_snappy_may_announce_what_it_does_not_hold() -> None:
    with pytest.raises(UndecodableError):
        decompress(b"\xff\xff\xff\xff\x0f", "snappy")


def test_snappy_is_a_stream_of_chunks() -> None:
    data = compress(bytes(40_000), "snappy")

    assert data.startswith(STREAM_HEADER)
    first = int.from_bytes(data[16:20])
    assert bytes(cramjam.snappy.decompress_raw(data[20 : 20 + first])) == bytes(32_768)


def test_snappy_may_be_one_raw_block() -> None:
    assert decompress(bytes(cramjam.snappy.compress_raw(TEXT)), "snappy") == TEXT


def test_streams_of_snappy_may_follow_one_another() -> None:
    data = compress(TEXT, "snappy")

    assert decompress(data + data, "snappy") == TEXT * 2


def test_members_of_gzip_may_follow_one_another_and_then_anything() -> None:
    data = compress(TEXT, "gzip")

    assert decompress(data + data + b"anything", "gzip") == TEXT * 2


def test_frames_of_zstd_may_follow_one_another() -> None:
    data = compress(TEXT, "zstd")

    assert decompress(data + data, "zstd") == TEXT * 2
    with pytest.raises(UndecodableError):
        decompress(data + b"anything", "zstd")
