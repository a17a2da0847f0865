"""
Who may commit which offsets, and the records that come of it.

Source: ``OffsetMetadataManager.commitOffset``, ``commitTransactionalOffset``; ``validateOffsetCommit`` of either group.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

from kio.schema.errors import ErrorCode

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.rebalancing import restart_session
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.member import ConsumerMember
from ackproof.reference.groups.record import StateRecord
from ackproof.reference.groups.schema import OffsetCommitKey, OffsetCommitValue, OffsetCommitValueV1
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.kernel.making import cheaply
from ackproof.reference.kernel.value import value
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import i32, i64

new_key, new_value = cheaply(OffsetCommitKey), cheaply(OffsetCommitValue)

FIRST_VERSION_WITH_GROUP_ID_NOT_FOUND = 9
FIRST_VERSION_FOR_CONSUMER_GROUPS = 9

May = Callable[[str, int], None]
"""Raises ``KafkaError`` if the member may not commit for this partition of this topic."""


@value
class Committer:
    """
    Who commits.

    Attributes:
        generation: Of a classic group, or a member epoch; -1 without a group.
    """

    group_id: str
    generation: int
    member_id: str
    instance_id: str | None
    version: int
    is_transactional: bool = False

    @property
    def says_nothing(self) -> bool:
        """Whether it does not say which member it is."""
        return self.generation == -1 and not self.member_id and self.instance_id is None


@value
class Commit:
    """One offset to be committed."""

    topic: str
    partition: int
    offset: int
    leader_epoch: int
    metadata: str | None


def commit(
    shard: Shard, committer: Committer, commits: Iterable[Commit], retention_ms: int | None = None
) -> tuple[list[StateRecord], list[ErrorCode]]:
    """
    The records that keep *commits*, and the outcome of each.

    Raises:
        KafkaError: None may be committed.
    """
    may = permission(shard, committer)
    expires_ms = None if retention_ms is None else shard.now_ms + retention_ms
    records: list[StateRecord] = []
    outcomes: list[ErrorCode] = []
    for one in commits:
        if one.metadata is not None and _utf16_length(one.metadata) > shard.settings.offset_metadata_max_bytes:
            outcomes.append(ErrorCode.offset_metadata_too_large)
            continue
        may(one.topic, one.partition)
        outcomes.append(ErrorCode.none)
        topic_id = None if committer.is_transactional else shard.topics.topic_id(one.topic)
        records.append(_record(committer.group_id, one, shard.now_ms, expires_ms, topic_id))
    if not records and committer.group_id not in shard.groups:
        # Whoever commits begins a group, even if none of its offsets can be kept.
        shard.groups.put(committer.group_id, ClassicGroup(committer.group_id, state_timestamp_ms=shard.now_ms))
    return records, outcomes


def _utf16_length(text: str) -> int:
    """As Java counts: Kafka compares characters with a number of bytes."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _record(group_id: str, one: Commit, now_ms: int, expires_ms: int | None, topic_id: UUID | None) -> StateRecord:
    key = new_key(group=group_id, topic=one.topic, partition=i32(one.partition))
    if expires_ms is not None:
        return StateRecord(
            key,
            OffsetCommitValueV1(
                offset=i64(one.offset),
                metadata=one.metadata or "",
                commit_timestamp=i64(now_ms),
                expire_timestamp=i64(expires_ms),
            ),
        )
    return StateRecord(
        key,
        new_value(
            offset=i64(one.offset),
            leader_epoch=i32(one.leader_epoch),
            metadata=one.metadata or "",
            commit_timestamp=i64(now_ms),
            topic_id=topic_id,
        ),
    )


# Who may.


def permission(shard: Shard, committer: Committer) -> May:
    """
    What *committer* may commit; in a classic group it shows itself by that.

    Raises:
        KafkaError: Nothing.
    """
    group = shard.groups.get(committer.group_id)
    if group is None:
        if committer.generation >= 0:
            raise KafkaError(_unknown_group(committer))
        return _anything
    if isinstance(group, ConsumerGroup):
        return _as_transactional(committer, lambda: _in_consumer_group(shard, group, committer))
    _validate_in_classic_group(group, committer)
    is_shown = group.state in ("Stable", "PreparingRebalance") and committer.member_id in group.members
    if not committer.is_transactional and is_shown:
        restart_session(shard, group, group.members[committer.member_id])
    return _anything


def _unknown_group(committer: Committer) -> ErrorCode:
    is_new = committer.version >= FIRST_VERSION_WITH_GROUP_ID_NOT_FOUND and not committer.is_transactional
    return ErrorCode.group_id_not_found if is_new else ErrorCode.illegal_generation


def _anything(topic: str, partition: int) -> None:
    pass


def _validate_in_classic_group(group: ClassicGroup, committer: Committer) -> None:
    """Source: ``ClassicGroup.validateOffsetCommit``."""
    if group.state == "Dead":
        raise KafkaError(ErrorCode.coordinator_not_available)
    if committer.generation < 0 and group.is_empty:
        return
    is_member = committer.generation >= 0 or committer.member_id or committer.instance_id is not None
    if is_member:
        group.validate_member(committer.member_id, committer.instance_id)
        if committer.generation != group.generation:
            raise KafkaError(ErrorCode.illegal_generation)
    elif not committer.is_transactional and not group.is_empty:
        raise KafkaError(ErrorCode.unknown_member_id)
    if not committer.is_transactional and group.state == "CompletingRebalance":
        raise KafkaError(ErrorCode.rebalance_in_progress)


def _in_consumer_group(shard: Shard, group: ConsumerGroup, committer: Committer) -> May:
    """Source: ``ConsumerGroup.validateOffsetCommit``."""
    if committer.generation < 0 and group.is_empty:
        return _anything
    if committer.is_transactional and committer.says_nothing:
        return _anything
    member = group.member(committer.member_id)
    is_old = committer.version < FIRST_VERSION_FOR_CONSUMER_GROUPS
    if not committer.is_transactional and not member.is_classic and is_old:
        raise KafkaError(ErrorCode.unsupported_version)
    if committer.generation == member.epoch:
        return _anything
    if committer.generation > member.epoch or shard.rules.rebalancing.refuses_older_epochs:
        raise KafkaError(_stale(member))
    return lambda topic, partition: _since(shard, member, committer.generation, topic, partition)


def _since(shard: Shard, member: ConsumerMember, epoch: int, topic: str, partition: int) -> None:
    """An older epoch is good enough for what has been the member's ever since (KIP-1251)."""
    topic_id = shard.topics.topic_id(topic)
    owned = {**member.pending_revocation, **member.assigned}
    if topic_id is None or epoch < owned.get((topic_id, partition), epoch + 1):
        raise KafkaError(_stale(member))


def _stale(member: ConsumerMember) -> ErrorCode:
    return ErrorCode.illegal_generation if member.is_classic else ErrorCode.stale_member_epoch


def _as_transactional(committer: Committer, validate: Callable[[], May]) -> May:
    """A transaction does not hear STALE_MEMBER_EPOCH, which older producers do not know."""
    if not committer.is_transactional:
        return validate()

    def may(topic: str, partition: int) -> None:
        _without_stale(lambda: allowed(topic, partition))

    allowed = _without_stale(validate)
    return may


def _without_stale(call: Callable[[], May | None]) -> May:
    try:
        return call() or _anything
    except KafkaError as error:
        if error.code == ErrorCode.stale_member_epoch:
            raise KafkaError(ErrorCode.illegal_generation) from None
        raise
