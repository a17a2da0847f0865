"""Consumer groups as records."""

from collections.abc import Iterable, Mapping

from ackproof.reference.groups.modern.group import ConsumerGroup, Resolved
from ackproof.reference.groups.modern.member import ConsumerMember, Partition, by_topic
from ackproof.reference.groups.modern.schema import (
    ConsumerGroupCurrentMemberAssignmentKey,
    ConsumerGroupCurrentMemberAssignmentValue,
    ConsumerGroupMemberMetadataKey,
    ConsumerGroupMemberMetadataValue,
    ConsumerGroupMetadataKey,
    ConsumerGroupMetadataValue,
    ConsumerGroupRegularExpressionKey,
    ConsumerGroupRegularExpressionValue,
    ConsumerGroupTargetAssignmentMemberKey,
    ConsumerGroupTargetAssignmentMemberValue,
    ConsumerGroupTargetAssignmentMetadataKey,
    ConsumerGroupTargetAssignmentMetadataValue,
    TopicPartitions,
    TopicPartitionsWithEpochs,
)
from ackproof.reference.groups.record import StateRecord
from ackproof.reference.protocol.primitive import i8, i32, i64


def epoch(group_id: str, group_epoch: int, metadata_hash: int) -> StateRecord:
    """The group has this epoch."""
    return StateRecord(
        ConsumerGroupMetadataKey(group_id=group_id),
        ConsumerGroupMetadataValue(epoch=i32(group_epoch), metadata_hash=i64(metadata_hash)),
    )


def metadata(group_id: str, member: ConsumerMember) -> StateRecord:
    """What a member says of itself."""
    value = ConsumerGroupMemberMetadataValue(
        instance_id=member.instance_id,
        rack_id=member.rack_id,
        client_id=member.client_id,
        client_host=member.client_host,
        subscribed_topic_names=tuple(sorted(member.subscribed_topic_names)),
        subscribed_topic_regex=member.subscribed_topic_regex,
        rebalance_timeout_ms=i32(member.rebalance_timeout_ms),
        server_assignor=member.server_assignor,
        classic_member_metadata=member.classic,
    )
    return StateRecord(ConsumerGroupMemberMetadataKey(group_id=group_id, member_id=member.member_id), value)


def regex(group_id: str, expression: str, resolved: Resolved) -> StateRecord:
    """What a regular expression stands for."""
    value = ConsumerGroupRegularExpressionValue(
        topics=tuple(sorted(resolved.topics)), version=i64(resolved.version), timestamp=i64(resolved.at_ms)
    )
    return StateRecord(ConsumerGroupRegularExpressionKey(group_id=group_id, regular_expression=expression), value)


def without_regex(group_id: str, expression: str) -> StateRecord:
    """Nobody subscribes by a regular expression any more."""
    return StateRecord(ConsumerGroupRegularExpressionKey(group_id=group_id, regular_expression=expression))


def target(group_id: str, member_id: str, partitions: Iterable[Partition]) -> StateRecord:
    """What a member is to have in the end."""
    value = ConsumerGroupTargetAssignmentMemberValue(
        topic_partitions=tuple(
            TopicPartitions(topic_id=topic_id, partitions=tuple(map(i32, numbers)))
            for topic_id, numbers in by_topic(partitions)
        )
    )
    return StateRecord(ConsumerGroupTargetAssignmentMemberKey(group_id=group_id, member_id=member_id), value)


def target_epoch(group_id: str, assignment_epoch: int, timestamp_ms: int) -> StateRecord:
    """The target assignment is for this epoch."""
    return StateRecord(
        ConsumerGroupTargetAssignmentMetadataKey(group_id=group_id),
        ConsumerGroupTargetAssignmentMetadataValue(
            assignment_epoch=i32(assignment_epoch), assignment_timestamp=i64(timestamp_ms)
        ),
    )


def current(group_id: str, member: ConsumerMember) -> StateRecord:
    """What a member has."""
    value = ConsumerGroupCurrentMemberAssignmentValue(
        member_epoch=i32(member.epoch),
        previous_member_epoch=i32(member.previous_epoch),
        state=i8(member.state.value),
        assigned_partitions=_with_epochs(member.assigned),
        partitions_pending_revocation=_with_epochs(member.pending_revocation),
    )
    return StateRecord(ConsumerGroupCurrentMemberAssignmentKey(group_id=group_id, member_id=member.member_id), value)


def without_member(group_id: str, member_id: str) -> list[StateRecord]:
    """The member is no more."""
    return [
        StateRecord(ConsumerGroupCurrentMemberAssignmentKey(group_id=group_id, member_id=member_id)),
        StateRecord(ConsumerGroupTargetAssignmentMemberKey(group_id=group_id, member_id=member_id)),
        StateRecord(ConsumerGroupMemberMetadataKey(group_id=group_id, member_id=member_id)),
    ]


def without_group(group: ConsumerGroup) -> list[StateRecord]:
    """The group is no more."""
    group_id = group.group_id
    return [
        *(StateRecord(ConsumerGroupCurrentMemberAssignmentKey(group_id=group_id, member_id=m)) for m in group.members),
        *(StateRecord(ConsumerGroupTargetAssignmentMemberKey(group_id=group_id, member_id=m)) for m in group.members),
        StateRecord(ConsumerGroupTargetAssignmentMetadataKey(group_id=group_id)),
        *(StateRecord(ConsumerGroupMemberMetadataKey(group_id=group_id, member_id=m)) for m in group.members),
        *(without_regex(group_id, expression) for expression in group.resolved),
        StateRecord(ConsumerGroupMetadataKey(group_id=group_id)),
    ]


def whole_group(group: ConsumerGroup) -> list[StateRecord]:
    """Everything of a group that was a classic one."""
    group_id, members = group.group_id, group.members.values()
    return [
        *(metadata(group_id, member) for member in members),
        epoch(group_id, group.epoch, group.metadata_hash),
        *(target(group_id, member.member_id, group.target_in_order(member.member_id)) for member in members),
        target_epoch(group_id, group.assignment_epoch, group.assignment_timestamp_ms),
        *(current(group_id, member) for member in members),
    ]


def _with_epochs(partitions: Mapping[Partition, int]) -> tuple[TopicPartitionsWithEpochs, ...]:
    return tuple(
        TopicPartitionsWithEpochs(
            topic_id=topic_id,
            partitions=tuple(map(i32, numbers)),
            assignment_epochs=tuple(i32(partitions[topic_id, number]) for number in numbers),
        )
        for topic_id, numbers in by_topic(partitions)
    )
