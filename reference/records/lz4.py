"""
LZ4 as Kafka frames it: independent blocks of 64 KiB, no checksums but that of the frame's header.

Source: ``Lz4BlockOutputStream`` and ``Lz4BlockInputStream``, which read a little more than they write.
"""

from collections.abc import Iterator

import cramjam

from ackproof.reference.records.errors import UndecodableError
from ackproof.reference.records.xxhash32 import xxhash32

MAGIC = b"\x04\x22\x4d\x18"
FRAME_HEADER = MAGIC + b"\x60\x40\x82"
"""Version 1, independent blocks, of at most 64 KiB; and the checksum of these two bytes."""
BLOCK_BYTES = 65_536
END = b"\0\0\0\0"
STORED = 0x80000000
"""In the size of a block: it did not get smaller, and is there as it was."""
DEFAULT_LEVEL = 9
"""At this level Kafka does not try as hard as the number says: it uses the fast compressor."""

CONTENT_SIZE, BLOCK_CHECKSUM = 0x08, 0x10


def compress(data: bytes, level: int = DEFAULT_LEVEL) -> bytes:
    """*data* as a frame."""
    parts = [FRAME_HEADER]
    for at in range(0, len(data), BLOCK_BYTES):
        block = data[at : at + BLOCK_BYTES]
        compressed = _compressed(block, level)
        if len(compressed) < len(block):
            parts += (len(compressed).to_bytes(4, "little"), compressed)
        else:
            parts += ((len(block) | STORED).to_bytes(4, "little"), block)
    return b"".join((*parts, END))


def _compressed(block: bytes, level: int) -> bytes:
    if level == DEFAULT_LEVEL:
        return bytes(cramjam.lz4.compress_block(block, store_size=False))
    return bytes(cramjam.lz4.compress_block(block, store_size=False, mode="high_compression", compression=level))


def decompress(data: bytes, limit_bytes: int) -> bytes:
    """
    What the frame *data* holds; whatever follows the frame is ignored, and so is a checksum of its contents.

    Raises:
        UndecodableError: It is no frame that Kafka reads, or holds more than *limit_bytes*.
    """
    flags, block_max_bytes, at = _frame_header(data)
    parts: list[bytes] = []
    left = limit_bytes
    for block, is_stored in _blocks(data, at, block_max_bytes, flags & BLOCK_CHECKSUM != 0):
        part = block if is_stored else _decompressed(block, block_max_bytes)
        left -= len(part)
        if left < 0:
            raise UndecodableError(f"lz4: more than {limit_bytes} bytes")
        parts.append(part)
    return b"".join(parts)


def _frame_header(data: bytes) -> tuple[int, int, int]:
    """Its flags, how large a block may be, and where the first one is."""
    if len(data) < len(FRAME_HEADER) or not data.startswith(MAGIC):
        raise UndecodableError("lz4: this is no frame")
    flags, sizes = data[4], data[5]
    if flags & 0b11100011 != 0b01100000:
        raise UndecodableError(f"lz4: a frame has the flags {flags:#04x}")
    if sizes & 0b10001111 or sizes >> 4 < 4:
        raise UndecodableError(f"lz4: a frame has blocks of the size {sizes:#04x}")
    end = 14 if flags & CONTENT_SIZE else 6
    if data[end : end + 1] != bytes((xxhash32(data[4:end]) >> 8 & 0xFF,)):
        raise UndecodableError("lz4: the checksum of a frame's header is wrong")
    return flags, 1 << (2 * (sizes >> 4) + 8), end + 1


def _blocks(data: bytes, at: int, block_max_bytes: int, has_checksum: bool) -> Iterator[tuple[bytes, bool]]:
    while True:
        size_bytes, is_stored = int.from_bytes(data[at : at + 4], "little"), False
        if size_bytes & STORED:
            size_bytes, is_stored = size_bytes ^ STORED, True
        if size_bytes == 0 and at + 4 <= len(data):
            return
        at += 4
        block = data[at : at + size_bytes]
        if size_bytes > block_max_bytes or len(block) < size_bytes or not block:
            raise UndecodableError("lz4: a block is too large, or ends early")
        at += size_bytes
        if has_checksum:
            if xxhash32(block) != int.from_bytes(data[at : at + 4], "little"):
                raise UndecodableError("lz4: the checksum of a block is wrong")
            at += 4
        yield block, is_stored


def _decompressed(block: bytes, block_max_bytes: int) -> bytes:
    output = bytearray(block_max_bytes)
    try:
        written = cramjam.lz4.decompress_block_into(block, output)
    except cramjam.DecompressionError as error:
        raise UndecodableError(f"lz4: {error}") from error
    return bytes(memoryview(output)[:written])
