"""Between the messages of the protocol and what the coordinator decides."""

from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnTransaction
from kio.schema.add_partitions_to_txn.v5.response import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnResult,
    AddPartitionsToTxnTopicResult,
)
from kio.schema.end_txn.v5.response import EndTxnResponse
from kio.schema.errors import ErrorCode
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse

from ackproof.reference.protocol.primitive import ProducerId, TopicName, TransactionalId, duration, i16, i32
from ackproof.reference.transactions.ending import Granted
from ackproof.reference.transactions.surroundings import TopicPartition

Errors = dict[TopicPartition, ErrorCode]


def told(error: ErrorCode, version: int, knows_fenced_from: int) -> ErrorCode:
    """What a client hears, which below some version does not know PRODUCER_FENCED."""
    if error is ErrorCode.producer_fenced and version < knows_fenced_from:
        return ErrorCode.invalid_producer_epoch
    return error


def partitions_of(asked: AddPartitionsToTxnTransaction) -> tuple[TopicPartition, ...]:
    """The partitions that a request names, each once."""
    named = (TopicPartition(topic.name, index) for topic in asked.topics for index in topic.partitions)
    return tuple(dict.fromkeys(named))


def result(transactional_id: str, errors: Errors) -> AddPartitionsToTxnResult:
    """What became of each partition of one transaction, topic by topic."""
    topics: dict[str, list[AddPartitionsToTxnPartitionResult]] = {}
    for partition, error in errors.items():
        topics.setdefault(partition.topic, []).append(
            AddPartitionsToTxnPartitionResult(partition_index=i32(partition.partition), partition_error_code=error)
        )
    return AddPartitionsToTxnResult(
        transactional_id=TransactionalId(transactional_id),
        topic_results=tuple(
            AddPartitionsToTxnTopicResult(name=TopicName(topic), results_by_partition=tuple(results))
            for topic, results in topics.items()
        ),
    )


def errors_of(answer: AddPartitionsToTxnResult) -> Errors:
    """What is wrong with which partition, as ``result`` says it."""
    return {
        TopicPartition(topic.name, each.partition_index): each.partition_error_code
        for topic in answer.topic_results
        for each in topic.results_by_partition
        if each.partition_error_code is not ErrorCode.none
    }


def init_producer_id_response(granted: Granted, version: int) -> InitProducerIdResponse:
    """The answer to InitProducerId."""
    return InitProducerIdResponse(
        throttle_time=duration(0),
        error_code=told(granted.error, version, 4),
        producer_id=ProducerId(granted.producer_id),
        producer_epoch=i16(granted.producer_epoch),
    )


def end_txn_response(granted: Granted, version: int) -> EndTxnResponse:
    """The answer to EndTxn."""
    return EndTxnResponse(
        throttle_time=duration(0),
        error_code=told(granted.error, version, 2),
        producer_id=ProducerId(granted.producer_id),
        producer_epoch=i16(granted.producer_epoch),
    )
