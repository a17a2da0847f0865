"""What a batch begins with: 61 bytes that brokers read, and write in part. Source: ``DefaultRecordBatch``."""

from functools import lru_cache
from struct import Struct

from ackproof.reference.kernel.value import derived, value
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.checksum import crc32c
from ackproof.reference.records.compression import Compression, compression_of
from ackproof.reference.records.errors import CorruptBatchError, InvalidRecordError

HEADER = Struct(">qiiBIhiqqqhii")
HEADER_SIZE_BYTES = HEADER.size
OFFSET, LENGTH, EPOCH, CRC = Struct(">q"), Struct(">i"), Struct(">i"), Struct(">I")
PREFIX_SIZE_BYTES = 12
"""The base offset and the length, which the length does not count."""
LENGTH_AT, MAGIC_AT, CRC_AT, CHECKED_FROM = 8, 16, 17, 21
MAGIC = 2
LENGTH_MIN_BYTES = HEADER_SIZE_BYTES - PREFIX_SIZE_BYTES
OLD_LENGTH_MIN_BYTES = 14
"""Of the oldest format."""

LOG_APPEND_TIME, TRANSACTIONAL, CONTROL, DELETE_HORIZON = 0x08, 0x10, 0x20, 0x40
SEQUENCES = 2**31
REMEMBERED = 1_000
"""How many headers are remembered as they were read."""


@value
class BatchHeader:
    """
    What precedes the records of a batch, in the order in which it is written.

    Attributes:
        length_bytes: Of what follows this field.
        size_bytes: Of the whole batch.
        last_offset: The offset of its last record, be it still there or not.
        next_offset: The offset after its last.
        last_sequence: The sequence of its last record; -1 without sequences.
        is_transactional: Whether it is part of a transaction.
        is_control: Whether it holds a control record, which applications never see.
        is_log_append_time: Whether readers get the time of appending, its maximum timestamp, for every record.
    """

    base_offset: int
    length_bytes: int
    partition_leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    base_timestamp_ms: int
    max_timestamp_ms: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    record_count: int
    size_bytes: int = derived(lambda header: PREFIX_SIZE_BYTES + header.length_bytes)
    last_offset: int = derived(lambda header: header.base_offset + header.last_offset_delta)
    next_offset: int = derived(lambda header: header.base_offset + header.last_offset_delta + 1)
    last_sequence: int = derived(lambda header: last_sequence(header.base_sequence, header.last_offset_delta))
    is_transactional: bool = derived(lambda header: header.attributes & TRANSACTIONAL != 0)
    is_control: bool = derived(lambda header: header.attributes & CONTROL != 0)
    is_log_append_time: bool = derived(lambda header: header.attributes & LOG_APPEND_TIME != 0)

    @property
    def compression(self) -> Compression:
        """
        What its records are compressed with.

        Raises:
            UndecodableError: There is no such codec.
        """
        return compression_of(self.attributes)

    @property
    def has_delete_horizon(self) -> bool:
        """Whether its base timestamp says when compaction may drop its tombstones."""
        return self.attributes & DELETE_HORIZON != 0


def last_sequence(base_sequence: int, last_offset_delta: int) -> int:
    """The sequence of the last record of a batch: 2147483647 is followed by 0; -1 without sequences."""
    return -1 if base_sequence == -1 else (base_sequence + last_offset_delta) % SEQUENCES


def read_header(data: bytes, at: int = 0) -> BatchHeader:
    """
    The header of the batch that starts at *at*; whether all of it is there, and its checksum, is not looked at.

    Raises:
        CorruptBatchError: There is not enough for a header, its length is too small, or it has no known format.
        InvalidRecordError: It has one of the formats before version 2.
    """
    return _remembered(data[at : at + HEADER_SIZE_BYTES])


@lru_cache(REMEMBERED)
def _remembered(data: bytes) -> BatchHeader:
    """A leader looks at it, then come its followers and readers."""
    if len(data) < HEADER_SIZE_BYTES:
        raise _no_header(data)
    header = BatchHeader(*HEADER.unpack(data))
    if header.magic != MAGIC or header.length_bytes < LENGTH_MIN_BYTES:
        raise _no_header(data)
    return header


def _no_header(data: bytes) -> KafkaError:
    if len(data) > MAGIC_AT:
        magic = data[MAGIC_AT]
        if magic > MAGIC:
            return CorruptBatchError(f"no batch has the format {magic}")
        if magic < MAGIC:
            return InvalidRecordError(f"a batch has the old format {magic}")
    return CorruptBatchError(f"a batch is smaller than {HEADER_SIZE_BYTES} bytes")


def has_valid_crc(data: bytes) -> bool:
    """Whether the checksum of the batch *data* is that of its bytes."""
    stored: int = CRC.unpack_from(data, CRC_AT)[0]
    return crc32c(data[CHECKED_FROM:]) == stored


def stamped(data: bytes, base_offset: int, partition_leader_epoch: int) -> bytes:
    """The batch *data* with other values in both fields; neither is under its checksum."""
    return b"".join((OFFSET.pack(base_offset), data[8:12], EPOCH.pack(partition_leader_epoch), data[MAGIC_AT:]))


def split(data: bytes) -> list[bytes]:
    """
    The whole batches in *data*, of whatever format; what is left over at its end is dropped.

    Raises:
        CorruptBatchError: A length is too small, or a batch has no known format.
    """
    batches: list[bytes] = []
    at = 0
    while end := end_of_batch(data, at):
        batches.append(data[at:end])
        at = end
    return batches


def end_of_batch(data: bytes, at: int = 0) -> int:
    """
    Where the batch that starts at *at* ends; 0 if there is no whole one.

    Raises:
        CorruptBatchError: As ``split``.

    Source: ``ByteBufferLogInputStream``.
    """
    size_bytes = len(data) - at
    if size_bytes < PREFIX_SIZE_BYTES:
        return 0
    length_bytes: int = LENGTH.unpack_from(data, at + LENGTH_AT)[0]
    if length_bytes < OLD_LENGTH_MIN_BYTES:
        raise CorruptBatchError(f"a batch of {length_bytes} bytes")
    if size_bytes > MAGIC_AT and data[at + MAGIC_AT] > MAGIC:
        raise CorruptBatchError(f"no batch has the format {data[at + MAGIC_AT]}")
    return 0 if PREFIX_SIZE_BYTES + length_bytes > size_bytes else at + PREFIX_SIZE_BYTES + length_bytes
