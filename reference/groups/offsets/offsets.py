"""Committed offsets: those of each group, and those of transactions that are open."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import attrs

from ackproof.model.consume.keeping import Keeping
from ackproof.reference.groups.schema import (
    LegacyOffsetCommitKey,
    OffsetCommitKey,
    OffsetCommitValue,
    OffsetCommitValueV1,
    OffsetCommitValueV3,
)
from ackproof.reference.groups.shards.timeline import Journal, Timeline
from ackproof.reference.kernel.value import value

TopicPartition = tuple[str, int]
NO_PRODUCER_ID = -1


@value
class Offset:
    """
    A committed offset (``OffsetAndMetadata``).

    Attributes:
        position: Its place among the records of the partition: of two commits the later one counts.
        leader_epoch: -1 where the consumer did not say.
        expire_timestamp_ms: None for as long as the group is used and ``offsets.retention.minutes`` after that.
        topic_id: None where it is not known.
    """

    position: int
    offset: int
    leader_epoch: int
    metadata: str
    commit_timestamp_ms: int
    expire_timestamp_ms: int | None = None
    topic_id: UUID | None = None


Key = LegacyOffsetCommitKey | OffsetCommitKey
Value = OffsetCommitValueV1 | OffsetCommitValueV3 | OffsetCommitValue


def offset_of(value: Value, position: int) -> Offset:
    """The offset that a record tells of."""
    expires = value.expire_timestamp if isinstance(value, OffsetCommitValueV1) else -1
    return Offset(
        position,
        value.offset,
        -1 if isinstance(value, OffsetCommitValueV1) else value.leader_epoch,
        value.metadata,
        value.commit_timestamp,
        None if expires == -1 else expires,
        value.topic_id if isinstance(value, OffsetCommitValue) else None,
    )


class Offsets:
    """
    The offsets of the groups of a partition.

    Attributes:
        is_loading: They come from the log, not from requests.

    Source: ``OffsetMetadataManager``.
    """

    def __init__(self, journal: Journal, keeping: Keeping, *, expires_beside_pending: bool = False) -> None:
        self.is_loading = False
        self._expires_beside_pending = expires_beside_pending
        self._journal = journal
        self._keeping = keeping
        self._groups: dict[str, Timeline[TopicPartition, Offset]] = {}
        self._pending: dict[int, dict[tuple[str, TopicPartition], Offset]] = {}

    def of(self, group_id: str) -> Mapping[TopicPartition, Offset]:
        """The offsets of a group, as last written."""
        timeline = self._groups.get(group_id)
        return timeline.written if timeline else {}

    def replicated_of(self, group_id: str) -> Mapping[TopicPartition, Offset]:
        """The offsets of a group, as far as they are replicated."""
        timeline = self._groups.get(group_id)
        return timeline.replicated if timeline else {}

    def has_pending(self, group_id: str, partition: TopicPartition | None = None) -> bool:
        """Whether an open transaction has an offset of this group, or of this partition of it."""
        return any(
            group == group_id and partition in (None, of) for pending in self._pending.values() for group, of in pending
        )

    def everywhere(self) -> Iterator[tuple[str, TopicPartition, Offset]]:
        """All offsets, those of open transactions too."""
        for group_id, timeline in self._groups.items():
            for partition, offset in timeline.written.items():
                yield group_id, partition, offset
        for pending in self._pending.values():
            for (group_id, partition), offset in pending.items():
                yield group_id, partition, offset

    def replay(self, position: int, producer_id: int, key: Key, value: Value | None) -> None:
        """A record has been written: a commit, one of a transaction, or a tombstone."""
        partition = (key.topic, key.partition)
        if value is None:
            self._put(key.group, partition, None)
            # Who deletes what is committed beside them keeps them (``GroupMetadata.removeExpiredOffsets``).
            for pending in () if self._expires_beside_pending else self._pending.values():
                pending.pop((key.group, partition), None)
        elif producer_id == NO_PRODUCER_ID:
            self._put(key.group, partition, self._loaded(offset_of(value, position)))
        else:
            pending = self._pending.setdefault(producer_id, {})
            pending[key.group, partition] = self._loaded(offset_of(value, position))

    def replay_marker(self, producer_id: int, is_commit: bool) -> None:
        """
        A producer's transaction has ended: its offsets count, or are dropped.

        One does not count where another commit was written after it.
        """
        for (group_id, partition), offset in self._pending.pop(producer_id, {}).items():
            present = self.of(group_id).get(partition)
            if is_commit and (present is None or offset.position > present.position):
                self._put(group_id, partition, offset)

    def _put(self, group_id: str, partition: TopicPartition, offset: Offset | None) -> None:
        timeline = self._groups.setdefault(group_id, Timeline(self._journal))
        if offset is None:
            timeline.remove(partition)
        elif not (self.is_loading and self._keeping.loads_older and partition in timeline):
            timeline.put(partition, offset)

    def _loaded(self, offset: Offset) -> Offset:
        """What is loaded expires at once where that is what is wrong (KAFKA-8069)."""
        if self.is_loading and self._keeping.loads_expired and offset.expire_timestamp_ms is None:
            return attrs.evolve(offset, expire_timestamp_ms=0)
        return offset
