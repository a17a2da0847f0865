"""Answers that are nothing but an error: what clients get where a request fails as a whole."""

from dataclasses import replace

from kio.schema.add_offsets_to_txn.v4.request import AddOffsetsToTxnRequest
from kio.schema.add_offsets_to_txn.v4.response import AddOffsetsToTxnResponse
from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest
from kio.schema.add_partitions_to_txn.v5.response import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult,
    AddPartitionsToTxnTopicResult,
)
from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.consumer_group_describe.v1.request import ConsumerGroupDescribeRequest
from kio.schema.consumer_group_describe.v1.response import ConsumerGroupDescribeResponse
from kio.schema.consumer_group_describe.v1.response import DescribedGroup as DescribedConsumerGroup
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.consumer_group_heartbeat.v1.response import ConsumerGroupHeartbeatResponse
from kio.schema.describe_cluster.v2.request import DescribeClusterRequest
from kio.schema.describe_cluster.v2.response import DescribeClusterResponse
from kio.schema.describe_groups.v6.request import DescribeGroupsRequest
from kio.schema.describe_groups.v6.response import DescribedGroup, DescribeGroupsResponse
from kio.schema.end_txn.v5.request import EndTxnRequest
from kio.schema.end_txn.v5.response import EndTxnResponse
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.find_coordinator.v6.response import FindCoordinatorResponse
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.heartbeat.v4.response import HeartbeatResponse
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.leave_group.v5.request import LeaveGroupRequest
from kio.schema.leave_group.v5.response import LeaveGroupResponse
from kio.schema.list_groups.v5.request import ListGroupsRequest
from kio.schema.list_groups.v5.response import ListGroupsResponse
from kio.schema.produce.v12.request import ProduceRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.schema.sync_group.v5.response import SyncGroupResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.broker.apis.api_versions import refused as api_versions_refusal
from ackproof.reference.broker.apis.find_coordinator import coordinator
from ackproof.reference.broker.apis.refusals_by_topic import refusal_by_topic
from ackproof.reference.broker.fetches.fetch_answer import refused as refused_fetch
from ackproof.reference.broker.produces.produce_answer import refused as refused_produce
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import GroupId, TopicName, duration, i16, i32

NOW = duration(0)


def refusal(body: RequestPayload, error: KafkaError, version: int) -> ResponsePayload:
    """
    The answer to *body*, sent at *version*, that says *error* in every place that it has for one.

    Raises:
        ValueError: It is no request that a broker serves.

    Source: ``AbstractRequest.getErrorResponse``.
    """
    found = (
        refusal_by_topic(body, error)
        or _refusal_in_transaction(body, error.code, version)
        or _refusal_in_group(body, error)
        or _other_refusal(body, error, version)
    )
    if found is None:
        raise ValueError(f"brokers do not serve {type(body).__name__}")
    return found


def _refusal_in_transaction(body: RequestPayload, code: ErrorCode, version: int) -> ResponsePayload | None:
    match body:
        case InitProducerIdRequest():
            return InitProducerIdResponse(throttle_time=NOW, error_code=code, producer_epoch=i16(-1))
        case AddOffsetsToTxnRequest():
            return AddOffsetsToTxnResponse(throttle_time=NOW, error_code=code)
        case EndTxnRequest():
            return EndTxnResponse(throttle_time=NOW, error_code=code)
        case AddPartitionsToTxnRequest() if version < BATCHED_FROM:
            results = tuple(_refused_partitions(body, code))
            return AddPartitionsToTxnResponse(
                throttle_time=NOW, error_code=ErrorCode.none, results_by_transaction=results
            )
        case AddPartitionsToTxnRequest():
            return AddPartitionsToTxnResponse(throttle_time=NOW, error_code=code, results_by_transaction=())
        case _:
            return None


BATCHED_FROM = 4
"""The version of AddPartitionsToTxn from which on it is for brokers, and answered as a whole."""


def _refused_partitions(body: AddPartitionsToTxnRequest, code: ErrorCode) -> list[AddPartitionsToTxnResult]:
    return [
        AddPartitionsToTxnResult(
            transactional_id=transaction.transactional_id,
            topic_results=tuple(
                AddPartitionsToTxnTopicResult(
                    name=TopicName(topic.name),
                    results_by_partition=tuple(
                        AddPartitionsToTxnPartitionResult(partition_index=index, partition_error_code=code)
                        for index in topic.partitions
                    ),
                )
                for topic in transaction.topics
            ),
        )
        for transaction in body.transactions
    ]


def _refusal_in_group(body: RequestPayload, error: KafkaError) -> ResponsePayload | None:
    code = error.code
    match body:
        case JoinGroupRequest():
            return JoinGroupResponse(
                throttle_time=NOW, error_code=code, protocol_name=None, leader="", member_id="", members=()
            )
        case SyncGroupRequest():
            return SyncGroupResponse(throttle_time=NOW, error_code=code, assignment=b"")
        case HeartbeatRequest():
            return HeartbeatResponse(throttle_time=NOW, error_code=code)
        case LeaveGroupRequest():
            return LeaveGroupResponse(throttle_time=NOW, error_code=code, members=())
        case _:
            return _refusal_about_groups(body, error)


def _refusal_about_groups(body: RequestPayload, error: KafkaError) -> ResponsePayload | None:
    code = error.code
    match body:
        case ListGroupsRequest():
            return ListGroupsResponse(throttle_time=NOW, error_code=code, groups=())
        case DescribeGroupsRequest():
            groups = tuple(replace(NO_GROUP, group_id=each, error_code=code) for each in body.groups)
            return DescribeGroupsResponse(throttle_time=NOW, groups=groups)
        case ConsumerGroupHeartbeatRequest():
            return ConsumerGroupHeartbeatResponse(
                throttle_time=NOW,
                error_code=code,
                error_message=error.message,
                member_epoch=i32(0),
                heartbeat_interval=duration(0),
            )
        case ConsumerGroupDescribeRequest():
            described = tuple(replace(NO_CONSUMER_GROUP, group_id=each, error_code=code) for each in body.group_ids)
            return ConsumerGroupDescribeResponse(throttle_time=NOW, groups=described)
        case _:
            return None


NO_GROUP = DescribedGroup(
    error_code=ErrorCode.none, group_id=GroupId(""), group_state="", protocol_type="", protocol_data="", members=()
)
NO_CONSUMER_GROUP = DescribedConsumerGroup(
    error_code=ErrorCode.none,
    group_id=GroupId(""),
    group_state="",
    group_epoch=i32(0),
    assignment_epoch=i32(0),
    assignor_name="",
    members=(),
)


def _other_refusal(body: RequestPayload, error: KafkaError, version: int) -> ResponsePayload | None:
    match body:
        case ProduceRequest():
            return refused_produce(body, error)
        case ApiVersionsRequest():
            return api_versions_refusal(error.code)
        case FetchRequest():
            return refused_fetch(body, error.code)
        case FindCoordinatorRequest():
            return FindCoordinatorResponse(
                throttle_time=NOW,
                coordinators=tuple(coordinator(key, None, error, version) for key in body.coordinator_keys),
            )
        case DescribeClusterRequest():
            return DescribeClusterResponse(
                throttle_time=NOW, error_code=error.code, error_message=error.message, cluster_id="", brokers=()
            )
        case _:
            return None
