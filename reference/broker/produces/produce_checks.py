"""What of a Produce is looked at before any log is."""

from collections.abc import Iterable

from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.header import MAGIC, MAGIC_AT, BatchHeader, each_batch, read_header

ZSTD = 4
"""The codec that came last, in the attributes of a batch."""
ZSTD_FROM = 7
"""The version of Produce from which on batches may be compressed with it (KIP-110)."""
CODEC, TRANSACTIONAL = 0x07, 0x10
ATTRIBUTES_AT, ATTRIBUTES_END = 21, 23


def check_transactional_id(transactional_id: str | None, records: Iterable[bytes]) -> None:
    """
    Transactional batches come under a transactional id.

    Raises:
        KafkaError: TRANSACTIONAL_ID_AUTHORIZATION_FAILED. CORRUPT_MESSAGE: records are not even batches.

    Source: ``RequestUtils.hasTransactionalRecords``.
    """
    if transactional_id is None and any(is_transactional(data) for data in records):
        raise KafkaError(ErrorCode.transactional_id_authorization_failed)


def is_transactional(data: bytes) -> bool:
    """Whether the first batch of *data* is of a transaction; nothing else of it is looked at."""
    first = next(each_batch(data), None)
    if first is None or first[MAGIC_AT] != MAGIC:
        return False
    return bool(int.from_bytes(first[ATTRIBUTES_AT:ATTRIBUTES_END]) & TRANSACTIONAL)


def check_records(data: bytes, version: int) -> None:
    """
    There is one batch, in the format of today.

    Raises:
        KafkaError: INVALID_RECORD, UNSUPPORTED_COMPRESSION_TYPE, CORRUPT_MESSAGE.

    Source: ``ProduceRequest.validateRecords``.
    """
    batches = each_batch(data)
    first = next(batches, None)
    if first is None or first[MAGIC_AT] != MAGIC:
        raise KafkaError(ErrorCode.invalid_record)
    if version < ZSTD_FROM and read_header(first).attributes & CODEC == ZSTD:
        raise KafkaError(ErrorCode.unsupported_compression_type)
    if next(batches, None) is not None:
        raise KafkaError(ErrorCode.invalid_record)


def header_of(data: bytes) -> BatchHeader:
    """The header of the batch that *data* is, once it has been checked."""
    return read_header(data)


def transactional_producers(records: Iterable[bytes]) -> set[tuple[int, int]]:
    """The producer ids, each with its epoch, that write transactional batches."""
    headers = [header_of(data) for data in records]
    return {(each.producer_id, each.producer_epoch) for each in headers if writes_transaction(each)}


def writes_transaction(header: BatchHeader) -> bool:
    """Whether a batch has to be verified."""
    return header.is_transactional and header.producer_id >= 0
