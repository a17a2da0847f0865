"""Answers that are nothing but an error, to requests about topics and partitions."""

from kio.schema.create_partitions.v3.request import CreatePartitionsRequest
from kio.schema.create_partitions.v3.response import CreatePartitionsResponse, CreatePartitionsTopicResult
from kio.schema.create_topics.v7.request import CreateTopicsRequest
from kio.schema.create_topics.v7.response import CreatableTopicResult, CreateTopicsResponse
from kio.schema.delete_records.v2.request import DeleteRecordsRequest
from kio.schema.delete_records.v2.response import (
    DeleteRecordsPartitionResult,
    DeleteRecordsResponse,
    DeleteRecordsTopicResult,
)
from kio.schema.delete_topics.v6.request import DeleteTopicsRequest
from kio.schema.delete_topics.v6.response import DeletableTopicResult, DeleteTopicsResponse
from kio.schema.describe_configs.v4.request import DescribeConfigsRequest
from kio.schema.describe_configs.v4.response import DescribeConfigsResponse, DescribeConfigsResult
from kio.schema.errors import ErrorCode
from kio.schema.list_offsets.v10.request import ListOffsetsRequest
from kio.schema.list_offsets.v10.response import (
    ListOffsetsPartitionResponse,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
)
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.metadata.v12.response import MetadataResponse, MetadataResponseTopic
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_commit.v9.response import (
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.offset_fetch.v9.response import OffsetFetchResponse, OffsetFetchResponseGroup
from kio.schema.offset_for_leader_epoch.v4.request import OffsetForLeaderEpochRequest
from kio.schema.offset_for_leader_epoch.v4.response import (
    EpochEndOffset,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderTopicResult,
)
from kio.schema.txn_offset_commit.v5.request import TxnOffsetCommitRequest
from kio.schema.txn_offset_commit.v5.response import (
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)
from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest
from kio.schema.write_txn_markers.v2.response import WritableTxnMarkerResult, WriteTxnMarkersResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.broker.produces.write_txn_markers import answers, partitions_of
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import TopicName, duration, i64

NOW = duration(0)


def refusal_by_topic(body: RequestPayload, error: KafkaError) -> ResponsePayload | None:
    """The answer to *body* that says *error* of every topic or partition; None if it is about something else."""
    return (
        _refusal_of_reading(body, error.code)
        or _refusal_of_offsets(body, error.code)
        or _refusal_of_topics(body, error)
        or _other_refusal(body, error)
    )


def _refusal_of_reading(body: RequestPayload, code: ErrorCode) -> ResponsePayload | None:
    match body:
        case ListOffsetsRequest():
            return ListOffsetsResponse(
                throttle_time=NOW,
                topics=tuple(
                    ListOffsetsTopicResponse(
                        name=topic.name,
                        partitions=tuple(
                            ListOffsetsPartitionResponse(partition_index=each.partition_index, error_code=code)
                            for each in topic.partitions
                        ),
                    )
                    for topic in body.topics
                ),
            )
        case OffsetForLeaderEpochRequest():
            return OffsetForLeaderEpochResponse(
                throttle_time=NOW,
                topics=tuple(
                    OffsetForLeaderTopicResult(
                        topic=topic.topic,
                        partitions=tuple(
                            EpochEndOffset(partition=each.partition, error_code=code) for each in topic.partitions
                        ),
                    )
                    for topic in body.topics
                ),
            )
        case _:
            return None


def _refusal_of_offsets(body: RequestPayload, code: ErrorCode) -> ResponsePayload | None:
    match body:
        case OffsetCommitRequest():
            return OffsetCommitResponse(
                throttle_time=NOW,
                topics=tuple(
                    OffsetCommitResponseTopic(
                        name=topic.name,
                        partitions=tuple(
                            OffsetCommitResponsePartition(partition_index=each.partition_index, error_code=code)
                            for each in topic.partitions
                        ),
                    )
                    for topic in body.topics
                ),
            )
        case TxnOffsetCommitRequest():
            return TxnOffsetCommitResponse(
                throttle_time=NOW,
                topics=tuple(
                    TxnOffsetCommitResponseTopic(
                        name=topic.name,
                        partitions=tuple(
                            TxnOffsetCommitResponsePartition(partition_index=each.partition_index, error_code=code)
                            for each in topic.partitions
                        ),
                    )
                    for topic in body.topics
                ),
            )
        case OffsetFetchRequest():
            groups = tuple(
                OffsetFetchResponseGroup(group_id=group.group_id, topics=(), error_code=code) for group in body.groups
            )
            return OffsetFetchResponse(throttle_time=NOW, groups=groups)
        case _:
            return None


def _refusal_of_topics(body: RequestPayload, error: KafkaError) -> ResponsePayload | None:
    code, message = error.code, error.message
    match body:
        case MetadataRequest():
            asked = tuple(
                MetadataResponseTopic(
                    error_code=code, name=each.name or TopicName(""), topic_id=each.topic_id, partitions=()
                )
                for each in body.topics or ()
            )
            return MetadataResponse(throttle_time=NOW, brokers=(), topics=asked)
        case CreateTopicsRequest():
            created = tuple(
                CreatableTopicResult(name=each.name, topic_id=None, error_code=code, error_message=message, configs=())
                for each in body.topics
            )
            return CreateTopicsResponse(throttle_time=NOW, topics=created)
        case DeleteTopicsRequest():
            deleted = tuple(
                DeletableTopicResult(name=each.name, topic_id=each.topic_id, error_code=code, error_message=message)
                for each in body.topics
            )
            return DeleteTopicsResponse(throttle_time=NOW, responses=deleted)
        case CreatePartitionsRequest():
            added = tuple(
                CreatePartitionsTopicResult(name=each.name, error_code=code, error_message=message)
                for each in body.topics
            )
            return CreatePartitionsResponse(throttle_time=NOW, results=added)
        case _:
            return None


def _other_refusal(body: RequestPayload, error: KafkaError) -> ResponsePayload | None:
    match body:
        case DeleteRecordsRequest():
            return _refused_deletion(body, error.code)
        case DescribeConfigsRequest():
            results = tuple(
                DescribeConfigsResult(
                    error_code=error.code,
                    error_message=error.message,
                    resource_type=each.resource_type,
                    resource_name=each.resource_name,
                    configs=(),
                )
                for each in body.resources
            )
            return DescribeConfigsResponse(throttle_time=NOW, results=results)
        case WriteTxnMarkersRequest():
            markers = tuple(
                WritableTxnMarkerResult(
                    producer_id=each.producer_id, topics=answers(dict.fromkeys(partitions_of(each), error.code))
                )
                for each in body.markers
            )
            return WriteTxnMarkersResponse(markers=markers)
        case _:
            return None


def _refused_deletion(body: DeleteRecordsRequest, code: ErrorCode) -> DeleteRecordsResponse:
    return DeleteRecordsResponse(
        throttle_time=NOW,
        topics=tuple(
            DeleteRecordsTopicResult(
                name=topic.name,
                partitions=tuple(
                    DeleteRecordsPartitionResult(
                        partition_index=each.partition_index, low_watermark=i64(-1), error_code=code
                    )
                    for each in topic.partitions
                ),
            )
            for topic in body.topics
        ),
    )
