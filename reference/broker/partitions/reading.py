"""Reading a partition, as consumers and followers do."""

from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchPartition

from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.kernel.value import value
from ackproof.reference.log.leader_epochs import EpochEnd
from ackproof.reference.log.log import Isolation, PartitionLog
from ackproof.reference.log.producers.transaction_index import AbortedTransaction
from ackproof.reference.protocol.errors import KafkaError


@value
class Reader:
    """
    Who reads, and how much of the log they may see.

    Attributes:
        replica_id: Of a follower; negative for consumers.
        broker_epoch: Of the follower's incarnation; -1 if it does not say.
        only_leader: Whether only the leader will do. Consumers that know of followers (KIP-392) may read them too.
        rack: Where a consumer stands that is to be told of a follower there; empty if it is not.

    Source: ``FetchParams``.
    """

    isolation: Isolation
    replica_id: int = -1
    broker_epoch: int = -1
    only_leader: bool = False
    rack: str = ""


@value
class Read:
    """
    What was read, and where the log's offsets stood before.

    Attributes:
        visible_end: Up to where the reader may see.
        diverging: Where the reader's log parts from this one, in place of data (KIP-595).
        preferred_replica: Who is to be asked, in place of data (KIP-392).

    Source: ``LogReadInfo``, ``LogReadResult``.
    """

    high_watermark: int = -1
    last_stable_offset: int = -1
    log_start_offset: int = -1
    visible_end: int = -1
    data: bytes = b""
    aborted_transactions: tuple[AbortedTransaction, ...] | None = None
    diverging: EpochEnd | None = None
    preferred_replica: int | None = None
    error: ErrorCode = ErrorCode.none


def referred(partition: Partition, asked: FetchPartition, replica: int) -> Read:
    """
    Where the log's offsets stand, and which *replica* to ask for what is *asked*.

    Raises:
        KafkaError: FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH.

    Source: ``Partition.fetchOffsetSnapshot``.
    """
    log = partition.readable_log(asked.current_leader_epoch, only_leader=False)
    return Read(log.high_watermark, log.last_stable_offset, log.log_start_offset, preferred_replica=replica)


def read(
    partition: Partition, reader: Reader, asked: FetchPartition, max_bytes: int, *, at_least_one: bool, counts: bool
) -> Read:
    """
    Read what is *asked* for.

    Args:
        partition: What is read.
        reader: Who reads.
        asked: From where.
        max_bytes: How much at most.
        at_least_one: Whether the first batch comes even if it is larger than that.
        counts: Whether the leader takes note of how far a follower has come.

    Raises:
        KafkaError: FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER, OFFSET_OUT_OF_RANGE.

    Source: ``Partition.fetchRecords``.
    """
    is_follower, epoch = reader.replica_id >= 0, asked.current_leader_epoch
    log = partition.readable_log(epoch, reader.only_leader or is_follower)
    if not is_follower:
        return _read(log, reader, asked, max_bytes, at_least_one)
    follower = partition.follower(reader.replica_id, epoch)
    result = _read(log, reader, asked, max_bytes, at_least_one)
    # Leaders once took a follower that has to truncate to have what it asked to go on from (KAFKA-13141).
    if counts and (result.diverging is None or partition.rules.counts_diverging_fetches):
        partition.has_fetched(follower, asked.fetch_offset, asked.log_start_offset, reader.broker_epoch)
    return result


def _read(log: PartitionLog, reader: Reader, asked: FetchPartition, max_bytes: int, at_least_one: bool) -> Read:
    """Source: ``Partition.readRecords``."""
    start, end, high_watermark, last_stable_offset = log.offsets()
    offset, visible_end = asked.fetch_offset, log.visible_end(reader.isolation)
    is_within = start <= offset <= end
    # Most of the time the reader is in the present leader epoch.
    diverging = None if is_within and asked.last_fetched_epoch == log.epochs.latest else _diverging(log, asked)
    if diverging:
        return Read(high_watermark, last_stable_offset, start, visible_end, diverging=diverging)
    if not is_within:
        raise KafkaError(ErrorCode.offset_out_of_range)
    if max_bytes < 0 and offset < visible_end:
        # Kafka fails over that.
        raise KafkaError(ErrorCode.unknown_server_error)
    data = log.read(offset, max_bytes, visible_end, at_least_one=at_least_one) if offset < visible_end else b""
    aborted = _aborted(log, offset, data) if reader.isolation == "last_stable" else None
    return Read(high_watermark, last_stable_offset, start, visible_end, data, aborted)


def _aborted(log: PartitionLog, offset: int, data: bytes) -> tuple[AbortedTransaction, ...]:
    return tuple(log.aborted_transactions(offset, log.search_end(offset, len(data)))) if data else ()


def _diverging(log: PartitionLog, asked: FetchPartition) -> EpochEnd | None:
    """Where the log of one that says its last epoch parts from this one; None if it does not."""
    epoch = asked.last_fetched_epoch
    if epoch < 0:
        return None
    end = log.end_offset_for(epoch)
    if end.epoch < 0 or end.end_offset < 0 or asked.fetch_offset < log.log_start_offset:
        raise KafkaError(ErrorCode.offset_out_of_range)
    return end if end.epoch < epoch or end.end_offset < asked.fetch_offset else None
