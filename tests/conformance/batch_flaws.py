"""Batches with something wrong in them."""

import struct
from collections.abc import Callable, Mapping

from ackproof.reference.records.batch import Batch, Compression, Record, encode, new_batch
from ackproof.reference.records.checksum import crc32c

Flaw = Callable[[bytes], bytes | None]

HOUR_MS = 60 * 60 * 1_000
BASE_OFFSET_AT, LENGTH_AT, MAGIC_AT, CRC_AT, CHECKED_FROM = 0, 8, 16, 17, 21
ATTRIBUTES_AT, LAST_DELTA_AT, MAX_TIMESTAMP_AT, COUNT_AT, RECORDS_AT = 21, 23, 35, 57, 61


def patched(kind: str, at: int, value: int, *, is_checked: bool = True) -> Flaw:
    """A number in the header is another one; the checksum is right all the same, if there is one over it."""

    def patch(data: bytes) -> bytes:
        changed = bytearray(data)
        struct.pack_into(kind, changed, at, value)
        return sealed(bytes(changed)) if is_checked else bytes(changed)

    return patch


def sealed(data: bytes) -> bytes:
    """*data* with the right checksum."""
    return data[:CRC_AT] + crc32c(data[CHECKED_FROM:]).to_bytes(4) + data[CHECKED_FROM:]


def with_flag(flag: int) -> Flaw:
    """A bit of the attributes is set."""
    return lambda data: sealed(data[: ATTRIBUTES_AT + 1] + bytes([data[ATTRIBUTES_AT + 1] | flag]) + data[23:])


FLAWS: Mapping[str, Flaw] = {
    "none": lambda data: data,
    "null": lambda data: None,
    "no batch": lambda data: b"",
    "two batches": lambda data: data + data,
    "bytes behind": lambda data: data + b"??",
    "cut short": lambda data: data[:-3],
    "no header": lambda data: data[:30],
    "length too long": patched(">i", LENGTH_AT, 5_000, is_checked=False),
    "length too short": patched(">i", LENGTH_AT, 20, is_checked=False),
    "length far too short": patched(">i", LENGTH_AT, 10, is_checked=False),
    "length 38": patched(">i", LENGTH_AT, 38, is_checked=False),
    "length 39": patched(">i", LENGTH_AT, 39, is_checked=False),
    "length 48": patched(">i", LENGTH_AT, 48, is_checked=False),
    "length negative": patched(">i", LENGTH_AT, -1, is_checked=False),
    "a batch and a half": lambda data: data + data[:40],
    "a batch and another magic": lambda data: data + data[:MAGIC_AT] + b"\x03" + data[MAGIC_AT + 1 :],
    "an old batch and another magic": lambda data: (
        data[:MAGIC_AT] + b"\x01" + data[MAGIC_AT + 1 :] + data[:MAGIC_AT] + b"\x03" + data[MAGIC_AT + 1 :]
    ),
    "base offset": patched(">q", BASE_OFFSET_AT, 7, is_checked=False),
    "magic 0": patched(">b", MAGIC_AT, 0, is_checked=False),
    "magic 1": patched(">b", MAGIC_AT, 1, is_checked=False),
    "magic 3": patched(">b", MAGIC_AT, 3, is_checked=False),
    "checksum": patched(">I", CRC_AT, 12345, is_checked=False),
    "control": with_flag(0x20),
    "log append time": with_flag(0x08),
    "delete horizon": with_flag(0x40),
    "codec 5": with_flag(0x05),
    "gzip that is none": with_flag(0x01),
    "last delta": patched(">i", LAST_DELTA_AT, 9),
    "last delta negative": patched(">i", LAST_DELTA_AT, -1),
    "count": patched(">i", COUNT_AT, 9),
    "count 0": patched(">i", COUNT_AT, 0),
    "count negative": patched(">i", COUNT_AT, -1),
    "max timestamp": patched(">q", MAX_TIMESTAMP_AT, 5),
    "record length": lambda data: sealed(data[:RECORDS_AT] + b"\x7e" + data[RECORDS_AT + 1 :]),
    "record attributes": lambda data: sealed(data[: RECORDS_AT + 1] + b"\x7e" + data[RECORDS_AT + 2 :]),
    "record delta": lambda data: sealed(data[: RECORDS_AT + 3] + b"\x08" + data[RECORDS_AT + 4 :]),
    "record key length": lambda data: sealed(data[: RECORDS_AT + 4] + b"\x7e" + data[RECORDS_AT + 5 :]),
}
"""What is done to the bytes of a good batch."""


def records(count: int, at_ms: int, *, has_keys: bool, size_bytes: int = 1) -> list[Record]:
    """Some records."""
    return [Record(b"v" * size_bytes, b"k%d" % index if has_keys else None, at_ms + index) for index in range(count)]


def good(
    found: list[Record],
    *,
    producer_id: int,
    producer_epoch: int,
    base_sequence: int,
    is_transactional: bool,
    compression: Compression,
) -> Batch:
    """A batch with nothing wrong in it but, perhaps, who wrote it."""
    return new_batch(
        found,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        base_sequence=base_sequence,
        is_transactional=is_transactional,
        compression=compression,
    )


__all__ = ["FLAWS", "HOUR_MS", "encode", "good", "records"]
