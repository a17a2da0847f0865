"""The requests of members, as they are answered; see ``coordinator.py`` for each."""

from dataclasses import replace

from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.consumer_group_heartbeat.v1.response import ConsumerGroupHeartbeatResponse
from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.heartbeat.v4.response import HeartbeatResponse
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.leave_group.v5.request import LeaveGroupRequest
from kio.schema.leave_group.v5.response import LeaveGroupResponse, MemberResponse
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.schema.sync_group.v5.response import SyncGroupResponse

from ackproof.reference.groups.classic import joining, serving
from ackproof.reference.groups.classic.answers import join_refused, sync_refused
from ackproof.reference.groups.modern import classic_protocol
from ackproof.reference.groups.modern.fencing import leave as leave_consumer_group
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.heartbeats import heartbeat as heartbeat_in_consumer_group
from ackproof.reference.groups.modern.member import LEAVING_EPOCH, STATIC_LEAVING_EPOCH
from ackproof.reference.groups.modern.validating import validate_request
from ackproof.reference.groups.settings import GroupSettings
from ackproof.reference.groups.shards.context import Context
from ackproof.reference.groups.shards.operating import wait, write
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.groups.shards.shards import Shards
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import duration, i32, milliseconds

FIRST_VERSION_WITHOUT_PROTOCOL = 7
"""Of JoinGroup: from then on no protocol is null, not empty."""
FIRST_VERSION_WITH_PROTOCOLS = 5
"""Of SyncGroup: from then on members say type and name."""
FIRST_VERSION_WITH_MANY_LEAVING = 3
"""Of LeaveGroup: before, there is one member and no list in the answer."""

NO_TIME = duration(0)


async def join_group(
    shards: Shards, settings: GroupSettings, context: Context, request: JoinGroupRequest
) -> JoinGroupResponse:
    """A JoinGroup."""
    timeout_ms = milliseconds(request.session_timeout)
    if not request.group_id:
        return join_refused(ErrorCode.invalid_group_id, request.member_id)
    if not settings.group_min_session_timeout_ms <= timeout_ms <= settings.group_max_session_timeout_ms:
        return join_refused(ErrorCode.invalid_session_timeout, request.member_id)
    if context.version == 0:
        request = replace(request, rebalance_timeout=request.session_timeout)
    response = await wait(
        shards,
        request.group_id,
        lambda shard, answer: _join(shard, context, request, answer),
        lambda error: join_refused(error.code),
    )
    if context.version < FIRST_VERSION_WITHOUT_PROTOCOL and response.protocol_name is None:
        return replace(response, protocol_name="")
    return response


def _join(shard: Shard, context: Context, request: JoinGroupRequest, answer: Future[JoinGroupResponse]) -> None:
    group = shard.groups.get(request.group_id)
    if isinstance(group, ConsumerGroup) and not group.is_empty:
        classic_protocol.join(shard, context, request, group, answer)
    else:
        joining.join(shard, context, request, answer)


async def sync_group(shards: Shards, context: Context, request: SyncGroupRequest) -> SyncGroupResponse:
    """A SyncGroup."""
    says_protocol = request.protocol_type is not None and request.protocol_name is not None
    if context.version >= FIRST_VERSION_WITH_PROTOCOLS and not says_protocol:
        return sync_refused(ErrorCode.inconsistent_group_protocol)
    if not request.group_id:
        return sync_refused(ErrorCode.invalid_group_id)
    return await wait(
        shards,
        request.group_id,
        lambda shard, answer: _sync(shard, request, answer),
        lambda error: sync_refused(error.code),
    )


def _sync(shard: Shard, request: SyncGroupRequest, answer: Future[SyncGroupResponse]) -> None:
    group = shard.groups.get(request.group_id)
    if group is None or group.is_empty:
        raise KafkaError(ErrorCode.unknown_member_id)
    if isinstance(group, ConsumerGroup):
        classic_protocol.sync(shard, request, group, answer)
    else:
        serving.sync(shard, request, group, answer)


async def heartbeat(shards: Shards, request: HeartbeatRequest) -> HeartbeatResponse:
    """A Heartbeat: while the group is loaded nothing is wrong."""
    try:
        if not request.group_id:
            raise KafkaError(ErrorCode.invalid_group_id)
        code = await write(shards, request.group_id, lambda shard: _heartbeat(shard, request))
    except KafkaError as error:
        code = ErrorCode.none if error.code == ErrorCode.coordinator_load_in_progress else error.code
    return HeartbeatResponse(throttle_time=NO_TIME, error_code=code)


def _heartbeat(shard: Shard, request: HeartbeatRequest) -> ErrorCode:
    group = shard.groups.get(request.group_id)
    if group is None:
        raise KafkaError(ErrorCode.unknown_member_id)
    if isinstance(group, ConsumerGroup):
        return classic_protocol.heartbeat(shard, request, group)
    return serving.heartbeat(shard, request, group)


async def leave_group(shards: Shards, context: Context, request: LeaveGroupRequest) -> LeaveGroupResponse:
    """A LeaveGroup."""
    if not request.group_id:
        return _left(ErrorCode.invalid_group_id, [], context)
    try:
        left = await write(shards, request.group_id, lambda shard: _leave(shard, request))
    except KafkaError as error:
        if error.code != ErrorCode.unknown_member_id:
            return _left(error.code, [], context)
        left = [(identity, ErrorCode.unknown_member_id) for identity in request.members]
    return _left(ErrorCode.none, left, context)


def _leave(shard: Shard, request: LeaveGroupRequest) -> list[serving.Left]:
    group = shard.groups.get(request.group_id)
    if group is None:
        raise KafkaError(ErrorCode.unknown_member_id)
    if isinstance(group, ConsumerGroup):
        return classic_protocol.leave(shard, request, group)
    return serving.leave(shard, request, group)


def _left(code: ErrorCode, left: list[serving.Left], context: Context) -> LeaveGroupResponse:
    if context.version < FIRST_VERSION_WITH_MANY_LEAVING and left:
        code, left = left[0][1], []
    return LeaveGroupResponse(
        throttle_time=NO_TIME,
        error_code=code,
        members=tuple(
            MemberResponse(
                member_id=identity.member_id,
                group_instance_id=identity.group_instance_id,
                error_code=outcome,
            )
            for identity, outcome in left
        ),
    )


async def consumer_group_heartbeat(
    shards: Shards, settings: GroupSettings, context: Context, request: ConsumerGroupHeartbeatRequest
) -> ConsumerGroupHeartbeatResponse:
    """A ConsumerGroupHeartbeat."""
    try:
        validate_request(request, context.version, settings.group_consumer_assignors)
        return await write(shards, request.group_id, lambda shard: _beat(shard, context, request))
    except KafkaError as error:
        return ConsumerGroupHeartbeatResponse(
            throttle_time=NO_TIME,
            error_code=error.code,
            error_message=error.message,
            member_epoch=i32(0),
            heartbeat_interval=NO_TIME,
        )


def _beat(shard: Shard, context: Context, request: ConsumerGroupHeartbeatRequest) -> ConsumerGroupHeartbeatResponse:
    if request.member_epoch not in (LEAVING_EPOCH, STATIC_LEAVING_EPOCH):
        return heartbeat_in_consumer_group(shard, context, request)
    leave_consumer_group(shard, request)
    return ConsumerGroupHeartbeatResponse(
        throttle_time=NO_TIME,
        error_code=ErrorCode.none,
        member_id=request.member_id,
        member_epoch=request.member_epoch,
        heartbeat_interval=NO_TIME,
    )
