"""
Members of consumer groups that use the classic protocol (KIP-848, online migration).

Their generation is their member epoch; nobody leads, the coordinator assigns.

Source: ``GroupMetadataManager``: ``classicGroupJoinToConsumerGroup`` and its neighbours.
"""

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.leave_group.v5.request import LeaveGroupRequest, MemberIdentity
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.schema.sync_group.v5.response import SyncGroupResponse

from ackproof.reference.groups.classic.answers import join_refused, synced
from ackproof.reference.groups.classic.member import protocols_of
from ackproof.reference.groups.errors import UnexpectedError
from ackproof.reference.groups.member_ids import member_id as new_member_id
from ackproof.reference.groups.modern.downgrading import (
    assignment_bytes,
    can_downgrade_replacing,
    downgrade_replacing,
)
from ackproof.reference.groups.modern.fencing import fence
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.heartbeats import replace
from ackproof.reference.groups.modern.member import ConsumerMember, MemberState, Partitions
from ackproof.reference.groups.modern.moving import Move
from ackproof.reference.groups.modern.timers import join_key, sync_key
from ackproof.reference.groups.modern.timing import restart_session, wait_for_join, wait_for_sync
from ackproof.reference.groups.modern.upgrading import classic_metadata
from ackproof.reference.groups.modern.validating import known_static_member, validate_room
from ackproof.reference.groups.record import StateRecord
from ackproof.reference.groups.shards.context import Context
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.groups.subscription import (
    PROTOCOL_TYPE,
    MalformedError,
    Subscription,
    read_subscription,
    read_version,
)
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import duration, i32, milliseconds

FIRST_VERSION_WITH_KNOWN_MEMBER_IDS = 4


def join(
    shard: Shard,
    context: Context,
    request: JoinGroupRequest,
    group: ConsumerGroup,
    answer: Future[JoinGroupResponse],
) -> None:
    """
    A member of the classic protocol joins a consumer group.

    Raises:
        KafkaError: It may not, or the records are refused.
    """
    if shard.settings.group_consumer_migration_policy == "disabled":
        raise KafkaError(ErrorCode.inconsistent_group_protocol)
    is_new = not request.member_id
    member_id = request.member_id or new_member_id(shard.rng)
    validate_room(group, member_id, shard.settings.group_consumer_max_size)
    if not group.supports(request.protocol_type, tuple(protocol.name for protocol in request.protocols)):
        raise KafkaError(ErrorCode.inconsistent_group_protocol)
    needs_id = request.group_instance_id is None and context.version >= FIRST_VERSION_WITH_KNOWN_MEMBER_IDS
    if is_new and needs_id:
        answer.resolve(join_refused(ErrorCode.member_id_required, member_id))
        return
    response, is_consumer_group = _join(shard, context, request, group, member_id)
    shard.timers.cancel(join_key(group.group_id, response.member_id))
    if is_consumer_group:
        restart_session(shard, group.group_id, response.member_id, milliseconds(request.session_timeout))
        wait_for_sync(shard, group.group_id, response.member_id, milliseconds(request.rebalance_timeout))
    shard.answer_when_settled(answer, response)


def _join(
    shard: Shard, context: Context, request: JoinGroupRequest, group: ConsumerGroup, member_id: str
) -> tuple[JoinGroupResponse, bool]:
    records: list[StateRecord] = []
    subscription = _subscription(request)
    former = group.static_member(request.group_instance_id)
    before = _member(group, request, member_id, records)
    described = _described(before, context, request, subscription)
    move = Move(shard, group, before, described, records)
    reported = _owned(shard, subscription)
    if former is None or not can_downgrade_replacing(shard, group, former):
        member = move.towards_target(reported).member
        shard.keep(records)
        return _joined(member), True
    rebalances = group.assignment_epoch < move.group_epoch
    member = described if rebalances else move.towards_present_target(reported).member
    downgrade_replacing(shard, group, former, member, records, rebalances=rebalances)
    return _joined(member), False


def _member(
    group: ConsumerGroup, request: JoinGroupRequest, member_id: str, records: list[StateRecord]
) -> ConsumerMember:
    instance_id = request.group_instance_id
    if instance_id is None:
        return group.members.get(member_id, ConsumerMember(member_id))
    if request.member_id:
        return known_static_member(group, instance_id, member_id)
    former = group.static_member(instance_id)
    return ConsumerMember(member_id) if former is None else replace(group, former, member_id, records)


def _subscription(request: JoinGroupRequest) -> Subscription:
    try:
        return read_subscription(request.protocols[0].metadata)
    except MalformedError as error:
        raise UnexpectedError(str(error)) from None


def _described(
    member: ConsumerMember, context: Context, request: JoinGroupRequest, subscription: Subscription
) -> ConsumerMember:
    timeout_ms = milliseconds(request.rebalance_timeout)
    return attrs.evolve(
        member,
        instance_id=member.instance_id if request.group_instance_id is None else request.group_instance_id,
        rack_id=subscription.rack_id or member.rack_id,
        rebalance_timeout_ms=member.rebalance_timeout_ms if timeout_ms == -1 else timeout_ms,
        subscribed_topic_names=frozenset(subscription.topics),
        subscribed_topic_regex="",
        client_id=context.client_id,
        client_host=context.client_host,
        classic=classic_metadata(milliseconds(request.session_timeout), protocols_of(request)),
    )


def _owned(shard: Shard, subscription: Subscription) -> Partitions:
    return frozenset(
        (topic_id, number)
        for topic, numbers in subscription.owned_partitions
        if (topic_id := shard.topics.topic_id(topic)) is not None
        for number in numbers
    )


def _joined(member: ConsumerMember) -> JoinGroupResponse:
    return JoinGroupResponse(
        throttle_time=duration(0),
        error_code=ErrorCode.none,
        generation_id=i32(member.epoch),
        protocol_type=PROTOCOL_TYPE,
        protocol_name=member.classic_protocol_names[0],
        leader="",
        member_id=member.member_id,
        members=(),
    )


def sync(shard: Shard, request: SyncGroupRequest, group: ConsumerGroup, answer: Future[SyncGroupResponse]) -> None:
    """
    A member fetches its assignment.

    Raises:
        KafkaError: It is not a member of this generation, or has to join again.
    """
    member = _classic_member(group, request.member_id, request.group_instance_id)
    assert member.classic is not None
    _validate_generation(member, request.generation_id)
    names = (request.protocol_type or PROTOCOL_TYPE, request.protocol_name or member.classic_protocol_names[0])
    if names != (PROTOCOL_TYPE, member.classic_protocol_names[0]):
        raise KafkaError(ErrorCode.inconsistent_group_protocol)
    if group.assignment_epoch > member.epoch and member.state != MemberState.UNREVOKED_PARTITIONS:
        wait_for_join(shard, group.group_id, member)
        raise KafkaError(ErrorCode.rebalance_in_progress)
    shard.timers.cancel(sync_key(group.group_id, member.member_id))
    restart_session(shard, group.group_id, member.member_id, member.classic.session_timeout_ms)
    version = read_version(member.classic.supported_protocols[0].metadata)
    assignment = assignment_bytes(member.assigned, shard.topics, version)
    shard.answer_when_settled(answer, synced(request.protocol_type, request.protocol_name, assignment))


def heartbeat(shard: Shard, request: HeartbeatRequest, group: ConsumerGroup) -> ErrorCode:
    """
    A member is still there; whether it is to join again: for a new target, to revoke, or since it can get more.

    Raises:
        KafkaError: It is not a member of this generation.
    """
    member = _classic_member(group, request.member_id, request.group_instance_id)
    assert member.classic is not None
    _validate_generation(member, request.generation_id)
    restart_session(shard, group.group_id, member.member_id, member.classic.session_timeout_ms)
    can_get_more = member.state == MemberState.UNRELEASED_PARTITIONS and not group.waits_for_release(member)
    is_behind = member.epoch < group.assignment_epoch
    if is_behind or member.state == MemberState.UNREVOKED_PARTITIONS or can_get_more:
        wait_for_join(shard, group.group_id, member)
        return ErrorCode.rebalance_in_progress
    return ErrorCode.none


def leave(shard: Shard, request: LeaveGroupRequest, group: ConsumerGroup) -> list[tuple[MemberIdentity, ErrorCode]]:
    """
    Members leave, of either protocol; what came of it for each.

    Raises:
        KafkaError: The records are refused.
    """
    left: list[tuple[MemberIdentity, ErrorCode]] = []
    leaving: dict[str, ConsumerMember] = {}
    for identity in request.members:
        try:
            member = _leaving(group, identity)
        except KafkaError as error:
            left.append((identity, error.code))
        else:
            leaving[member.member_id] = member
            left.append((identity, ErrorCode.none))
    fence(shard, group, list(leaving.values()))
    return left


def _leaving(group: ConsumerGroup, identity: MemberIdentity) -> ConsumerMember:
    if identity.group_instance_id is None:
        return group.member(identity.member_id)
    member = group.static_member(identity.group_instance_id)
    if member is not None and not identity.member_id:
        return member
    return known_static_member(group, identity.group_instance_id, identity.member_id)


def _classic_member(group: ConsumerGroup, member_id: str, instance_id: str | None) -> ConsumerMember:
    member = group.member(member_id) if instance_id is None else known_static_member(group, instance_id, member_id)
    if not member.is_classic:
        raise KafkaError(ErrorCode.unknown_member_id)
    return member


def _validate_generation(member: ConsumerMember, generation: int) -> None:
    if member.epoch != generation:
        raise KafkaError(ErrorCode.illegal_generation)
