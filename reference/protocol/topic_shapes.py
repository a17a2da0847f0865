"""Old shapes of what is asked about topics and their partitions."""

from dataclasses import replace

import kio.schema.alter_partition.v2.request as old_altering
import kio.schema.alter_partition.v3.request as altering
import kio.schema.delete_topics.v5.request as old_deleting
import kio.schema.delete_topics.v6.request as deleting
import kio.schema.metadata.v0.request as old_asking
import kio.schema.metadata.v12.request as asking
from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import TopicName, i64
from ackproof.reference.protocol.shape import converted, shape


def _old_ask(request: asking.MetadataRequest) -> old_asking.MetadataRequest:
    """It cannot ask about no topic."""
    if request.topics == ():
        raise KafkaError(ErrorCode.unsupported_version, "without topics the old version asks about all of them")
    return converted(request, old_asking.MetadataRequest)


def _ask(request: old_asking.MetadataRequest) -> asking.MetadataRequest:
    upgraded = converted(request, asking.MetadataRequest)
    return upgraded if request.topics else replace(upgraded, topics=None)


def _delete_names(request: deleting.DeleteTopicsRequest) -> old_deleting.DeleteTopicsRequest:
    names = tuple(topic.name for topic in request.topics if topic.name is not None)
    if len(names) < len(request.topics):
        raise KafkaError(ErrorCode.unsupported_version, "the old version deletes topics by name only")
    return old_deleting.DeleteTopicsRequest(topic_names=names, timeout=request.timeout)


def _delete_topics(request: old_deleting.DeleteTopicsRequest) -> deleting.DeleteTopicsRequest:
    topics = tuple(deleting.DeleteTopicState(name=TopicName(name), topic_id=None) for name in request.topic_names)
    return deleting.DeleteTopicsRequest(topics=topics, timeout=request.timeout)


def _old_partition(partition: altering.PartitionData) -> old_altering.PartitionData:
    return old_altering.PartitionData(
        partition_index=partition.partition_index,
        leader_epoch=partition.leader_epoch,
        new_isr=tuple(broker.broker_id for broker in partition.new_isr_with_epochs),
        leader_recovery_state=partition.leader_recovery_state,
        partition_epoch=partition.partition_epoch,
    )


def _partition(partition: old_altering.PartitionData) -> altering.PartitionData:
    return altering.PartitionData(
        partition_index=partition.partition_index,
        leader_epoch=partition.leader_epoch,
        new_isr_with_epochs=tuple(
            altering.BrokerState(broker_id=broker_id, broker_epoch=i64(-1)) for broker_id in partition.new_isr
        ),
        leader_recovery_state=partition.leader_recovery_state,
        partition_epoch=partition.partition_epoch,
    )


def _old_alter(request: altering.AlterPartitionRequest) -> old_altering.AlterPartitionRequest:
    topics = tuple(
        old_altering.TopicData(topic_id=topic.topic_id, partitions=tuple(map(_old_partition, topic.partitions)))
        for topic in request.topics
    )
    return old_altering.AlterPartitionRequest(
        broker_id=request.broker_id, broker_epoch=request.broker_epoch, topics=topics
    )


def _alter(request: old_altering.AlterPartitionRequest) -> altering.AlterPartitionRequest:
    """Which incarnation of a broker is meant was not said."""
    topics = tuple(
        altering.TopicData(topic_id=topic.topic_id, partitions=tuple(map(_partition, topic.partitions)))
        for topic in request.topics
    )
    return altering.AlterPartitionRequest(broker_id=request.broker_id, broker_epoch=request.broker_epoch, topics=topics)


TOPIC_SHAPES = (
    shape(old_asking.MetadataRequest, _ask, _old_ask),
    shape(old_deleting.DeleteTopicsRequest, _delete_topics, _delete_names),
    shape(old_altering.AlterPartitionRequest, _alter, _old_alter),
)
