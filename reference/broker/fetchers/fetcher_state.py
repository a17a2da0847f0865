"""How far a follower has come with one partition."""

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.kernel.value import value
from ackproof.reference.log.storage.checkpoints import TopicPartition


@value
class FetchState:
    """
    How far a follower has come with one partition.

    Attributes:
        leader_epoch: In which it follows.
        offset: Where it fetches from; while it has to truncate, where to if the leader cannot tell.
        last_fetched_epoch: Of the last batch of its log; None if it does not say, or has none.
        is_truncating: It has to find out first where its log and the leader's agree.
        ready_ms: It has to wait until then.

    Source: ``PartitionFetchState``.
    """

    partition: Partition
    leader_epoch: int
    offset: int
    last_fetched_epoch: int | None = None
    is_truncating: bool = False
    ready_ms: int = 0

    @property
    def name(self) -> TopicPartition:
        """Its topic and index."""
        return self.partition.name


def first_state(partition: Partition) -> FetchState:
    """
    Where *partition* begins to follow.

    Who finds out while it fetches where the logs agree starts at its log end. Otherwise, or if it knows no leader
    epochs, it starts at its high watermark and truncates first.

    Source: ``ReplicaManager.initialFetchOffset``, ``AbstractFetcherThread.partitionFetchState``.
    """
    log = partition.log
    if log.latest_epoch is not None and not partition.rules.truncates_before_fetching:
        return FetchState(partition, partition.leader_epoch, log.log_end_offset, log.latest_epoch)
    return FetchState(partition, partition.leader_epoch, log.high_watermark, is_truncating=True)


def last_epoch_to_say(partition: Partition, rules: BrokerRules) -> int | None:
    """The epoch of its last batch, if it tells the leader."""
    return None if rules.truncates_before_fetching else partition.log.epochs.latest
