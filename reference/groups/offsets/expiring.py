"""
Offsets that nobody needs any more expire, and groups without offsets and members with them.

Source: ``GroupCoordinatorShard.cleanupGroupMetadata``, ``OffsetMetadataManager.cleanupExpiredOffsets``.
"""

from collections.abc import Callable, Iterable

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.recording import tombstone
from ackproof.reference.groups.group import Group
from ackproof.reference.groups.modern.recording import without_group
from ackproof.reference.groups.offsets.offsets import Offset, TopicPartition
from ackproof.reference.groups.record import StateRecord
from ackproof.reference.groups.schema import OffsetCommitKey
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import i32

KEY = ("expire-group-metadata",)

Since = Callable[[Offset], int]
"""When the retention of an offset began."""


def schedule(shard: Shard) -> None:
    """Look for what has expired, again and again."""
    interval_ms = shard.settings.offsets_retention_check_interval_ms
    shard.timers.schedule(KEY, interval_ms, lambda: _expire_and_go_on(shard))


def _expire_and_go_on(shard: Shard) -> None:
    schedule(shard)
    try:
        expire(shard)
    except KafkaError:
        # The same is tried the next time.
        return


def expire(shard: Shard) -> None:
    """
    Whatever has expired by now is deleted.

    Raises:
        KafkaError: The tombstones are refused.
    """
    records: list[StateRecord] = []
    for group in list(shard.groups.written.values()):
        expired = _expired(shard, group)
        records += [offset_tombstone(group.group_id, partition) for partition in expired]
        has_more = len(expired) < len(shard.offsets.of(group.group_id)) or shard.offsets.has_pending(group.group_id)
        if not has_more and group.is_empty:
            records += [tombstone(group.group_id)] if isinstance(group, ClassicGroup) else without_group(group)
    shard.keep(records)


def offset_tombstone(group_id: str, partition: TopicPartition) -> StateRecord:
    """The group has no offset for *partition* any more."""
    return StateRecord(OffsetCommitKey(group=group_id, topic=partition[0], partition=i32(partition[1])))


def delete_offsets(shard: Shard, topics: Iterable[str]) -> None:
    """
    These topics are gone, and with them the offsets of all groups for them.

    Raises:
        KafkaError: The tombstones are refused.

    Source: ``OffsetMetadataManager.onTopicsDeleted``.
    """
    gone = set(topics)
    doomed = {(group_id, of): None for group_id, of, _ in shard.offsets.everywhere() if of[0] in gone}
    shard.keep([offset_tombstone(group_id, partition) for group_id, partition in doomed])


def _expired(shard: Shard, group: Group) -> list[TopicPartition]:
    since = retention_start(shard, group)
    if since is None:
        return []
    keeping = shard.rules.keeping
    return [
        partition
        for partition, offset in shard.offsets.of(group.group_id).items()
        if (keeping.expires_in_use or not group.is_subscribed_to(partition[0]))
        and is_expired(shard, offset, since)
        and (shard.rules.expires_beside_pending or not shard.offsets.has_pending(group.group_id, partition))
    ]


def is_expired(shard: Shard, offset: Offset, since: Since) -> bool:
    """Whether the retention of *offset* is over: the one that it came with, or ``offsets.retention.minutes``."""
    if offset.expire_timestamp_ms is not None:
        return shard.now_ms >= offset.expire_timestamp_ms
    return shard.now_ms - since(offset) >= shard.settings.offsets_retention_ms


def retention_start(shard: Shard, group: Group) -> Since | None:
    """
    From when on the offsets of *group* are kept for the retention time; None for as long as it stays as it is.

    Source: ``ClassicGroup.offsetExpirationCondition``.
    """
    keeping = shard.rules.keeping
    if not isinstance(group, ClassicGroup) or group.protocol_type is None or keeping.expires_in_use:
        return _commit
    if group.is_empty:
        since_ms = group.state_timestamp_ms
        return _commit if since_ms is None else lambda _: since_ms
    if group.is_of_consumers and group.subscribed_topics is not None and group.state == "Stable":
        return _commit
    return _commit if keeping.expires_on_return and group.state == "PreparingRebalance" else None


def _commit(offset: Offset) -> int:
    return offset.commit_timestamp_ms
