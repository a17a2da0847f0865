"""Bytes of batches, changed."""

from ackproof.reference.records.checksum import crc32c


def resealed(data: bytes) -> bytes:
    """A batch with the length and the checksum that belong to its bytes."""
    return data[:8] + (len(data) - 12).to_bytes(4) + data[12:17] + crc32c(data[21:]).to_bytes(4) + data[21:]
