"""
What records are compressed with.

Kafka decompresses whatever it is given; here there is a limit, so that a small batch cannot fill the memory.
"""

import zlib
from typing import Literal

import cramjam

from ackproof.reference.records import lz4, snappy
from ackproof.reference.records.errors import UndecodableError

Compression = Literal["none", "gzip", "snappy", "lz4", "zstd"]

CODECS: tuple[Compression, ...] = ("none", "gzip", "snappy", "lz4", "zstd")
"""Each at the place of its number in a batch's attributes."""
DECOMPRESSED_MAX_BYTES = 104_857_600
"""As much as a broker takes in one request by default (``socket.request.max.bytes``)."""
LEVELS = {"gzip": range(1, 10), "lz4": range(1, 18), "zstd": range(-131072, 23)}
DEFAULT_LEVELS = {"gzip": -1, "lz4": lz4.DEFAULT_LEVEL, "zstd": 3}
"""Those of Kafka (``CompressionType``)."""
GZIP_WINDOW = 31
"""For zlib: the largest window, and the header and trailer of gzip."""
GZIP_MAGIC = b"\x1f\x8b"
GZIP_HEADER = GZIP_MAGIC + b"\x08\0\0\0\0\0\0\xff"
"""Deflated, at no time, on a system that is not known."""
ZSTD_FIRST_GUESS_BYTES = 65_536
TOO_SMALL = "failed to write whole buffer"
"""What cramjam says when the output does not fit."""


def compression_of(attributes: int) -> Compression:
    """
    The codec in a batch's *attributes*.

    Raises:
        UndecodableError: There is none of that number.
    """
    codec = attributes & 7
    if codec >= len(CODECS):
        raise UndecodableError(f"no codec has the number {codec}")
    return CODECS[codec]


def compress(data: bytes, compression: Compression, level: int | None = None) -> bytes:
    """
    *data*, compressed as Kafka's own clients do; their default *level* where none is given.

    The bytes are theirs too, except that a large batch may come out otherwise with snappy and zstd.

    Raises:
        ValueError: The codec has no such level.
    """
    if level is not None and level not in LEVELS.get(compression, ()) and level != DEFAULT_LEVELS.get(compression):
        raise ValueError(f"{compression} has no level {level}")
    match compression:
        case "none":
            return data
        case "gzip":
            return _gzip(data, DEFAULT_LEVELS["gzip"] if level is None else level)
        case "snappy":
            return snappy.compress(data)
        case "lz4":
            return lz4.compress(data, DEFAULT_LEVELS["lz4"] if level is None else level)
        case "zstd":
            return _zstd(data, DEFAULT_LEVELS["zstd"] if level is None else level)


def decompress(data: bytes, compression: Compression, limit_bytes: int = DECOMPRESSED_MAX_BYTES) -> bytes:
    """
    *data* as it was before it was compressed.

    Raises:
        UndecodableError: It was not compressed so, or would be more than *limit_bytes*.
    """
    match compression:
        case "none":
            return data
        case "gzip":
            return _gunzip(data, limit_bytes)
        case "snappy":
            return snappy.decompress(data, limit_bytes)
        case "lz4":
            return lz4.decompress(data, limit_bytes)
        case "zstd":
            return _unzstd(data, limit_bytes)


def _gzip(data: bytes, level: int) -> bytes:
    compressor = zlib.compressobj(level, wbits=GZIP_WINDOW)
    return GZIP_HEADER + (compressor.compress(data) + compressor.flush())[len(GZIP_HEADER) :]


def _zstd(data: bytes, level: int) -> bytes:
    """A stream that does not say how large it is, and ends with an empty block."""
    compressor = cramjam.zstd.Compressor(level=level)
    compressor.compress(data)
    return bytes(compressor.flush()) + bytes(compressor.finish())


def _gunzip(data: bytes, limit_bytes: int) -> bytes:
    """Members may follow one another; whatever else follows is ignored, as ``GZIPInputStream`` does."""
    parts: list[bytes] = []
    rest, left = data, limit_bytes
    while not parts or rest.startswith(GZIP_MAGIC):
        member = zlib.decompressobj(GZIP_WINDOW)
        try:
            part = member.decompress(rest, left + 1)
        except zlib.error as error:
            raise UndecodableError(f"gzip: {error}") from error
        left -= len(part)
        if left < 0:
            raise UndecodableError(f"gzip: more than {limit_bytes} bytes")
        if not member.eof:
            raise UndecodableError("gzip: it ends early")
        parts.append(part)
        rest = member.unused_data
    return b"".join(parts)


def _unzstd(data: bytes, limit_bytes: int) -> bytes:
    """A frame need not say how large it is: the room for it grows up to the limit."""
    size_bytes = min(max(ZSTD_FIRST_GUESS_BYTES, 8 * len(data)), limit_bytes)
    while True:
        output = bytearray(size_bytes)
        try:
            written = cramjam.zstd.decompress_into(data, output)
        except cramjam.DecompressionError as error:
            if size_bytes == limit_bytes or str(error) != TOO_SMALL:
                raise UndecodableError(f"zstd: {error}") from error
            size_bytes = min(8 * size_bytes, limit_bytes)
        else:
            return bytes(memoryview(output)[:written])
