"""One replica of one partition on a broker: its log, and whether it leads or follows."""

from collections.abc import Callable
from uuid import UUID

from kio.schema.errors import ErrorCode

from ackproof.reference.broker.host import Host
from ackproof.reference.broker.partitions.leadership import Leadership
from ackproof.reference.broker.partitions.replica import Replica
from ackproof.reference.broker.partitions.waiting import Waiting
from ackproof.reference.controller.image import NO_LEADER, PartitionImage
from ackproof.reference.kernel.future import Future
from ackproof.reference.log.log import Appended, Origin, PartitionLog, UnexpectedOffsetError, VerificationGuard
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.protocol.errors import KafkaError

Watcher = Callable[[], None]
"""What happens when a partition may have more to read, or can no longer be read."""


class Partition:
    """
    One replica of one partition.

    Attributes:
        name: Its topic and index.
        leader_id: Who leads, as far as this broker knows; ``NO_LEADER`` for nobody.
        leadership: The leader's side of it; None unless this broker leads.

    Source: ``Partition``.
    """

    def __init__(self, host: Host, topic: str, topic_id: UUID, index: int, log: PartitionLog) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.index = index
        self.name = TopicPartition(topic, index)
        self.log = log
        self.leader_id = NO_LEADER
        self.leader_epoch = -1
        self.leadership: Leadership | None = None
        self.rules = host.rules
        self._host = host
        self._partition_epoch = -1
        self._waiting = Waiting(host.clock)
        self._watchers: list[Watcher] = []

    @property
    def is_leader(self) -> bool:
        """Whether this broker leads it."""
        return self.leadership is not None

    @property
    def partition_epoch(self) -> int:
        """Counts what the controller changed."""
        return self.leadership.partition_epoch if self.leadership else self._partition_epoch

    # What the controller says.

    def become(self, image: PartitionImage) -> bool:
        """
        Lead or follow as the controller says; whether the leader epoch is new.

        An image that is older than what is known (``partition_epoch``) is ignored.

        Source: ``Partition.makeLeader``, ``makeFollower``.
        """
        if image.partition_epoch < self.partition_epoch:
            return False
        is_new_epoch = image.leader_epoch > self.leader_epoch
        self._partition_epoch = image.partition_epoch
        self.leader_id = image.leader
        self.leader_epoch = image.leader_epoch
        if image.leader == self._host.broker_id:
            self._lead(image)
        else:
            self._resign()
        self.changed()
        return is_new_epoch

    def close(self) -> None:
        """The replica is no longer here: whatever waits hears NOT_LEADER_OR_FOLLOWER."""
        self.leader_id = NO_LEADER
        self._resign()
        self.changed()

    def _lead(self, image: PartitionImage) -> None:
        if self.leadership is None:
            self.leadership = Leadership(self._host, self.topic_id, self.index, self.log, self.changed)
        self.leadership.renew(image)

    def _resign(self) -> None:
        if self.leadership:
            self.leadership.end()
        self.leadership = None

    # Whoever waits.

    def changed(self) -> None:
        """What can be read, or who leads, may have changed: whoever waits for that looks again."""
        if self._waiting.waits:
            self._waiting.settle(self._outcome)
        for watcher in tuple(self._watchers):
            watcher()

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """*watcher* is called at every change, until what this returns is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _outcome(self, offset: int) -> ErrorCode | None:
        return self.leadership.outcome(offset) if self.leadership else ErrorCode.not_leader_or_follower

    # Reading, by consumers and followers.

    def readable_log(self, current_leader_epoch: int = -1, only_leader: bool = True) -> PartitionLog:
        """
        The log, for somebody who says which leader epoch it takes to be current (-1 for none).

        Raises:
            KafkaError: FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER.

        Source: ``Partition.localLogWithEpochOrThrow``.
        """
        if 0 <= current_leader_epoch < self.leader_epoch:
            raise KafkaError(ErrorCode.fenced_leader_epoch)
        if current_leader_epoch > self.leader_epoch:
            raise KafkaError(ErrorCode.unknown_leader_epoch)
        if only_leader and self.leadership is None:
            raise KafkaError(ErrorCode.not_leader_or_follower)
        return self.log

    # As a leader.

    def leading(self) -> Leadership:
        """
        The leader's side.

        Raises:
            KafkaError: NOT_LEADER_OR_FOLLOWER.
        """
        if self.leadership is None:
            raise KafkaError(ErrorCode.not_leader_or_follower)
        return self.leadership

    def append(
        self,
        data: bytes,
        *,
        acks: int,
        origin: Origin = "client",
        produce_version: int = 12,
        verification: VerificationGuard | None = None,
        transaction_version: int = 0,
    ) -> Appended:
        """
        Append a batch; the high watermark may move.

        Raises:
            KafkaError: NOT_LEADER_OR_FOLLOWER; NOT_ENOUGH_REPLICAS for acks=all (-1); what the log refuses.

        Source: ``Partition.appendRecordsToLeader``.
        """
        leadership = self.leading()
        if acks == -1 and leadership.is_under_min_insync_replicas():
            raise KafkaError(ErrorCode.not_enough_replicas)
        appended = self.log.append_as_leader(
            data,
            leader_epoch=self.leader_epoch,
            origin=origin,
            produce_version=produce_version,
            verification=verification,
            transaction_version=transaction_version,
        )
        leadership.advance()
        self.changed()
        return appended

    def replicated(self, offset: int, timeout_ms: int | None = None) -> Future[None]:
        """
        It settles once the high watermark is at *offset* or above, which acks=all waits for.

        It fails with ``KafkaError``: NOT_ENOUGH_REPLICAS_AFTER_APPEND, NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT.
        """
        future = self._waiting.add(offset, timeout_ms)
        self._waiting.settle(self._outcome)
        return future

    def follower(self, broker_id: int, current_leader_epoch: int) -> Replica:
        """
        A follower that fetches.

        Raises:
            KafkaError: It has no replica: UNKNOWN_LEADER_EPOCH, or NOT_LEADER_OR_FOLLOWER if it says no leader epoch.

        Source: ``Partition.followerReplicaOrThrow``.
        """
        follower = self.leading().followers.get(broker_id)
        if follower is None:
            knows_epoch = current_leader_epoch >= 0
            raise KafkaError(ErrorCode.unknown_leader_epoch if knows_epoch else ErrorCode.not_leader_or_follower)
        return follower

    def has_fetched(self, follower: Replica, offset: int, log_start_offset: int, broker_epoch: int) -> None:
        """
        *follower* has everything below *offset*.

        Raises:
            KafkaError: It speaks for an incarnation that is no more: NOT_LEADER_OR_FOLLOWER (KIP-903).

        Source: ``Partition.updateFollowerFetchState``.
        """
        leading = self.leading()
        if broker_epoch >= 0 and self.rules.checks_broker_epochs:
            active_epoch = self._host.brokers.active_epoch(follower.broker_id)
            if active_epoch is not None and active_epoch > broker_epoch:
                raise KafkaError(ErrorCode.not_leader_or_follower)
        is_log_end_new, is_log_start_new = (
            follower.log_end_offset != offset,
            follower.log_start_offset != log_start_offset,
        )
        follower.has_fetched(offset, log_start_offset, self.log.log_end_offset, broker_epoch, self._host.clock.now_ms)
        leading.has_fetched(follower, is_log_end_new=is_log_end_new, is_log_start_new=is_log_start_new)

    def shrink(self) -> None:
        """Ask the controller to drop who lags; the broker calls it every half ``replica.lag.time.max.ms``."""
        if self.leadership:
            self.leadership.shrink()

    # As a follower: what the fetcher calls.

    def append_fetched(self, data: bytes, high_watermark: int, log_start_offset: int) -> None:
        """
        Append what the leader's answer held, then take over its high watermark and log start offset.

        Args:
            data: Whole batches, maybe none.
            high_watermark: The leader's.
            log_start_offset: The leader's.

        Source: ``ReplicaFetcherThread.processPartitionData``.
        """
        if data:
            self._append_as_follower(data)
        self.take_high_watermark(high_watermark)
        if log_start_offset > self.log.log_start_offset:
            self.log.increase_log_start(log_start_offset)
        self.changed()

    def _append_as_follower(self, data: bytes) -> None:
        try:
            self.log.append_as_follower(data, self.leader_epoch)
        except UnexpectedOffsetError as error:
            # The leader's log begins within a batch whose first records were deleted: this one begins with the batch.
            end = self.log.log_end_offset
            if end != self.log.log_start_offset or not error.first_offset < end <= error.last_offset:
                raise
            self.log.truncate_fully_and_start_at(error.first_offset)
            self.log.append_as_follower(data, self.leader_epoch)

    def take_high_watermark(self, high_watermark: int) -> None:
        """
        The leader's high watermark, as far as this log goes; that of a new leader may be lower.

        Source: ``UnifiedLog.maybeUpdateHighWatermark``.
        """
        self.log.high_watermark = high_watermark

    def truncate_to(self, offset: int) -> None:
        """Drop everything at *offset* and above."""
        self.log.truncate_to(offset)
        self.changed()

    def truncate_fully_and_start_at(self, offset: int) -> None:
        """Drop everything; the log goes on at *offset*."""
        self.log.truncate_fully_and_start_at(offset)
        self.changed()
