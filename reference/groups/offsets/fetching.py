"""
Committed offsets are told.

Source: ``OffsetMetadataManager.fetchOffsets``, ``fetchAllOffsets``; ``validateOffsetFetch`` of either group.
"""

from collections.abc import Mapping

from kio.schema.errors import ErrorCode
from kio.schema.offset_fetch.v9.request import OffsetFetchRequestGroup
from kio.schema.offset_fetch.v9.response import (
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
)

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.errors import UnexpectedError
from ackproof.reference.groups.group import Group
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.offsets.offsets import Offset, TopicPartition
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import TopicName, i32, i64

NO_OFFSET = -1


def fetch(shard: Shard, request: OffsetFetchRequestGroup, *, is_stable: bool) -> OffsetFetchResponseGroup:
    """
    The offsets of one group.

    Args:
        shard: Where they are.
        request: Of which partitions; None of all that have one.
        is_stable: Of everything written, and none of what an open transaction may yet change; else of what is
            replicated.

    Raises:
        KafkaError: The group has no such member, or it is at another epoch.
    """
    groups = shard.groups.written if is_stable else shard.groups.replicated
    group = groups.get(request.group_id)
    validate(group, request)
    offsets = shard.offsets.of(request.group_id) if is_stable else shard.offsets.replicated_of(request.group_id)
    known = offsets if _has_offsets(group) else dict[TopicPartition, Offset]()
    wanted = _all(known) if request.topics is None else _asked(request)
    return OffsetFetchResponseGroup(
        group_id=request.group_id,
        topics=tuple(
            OffsetFetchResponseTopics(
                name=name,
                partitions=tuple(
                    _partition(shard, request.group_id, (name, number), known, is_stable=is_stable)
                    for number in numbers
                ),
            )
            for name, numbers in wanted
        ),
    )


def validate(group: Group | None, request: OffsetFetchRequestGroup) -> None:
    """
    Whether a member may ask; classic groups tell anybody.

    Raises:
        KafkaError: UNKNOWN_MEMBER_ID; STALE_MEMBER_EPOCH, or ILLEGAL_GENERATION for a member of the classic protocol;
            UNKNOWN_SERVER_ERROR for an epoch without a member id.
    """
    if not isinstance(group, ConsumerGroup):
        return
    if request.member_id is None and request.member_epoch < 0:
        return
    if request.member_id is None:
        raise UnexpectedError("who says an epoch says its member id")
    member = group.member(request.member_id)
    if request.member_epoch != member.epoch:
        raise KafkaError(ErrorCode.illegal_generation if member.is_classic else ErrorCode.stale_member_epoch)


def _has_offsets(group: Group | None) -> bool:
    return group is not None and not (isinstance(group, ClassicGroup) and group.state == "Dead")


def _all(known: Mapping[TopicPartition, Offset]) -> list[tuple[TopicName, list[int]]]:
    topics: dict[str, list[int]] = {}
    for name, number in known:
        topics.setdefault(name, []).append(number)
    return [(TopicName(name), numbers) for name, numbers in topics.items()]


def _asked(request: OffsetFetchRequestGroup) -> list[tuple[TopicName, list[int]]]:
    return [(topic.name, list(topic.partition_indexes)) for topic in request.topics or ()]


def _partition(
    shard: Shard,
    group_id: str,
    partition: TopicPartition,
    known: Mapping[TopicPartition, Offset],
    *,
    is_stable: bool,
) -> OffsetFetchResponsePartitions:
    offset = known.get(partition)
    if is_stable and shard.offsets.has_pending(group_id, partition):
        return _without_offset(partition, ErrorCode.unstable_offset_commit)
    if offset is None:
        return _without_offset(partition)
    return OffsetFetchResponsePartitions(
        partition_index=i32(partition[1]),
        committed_offset=i64(offset.offset),
        committed_leader_epoch=i32(offset.leader_epoch),
        metadata=offset.metadata,
        error_code=ErrorCode.none,
    )


def _without_offset(partition: TopicPartition, code: ErrorCode = ErrorCode.none) -> OffsetFetchResponsePartitions:
    return OffsetFetchResponsePartitions(
        partition_index=i32(partition[1]), committed_offset=i64(NO_OFFSET), metadata="", error_code=code
    )
