"""What producers are answered."""

from kio.schema.errors import ErrorCode
from kio.schema.produce.v12.request import ProduceRequest
from kio.schema.produce.v12.response import (
    BatchIndexAndErrorMessage,
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionProduceResponse,
    ProduceResponse,
    TopicProduceResponse,
)

from ackproof.reference.broker.apis.metadata_cache import MetadataCache
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.controller.image import NO_LEADER
from ackproof.reference.kernel.making import cheaply
from ackproof.reference.kernel.value import value
from ackproof.reference.log.log import Appended
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.log.validation import RecordError
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import BrokerId, TopicName, i32, i64, moment

new_response, new_topic = cheaply(ProduceResponse), cheaply(TopicProduceResponse)
new_partition = cheaply(PartitionProduceResponse)

NAMES_LEADER_FROM = 10
"""The version of Produce from which on the answer says who leads (KIP-951)."""

NOT_TOLD = LeaderIdAndEpoch()
"""In place of the leader, where there is no need to say who that is."""


@value
class Outcome:
    """
    What became of the batch for one partition.

    Attributes:
        appended: Where it is, also where it is not replicated; None where it was not appended.
        record_errors: What is wrong with which record, by its place in the batch.
    """

    error: ErrorCode
    log_start_offset: int = -1
    appended: Appended | None = None
    message: str | None = None
    record_errors: tuple[RecordError, ...] = ()


def answer(
    replicas: ReplicaManager, metadata: MetadataCache, outcomes: dict[TopicPartition, Outcome], version: int
) -> ProduceResponse:
    """The answer to a Produce of *version*."""
    leaders = {
        name: current_leader(replicas, metadata, name)
        for name, outcome in outcomes.items()
        if version >= NAMES_LEADER_FROM and outcome.error is ErrorCode.not_leader_or_follower
    }
    topics: dict[str, list[PartitionProduceResponse]] = {}
    for name, outcome in outcomes.items():
        topics.setdefault(name.topic, []).append(_partition(name.partition, outcome, leaders.get(name)))
    return new_response(
        responses=tuple(
            [
                new_topic(name=TopicName(topic), partition_responses=tuple(partitions))
                for topic, partitions in topics.items()
            ]
        ),
        node_endpoints=_endpoints(metadata, sorted({leader.leader_id for leader in leaders.values()})),
    )


def refused(body: ProduceRequest, error: KafkaError) -> ProduceResponse:
    """The answer to a Produce of which nothing was appended."""
    outcome = Outcome(error.code, message=error.message)
    return new_response(
        responses=tuple(
            TopicProduceResponse(
                name=topic.name,
                partition_responses=tuple(_partition(each.index, outcome, None) for each in topic.partition_data),
            )
            for topic in body.topic_data
        )
    )


def current_leader(replicas: ReplicaManager, metadata: MetadataCache, name: TopicPartition) -> LeaderIdAndEpoch:
    """Who leads, as the replica here knows it, else as the image does. Source: ``KafkaApis.getCurrentLeader``."""
    known = replicas.find(*name)
    if known:
        return LeaderIdAndEpoch(leader_id=BrokerId(known.leader_id), leader_epoch=i32(known.leader_epoch))
    image = metadata.partition(*name)
    if image is None:
        return LeaderIdAndEpoch(leader_id=BrokerId(NO_LEADER), leader_epoch=i32(-1))
    return LeaderIdAndEpoch(leader_id=BrokerId(image.leader), leader_epoch=i32(image.leader_epoch))


def _partition(index: int, outcome: Outcome, leader: LeaderIdAndEpoch | None) -> PartitionProduceResponse:
    appended = outcome.appended
    return new_partition(
        index=i32(index),
        error_code=outcome.error,
        base_offset=i64(appended.base_offset if appended else -1),
        log_append_time=moment(appended.log_append_time_ms) if appended else None,
        log_start_offset=i64(outcome.log_start_offset),
        record_errors=tuple(
            BatchIndexAndErrorMessage(batch_index=i32(each.index), batch_index_error_message=each.message)
            for each in outcome.record_errors
        ),
        error_message=outcome.message,
        current_leader=leader or NOT_TOLD,
    )


def _endpoints(metadata: MetadataCache, leaders: list[BrokerId]) -> tuple[NodeEndpoint, ...]:
    brokers = [metadata.image.brokers[leader] for leader in leaders if metadata.is_alive(leader)]
    return tuple(
        NodeEndpoint(
            node_id=BrokerId(broker.id), host=broker.address.host, port=i32(broker.address.port), rack=broker.rack
        )
        for broker in brokers
    )
