"""What groups are, for whoever asks."""

from collections.abc import Iterable, Sequence

from kio.schema.consumer_group_describe.v1.response import (
    Assignment,
    Member,
    TopicPartitions,
)
from kio.schema.consumer_group_describe.v1.response import DescribedGroup as DescribedConsumerGroup
from kio.schema.describe_groups.v6.response import DescribedGroup, DescribedGroupMember
from kio.schema.errors import ErrorCode
from kio.schema.list_groups.v5.response import ListedGroup

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.group import Group
from ackproof.reference.groups.modern.group import ConsumerGroup, preferred_assignor
from ackproof.reference.groups.modern.member import ConsumerMember, Partition, by_topic
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.groups.subscription import PROTOCOL_TYPE
from ackproof.reference.protocol.primitive import GroupId, TopicName, i8, i32

FIRST_VERSION_WITH_GROUP_ID_NOT_FOUND = 6


def described(shard: Shard, group_id: GroupId, version: int) -> DescribedGroup:
    """A classic group; to older clients one that is not there is just dead."""
    group = shard.groups.replicated.get(group_id)
    if not isinstance(group, ClassicGroup):
        is_told = version >= FIRST_VERSION_WITH_GROUP_ID_NOT_FOUND
        return undescribed(group_id, ErrorCode.group_id_not_found if is_told else ErrorCode.none, "Dead")
    protocol = group.protocol if group.state == "Stable" else None
    return DescribedGroup(
        error_code=ErrorCode.none,
        group_id=group_id,
        group_state=group.state,
        protocol_type=group.protocol_type or "",
        protocol_data=protocol or "",
        members=tuple(
            DescribedGroupMember(
                member_id=member.member_id,
                group_instance_id=member.instance_id,
                client_id=member.client_id,
                client_host=member.client_host,
                member_metadata=b"" if protocol is None else member.metadata(protocol),
                member_assignment=member.assignment,
            )
            for member in group.in_order
        ),
    )


def undescribed(group_id: GroupId, code: ErrorCode, state: str = "") -> DescribedGroup:
    """Why a group cannot be described."""
    return DescribedGroup(
        error_code=code, group_id=group_id, group_state=state, protocol_type="", protocol_data="", members=()
    )


def listed(shard: Shard, states: Sequence[str], types: Sequence[str]) -> list[ListedGroup]:
    """The groups that are in one of *states* and of one of *types*; any where there are none of these."""
    wanted_states = {state.strip().lower() for state in states}
    wanted_types = {name.lower() for name in types}
    return [
        ListedGroup(
            group_id=GroupId(group_id),
            protocol_type=_protocol_type(group),
            group_state=group.state,
            group_type=_type(group),
        )
        for group_id, group in shard.groups.replicated.items()
        if (not wanted_states or group.state.lower() in wanted_states)
        and (not wanted_types or _type(group) in wanted_types)
    ]


def _protocol_type(group: Group) -> str:
    return group.protocol_type or "" if isinstance(group, ClassicGroup) else PROTOCOL_TYPE


def _type(group: Group) -> str:
    return "classic" if isinstance(group, ClassicGroup) else "consumer"


def described_consumer_group(shard: Shard, group_id: GroupId) -> DescribedConsumerGroup:
    """A consumer group."""
    group = shard.groups.replicated.get(group_id)
    if not isinstance(group, ConsumerGroup):
        return undescribed_consumer_group(group_id, ErrorCode.group_id_not_found, "there is no such consumer group")
    return DescribedConsumerGroup(
        error_code=ErrorCode.none,
        group_id=group_id,
        group_state=group.state,
        group_epoch=i32(group.epoch),
        assignment_epoch=i32(group.assignment_epoch),
        assignor_name=preferred_assignor(group.votes, shard.settings.group_consumer_assignors[0]),
        members=tuple(_member(shard, group, member) for member in group.members.values()),
    )


def undescribed_consumer_group(
    group_id: GroupId, code: ErrorCode, message: str | None = None
) -> DescribedConsumerGroup:
    """Why a consumer group cannot be described."""
    return DescribedConsumerGroup(
        error_code=code,
        error_message=message,
        group_id=group_id,
        group_state="",
        group_epoch=i32(0),
        assignment_epoch=i32(0),
        assignor_name="",
        members=(),
    )


def _member(shard: Shard, group: ConsumerGroup, member: ConsumerMember) -> Member:
    return Member(
        member_id=member.member_id,
        instance_id=member.instance_id,
        rack_id=member.rack_id,
        member_epoch=i32(member.epoch),
        client_id=member.client_id,
        client_host=member.client_host,
        subscribed_topic_names=tuple(TopicName(name) for name in sorted(member.subscribed_topic_names)),
        subscribed_topic_regex=member.subscribed_topic_regex,
        assignment=_assignment(shard, (*member.assigned, *member.pending_revocation)),
        target_assignment=_assignment(shard, group.target(member.member_id)),
        member_type=i8(not member.is_classic),
    )


def _assignment(shard: Shard, partitions: Iterable[Partition]) -> Assignment:
    return Assignment(
        topic_partitions=tuple(
            TopicPartitions(topic_id=topic_id, topic_name=TopicName(name), partitions=tuple(map(i32, numbers)))
            for topic_id, numbers in by_topic(partitions)
            if (name := shard.topics.topic_name(topic_id)) is not None
        )
    )
