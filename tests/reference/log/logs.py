"""Logs to try things on, batches to append to them, and what is in them."""

from typing import TypedDict, Unpack

import attrs
import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.log.log import Appended, Origin, PartitionLog, VerificationGuard
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Batch, Record, decode, encode, new_batch, split
from ackproof.reference.records.checksum import crc32c
from ackproof.reference.records.compression import Compression
from ackproof.reference.records.control import Kind, marker
from ackproof.reference.records.header import HEADER, HEADER_SIZE_BYTES

NOW_MS = 1_700_000_000_000
FOLDER = "orders-0"
SMALL_SEGMENTS = LogSettings(segment_bytes=200)
"""Two batches of one record each in a segment."""


class Opening(TypedDict, total=False):
    """How a log is opened."""

    broker_rules: BrokerRules
    transaction_rules: TransactionRules
    producer_id_expiration_ms: int
    is_clean: bool
    recovery_point: int
    log_start_offset: int


class Identity(TypedDict, total=False):
    """What the header of a batch says."""

    base_offset: int
    partition_leader_epoch: int
    compression: Compression
    is_transactional: bool
    producer_id: int
    producer_epoch: int
    base_sequence: int


class Numbering(TypedDict, total=False):
    """What a batch of an idempotent producer may be."""

    count: int
    epoch: int
    producer_id: int
    base_offset: int
    timestamp_ms: int


class Asked(TypedDict, total=False):
    """How an append is asked for."""

    leader_epoch: int
    origin: Origin
    produce_version: int
    verification: VerificationGuard | None


@attrs.define(eq=False)
class Machine:
    """A broker's disk and clock, and its log of one partition."""

    log: PartitionLog
    disk: Disk
    clock: VirtualClock
    settings: LogSettings
    arguments: Opening

    def restart(self, **arguments: Unpack[Opening]) -> PartitionLog:
        """The broker comes back, and with it the log, as far as the disk has it."""
        kept = Opening(recovery_point=self.log.recovery_point, log_start_offset=self.log.log_start_offset)
        everything: Opening = {**self.arguments, **kept, **arguments}
        self.log = PartitionLog(self.disk, FOLDER, self.clock, self.settings, **everything)
        return self.log


def machine(settings: LogSettings | None = None, **arguments: Unpack[Opening]) -> Machine:
    """A machine with an empty log."""
    disk, clock, chosen = Disk(), VirtualClock(NOW_MS), settings or LogSettings()
    log = PartitionLog(disk, FOLDER, clock, chosen, **arguments)
    return Machine(log, disk, clock, chosen, arguments)


def new_log(settings: LogSettings | None = None, **arguments: Unpack[Opening]) -> PartitionLog:
    """An empty log."""
    return machine(settings, **arguments).log


def batch(*values: bytes, timestamp_ms: int = NOW_MS, **identity: Unpack[Identity]) -> bytes:
    """The bytes of a batch with these values."""
    return encode(new_batch([Record(value, b"key", timestamp_ms) for value in values], **identity))


def numbered(sequence: int, *, is_transactional: bool = False, **more: Unpack[Numbering]) -> bytes:
    """A batch of an idempotent producer."""
    values = [f"s{sequence + index}".encode() for index in range(more.get("count", 1))]
    return batch(
        *values,
        timestamp_ms=more.get("timestamp_ms", NOW_MS),
        base_offset=more.get("base_offset", 0),
        is_transactional=is_transactional,
        producer_id=more.get("producer_id", 7),
        producer_epoch=more.get("epoch", 0),
        base_sequence=sequence,
    )


def transactional(sequence: int, **more: Unpack[Numbering]) -> bytes:
    """A batch of a transaction."""
    return numbered(sequence, is_transactional=True, **more)


def append(log: PartitionLog, data: bytes, **asked: Unpack[Asked]) -> Appended:
    """A batch is appended, and replicated at once."""
    asked.setdefault("leader_epoch", 0)
    appended = log.append_as_leader(data, **asked)
    log.high_watermark = log.log_end_offset
    return appended


def begin(log: PartitionLog, sequence: int = 0, *, produce_version: int = 11, **more: Unpack[Numbering]) -> Appended:
    """The first batch of a transaction, verified."""
    producer_id, epoch = more.get("producer_id", 7), more.get("epoch", 0)
    guard = verified(log, sequence, produce_version=produce_version, producer_id=producer_id, epoch=epoch)
    return append(log, transactional(sequence, **more), verification=guard)


def verified(
    log: PartitionLog, sequence: int, *, produce_version: int = 11, producer_id: int = 7, epoch: int = 0
) -> VerificationGuard | None:
    """What the coordinator's word is worth."""
    return log.start_verification(producer_id, sequence, epoch, produce_version=produce_version)


def end(
    log: PartitionLog,
    kind: Kind = "commit",
    *,
    producer_id: int = 7,
    epoch: int = 0,
    coordinator_epoch: int = 0,
    transaction_version: int = 0,
    is_replicated: bool = True,
) -> Appended:
    """A marker is appended."""
    data = encode(marker(kind, producer_id, epoch, coordinator_epoch, NOW_MS))
    appended = log.append_as_leader(data, leader_epoch=0, origin="coordinator", transaction_version=transaction_version)
    if is_replicated:
        log.high_watermark = log.log_end_offset
    return appended


def refusal(log: PartitionLog, data: bytes, **asked: Unpack[Asked]) -> ErrorCode:
    """The error code that a batch is refused with; nothing of it is in the log."""
    log_end_offset = log.log_end_offset
    with pytest.raises(KafkaError) as caught:
        append(log, data, **asked)
    assert log.log_end_offset == log_end_offset
    return caught.value.code


def values(log: PartitionLog) -> list[bytes | None]:
    """What the log holds, but for markers."""
    batches = [decode(data) for data in log.batches()]
    return [record.value for found in batches if not found.is_control for record in found.records]


def offsets(data: bytes) -> list[int]:
    """The offsets of the records in what was read."""
    found = [decode(one) for one in split(data)]
    return [one.offset_of(record) for one in found for record in one.records]


def recoded(codec: int, body: bytes) -> bytes:
    """A batch of one record that says that it is compressed, with a checksum that is right."""
    header = HEADER.unpack_from(batch(b"a"))
    fields = (*header[:1], HEADER_SIZE_BYTES - 12 + len(body), *header[2:5], codec, *header[6:])
    packed = HEADER.pack(*fields)
    checked = packed[21:] + body
    return packed[:17] + crc32c(checked).to_bytes(4) + checked


def stored(data: bytes, settings: LogSettings | None = None) -> Batch:
    """The batch as the log has it."""
    log = new_log(settings)
    append(log, data)
    return decode(log.read(0, 10_000, log.log_end_offset))
