"""Record batches: records under one header, as producers send them, logs keep them and consumers get them."""

from collections.abc import Iterable, Sequence

import attrs

from ackproof.reference.kernel.making import cheaply
from ackproof.reference.kernel.value import value
from ackproof.reference.records.checksum import crc32c
from ackproof.reference.records.compression import CODECS, Compression, compress, decompress
from ackproof.reference.records.errors import CorruptBatchError, InvalidRecordError
from ackproof.reference.records.header import (
    CHECKED_FROM,
    CONTROL,
    CRC_AT,
    DELETE_HORIZON,
    HEADER,
    HEADER_SIZE_BYTES,
    LOG_APPEND_TIME,
    MAGIC,
    PREFIX_SIZE_BYTES,
    TRANSACTIONAL,
    BatchHeader,
    has_valid_crc,
    last_sequence,
    read_header,
    split,
    stamped,
)
from ackproof.reference.records.record import Header, Record, decode_records, encode_records

__all__ = [
    "Batch",
    "BatchHeader",
    "Compression",
    "CorruptBatchError",
    "Header",
    "InvalidRecordError",
    "Record",
    "decode",
    "encode",
    "has_valid_crc",
    "new_batch",
    "read_header",
    "split",
    "stamped",
]


@value(kw_only=True)
class Batch:
    """
    A batch (``DefaultRecordBatch``).

    Attributes:
        records: None of them where compaction left only the header.
        is_log_append_time: Readers get *max_timestamp_ms* as the timestamp of every record.
        is_control: It holds a control record, which applications never see.
        has_delete_horizon: *base_timestamp_ms* says when compaction may drop its tombstones.
        base_timestamp_ms: What its records' timestamps are written relative to; -1 for none.
        max_timestamp_ms: Their largest, or when it was appended; -1 for none.
        producer_id, producer_epoch, base_sequence: -1 without idempotence; a marker has no sequence.
        last_offset_delta: Of the last record that it was made with.
    """

    records: tuple[Record, ...] = attrs.field(kw_only=False)
    base_offset: int = 0
    partition_leader_epoch: int = -1
    compression: Compression = "none"
    is_log_append_time: bool = False
    is_transactional: bool = False
    is_control: bool = False
    has_delete_horizon: bool = False
    base_timestamp_ms: int = -1
    max_timestamp_ms: int = -1
    producer_id: int = -1
    producer_epoch: int = -1
    base_sequence: int = -1
    last_offset_delta: int = 0

    @property
    def last_offset(self) -> int:
        """The offset of its last record, be it still there or not."""
        return self.base_offset + self.last_offset_delta

    @property
    def next_offset(self) -> int:
        """The offset after its last."""
        return self.base_offset + self.last_offset_delta + 1

    @property
    def last_sequence(self) -> int:
        """The sequence of its last record; -1 without sequences."""
        return last_sequence(self.base_sequence, self.last_offset_delta)

    def offset_of(self, record: Record) -> int:
        """The offset of one of its records."""
        return self.base_offset + record.offset_delta

    def timestamp_ms_of(self, record: Record) -> int:
        """The timestamp of one of its records, as readers get it."""
        return self.max_timestamp_ms if self.is_log_append_time else record.timestamp_ms


made = cheaply(Batch)


def new_batch(
    records: Iterable[Record],
    *,
    base_offset: int = 0,
    partition_leader_epoch: int = -1,
    compression: Compression = "none",
    is_transactional: bool = False,
    is_control: bool = False,
    producer_id: int = -1,
    producer_epoch: int = -1,
    base_sequence: int = -1,
) -> Batch:
    """
    A batch of *records* as a producer makes it: they get offsets in order, whatever offset deltas they have.

    Raises:
        ValueError: There are none.
    """
    numbered = tuple(_numbered(records))
    if not numbered:
        raise ValueError("a batch needs a record")
    return made(
        records=numbered,
        base_offset=base_offset,
        partition_leader_epoch=partition_leader_epoch,
        compression=compression,
        is_transactional=is_transactional,
        is_control=is_control,
        base_timestamp_ms=numbered[0].timestamp_ms,
        max_timestamp_ms=max([record.timestamp_ms for record in numbered]),
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        base_sequence=base_sequence,
        last_offset_delta=len(numbered) - 1,
    )


def _numbered(records: Iterable[Record]) -> Sequence[Record]:
    return [
        record
        if record.offset_delta == delta
        else Record(record.value, record.key, record.timestamp_ms, record.headers, delta)
        for delta, record in enumerate(records)
    ]


def encode(batch: Batch, level: int | None = None) -> bytes:
    """The bytes of *batch*; *level* is how hard to compress, as the codec counts it."""
    records = compress(encode_records(batch.records, batch.base_timestamp_ms), batch.compression, level)
    header = HEADER.pack(
        batch.base_offset,
        HEADER_SIZE_BYTES - PREFIX_SIZE_BYTES + len(records),
        batch.partition_leader_epoch,
        MAGIC,
        0,
        _attributes(batch),
        batch.last_offset_delta,
        batch.base_timestamp_ms,
        batch.max_timestamp_ms,
        batch.producer_id,
        batch.producer_epoch,
        batch.base_sequence,
        len(batch.records),
    )
    checked = header[CHECKED_FROM:] + records
    return header[:CRC_AT] + crc32c(checked).to_bytes(4) + checked


def _attributes(batch: Batch) -> int:
    return (
        CODECS.index(batch.compression)
        | LOG_APPEND_TIME * batch.is_log_append_time
        | TRANSACTIONAL * batch.is_transactional
        | CONTROL * batch.is_control
        | DELETE_HORIZON * batch.has_delete_horizon
    )


def decode(data: bytes, header: BatchHeader | None = None) -> Batch:
    """
    The batch that *data* is, with its *header* where that has been read already.

    Attributes that Kafka does not use are dropped.

    Raises:
        CorruptBatchError: It is too small or too large, has no known format, or its checksum is wrong.
        InvalidRecordError: It has an old format, or its records are not what they should be.
        UndecodableError: Its records cannot be decompressed.
    """
    if header is None:
        header = read_header(data)
    if len(data) != header.size_bytes or not has_valid_crc(data):
        raise CorruptBatchError(f"a batch of {header.size_bytes} bytes has {len(data)}, or its checksum is wrong")
    compression, attributes = header.compression, header.attributes
    records = decompress(data[HEADER_SIZE_BYTES:], compression) if header.record_count else b""
    return made(
        records=decode_records(records, header.record_count, header.base_timestamp_ms),
        base_offset=header.base_offset,
        partition_leader_epoch=header.partition_leader_epoch,
        compression=compression,
        is_log_append_time=attributes & LOG_APPEND_TIME != 0,
        is_transactional=attributes & TRANSACTIONAL != 0,
        is_control=attributes & CONTROL != 0,
        has_delete_horizon=attributes & DELETE_HORIZON != 0,
        base_timestamp_ms=header.base_timestamp_ms,
        max_timestamp_ms=header.max_timestamp_ms,
        producer_id=header.producer_id,
        producer_epoch=header.producer_epoch,
        base_sequence=header.base_sequence,
        last_offset_delta=header.last_offset_delta,
    )
