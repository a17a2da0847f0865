"""
Members join classic groups.

Source: ``GroupMetadataManager.classicGroupJoinToClassicGroup`` and what it calls.
"""

from functools import partial

from kio.schema.errors import ErrorCode
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse

from ackproof.reference.groups.classic.answers import join_refused, joined
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember, protocols_of
from ackproof.reference.groups.classic.rebalancing import (
    rebalance_or_complete,
    restart_session,
    schedule_session,
)
from ackproof.reference.groups.classic.recording import new_group
from ackproof.reference.groups.classic.replacing import replace_static_member
from ackproof.reference.groups.member_ids import classic_member_id
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.recording import without_group
from ackproof.reference.groups.shards.context import Context
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import milliseconds

NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1_000
FIRST_VERSION_WITH_KNOWN_MEMBER_IDS = 4

Answer = Future[JoinGroupResponse]


def join(shard: Shard, context: Context, request: JoinGroupRequest, answer: Answer) -> None:
    """
    A member joins a group that is not one of the consumer protocol, or is empty; *answer* may come much later.

    Raises:
        KafkaError: What is to be kept of it is refused.
    """
    former = shard.groups.get(request.group_id)
    if isinstance(former, ClassicGroup):
        _join_group(shard, context, request, former, answer)
    elif request.member_id:
        # Kafka forgets an empty consumer group even then, though nothing is written.
        shard.groups.remove(request.group_id)
        answer.resolve(join_refused(ErrorCode.unknown_member_id, request.member_id))
    else:
        _join_new_group(shard, context, request, former, answer)


def _join_new_group(
    shard: Shard, context: Context, request: JoinGroupRequest, former: ConsumerGroup | None, answer: Answer
) -> None:
    """
    The group is written before anybody is in it; an empty consumer group that was there is no more.

    If that cannot be written there is no new group.
    """
    group = ClassicGroup(request.group_id, state_timestamp_ms=shard.now_ms)
    shard.groups.put(group.group_id, group)
    _join_group(shard, context, request, group, answer)
    records = [*(without_group(former) if former else ()), new_group(group)]
    try:
        shard.keep(records, partial(_tell, answer), is_replayed=False)
    except KafkaError:
        _restore(shard, group.group_id, former)
        raise


def _tell(answer: Answer, outcome: ErrorCode | None) -> None:
    if outcome is not None:
        answer.resolve(join_refused(outcome))


def _restore(shard: Shard, group_id: str, former: ConsumerGroup | None) -> None:
    if former:
        shard.groups.put(group_id, former)
    else:
        shard.groups.remove(group_id)


def _join_group(shard: Shard, context: Context, request: JoinGroupRequest, group: ClassicGroup, answer: Answer) -> None:
    member_id = request.member_id
    if not _has_room(shard, group, member_id):
        group.remove(member_id)
        answer.resolve(join_refused(ErrorCode.group_max_size_reached))
    elif group.state == "Dead":
        answer.resolve(join_refused(ErrorCode.coordinator_not_available, member_id))
    elif not group.supports(request.protocol_type, tuple(protocol.name for protocol in request.protocols)):
        answer.resolve(join_refused(ErrorCode.inconsistent_group_protocol, member_id))
    elif not member_id:
        _join_as_new(shard, context, request, group, answer)
    elif member_id in group.pending_members:
        if request.group_instance_id is not None:
            raise KafkaError(ErrorCode.unknown_server_error)
        _add(shard, context, request, group, member_id, answer)
    else:
        _join_again(shard, request, group, answer)


def _has_room(shard: Shard, group: ClassicGroup, member_id: str) -> bool:
    """
    Whether the group is not too large for this member: while it rebalances, those who joined count.

    Source: ``GroupMetadataManager.acceptJoiningMember``.
    """
    member = group.members.get(member_id)
    match group.state:
        case "Empty" | "Dead":
            return True
        case "PreparingRebalance":
            has_joined = member is not None and member.awaits_join
            return has_joined or group.awaiting_join < shard.settings.group_max_size
        case "CompletingRebalance" | "Stable":
            return member is not None or len(group.members) < shard.settings.group_max_size


def _join_as_new(
    shard: Shard, context: Context, request: JoinGroupRequest, group: ClassicGroup, answer: Answer
) -> None:
    instance_id = request.group_instance_id
    member_id = classic_member_id(context.client_id if instance_id is None else instance_id, shard.rng)
    if instance_id is not None and instance_id in group.static_members:
        replace_static_member(shard, context, request, group, member_id, answer)
    elif instance_id is None and context.version >= FIRST_VERSION_WITH_KNOWN_MEMBER_IDS:
        group.pending_members.add(member_id)
        schedule_session(shard, group.group_id, member_id, milliseconds(request.session_timeout))
        answer.resolve(join_refused(ErrorCode.member_id_required, member_id))
    else:
        _add(shard, context, request, group, member_id, answer)


def _add(
    shard: Shard,
    context: Context,
    request: JoinGroupRequest,
    group: ClassicGroup,
    member_id: str,
    answer: Answer,
) -> None:
    if group.state == "PreparingRebalance" and group.previous_state == "Empty":
        group.has_new_member = True
    member = ClassicMember(
        member_id,
        request.group_instance_id,
        context.client_id,
        context.client_host,
        milliseconds(request.rebalance_timeout),
        milliseconds(request.session_timeout),
        request.protocol_type,
        protocols_of(request),
        join_answer=answer,
        is_new=True,
    )
    group.add(member)
    # It does not know its id until the join is answered, so it cannot send heartbeats; it may have gone meanwhile.
    restart_session(shard, group, member, NEW_MEMBER_JOIN_TIMEOUT_MS)
    rebalance_or_complete(shard, group)


def _join_again(shard: Shard, request: JoinGroupRequest, group: ClassicGroup, answer: Answer) -> None:
    """Who joins with the same metadata may have missed the answer; else, and if the leader does, members rebalance."""
    member_id = request.member_id
    try:
        group.validate_member(member_id, request.group_instance_id)
    except KafkaError as error:
        answer.resolve(join_refused(error.code, member_id))
        return
    member = group.members[member_id]
    is_same = member.protocols == protocols_of(request)
    match group.state:
        case "CompletingRebalance" if is_same:
            answer.resolve(joined(group, member_id))
        case "Stable" if is_same and group.leader_id != member_id:
            answer.resolve(joined(group, member_id))
        case "Empty" | "Dead":
            answer.resolve(join_refused(ErrorCode.unknown_member_id, member_id))
        case _:
            member.update(request, answer)
            rebalance_or_complete(shard, group)
