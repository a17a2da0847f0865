"""What a broker does for a partition while it leads it: it knows its followers, and what is committed."""

from collections.abc import Callable
from uuid import UUID

import attrs
from kio.schema.errors import ErrorCode

from ackproof.model.produce.truncation import to_end_of_agreement
from ackproof.reference.broker.host import Host
from ackproof.reference.broker.partitions.altering import RETRY_BACKOFF_MS, Alteration, Altered, InSyncReplicas
from ackproof.reference.broker.partitions.replica import Replica
from ackproof.reference.controller.image import PartitionImage
from ackproof.reference.kernel.future import sleep, spawn
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.protocol.errors import KafkaError

WAS_NOT_ALTERED = frozenset({ErrorCode.operation_not_attempted, ErrorCode.ineligible_replica})
"""The controller has refused the alteration, and the leader goes on from what it knew."""

WAITS_FOR_IMAGE = frozenset(
    {
        ErrorCode.unknown_topic_or_partition,
        ErrorCode.unknown_topic_id,
        ErrorCode.fenced_leader_epoch,
        ErrorCode.invalid_update_version,
        ErrorCode.invalid_request,
        ErrorCode.new_leader_elected,
    }
)
"""The leader knows too little to ask again: it waits for what the controller says next."""


class Leadership:
    """
    The leader's side of a partition.

    Attributes:
        followers: By broker id, in order of preference.
        epoch_start_offset: Where the log ended when the leader epoch began.

    Source: ``Partition`` where it is leader.
    """

    def __init__(self, host: Host, topic_id: UUID, index: int, log: PartitionLog, changed: Callable[[], None]) -> None:
        self._host = host
        self._topic_id = topic_id
        self._index = index
        self._log = log
        self._changed = changed
        self.followers: dict[int, Replica] = {}
        self.in_sync = InSyncReplicas()
        self.leader_epoch = -1
        self.partition_epoch = -1
        self.epoch_start_offset = 0

    @property
    def effective_min_insync_replicas(self) -> int:
        """``min.insync.replicas``, or all replicas if that is more than there are (from 3.7, KAFKA-15583)."""
        wanted = self._log.settings.min_insync_replicas
        is_clamped = self._host.rules.keeps_high_watermark_below_min_isr
        return min(wanted, len(self.followers) + 1) if is_clamped else wanted

    def is_under_min_insync_replicas(self) -> bool:
        """Whether too few replicas are in sync for acks=all."""
        in_sync = len(self.in_sync.committed)
        return in_sync < self._log.settings.min_insync_replicas and in_sync < self.effective_min_insync_replicas

    @property
    def low_watermark(self) -> int:
        """The first offset that a replica which is alive still has. Source: ``Partition.lowWatermarkIfLeader``."""
        alive = (each for each in self.followers.values() if self._host.brokers.is_alive(each.broker_id))
        return min([self._log.log_start_offset, *(each.log_start_offset for each in alive)])

    def renew(self, image: PartitionImage) -> None:
        """Lead on, or begin to. Source: ``Partition.makeLeader``."""
        others = (replica for replica in image.replicas if replica != self._host.broker_id)
        self.followers = {id_: self.followers.get(id_) or Replica(id_) for id_ in others}
        self.in_sync = InSyncReplicas(image.in_sync_replicas)
        if image.leader_epoch > self.leader_epoch:
            self._begin_epoch(image)
        self.partition_epoch = image.partition_epoch
        self.advance()

    def _begin_epoch(self, image: PartitionImage) -> None:
        self.epoch_start_offset = self._log.log_end_offset
        if self._host.rules.truncation is to_end_of_agreement:
            # Followers may have later epochs in their logs than any record here: they must find out where to truncate.
            # Leaders once took note of theirs only as they appended (KAFKA-7415).
            self._log.assign_epoch(image.leader_epoch)
        is_new_leader = self.leader_epoch < 0
        self.leader_epoch = image.leader_epoch
        for follower in self.followers.values():
            follower.reset(
                self.epoch_start_offset,
                self._host.clock.now_ms,
                is_new_leader=is_new_leader,
                is_in_sync=follower.broker_id in image.in_sync_replicas,
            )

    def end(self) -> None:
        """Another leads: answers of the controller that are still to come change nothing."""
        self.in_sync = InSyncReplicas()

    def outcome(self, offset: int) -> ErrorCode | None:
        """
        What a producer hears that waits for *offset*; None while it has to wait.

        Source: ``Partition.checkEnoughReplicasReachOffset``.
        """
        if self._log.high_watermark < offset:
            return None
        is_enough = self.effective_min_insync_replicas <= len(self.in_sync.maximal)
        return ErrorCode.none if is_enough else ErrorCode.not_enough_replicas_after_append

    def advance(self) -> bool:
        """The high watermark moves to where it may; whether it has. Source: ``Partition.maybeIncrementLeaderHW``."""
        if self._host.rules.keeps_high_watermark_below_min_isr and self.is_under_min_insync_replicas():
            return False
        _, to, before, _ = self._log.offsets()
        for each in self.followers.values():
            if each.log_end_offset < to and self.waits_for(each):
                to = each.log_end_offset
        if to <= before:
            return False
        self._log.high_watermark = to
        return True

    def waits_for(self, follower: Replica) -> bool:
        """Whether the high watermark must not pass it: it is in sync, or about to be."""
        if follower.broker_id in self.in_sync.maximal:
            return True
        return self._is_caught_up(follower) and self._is_eligible(follower)

    def _is_caught_up(self, follower: Replica) -> bool:
        return follower.is_caught_up(
            self._log.log_end_offset, self._host.clock.now_ms, self._host.replica_lag_time_max_ms
        )

    def _is_eligible(self, follower: Replica) -> bool:
        """Whether the controller would let it be in sync. Source: ``Partition.isReplicaIsrEligible`` (KIP-903)."""
        active_epoch = self._host.brokers.active_epoch(follower.broker_id)
        if active_epoch is None or not self._host.rules.checks_broker_epochs:
            return active_epoch is not None
        return follower.broker_epoch in {-1, active_epoch}

    def has_fetched(self, follower: Replica, *, is_log_end_new: bool, is_log_start_new: bool) -> None:
        """
        What is known of *follower* has changed: it may have to be in sync, and more may be committed, or deleted.

        Source: ``Partition.updateFollowerFetchState``: who waits looks again only where a watermark has moved.
        """
        self._expand(follower)
        has_advanced = is_log_end_new and self.advance()
        if is_log_start_new or has_advanced:
            self._changed()

    def _expand(self, follower: Replica) -> None:
        """Ask for *follower* to be in sync, if it may be. Source: ``Partition.maybeExpandIsr``."""
        if self.in_sync.pending or follower.broker_id in self.in_sync.committed:
            return
        if self._has_what_is_needed(follower) and self._is_eligible(follower):
            joining = follower.broker_id if self._host.rules.asks_controller_to_join else None
            self._ask((*self.in_sync.committed, follower.broker_id), joining)

    def _has_what_is_needed(self, follower: Replica) -> bool:
        """
        Whether it has what is committed, and has come into this leader epoch (KAFKA-7128).

        Source: ``Partition.isFollowerInSync``.
        """
        has_committed = follower.log_end_offset >= self._log.high_watermark
        joins_below = self._host.rules.joins_below_leader_epoch
        return has_committed and (joins_below or follower.log_end_offset >= self.epoch_start_offset)

    def shrink(self) -> None:
        """Ask to drop those that have not caught up for too long. Source: ``Partition.maybeShrinkIsr``."""
        if self.in_sync.pending:
            return
        lagging = {each.broker_id for each in self.followers.values() if not self._is_caught_up(each)}
        left = tuple(each for each in self.in_sync.committed if each not in lagging)
        if left != self.in_sync.committed:
            self._ask(left, joining=None)

    def _ask(self, wanted: tuple[int, ...], joining: int | None) -> None:
        replicas = tuple((each, self._broker_epoch(each)) for each in wanted)
        alteration = Alteration(self._topic_id, self._index, self.leader_epoch, self.partition_epoch, replicas)
        self.in_sync = attrs.evolve(self.in_sync, pending=alteration, joining=joining)
        spawn(self._host.clock, self._alter(alteration))

    def _broker_epoch(self, broker_id: int) -> int:
        """Of the incarnation that is meant; -1 where it has not said. Source: ``Partition.addBrokerEpochToIsr``."""
        if not self._host.rules.checks_broker_epochs:
            return -1
        follower = self.followers.get(broker_id)
        epoch = follower.broker_epoch if follower else self._host.brokers.active_epoch(broker_id)
        return -1 if epoch is None else epoch

    async def _alter(self, alteration: Alteration) -> None:
        """Ask until there is an answer, or something else has happened."""
        while self.in_sync.pending is alteration:
            try:
                altered = await self._host.controller.alter_partition(alteration)
            except KafkaError as error:
                if self.in_sync.pending is not alteration or error.code in WAITS_FOR_IMAGE:
                    return
                if error.code in WAS_NOT_ALTERED:
                    self.in_sync = InSyncReplicas(self.in_sync.committed)
                    return
                await sleep(self._host.clock, RETRY_BACKOFF_MS)
            else:
                self._take(alteration, altered)
                return

    def _take(self, alteration: Alteration, altered: Altered) -> None:
        """What the controller has made of it. Source: ``Partition.handleAlterPartitionUpdate``."""
        is_late = self.in_sync.pending is not alteration
        if is_late or altered.leader_epoch != self.leader_epoch or altered.partition_epoch < self.partition_epoch:
            return
        self.in_sync = InSyncReplicas(altered.in_sync_replicas)
        self.partition_epoch = altered.partition_epoch
        self.advance()
        self._changed()
