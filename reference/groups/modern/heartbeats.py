"""
Members of consumer groups join and stay.

Source: ``GroupMetadataManager.consumerGroupHeartbeat``.
"""

import attrs
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.consumer_group_heartbeat.v1.response import (
    Assignment,
    ConsumerGroupHeartbeatResponse,
    TopicPartitions,
)
from kio.schema.errors import ErrorCode

from ackproof.model.groups.rules import Returning
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.recording import tombstone
from ackproof.reference.groups.group import consumer_group
from ackproof.reference.groups.member_ids import member_id as new_member_id
from ackproof.reference.groups.modern import recording
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.member import JOINING_EPOCH, STATIC_LEAVING_EPOCH, ConsumerMember, by_topic
from ackproof.reference.groups.modern.moving import Move
from ackproof.reference.groups.modern.timing import restart_session, wait_for_revocation
from ackproof.reference.groups.modern.upgrading import upgrade
from ackproof.reference.groups.modern.validating import (
    known_static_member,
    reported_partitions,
    validate_epoch,
    validate_room,
)
from ackproof.reference.groups.record import StateRecord
from ackproof.reference.groups.shards.context import Context
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import duration, i32, milliseconds


def heartbeat(shard: Shard, context: Context, request: ConsumerGroupHeartbeatRequest) -> ConsumerGroupHeartbeatResponse:
    """
    A member joins or is still there; what it is assigned, if that is new or it asks.

    Raises:
        KafkaError: It is fenced, or cannot join, or the records are refused.
    """
    records: list[StateRecord] = []
    group = _group(shard, request, records)
    validate_room(group, request.member_id, shard.settings.group_consumer_max_size)
    member_id = request.member_id or new_member_id(shard.rng)
    before = _member(shard, group, request, member_id, records)
    returns = None if request.member_epoch != JOINING_EPOCH else group.static_member(request.instance_id)
    after = Move(shard, group, before, _described(before, context, request), records, former=returns).towards_target(
        reported_partitions(request.topic_partitions)
    )
    shard.keep(records)
    if after.is_new_assignment:
        wait_for_revocation(shard, group.group_id, after.member)
    restart_session(shard, group.group_id, member_id)
    return _response(shard, request, before, after.member)


def _group(shard: Shard, request: ConsumerGroupHeartbeatRequest, records: list[StateRecord]) -> ConsumerGroup:
    """The group, which may be new, or a classic one until now."""
    group = shard.groups.get(request.group_id)
    if request.member_epoch != JOINING_EPOCH or isinstance(group, ConsumerGroup):
        return consumer_group(group)
    if group is None:
        return ConsumerGroup(request.group_id)
    if group.is_empty:
        records.append(tombstone(group.group_id))
        return ConsumerGroup(request.group_id)
    assert isinstance(group, ClassicGroup)
    return upgrade(shard, group, records)


def _member(
    shard: Shard,
    group: ConsumerGroup,
    request: ConsumerGroupHeartbeatRequest,
    member_id: str,
    records: list[StateRecord],
) -> ConsumerMember:
    """Who sends it: a member, a new one, or a static member in place of its former self."""
    is_joining = request.member_epoch == JOINING_EPOCH
    reported = reported_partitions(request.topic_partitions)
    if request.instance_id is None:
        known = group.members.get(member_id)
        member = ConsumerMember(member_id) if is_joining and known is None else group.member(member_id)
        takes_back = shard.rules.consumer.takes_back_at_once
        validate_epoch(member, request.member_epoch, reported, takes_back_at_once=takes_back)
        return member
    if not is_joining:
        member = known_static_member(group, request.instance_id, member_id)
        validate_epoch(member, request.member_epoch, reported)
        return member
    former = group.static_member(request.instance_id)
    if former is None:
        return group.members.get(member_id, ConsumerMember(member_id))
    if not former.is_classic and former.epoch != STATIC_LEAVING_EPOCH:
        raise KafkaError(ErrorCode.unreleased_instance_id, f"{former.member_id} has that instance id, and is there")
    return replace(group, former, member_id, records, shard.rules.consumer.returning)


def replace(
    group: ConsumerGroup,
    former: ConsumerMember,
    member_id: str,
    records: list[StateRecord],
    returning: Returning = "as it was",
) -> ConsumerMember:
    """A static member returns with the partitions that it had, and the target, but in older brokers."""
    member = attrs.evolve(former, member_id=member_id, epoch=0, previous_epoch=0, towards=0)
    records += recording.without_member(group.group_id, former.member_id)
    records.append(recording.metadata(group.group_id, member))
    if returning == "as it was":
        records.append(recording.target(group.group_id, member_id, group.target_in_order(former.member_id)))
        records.append(recording.current(group.group_id, member))
    return member


def _described(member: ConsumerMember, context: Context, request: ConsumerGroupHeartbeatRequest) -> ConsumerMember:
    """The member as it describes itself; what it leaves out is as before."""
    timeout_ms, names = milliseconds(request.rebalance_timeout), request.subscribed_topic_names
    assignor, regex = request.server_assignor, request.subscribed_topic_regex
    return attrs.evolve(
        member,
        instance_id=member.instance_id if request.instance_id is None else request.instance_id,
        rack_id=member.rack_id if request.rack_id is None else request.rack_id,
        rebalance_timeout_ms=member.rebalance_timeout_ms if timeout_ms == -1 else timeout_ms,
        server_assignor=member.server_assignor if assignor is None else assignor,
        subscribed_topic_names=member.subscribed_topic_names if names is None else frozenset(names),
        subscribed_topic_regex=member.subscribed_topic_regex if regex is None else regex,
        client_id=context.client_id,
        client_host=context.client_host,
        classic=None,
    )


def _response(
    shard: Shard,
    request: ConsumerGroupHeartbeatRequest,
    before: ConsumerMember,
    after: ConsumerMember,
) -> ConsumerGroupHeartbeatResponse:
    """The assignment is told to who joins, who says everything, and whose assignment is another one than before."""
    says_all = (
        milliseconds(request.rebalance_timeout) != -1
        and (request.subscribed_topic_names is not None or request.subscribed_topic_regex is not None)
        and request.topic_partitions is not None
    )
    tells = request.member_epoch == JOINING_EPOCH or says_all or before.assigned != after.assigned
    return ConsumerGroupHeartbeatResponse(
        throttle_time=duration(0),
        error_code=ErrorCode.none,
        member_id=after.member_id,
        member_epoch=i32(after.epoch),
        heartbeat_interval=duration(shard.settings.group_consumer_heartbeat_interval_ms),
        assignment=_assignment(after) if tells else None,
    )


def _assignment(member: ConsumerMember) -> Assignment:
    return Assignment(
        topic_partitions=tuple(
            TopicPartitions(topic_id=topic_id, partitions=tuple(map(i32, numbers)))
            for topic_id, numbers in by_topic(member.assigned)
        )
    )
