"""Old shapes of what members of groups, and those who look for a coordinator, ask and are answered."""

from dataclasses import replace

import kio.schema.find_coordinator.v3.request as old_finding
import kio.schema.find_coordinator.v3.response as old_found
import kio.schema.find_coordinator.v6.request as finding
import kio.schema.find_coordinator.v6.response as found
import kio.schema.join_group.v0.request as old_joining
import kio.schema.join_group.v9.request as joining
import kio.schema.leave_group.v2.request as old_leaving
import kio.schema.leave_group.v2.response as old_left
import kio.schema.leave_group.v5.request as leaving
import kio.schema.leave_group.v5.response as left
import kio.schema.offset_fetch.v7.request as old_fetching
import kio.schema.offset_fetch.v7.response as old_fetched
import kio.schema.offset_fetch.v9.request as fetching
import kio.schema.offset_fetch.v9.response as fetched
from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.primitive import GroupId, i32, i64
from ackproof.reference.protocol.shape import converted, only, shape


def _find_one(request: finding.FindCoordinatorRequest) -> old_finding.FindCoordinatorRequest:
    key = only(request.coordinator_keys, "coordinator key")
    return old_finding.FindCoordinatorRequest(key=key, key_type=request.key_type)


def _find_many(request: old_finding.FindCoordinatorRequest) -> finding.FindCoordinatorRequest:
    return finding.FindCoordinatorRequest(coordinator_keys=(request.key,), key_type=request.key_type)


def _found_one(answer: found.FindCoordinatorResponse) -> old_found.FindCoordinatorResponse:
    """The error's message was never empty; without an error it was NONE."""
    (coordinator,) = answer.coordinators
    return old_found.FindCoordinatorResponse(
        throttle_time=answer.throttle_time,
        error_code=coordinator.error_code,
        error_message=coordinator.error_message or coordinator.error_code.name.upper(),
        node_id=coordinator.node_id,
        host=coordinator.host,
        port=coordinator.port,
    )


def _found_many(answer: old_found.FindCoordinatorResponse) -> found.FindCoordinatorResponse:
    """The old answer does not say whose coordinator it is."""
    coordinator = found.Coordinator(
        key="",
        node_id=answer.node_id,
        host=answer.host,
        port=answer.port,
        error_code=answer.error_code,
        error_message=answer.error_message,
    )
    return found.FindCoordinatorResponse(throttle_time=answer.throttle_time, coordinators=(coordinator,))


def _old_join(request: joining.JoinGroupRequest) -> old_joining.JoinGroupRequest:
    return converted(request, old_joining.JoinGroupRequest)


def _join(request: old_joining.JoinGroupRequest) -> joining.JoinGroupRequest:
    """Source: ``JoinGroupRequest.maybeOverrideRebalanceTimeout``."""
    return replace(converted(request, joining.JoinGroupRequest), rebalance_timeout=request.session_timeout)


def _leave_one(request: leaving.LeaveGroupRequest) -> old_leaving.LeaveGroupRequest:
    member = only(request.members, "member")
    return old_leaving.LeaveGroupRequest(group_id=request.group_id, member_id=member.member_id)


def _leave_many(request: old_leaving.LeaveGroupRequest) -> leaving.LeaveGroupRequest:
    members = (leaving.MemberIdentity(member_id=request.member_id),)
    return leaving.LeaveGroupRequest(group_id=request.group_id, members=members)


def _left_one(answer: left.LeaveGroupResponse) -> old_left.LeaveGroupResponse:
    """Source: ``LeaveGroupResponse.getError``."""
    errors = (answer.error_code, *(member.error_code for member in answer.members))
    error = next((error for error in errors if error is not ErrorCode.none), ErrorCode.none)
    return old_left.LeaveGroupResponse(throttle_time=answer.throttle_time, error_code=error)


def _left_many(answer: old_left.LeaveGroupResponse) -> left.LeaveGroupResponse:
    """The old answer does not say who left."""
    return left.LeaveGroupResponse(throttle_time=answer.throttle_time, error_code=answer.error_code, members=())


def _fetch_one(request: fetching.OffsetFetchRequest) -> old_fetching.OffsetFetchRequest:
    group = only(request.groups, "group")
    topics = None
    if group.topics is not None:
        topics = tuple(converted(topic, old_fetching.OffsetFetchRequestTopic) for topic in group.topics)
    return old_fetching.OffsetFetchRequest(
        group_id=group.group_id, topics=topics, require_stable=request.require_stable
    )


def _fetch_many(request: old_fetching.OffsetFetchRequest) -> fetching.OffsetFetchRequest:
    topics = None
    if request.topics is not None:
        topics = tuple(converted(topic, fetching.OffsetFetchRequestTopics) for topic in request.topics)
    group = fetching.OffsetFetchRequestGroup(group_id=request.group_id, topics=topics)
    return fetching.OffsetFetchRequest(groups=(group,), require_stable=request.require_stable)


def _fetched_one(answer: fetched.OffsetFetchResponse) -> old_fetched.OffsetFetchResponse:
    (group,) = answer.groups
    topics = tuple(converted(topic, old_fetched.OffsetFetchResponseTopic) for topic in group.topics)
    if group.error_code is not ErrorCode.none:
        topics = tuple(_failed(topic, group.error_code) for topic in topics)
    return old_fetched.OffsetFetchResponse(
        throttle_time=answer.throttle_time, topics=topics, error_code=group.error_code
    )


def _failed(topic: old_fetched.OffsetFetchResponseTopic, error: ErrorCode) -> old_fetched.OffsetFetchResponseTopic:
    """Before version 2 only partitions had errors; later, a group with one has no partitions."""
    partitions = tuple(
        old_fetched.OffsetFetchResponsePartition(
            partition_index=partition.partition_index,
            committed_offset=i64(-1),
            committed_leader_epoch=i32(-1),
            metadata="",
            error_code=error,
        )
        for partition in topic.partitions
    )
    return replace(topic, partitions=partitions)


def _fetched_many(answer: old_fetched.OffsetFetchResponse) -> fetched.OffsetFetchResponse:
    """The old answer does not say whose offsets they are."""
    topics = tuple(converted(topic, fetched.OffsetFetchResponseTopics) for topic in answer.topics)
    group = fetched.OffsetFetchResponseGroup(group_id=GroupId(""), topics=topics, error_code=answer.error_code)
    return fetched.OffsetFetchResponse(throttle_time=answer.throttle_time, groups=(group,))


GROUP_SHAPES = (
    shape(old_finding.FindCoordinatorRequest, _find_many, _find_one),
    shape(old_found.FindCoordinatorResponse, _found_many, _found_one),
    shape(old_joining.JoinGroupRequest, _join, _old_join),
    shape(old_leaving.LeaveGroupRequest, _leave_many, _leave_one),
    shape(old_left.LeaveGroupResponse, _left_many, _left_one),
    shape(old_fetching.OffsetFetchRequest, _fetch_many, _fetch_one),
    shape(old_fetched.OffsetFetchResponse, _fetched_many, _fetched_one),
)
