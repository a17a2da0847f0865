"""
Snappy as Kafka frames it: in chunks, as snappy-java's streams do (xerial), where others write a single raw block.

Source: snappy-java's ``SnappyOutputStream`` and ``SnappyInputStream``.
"""

import cramjam

from ackproof.reference.records.errors import UndecodableError

MAGIC = b"\x82SNAPPY\0"
STREAM_HEADER = MAGIC + b"\0\0\0\1\0\0\0\1"
"""With the version, and the oldest one that can read it."""
CHUNK_BYTES = 32_768


def compress(data: bytes) -> bytes:
    """*data* as a stream of chunks."""
    parts = [STREAM_HEADER]
    for at in range(0, len(data), CHUNK_BYTES):
        chunk = bytes(cramjam.snappy.compress_raw(data[at : at + CHUNK_BYTES]))
        parts += (len(chunk).to_bytes(4), chunk)
    return b"".join(parts)


def decompress(data: bytes, limit_bytes: int) -> bytes:
    """
    What *data*, a stream of chunks or a raw block, holds.

    Raises:
        UndecodableError: It is neither, or would be more than *limit_bytes*.
    """
    if not data.startswith(MAGIC) or len(data) < len(STREAM_HEADER):
        return _raw(data, limit_bytes)
    parts: list[bytes] = []
    at, left = len(STREAM_HEADER), limit_bytes
    while at + 4 <= len(data):
        if data.startswith(MAGIC, at):
            at += len(STREAM_HEADER)
            continue
        size_bytes = int.from_bytes(data[at : at + 4])
        chunk = data[at + 4 : at + 4 + size_bytes]
        if len(chunk) != size_bytes:
            raise UndecodableError("snappy: it ends early")
        parts.append(_raw(chunk, left))
        left -= len(parts[-1])
        at += 4 + size_bytes
    return b"".join(parts)


def _raw(data: bytes, limit_bytes: int) -> bytes:
    try:
        size_bytes = cramjam.snappy.decompress_raw_len(data)
        if size_bytes > limit_bytes:
            raise UndecodableError(f"snappy: more than {limit_bytes} bytes")
        return bytes(cramjam.snappy.decompress_raw(data))
    except cramjam.DecompressionError as error:
        raise UndecodableError(f"snappy: {error}") from error
