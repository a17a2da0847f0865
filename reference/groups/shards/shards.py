"""The partitions of ``__consumer_offsets`` that this broker leads, and how its groups are loaded."""

from collections.abc import Iterator
from typing import Literal

from kio.schema.errors import ErrorCode

from ackproof.reference.groups.classic import loading
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.modern import timing
from ackproof.reference.groups.offsets import expiring
from ackproof.reference.groups.record import UnreadableRecordError
from ackproof.reference.groups.shards.shard import Setting, Shard
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.log.state_log import StateLog
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.java import partition_for

Phase = Literal["loading", "active", "failed"]


class Shards:
    """The shards of a coordinator, by partition. Source: ``CoordinatorRuntime``."""

    def __init__(self, setting: Setting, loading_ms: int) -> None:
        """Loading takes *loading_ms*, and a step of the clock at least."""
        self._setting = setting
        self._loading_ms = loading_ms
        self._shards: dict[int, tuple[Shard, Phase]] = {}

    def elected(self, partition: int, log: StateLog) -> None:
        """This broker leads *partition*; if it did before it goes on as it was."""
        present = self._shards.get(partition)
        if present and present[1] != "failed":
            present[0].renew(log)
            return
        shard = Shard(self._setting, partition, log)
        self._shards[partition] = (shard, "loading")
        clock = self._setting.clock
        clock.call_at(clock.now_ms + self._loading_ms, lambda: self._load(shard))

    def resigned(self, partition: int) -> None:
        """This broker does not lead *partition*."""
        present = self._shards.pop(partition, None)
        if present:
            _close(present[0])

    @property
    def clock(self) -> Clock:
        """The clock of all of them."""
        return self._setting.clock

    def partition_of(self, group_id: str) -> int:
        """The partition of ``__consumer_offsets`` that a group is kept in."""
        return partition_for(group_id, self._setting.settings.offsets_topic_num_partitions)

    def leads(self, partition: int) -> bool:
        """Whether this broker leads *partition*, be it loaded or not."""
        return partition in self._shards

    def of(self, group_id: str) -> Shard:
        """
        Where a group is kept.

        Raises:
            KafkaError: NOT_COORDINATOR; COORDINATOR_LOAD_IN_PROGRESS.
        """
        return self.at(self.partition_of(group_id))

    def at(self, partition: int) -> Shard:
        """
        What is kept in a partition.

        Raises:
            KafkaError: As above.
        """
        present = self._shards.get(partition)
        if present is None or present[1] == "failed":
            raise KafkaError(ErrorCode.not_coordinator)
        if present[1] == "loading":
            raise KafkaError(ErrorCode.coordinator_load_in_progress)
        return present[0]

    def all(self) -> Iterator[Shard]:
        """
        Every shard.

        Raises:
            KafkaError: COORDINATOR_LOAD_IN_PROGRESS: one is loading.
        """
        for shard, phase in list(self._shards.values()):
            if phase == "loading":
                raise KafkaError(ErrorCode.coordinator_load_in_progress)
            if phase == "active":
                yield shard

    def active(self) -> list[Shard]:
        """Every shard that is loaded."""
        return [shard for shard, phase in self._shards.values() if phase == "active"]

    def _load(self, shard: Shard) -> None:
        if shard.is_closed:
            return
        try:
            shard.load()
        except (KafkaError, UnreadableRecordError):
            # Nothing of the partition can be told any more, as long as this broker leads it.
            self._shards[shard.partition] = (shard, "failed")
            return
        self._shards[shard.partition] = (shard, "active")
        for group in list(shard.groups.written.values()):
            if isinstance(group, ClassicGroup):
                loading.start(shard, group)
            else:
                timing.start(shard, group)
        expiring.schedule(shard)


def _close(shard: Shard) -> None:
    """Everybody who waits hears that, and no timer ends any more."""
    shard.close()
    for group in shard.groups.written.values():
        if isinstance(group, ClassicGroup):
            loading.stop(shard, group)
    shard.timers.cancel_all()
