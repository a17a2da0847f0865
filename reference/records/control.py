"""Control batches: how a transaction ends in the log of each of its partitions."""

from struct import Struct
from typing import Literal

import attrs

from ackproof.reference.records.batch import Batch, Record, new_batch
from ackproof.reference.records.errors import InvalidRecordError

Kind = Literal["abort", "commit"]

KINDS: tuple[Kind, ...] = ("abort", "commit")
"""Each at the place of its number on the wire."""
KEY = Struct(">hh")
"""A version and a kind."""
VALUE = Struct(">hi")
"""A version and the coordinator's epoch."""


@attrs.frozen
class Marker:
    """How a producer's transaction ended (``EndTransactionMarker``)."""

    kind: Kind
    producer_id: int
    producer_epoch: int
    coordinator_epoch: int


def marker(kind: Kind, producer_id: int, producer_epoch: int, coordinator_epoch: int, timestamp_ms: int) -> Batch:
    """The control batch that ends a producer's transaction."""
    record = Record(
        key=KEY.pack(0, KINDS.index(kind)), value=VALUE.pack(0, coordinator_epoch), timestamp_ms=timestamp_ms
    )
    return new_batch(
        (record,),
        is_transactional=True,
        is_control=True,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
    )


def control_type_of(record: Record) -> int:
    """
    What a control record is about: 0 abort, 1 commit, 2 and above are for Raft.

    Raises:
        InvalidRecordError: Its key is not that of a control record.

    Source: ``ControlRecordType.parseTypeId``.
    """
    key = record.key
    if key is None or len(key) < KEY.size:
        raise InvalidRecordError("a control record has no kind")
    version, kind = KEY.unpack_from(key)
    if version < 0:
        raise InvalidRecordError(f"a control record has the version {version}")
    return int(kind)


def marker_of(batch: Batch) -> Marker:
    """
    How a transaction ended, by its control batch.

    Raises:
        InvalidRecordError: It is none, or says something else.
    """
    if not batch.is_control or not batch.records:
        raise InvalidRecordError("this is not a control batch")
    record = batch.records[0]
    kind = control_type_of(record)
    if kind not in range(len(KINDS)):
        raise InvalidRecordError(f"a control record of the kind {kind} ends no transaction")
    if record.value is None or len(record.value) < VALUE.size:
        raise InvalidRecordError("a marker has no coordinator epoch")
    version, coordinator_epoch = VALUE.unpack_from(record.value)
    if version < 0:
        raise InvalidRecordError(f"a marker has the version {version}")
    return Marker(KINDS[kind], batch.producer_id, batch.producer_epoch, int(coordinator_epoch))
