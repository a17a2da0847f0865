"""What the Python clients make of records, and of the batches of others. Neither has types."""

import warnings
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Protocol, cast

from ackproof.reference.records.batch import Batch, Header, Record
from ackproof.reference.records.compression import CODECS

BATCH_SIZE_BYTES = 1_000_000


class ClientRecord(Protocol):
    """A record, as both clients read it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class ClientBatch(Protocol):
    """A batch, as both clients read it."""

    base_offset: int
    compression_type: int
    timestamp_type: int
    is_transactional: bool
    is_control_batch: bool
    first_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    last_offset_delta: int

    def validate_crc(self) -> bool:
        """Whether the checksum is right."""
        ...


class ClientBuilder(Protocol):
    """What both clients make batches with."""

    def append(
        self,
        offset: int,
        timestamp: int,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes | None]],
    ) -> object:
        """Add a record."""
        ...

    def build(self) -> bytearray:
        """The bytes."""
        ...


class Client:
    """A client, by the name of its module for batches."""

    def __init__(self, module_name: str) -> None:
        with warnings.catch_warnings(action="ignore"):
            module = import_module(module_name)
        self._read = cast("Callable[[bytearray], ClientBatch]", module.DefaultRecordBatch)
        self._builder = cast("Callable[..., ClientBuilder]", module.DefaultRecordBatchBuilder)

    def written(self, batch: Batch) -> bytes:
        """The bytes that the client sends for the records of *batch*."""
        builder = self._builder(
            magic=2,
            compression_type=CODECS.index(batch.compression),
            is_transactional=int(batch.is_transactional),
            producer_id=batch.producer_id,
            producer_epoch=batch.producer_epoch,
            base_sequence=batch.base_sequence,
            batch_size=BATCH_SIZE_BYTES,
        )
        for record in batch.records:
            headers = [(header.key, header.value) for header in record.headers]
            builder.append(record.offset_delta, record.timestamp_ms, record.key, record.value, headers)
        return bytes(builder.build())

    def read(self, data: bytes) -> Batch:
        """What the client finds in a batch; not the leader epoch, which aiokafka does not read."""
        batch = self._read(bytearray(data))
        assert batch.validate_crc()
        return Batch(
            tuple(_record(record, batch.base_offset) for record in cast("Iterable[ClientRecord]", batch)),
            base_offset=batch.base_offset,
            compression=CODECS[batch.compression_type],
            is_log_append_time=batch.timestamp_type == 1,
            is_transactional=bool(batch.is_transactional),
            is_control=bool(batch.is_control_batch),
            base_timestamp_ms=batch.first_timestamp,
            max_timestamp_ms=batch.max_timestamp,
            producer_id=batch.producer_id,
            producer_epoch=batch.producer_epoch,
            base_sequence=batch.base_sequence,
            last_offset_delta=batch.last_offset_delta,
        )


def _record(record: ClientRecord, base_offset: int) -> Record:
    headers = tuple(Header(key, value) for key, value in record.headers)
    return Record(record.value, record.key, record.timestamp, headers, record.offset - base_offset)


KAFKA_PYTHON = Client("kafka.record.default_records")
AIOKAFKA = Client("aiokafka.record.default_records")
