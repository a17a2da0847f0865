"""
Members of classic groups: they sync, send heartbeats and leave.

Source: ``GroupMetadataManager``: ``classicGroupSyncToClassicGroup``, ``classicGroupHeartbeatToClassicGroup``,
``classicGroupLeaveToClassicGroup``.
"""

from functools import partial

from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.leave_group.v5.request import LeaveGroupRequest, MemberIdentity
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.schema.sync_group.v5.response import SyncGroupResponse

from ackproof.reference.groups.classic.answers import join_refused, sync_refused, synced
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.rebalancing import (
    complete_if_all_joined,
    rebalance_or_complete,
    refuse_assignments,
    restart_session,
    tell_assignments,
)
from ackproof.reference.groups.classic.recording import generation
from ackproof.reference.groups.classic.sessions import forget_session, received_sync, session_key
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.errors import KafkaError

Left = tuple[MemberIdentity, ErrorCode]
"""Who was to leave, and what came of it."""


def sync(shard: Shard, request: SyncGroupRequest, group: ClassicGroup, answer: Future[SyncGroupResponse]) -> None:
    """
    A member wants its assignment; the leader brings those of all.

    Raises:
        KafkaError: The leader's assignment is refused; all members know already.
    """
    code = _refusal(request, group)
    if code is not None:
        answer.resolve(sync_refused(code))
        return
    member = group.members[request.member_id]
    received_sync(shard, group, request.member_id)
    if group.state == "Stable":
        answer.resolve(synced(group.protocol_type, group.protocol, member.assignment))
        return
    member.sync_answer = answer
    if group.leader_id == request.member_id:
        _keep_assignment(shard, request, group)


def _refusal(request: SyncGroupRequest, group: ClassicGroup) -> ErrorCode | None:
    if group.state == "Dead":
        return ErrorCode.coordinator_not_available
    try:
        group.validate_member(request.member_id, request.group_instance_id)
    except KafkaError as error:
        return error.code
    if request.generation_id != group.generation:
        return ErrorCode.illegal_generation
    if _differs(request.protocol_type, group.protocol_type) or _differs(request.protocol_name, group.protocol):
        return ErrorCode.inconsistent_group_protocol
    return ErrorCode.rebalance_in_progress if group.state == "PreparingRebalance" else None


def _differs(said: str | None, known: str | None) -> bool:
    return said is not None and known is not None and said != known


def _keep_assignment(shard: Shard, request: SyncGroupRequest, group: ClassicGroup) -> None:
    """Who is left out by the leader is assigned nothing."""
    assignments = dict.fromkeys(group.members, b"")
    assignments |= {assignment.member_id: assignment.assignment for assignment in request.assignments}
    then = partial(_kept, shard, group, request.generation_id, assignments)
    shard.keep([generation(group, assignments)], then, is_replayed=False)


def _kept(
    shard: Shard,
    group: ClassicGroup,
    of_generation: int,
    assignments: dict[str, bytes],
    outcome: ErrorCode | None,
) -> None:
    """Members hear their assignments once they are replicated, unless the group rebalances again by then."""
    if group.state != "CompletingRebalance" or group.generation != of_generation:
        return
    if outcome is None:
        tell_assignments(shard, group, assignments)
        group.enter("Stable", shard.now_ms)
    else:
        refuse_assignments(shard, group, outcome)
        rebalance_or_complete(shard, group)


def heartbeat(shard: Shard, request: HeartbeatRequest, group: ClassicGroup) -> ErrorCode:
    """
    A member is still there; what it is to hear.

    Raises:
        KafkaError: It is not a member, or not of this generation.
    """
    if group.state == "Dead":
        raise KafkaError(ErrorCode.coordinator_not_available)
    group.validate_member(request.member_id, request.group_instance_id)
    if request.generation_id != group.generation:
        raise KafkaError(ErrorCode.illegal_generation)
    if group.is_empty:
        return ErrorCode.unknown_member_id
    restart_session(shard, group, group.members[request.member_id])
    return ErrorCode.rebalance_in_progress if group.state == "PreparingRebalance" else ErrorCode.none


def leave(shard: Shard, request: LeaveGroupRequest, group: ClassicGroup) -> list[Left]:
    """
    Members leave; what came of it for each.

    Raises:
        KafkaError: The group is dead, or its record is refused now that it is empty.
    """
    if group.state == "Dead":
        raise KafkaError(ErrorCode.coordinator_not_available)
    left = [(identity, _leave(shard, group, identity)) for identity in request.members]
    if any(code == ErrorCode.none for _, code in left):
        if group.state in ("Stable", "CompletingRebalance"):
            rebalance_or_complete(shard, group)
        elif group.state == "PreparingRebalance":
            complete_if_all_joined(shard, group)
    return left


def _leave(shard: Shard, group: ClassicGroup, identity: MemberIdentity) -> ErrorCode:
    """Who has an instance id may be made to leave by somebody who does not know its member id."""
    member_id, instance_id = identity.member_id, identity.group_instance_id
    if not member_id:
        if instance_id is None or instance_id not in group.static_members:
            return ErrorCode.unknown_member_id
        member_id = group.static_members[instance_id]
    elif member_id in group.pending_members:
        group.remove(member_id)
        shard.timers.cancel(session_key(group.group_id, member_id))
        return ErrorCode.none
    else:
        try:
            group.validate_member(member_id, instance_id)
        except KafkaError as error:
            return error.code
    member = group.members[member_id]
    forget_session(shard, group, member)
    member.answer_join(join_refused(ErrorCode.unknown_member_id))
    group.remove(member_id)
    return ErrorCode.none
