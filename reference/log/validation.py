"""What a leader looks at in a batch before it takes it, and what it changes in it. Source: ``LogValidator``."""

from collections.abc import Sequence
from typing import NamedTuple

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.kernel.value import value
from ackproof.reference.log.partial_record import PartialRecord, skim
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import (
    Batch,
    BatchHeader,
    CorruptBatchError,
    InvalidRecordError,
    Record,
    encode,
    has_valid_crc,
    new_batch,
    read_header,
    split,
    stamped,
)
from ackproof.reference.records.checksum import crc32c
from ackproof.reference.records.compression import Compression, decompress
from ackproof.reference.records.errors import UndecodableError
from ackproof.reference.records.header import CHECKED_FROM, CRC_AT, HEADER, HEADER_SIZE_BYTES, LOG_APPEND_TIME
from ackproof.reference.records.record import decode_records

ZSTD, ZSTD_SINCE = 4, 7
NO_TIMESTAMP = -1
USED_ATTRIBUTES = 0x7F
"""The bits that mean something: what is written anew has no others."""

Looked = Record | PartialRecord
"""A record that is looked at, read whole or in part."""


@attrs.frozen
class RecordError:
    """What is wrong with one record (KIP-467)."""

    index: int
    message: str


class RecordValidationError(KafkaError):
    """
    A batch is refused for some of its records.

    Attributes:
        record_errors: Which of them, and why.
    """

    def __init__(self, code: ErrorCode, record_errors: tuple[RecordError, ...]) -> None:
        super().__init__(code, f"{len(record_errors)} of the records are refused")
        self.record_errors = record_errors


class Validated(NamedTuple):
    """A batch as it is stored, and its header."""

    data: bytes
    header: BatchHeader


def whole_batch(data: bytes, produce_version: int | None) -> tuple[bytes, BatchHeader]:
    """
    The one batch in *data* and its header; what follows it and is no whole batch is dropped.

    Args:
        produce_version: Of the request; None where a broker itself writes.

    Raises:
        KafkaError: INVALID_RECORD if there is none or more than one, or it is of an old format; CORRUPT_MESSAGE if it
            is of no known one; UNSUPPORTED_COMPRESSION_TYPE for zstd below version 7.

    Source: ``ProduceRequest.validateRecords``.
    """
    header = None
    if len(data) >= HEADER_SIZE_BYTES:
        header = read_header(data)
        if header.size_bytes != len(data):
            header = None
    if header is None:
        data, header = _only_batch(data)
    if header.attributes & 7 == ZSTD and produce_version is not None and produce_version < ZSTD_SINCE:
        raise KafkaError(ErrorCode.unsupported_compression_type, f"Produce {produce_version} knows no zstd")
    return data, header


def _only_batch(data: bytes) -> tuple[bytes, BatchHeader]:
    batches = split(data)
    if len(batches) != 1:
        raise InvalidRecordError(f"{len(batches)} batches in place of one")
    return batches[0], read_header(batches[0])


def check_whole(data: bytes, header: BatchHeader, settings: LogSettings, *, is_from_client: bool) -> None:
    """
    Whether a batch is fit to be looked into: its base offset, its size, its checksum.

    Raises:
        KafkaError: INVALID_RECORD, MESSAGE_TOO_LARGE, CORRUPT_MESSAGE.

    Source: ``UnifiedLog.analyzeAndValidateRecords``.
    """
    if is_from_client and header.base_offset != 0:
        raise InvalidRecordError(f"the base offset is {header.base_offset}, not 0")
    check_size(len(data), settings)
    if not has_valid_crc(data):
        raise CorruptBatchError("the checksum is wrong")


def check_size(size_bytes: int, settings: LogSettings) -> None:
    """
    Whether a batch is not larger than ``max.message.bytes``.

    Raises:
        KafkaError: MESSAGE_TOO_LARGE.
    """
    if size_bytes > settings.max_message_bytes:
        text = f"a batch has {size_bytes} bytes, more than {settings.max_message_bytes}"
        raise KafkaError(ErrorCode.message_too_large, text)


@value
class Validator:
    """
    A leader at one moment.

    Attributes:
        base_offset: That the first record will have.
    """

    settings: LogSettings
    now_ms: int
    base_offset: int
    leader_epoch: int

    def validated(self, data: bytes, header: BatchHeader, *, is_from_client: bool) -> Validated:
        """
        The batch as it is stored: with its offset and leader epoch, its timestamps and compression as the topic says.

        Raises:
            KafkaError: INVALID_RECORD, INVALID_TIMESTAMP, MESSAGE_TOO_LARGE, or UNKNOWN_SERVER_ERROR where its records
                cannot be decompressed.
        """
        source = header.compression
        target = self.settings.compression_for(source)
        if is_from_client:
            _check_batch(header)
        # A marker is never compressed.
        stays = source == target or (source == "none" and header.is_control)
        body = data[HEADER_SIZE_BYTES:] if source == "none" else decompress(data[HEADER_SIZE_BYTES:], source)
        if stays and source != "none":
            records = skim(body, header.record_count, header.base_timestamp_ms)
            self._check_records(records, header)
            _check_order(records)
            return self._stamped(data, header, records)
        whole = decode_records(body, header.record_count, header.base_timestamp_ms)
        self._check_records(whole, header)
        return self._stamped(data, header, whole) if stays else self._rebuilt(header, whole, target)

    def _check_records(self, records: Sequence[Looked], header: BatchHeader) -> None:
        is_compacted = self.settings.is_compacted
        errors: list[RecordError] = []
        code = ErrorCode.invalid_record
        for index, (record, timestamp_ms) in enumerate(zip(records, _timestamps_ms(records, header), strict=True)):
            if is_compacted and not record.has_key:
                errors.append(RecordError(index, "a record of a compacted topic needs a key"))
            elif message := self._wrong_timestamp(timestamp_ms, header):
                errors.append(RecordError(index, message))
                code = ErrorCode.invalid_timestamp
        if errors:
            raise RecordValidationError(code, tuple(errors))

    def _wrong_timestamp(self, timestamp_ms: int, header: BatchHeader) -> str | None:
        """What is wrong with the timestamp of a record; None if nothing is."""
        settings = self.settings
        if settings.message_timestamp_type == "CreateTime" and timestamp_ms != NO_TIMESTAMP:
            age_ms = self.now_ms - timestamp_ms
            after_ms = settings.message_timestamp_after_max_ms
            if age_ms > settings.message_timestamp_before_max_ms or -age_ms > after_ms:
                return f"the timestamp {timestamp_ms} is too far from {self.now_ms}"
            return None
        return "a producer does not set log append time" if header.is_log_append_time else None

    def _stamped(self, data: bytes, header: BatchHeader, records: Sequence[Looked]) -> Validated:
        """The batch with its offset, epoch and timestamp; its records stay as they are, and so does its compression."""
        base_offset = self.base_offset + len(records) - 1 - header.last_offset_delta
        is_log_append_time, max_timestamp_ms = self._timestamp(records, header)
        data = stamped(data, base_offset, self.leader_epoch)
        header = read_header(data)
        if max_timestamp_ms == header.max_timestamp_ms and is_log_append_time == header.is_log_append_time:
            return Validated(data, header)
        return _with_timestamp(data, header, max_timestamp_ms, is_log_append_time=is_log_append_time)

    def _timestamp(self, records: Sequence[Looked], header: BatchHeader) -> tuple[bool, int]:
        """Whether it is the time of appending, and the batch's maximum."""
        if self.settings.message_timestamp_type == "LogAppendTime":
            return True, self.now_ms
        return False, max(NO_TIMESTAMP, *_timestamps_ms(records, header))

    def _rebuilt(
        self,
        header: BatchHeader,
        records: Sequence[Record],
        target: Compression,
    ) -> Validated:
        """The same records in a batch that is compressed anew, with offsets in order."""
        _check_builder(header, records)
        times_ms = _timestamps_ms(records, header)
        timed = [attrs.evolve(record, timestamp_ms=at_ms) for record, at_ms in zip(records, times_ms, strict=True)]
        is_log_append_time, max_timestamp_ms = self._timestamp(records, header)
        batch: Batch = attrs.evolve(
            new_batch(
                timed,
                base_offset=self.base_offset,
                partition_leader_epoch=self.leader_epoch,
                compression=target,
                is_transactional=header.is_transactional,
                producer_id=header.producer_id,
                producer_epoch=header.producer_epoch,
                base_sequence=header.base_sequence,
            ),
            is_log_append_time=is_log_append_time,
            max_timestamp_ms=max_timestamp_ms,
        )
        data = encode(batch, self.settings.level_of(target))
        check_size(len(data), self.settings)
        return Validated(data, read_header(data))


def _check_batch(header: BatchHeader) -> None:
    """Whether the header of a client's batch makes sense."""
    count, delta = header.record_count, header.last_offset_delta
    if delta < 0 or count <= 0 or count != delta + 1:
        raise InvalidRecordError(f"{count} records up to the offset delta {delta}")
    if header.is_control:
        raise InvalidRecordError("clients do not write control batches")
    if header.producer_id >= 0 and header.base_sequence < 0:
        raise InvalidRecordError(f"producer {header.producer_id} has the sequence {header.base_sequence}")


def _check_builder(header: BatchHeader, records: Sequence[Record]) -> None:
    """
    Whether Kafka can write the batch anew: it fails where only a batch that stays as it is may be odd.

    Source: ``MemoryRecordsBuilder.validateProducerState``, ``appendWithOffset``.
    """
    has_producer = header.producer_id != -1
    is_anonymous = header.is_transactional and not has_producer
    is_unnumbered = has_producer and (header.producer_epoch == -1 or header.base_sequence < 0)
    is_early = min(_timestamps_ms(records, header), default=NO_TIMESTAMP) < NO_TIMESTAMP
    if is_anonymous or is_unnumbered or is_early:
        raise UndecodableError("a batch without producer epoch, sequence or time cannot be written anew")


def _check_order(records: Sequence[PartialRecord]) -> None:
    """
    Whether offsets are in order in a batch that stays compressed as it is.

    Kafka would write it anew, but has not kept the keys and values that it needs for that: 4.3 fails there.
    """
    if any(record.offset_delta != index for index, record in enumerate(records)):
        raise UndecodableError("offset deltas of a compressed batch are not 0, 1, 2, ...")


def _timestamps_ms(records: Sequence[Looked], header: BatchHeader) -> list[int]:
    if header.is_log_append_time:
        return [header.max_timestamp_ms] * len(records)
    return [record.timestamp_ms for record in records]


def _with_timestamp(data: bytes, header: BatchHeader, max_timestamp_ms: int, *, is_log_append_time: bool) -> Validated:
    """The batch with another maximum timestamp, so with another checksum. Source: ``DefaultRecordBatch``."""
    attributes = header.attributes & USED_ATTRIBUTES & ~LOG_APPEND_TIME | LOG_APPEND_TIME * is_log_append_time
    header = attrs.evolve(header, attributes=attributes, max_timestamp_ms=max_timestamp_ms)
    packed = HEADER.pack(*attrs.astuple(header, filter=lambda field, _: field.init))
    checked = packed[CHECKED_FROM:] + data[HEADER_SIZE_BYTES:]
    crc = crc32c(checked)
    return Validated(packed[:CRC_AT] + crc.to_bytes(4) + checked, attrs.evolve(header, crc=crc))
