"""
Static members of classic groups return (KIP-345).

Source: ``GroupMetadataManager.updateStaticMemberThenRebalanceOrCompleteJoin``.
"""

from functools import partial

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse

from ackproof.reference.groups.classic.answers import join_refused, joined, sync_refused
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember, Protocols
from ackproof.reference.groups.classic.rebalancing import (
    complete_if_all_joined,
    prepare,
    rebalance_or_complete,
    restart_session,
)
from ackproof.reference.groups.classic.recording import generation
from ackproof.reference.groups.shards.context import Context
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.primitive import duration, i32

FIRST_VERSION_THAT_SKIPS_ASSIGNMENT = 9

Answer = Future[JoinGroupResponse]


@attrs.frozen
class Before:
    """What a static member was before it returned, in case that cannot be kept."""

    member_id: str
    leader_id: str | None
    protocols: Protocols
    rebalance_timeout_ms: int
    session_timeout_ms: int


def replace_static_member(
    shard: Shard,
    context: Context,
    request: JoinGroupRequest,
    group: ClassicGroup,
    new_member_id: str,
    answer: Answer,
) -> None:
    """
    A static member is back: it gets a new id, and whoever uses the old one is fenced.

    A stable group goes on as it was, unless another protocol would be selected; one that waits for its assignment
    rebalances, because the leader assigns to the old id.

    Raises:
        KafkaError: The new id could not be written; the member has its old one again.
    """
    assert request.group_instance_id is not None
    before = _before(group, group.static_members[request.group_instance_id])
    _fence(group.members[before.member_id])
    member = group.rename(before.member_id, new_member_id)
    restart_session(shard, group, member)
    member.update(request, answer)
    if group.state == "Stable" and group.protocol == group.select_protocol():
        _go_on(shard, context, group, member, before)
    elif group.state == "Stable":
        rebalance_or_complete(shard, group)
    elif group.state == "CompletingRebalance" and shard.rules.classic.forgets_replaced_members:
        member.answer_join(joined(group, new_member_id, leader=before.leader_id))
    elif group.state == "CompletingRebalance":
        prepare(shard, group)
    else:
        complete_if_all_joined(shard, group)


def _before(group: ClassicGroup, member_id: str) -> Before:
    member = group.members[member_id]
    return Before(
        member_id,
        group.leader_id,
        member.protocols,
        member.rebalance_timeout_ms,
        member.session_timeout_ms,
    )


def _fence(member: ClassicMember) -> None:
    member.answer_join(join_refused(ErrorCode.fenced_instance_id, member.member_id))
    member.answer_sync(sync_refused(ErrorCode.fenced_instance_id))


def _go_on(shard: Shard, context: Context, group: ClassicGroup, member: ClassicMember, before: Before) -> None:
    """The group stays as it is; its record has the new id before the member hears it."""
    then = partial(_replaced, shard, context, group, member, before)
    if shard.rules.keeping.forgets_replacements:
        then(None)
        return
    assignments = {of.member_id: of.assignment for of in group.in_order}
    shard.keep([generation(group, assignments)], then, is_replayed=False)


def _replaced(
    shard: Shard,
    context: Context,
    group: ClassicGroup,
    member: ClassicMember,
    before: Before,
    outcome: ErrorCode | None,
) -> None:
    if outcome is not None:
        _roll_back(shard, group, member, before, outcome)
        return
    skips = context.version >= FIRST_VERSION_THAT_SKIPS_ASSIGNMENT and not shard.rules.classic.returning_leader_follows
    if skips:
        leads = group.leader_id == member.member_id
        member.answer_join(joined(group, member.member_id, skips_assignment=leads))
    else:
        # It is told that its former self leads, so that it does not assign.
        member.answer_join(joined(group, member.member_id, leader=before.leader_id))


def _roll_back(shard: Shard, group: ClassicGroup, member: ClassicMember, before: Before, code: ErrorCode) -> None:
    """The replacement could not be written: the member has its old id again, and the one that returned joins anew."""
    answer, member.join_answer = member.join_answer, None
    if group.members.get(member.member_id) is member:
        member.protocols = before.protocols
        member.rebalance_timeout_ms = before.rebalance_timeout_ms
        member.session_timeout_ms = before.session_timeout_ms
        restart_session(shard, group, group.rename(member.member_id, before.member_id))
    if answer:
        answer.resolve(_not_replaced(group, before, code))


def _not_replaced(group: ClassicGroup, before: Before, code: ErrorCode) -> JoinGroupResponse:
    return JoinGroupResponse(
        throttle_time=duration(0),
        error_code=code,
        generation_id=i32(group.generation),
        protocol_type=group.protocol_type,
        protocol_name=group.protocol,
        leader=before.leader_id or "",
        member_id="",
        members=(),
    )
