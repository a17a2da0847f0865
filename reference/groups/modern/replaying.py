"""What records make of a consumer group."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

import attrs

from ackproof.model.groups.epochs import PartitionEpochs
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.errors import UnexpectedError
from ackproof.reference.groups.group import Group
from ackproof.reference.groups.java import slots_after_put
from ackproof.reference.groups.modern.group import ConsumerGroup, Resolved, recounted
from ackproof.reference.groups.modern.member import LEAVING_EPOCH, ConsumerMember, MemberState, Partition, Partitions
from ackproof.reference.groups.modern.owning import moved
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
    TopicPartitionsWithEpochs,
)
from ackproof.reference.groups.record import Key, StateRecord, Value

T = TypeVar("T")

NO_TOPIC = UUID(int=0)
STATES = {state.value: state for state in MemberState}


def replayed(group: Group | None, group_id: str, record: StateRecord, rule: PartitionEpochs) -> ConsumerGroup | None:
    """
    The group after *record*; None if it is no more, or never was.

    A group that only had offsets becomes a consumer group.

    Raises:
        UnexpectedError: It is a classic group that has members.
    """
    if group is None or (isinstance(group, ClassicGroup) and group.is_simple):
        if record.value is None:
            return None
        group = ConsumerGroup(group_id)
    if isinstance(group, ClassicGroup):
        raise UnexpectedError(f"{group_id} is not a consumer group")
    if record.value is None:
        return _without(group, record.key, rule)
    return _with(group, record.key, record.value, rule)


def group_id_of(key: Key) -> str:
    """The group that a record of a consumer group is about."""
    assert isinstance(
        key,
        ConsumerGroupMetadataKey
        | ConsumerGroupMemberMetadataKey
        | ConsumerGroupTargetAssignmentMetadataKey
        | ConsumerGroupTargetAssignmentMemberKey
        | ConsumerGroupCurrentMemberAssignmentKey
        | ConsumerGroupRegularExpressionKey,
    )
    return key.group_id


def _with(group: ConsumerGroup, key: Key, value: Value, rule: PartitionEpochs) -> ConsumerGroup:
    match key, value:
        case ConsumerGroupMetadataKey(), ConsumerGroupMetadataValue():
            return attrs.evolve(group, epoch=value.epoch, metadata_hash=value.metadata_hash)
        case ConsumerGroupTargetAssignmentMetadataKey(), ConsumerGroupTargetAssignmentMetadataValue():
            return attrs.evolve(
                group,
                assignment_epoch=value.assignment_epoch,
                assignment_timestamp_ms=value.assignment_timestamp,
            )
        case ConsumerGroupTargetAssignmentMemberKey(), ConsumerGroupTargetAssignmentMemberValue():
            topics = tuple(topic.topic_id or NO_TOPIC for topic in value.topic_partitions)
            return attrs.evolve(
                group,
                targets={**group.targets, key.member_id: _partitions(value)},
                target_topics={**group.target_topics, key.member_id: topics},
            )
        case ConsumerGroupMemberMetadataKey(), ConsumerGroupMemberMetadataValue():
            matched = group.matched(value.subscribed_topic_regex or "")
            described = attrs.evolve(_described(_member(group, key.member_id), value), matched_topics=matched)
            return _with_member(group, described, rule)
        case ConsumerGroupCurrentMemberAssignmentKey(), ConsumerGroupCurrentMemberAssignmentValue():
            return _with_member(group, _moved(group, _assigned(_member(group, key.member_id), value)), rule)
        case ConsumerGroupRegularExpressionKey(), ConsumerGroupRegularExpressionValue():
            resolved = Resolved(frozenset(value.topics), value.version, value.timestamp)
            return _resolved(group, {**group.resolved, key.regular_expression: resolved})
        case _:
            raise UnexpectedError(f"{type(value).__name__} under {type(key).__name__}")


def _moved(group: ConsumerGroup, member: ConsumerMember) -> ConsumerMember:
    """A *member* that has been moved towards the target, which is written first; of an epoch it goes by one alone."""
    if member.epoch and member.towards == group.assignment_epoch:
        return member
    return attrs.evolve(member, towards=group.assignment_epoch, goal=group.target(member.member_id))


def _without(group: ConsumerGroup, key: Key, rule: PartitionEpochs) -> ConsumerGroup | None:
    match key:
        case ConsumerGroupMetadataKey():
            return None
        case ConsumerGroupTargetAssignmentMetadataKey():
            return attrs.evolve(group, assignment_epoch=-1, assignment_timestamp_ms=0)
        case ConsumerGroupTargetAssignmentMemberKey():
            return attrs.evolve(
                group,
                targets=_left_out(group.targets, key.member_id),
                target_topics=_left_out(group.target_topics, key.member_id),
            )
        case ConsumerGroupRegularExpressionKey():
            return _resolved(group, _left_out(group.resolved, key.regular_expression))
        case ConsumerGroupCurrentMemberAssignmentKey() | ConsumerGroupMemberMetadataKey():
            member = group.members.get(key.member_id)
            return _without_all(group, key, member, rule) if member else group
        case _:
            return group


def _without_all(group: ConsumerGroup, key: Key, member: ConsumerMember, rule: PartitionEpochs) -> ConsumerGroup:
    """The member is no more, or first has nothing any more."""
    if isinstance(key, ConsumerGroupMemberMetadataKey):
        return _without_member(group, member, rule)
    gone = attrs.evolve(member, epoch=LEAVING_EPOCH, previous_epoch=LEAVING_EPOCH, assigned={}, pending_revocation={})
    return _with_member(group, gone, rule)


def _resolved(group: ConsumerGroup, resolved: Mapping[str, Resolved]) -> ConsumerGroup:
    """The group whose members match what their regular expressions are resolved to."""
    after = attrs.evolve(group, resolved=resolved)
    members = {
        member_id: attrs.evolve(member, matched_topics=after.matched(member.subscribed_topic_regex))
        for member_id, member in group.members.items()
    }
    return attrs.evolve(after, members=members)


def _member(group: ConsumerGroup, member_id: str) -> ConsumerMember:
    return group.members.get(member_id, ConsumerMember(member_id))


def _with_member(group: ConsumerGroup, member: ConsumerMember, rule: PartitionEpochs) -> ConsumerGroup:
    before = group.members.get(member.member_id)
    static = {} if member.instance_id is None else {member.instance_id: member.member_id}
    return attrs.evolve(
        group,
        members={**group.members, member.member_id: member},
        slots=slots_after_put(group.slots, len(group.members)),
        static_members={**group.static_members, **static},
        votes=recounted(group.votes, before, member),
        partition_epochs=moved(rule, group.partition_epochs, before, member),
        resolved_then=group.resolved,
    )


def _without_member(group: ConsumerGroup, member: ConsumerMember, rule: PartitionEpochs) -> ConsumerGroup:
    return attrs.evolve(
        group,
        members=_left_out(group.members, member.member_id),
        static_members=_left_out(group.static_members, member.instance_id or ""),
        votes=recounted(group.votes, member, None),
        partition_epochs=moved(rule, group.partition_epochs, member, None),
        resolved_then=group.resolved,
    )


def _described(member: ConsumerMember, value: ConsumerGroupMemberMetadataValue) -> ConsumerMember:
    return attrs.evolve(
        member,
        instance_id=value.instance_id,
        rack_id=value.rack_id,
        client_id=value.client_id,
        client_host=value.client_host,
        subscribed_topic_names=frozenset(value.subscribed_topic_names),
        subscribed_topic_regex=value.subscribed_topic_regex or "",
        rebalance_timeout_ms=value.rebalance_timeout_ms,
        server_assignor=value.server_assignor,
        classic=value.classic_member_metadata,
    )


def _assigned(member: ConsumerMember, value: ConsumerGroupCurrentMemberAssignmentValue) -> ConsumerMember:
    return attrs.evolve(
        member,
        epoch=value.member_epoch,
        previous_epoch=value.previous_member_epoch,
        state=STATES.get(value.state, MemberState.UNKNOWN),
        assigned=_with_epochs(value.assigned_partitions, value.member_epoch),
        pending_revocation=_with_epochs(value.partitions_pending_revocation, value.member_epoch),
    )


def _partitions(value: ConsumerGroupTargetAssignmentMemberValue) -> Partitions:
    return frozenset(
        (topic.topic_id or NO_TOPIC, number) for topic in value.topic_partitions for number in topic.partitions
    )


def _with_epochs(topics: tuple[TopicPartitionsWithEpochs, ...], member_epoch: int) -> dict[Partition, int]:
    """Each partition with its epoch; records of before 4.3 do not tell it."""
    partitions: dict[Partition, int] = {}
    for topic in topics:
        known = len(topic.assignment_epochs) == len(topic.partitions)
        epochs = topic.assignment_epochs if known else (max(member_epoch, 0),) * len(topic.partitions)
        partitions.update(
            {
                (topic.topic_id or NO_TOPIC, number): epoch
                for number, epoch in zip(topic.partitions, epochs, strict=True)
            }
        )
    return partitions


def _left_out(values: Mapping[str, T], key: str) -> dict[str, T]:
    return {name: value for name, value in values.items() if name != key}
