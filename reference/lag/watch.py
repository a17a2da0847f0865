"""Watching a group of a real cluster: samples of it, from which it can be told why it lags."""

from collections.abc import Mapping

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import sleep
from ackproof.reference.lag.admin import Admin
from ackproof.reference.lag.burrow import partition_status
from ackproof.reference.lag.group import REBALANCING, Group
from ackproof.reference.lag.sample import PartitionSample, Sample
from ackproof.reference.lag.window import Commit, Window, with_commit, with_end_offset

INTERVAL_MS = 3_000
"""Not in step with ``auto.commit.interval.ms``, or commits would be seen at the same age all the time."""


class Watch:
    """
    Remembers what it has seen of one group.

    What is seen from outside is less than the simulation shows: a commit of the same offset looks like none, so that a
    consumer which commits without progress seems to have stopped; how long rebalances take is known by the interval.

    Attributes:
        samples: What was seen, oldest first.
        partitions: Which of them each place of a sample is about, in the order in which they turned up.
    """

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.partitions: list[TopicPartition] = []
        self._windows: dict[TopicPartition, Window] = {}
        self._seen: dict[TopicPartition, int] = {}
        self._owners: list[str] = []
        self._was_rebalancing = False
        self._generation = 1
        self._rebalancing_ms = 0

    def observe(self, group: Group, last_stable: Mapping[TopicPartition, int], now_ms: int) -> None:
        """The group is seen as *group* now."""
        known = set(self.partitions)
        self.partitions += sorted(partition for partition in group.end_offsets if partition not in known)
        self._count_rebalance(group, now_ms)
        for partition in self.partitions:
            self._note(partition, group, now_ms)
        partitions = tuple(self._sample(partition, group, last_stable, now_ms) for partition in self.partitions)
        self.samples.append(Sample(now_ms, partitions, self._generation, self._rebalancing_ms, len(group.members)))

    def _count_rebalance(self, group: Group, now_ms: int) -> None:
        is_rebalancing = group.state in REBALANCING
        if is_rebalancing and not self._was_rebalancing:
            self._generation += 1
        if self._was_rebalancing and self.samples:
            self._rebalancing_ms += now_ms - self.samples[-1].at_ms
        self._was_rebalancing = is_rebalancing

    def _note(self, partition: TopicPartition, group: Group, now_ms: int) -> None:
        window = self._windows.get(partition, Window())
        if partition in group.end_offsets:
            window = with_end_offset(window, group.end_offsets[partition])
        committed = group.committed.get(partition)
        if committed is not None and committed.offset != self._seen.get(partition):
            self._seen[partition] = committed.offset
            window = with_commit(window, Commit(committed.offset, now_ms, now_ms))
        self._windows[partition] = window

    def _sample(
        self, partition: TopicPartition, group: Group, last_stable: Mapping[TopicPartition, int], now_ms: int
    ) -> PartitionSample:
        committed = group.committed.get(partition)
        end = self._windows[partition].end_offsets[-1]
        offset = None if committed is None else committed.offset
        return PartitionSample(
            high_watermark=end,
            last_stable_offset=last_stable.get(partition, end),
            position=offset or 0,
            committed=offset,
            owner=self._owner(partition, group),
            status=partition_status(self._windows[partition], now_ms).status,
        )

    def _owner(self, partition: TopicPartition, group: Group) -> int | None:
        """The number of the member that reads it, in the order in which members turned up."""
        for member in group.members:
            if partition in member.partitions:
                if member.member_id not in self._owners:
                    self._owners.append(member.member_id)
                return self._owners.index(member.member_id)
        return None


async def watched(clock: Clock, admin: Admin, group_id: str, duration_ms: int, interval_ms: int = INTERVAL_MS) -> Watch:
    """
    What is seen of a group in *duration_ms*.

    Raises:
        GroupNotFoundError, TimedOutError, KafkaError: As ``Admin.group`` does.
    """
    watch, end_ms = Watch(), clock.now_ms + duration_ms
    while True:
        began_ms = clock.now_ms
        group = await admin.group(group_id)
        last_stable = await admin.end_offsets(group.end_offsets, "read_committed")
        watch.observe(group, last_stable, clock.now_ms)
        if clock.now_ms >= end_ms:
            return watch
        await sleep(clock, max(interval_ms - (clock.now_ms - began_ms), 1))
