"""What consumers and followers are answered."""

from collections.abc import Sequence

from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.fetch.v12.response import (
    AbortedTransaction,
    EpochEndOffset,
    FetchableTopicResponse,
    FetchResponse,
    PartitionData,
)

from ackproof.reference.broker.partitions.reading import Read
from ackproof.reference.kernel.making import cheaply
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.protocol.primitive import BrokerId, ProducerId, Records, TopicName, duration, i32, i64

new_response, new_topic, new_partition = cheaply(FetchResponse), cheaply(FetchableTopicResponse), cheaply(PartitionData)
Answers = Sequence[tuple[TopicPartition, PartitionData]]


def partition_data(index: int, read: Read) -> PartitionData:
    """The answer for one partition. Source: ``KafkaApis.handleFetchRequest``."""
    end = read.diverging
    return new_partition(
        partition_index=i32(index),
        error_code=read.error,
        high_watermark=i64(read.high_watermark),
        last_stable_offset=i64(read.last_stable_offset),
        log_start_offset=i64(read.log_start_offset),
        diverging_epoch=EpochEndOffset(epoch=i32(end.epoch), end_offset=i64(end.end_offset)) if end else NOT_DIVERGING,
        aborted_transactions=None
        if read.aborted_transactions is None
        else tuple(
            AbortedTransaction(producer_id=ProducerId(each.producer_id), first_offset=i64(each.first_offset))
            for each in read.aborted_transactions
        ),
        preferred_read_replica=BrokerId(-1 if read.preferred_replica is None else read.preferred_replica),
        records=Records(read.data),
    )


NOT_DIVERGING = EpochEndOffset()
NOT_THROTTLED = duration(0)


def refused_partition(index: int, error: ErrorCode) -> PartitionData:
    """The answer for a partition that was not even looked for. Source: ``FetchResponse.partitionResponse``."""
    return PartitionData(
        partition_index=i32(index),
        error_code=error,
        high_watermark=i64(-1),
        aborted_transactions=(),
        records=Records(b""),
    )


def fetch_response(answers: Answers, error: ErrorCode = ErrorCode.none, session_id: int = 0) -> FetchResponse:
    """The whole answer: in order, partitions of a topic together where they follow each other."""
    topics: list[tuple[str, list[PartitionData]]] = []
    for name, data in answers:
        if not topics or topics[-1][0] != name.topic:
            topics.append((name.topic, []))
        topics[-1][1].append(data)
    return new_response(
        throttle_time=NOT_THROTTLED,
        error_code=error,
        session_id=i32(session_id),
        responses=tuple([new_topic(topic=TopicName(topic), partitions=tuple(found)) for topic, found in topics]),
    )


def refused(body: FetchRequest, error: ErrorCode) -> FetchResponse:
    """The answer to a Fetch of which nothing was read."""
    answers = [
        (TopicPartition(topic.topic, each.partition), refused_partition(each.partition, error))
        for topic in body.topics
        for each in topic.partitions
    ]
    return fetch_response(answers, error, body.session_id)
