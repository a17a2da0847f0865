"""Classic groups as records: how they are written, and what is loaded from that."""

from collections.abc import Mapping

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.groups.record import StateRecord
from ackproof.reference.groups.schema import GroupMetadataKey, GroupMetadataValue, MemberMetadata
from ackproof.reference.protocol.primitive import i32, i64


def tombstone(group_id: str) -> StateRecord:
    """The group is no more."""
    return StateRecord(GroupMetadataKey(group=group_id))


def new_group(group: ClassicGroup) -> StateRecord:
    """The group is there, and nobody is in it yet."""
    value = GroupMetadataValue(
        protocol_type="",
        generation=i32(0),
        protocol=None,
        leader=None,
        current_state_timestamp=_timestamp(group),
        members=(),
    )
    return StateRecord(GroupMetadataKey(group=group.group_id), value)


def generation(group: ClassicGroup, assignments: Mapping[str, bytes]) -> StateRecord:
    """The present generation of *group*, with these assignments."""
    value = GroupMetadataValue(
        protocol_type=group.protocol_type or "",
        generation=i32(group.generation),
        protocol=group.protocol,
        leader=group.leader_id,
        current_state_timestamp=_timestamp(group),
        members=tuple(_metadata(group, member, assignments[member.member_id]) for member in group.in_order),
    )
    return StateRecord(GroupMetadataKey(group=group.group_id), value)


def loaded(group_id: str, value: GroupMetadataValue) -> ClassicGroup:
    """
    The group that a record tells of.

    Raises:
        UnexpectedError: A subscription in it cannot be read at all.

    Source: ``GroupMetadataManager.replay(GroupMetadataKey, GroupMetadataValue)``.
    """
    group = ClassicGroup(
        group_id,
        "Stable" if value.members else "Empty",
        None if value.current_state_timestamp == -1 else value.current_state_timestamp,
        value.generation,
        value.protocol_type or None,
        value.protocol,
        value.leader,
    )
    for member in value.members:
        group.add(_member(value, member))
    group.subscribed_topics = group.topics_of_members()
    return group


def _timestamp(group: ClassicGroup) -> i64:
    return i64(-1 if group.state_timestamp_ms is None else group.state_timestamp_ms)


def _metadata(group: ClassicGroup, member: ClassicMember, assignment: bytes) -> MemberMetadata:
    assert group.protocol is not None
    return MemberMetadata(
        member_id=member.member_id,
        group_instance_id=member.instance_id,
        client_id=member.client_id,
        client_host=member.client_host,
        rebalance_timeout=i32(member.rebalance_timeout_ms),
        session_timeout=i32(member.session_timeout_ms),
        subscription=member.metadata(group.protocol),
        assignment=assignment,
    )


def _member(group: GroupMetadataValue, member: MemberMetadata) -> ClassicMember:
    return ClassicMember(
        member.member_id,
        member.group_instance_id,
        member.client_id,
        member.client_host,
        member.session_timeout if member.rebalance_timeout == -1 else member.rebalance_timeout,
        member.session_timeout,
        group.protocol_type,
        ((group.protocol or "", member.subscription),),
        member.assignment,
    )
