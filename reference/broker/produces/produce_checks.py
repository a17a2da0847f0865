"""What of a Produce is looked at before any log is."""

from collections.abc import Iterable, Mapping

from kio.schema.errors import ErrorCode

from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.header import (
    HEADER_SIZE_BYTES,
    MAGIC,
    MAGIC_AT,
    BatchHeader,
    end_of_batch,
    read_header,
)

ZSTD = 4
"""The codec that came last, in the attributes of a batch."""
ZSTD_FROM = 7
"""The version of Produce from which on batches may be compressed with it (KIP-110)."""
CODEC, TRANSACTIONAL = 0x07, 0x10
ATTRIBUTES_AT, ATTRIBUTES_END = 21, 23
PRODUCER_ID_END = 51


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
    if not end_of_batch(data) or data[MAGIC_AT] != MAGIC:
        return False
    return bool(_attributes(data) & TRANSACTIONAL)


def check_records(data: bytes, version: int) -> None:
    """
    There is one batch, in the format of today.

    Raises:
        KafkaError: INVALID_RECORD, UNSUPPORTED_COMPRESSION_TYPE, CORRUPT_MESSAGE; UNKNOWN_SERVER_ERROR, of all of the
            request, if an old version has a codec that nobody knows.

    Source: ``ProduceRequest.validateRecords``.
    """
    end = end_of_batch(data)
    if not end or data[MAGIC_AT] != MAGIC:
        raise KafkaError(ErrorCode.invalid_record)
    codec = _attributes(data) & CODEC
    if version < ZSTD_FROM and codec >= ZSTD:
        known = codec == ZSTD
        raise KafkaError(ErrorCode.unsupported_compression_type if known else ErrorCode.unknown_server_error)
    if end_of_batch(data, end):
        raise KafkaError(ErrorCode.invalid_record)


def _attributes(batch: bytes) -> int:
    return int.from_bytes(batch[ATTRIBUTES_AT:ATTRIBUTES_END])


def transactional_headers(records: Mapping[TopicPartition, bytes]) -> dict[TopicPartition, BatchHeader]:
    """
    The headers of transactional batches that have a producer id, which have to be verified.

    Raises:
        KafkaError: UNKNOWN_SERVER_ERROR: a batch says that it ends before its producer id does.

    Source: ``ReplicaManager.handleProduceAppend``.
    """
    headers: dict[TopicPartition, BatchHeader] = {}
    for name, data in records.items():
        header = _header_of_writer(data[: end_of_batch(data)])
        if header and header.is_transactional:
            headers[name] = header
    return headers


def _header_of_writer(batch: bytes) -> BatchHeader | None:
    """The header of a batch that has a producer id; what is too short for a header is refused by the log."""
    if len(batch) < PRODUCER_ID_END:
        raise KafkaError(ErrorCode.unknown_server_error)
    header = read_header(batch) if len(batch) >= HEADER_SIZE_BYTES else None
    return header if header and header.producer_id >= 0 else None
