"""Metadata: which brokers and topics there are, and who leads what."""

from collections.abc import Iterable
from uuid import UUID

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.metadata.v12.response import (
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)

from ackproof.reference.broker.apis.auto_topics import AutoTopics
from ackproof.reference.broker.apis.metadata_cache import INTERNAL_TOPICS, MetadataCache
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.controller.image import NO_LEADER, PartitionImage, TopicImage
from ackproof.reference.controller.topic_names import problem_of
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i32
from ackproof.reference.protocol.request import Request

TOPIC_IDS_FROM = 12
"""The version from which on topics may be asked for by id."""

TOPIC_OPERATIONS = 0b1101_1111_1000
"""
What may be done with a topic, one bit each, where nobody is refused anything: read, write, create, delete, alter,
describe, describe and alter its settings. Source: ``AclEntry.supportedOperations``, ``AclOperation``.
"""

NOT_ASKED = -(2**31)
"""What stands for that where it is not asked."""


@attrs.frozen
class MetadataHandler:
    """Source: ``KafkaApis.handleTopicMetadataRequest``, ``KRaftMetadataCache.getTopicMetadata``."""

    metadata: MetadataCache
    auto_topics: AutoTopics
    settings: BrokerSettings
    cluster_id: str

    async def serve(self, request: Request) -> MetadataResponse:
        """
        The answer, at once.

        Raises:
            KafkaError: INVALID_REQUEST: a topic without a name, or with an id before there were ids.
                UNKNOWN_SERVER_ERROR: a topic without either.
        """
        body = request.body
        assert isinstance(body, MetadataRequest)
        check_topics(body, request.version)
        brokers = self.metadata.alive_brokers
        return MetadataResponse(
            throttle_time=duration(0),
            brokers=tuple(
                MetadataResponseBroker(
                    node_id=BrokerId(broker.id),
                    host=broker.address.host,
                    port=i32(broker.address.port),
                    rack=broker.rack,
                )
                for broker in brokers
            ),
            cluster_id=self.cluster_id,
            # Any broker will do, as all hand on what is for the controller; Kafka draws one.
            controller_id=BrokerId(brokers[0].id if brokers else -1),
            topics=tuple(self._topics(body, request.version)),
        )

    def _topics(self, body: MetadataRequest, version: int) -> Iterable[MetadataResponseTopic]:
        topics = body.topics
        if topics is None or (not topics and version == 0):
            return [self._known(topic, body, version) for topic in self.metadata.image.topics.values()]
        ids = dict.fromkeys(topic.topic_id for topic in topics if topic.topic_id is not None)
        if ids:
            by_id = {topic_id: self.metadata.image.topic_of(topic_id) for topic_id in ids}
            unknown = [self._unknown_id(topic_id) for topic_id, topic in by_id.items() if topic is None]
            return [*unknown, *(self._known(topic, body, version) for topic in by_id.values() if topic)]
        names = dict.fromkeys(topic.name for topic in topics if topic.name is not None)
        known = [topic for name in names if (topic := self.metadata.topic(name))]
        missing = [name for name in names if self.metadata.topic(name) is None]
        return [*(self._known(topic, body, version) for topic in known), *self._missing(missing, body)]

    def _missing(self, names: list[TopicName], body: MetadataRequest) -> Iterable[MetadataResponseTopic]:
        """Topics that there are not: they come about, if that is allowed."""
        if body.allow_auto_topic_creation and self.settings.auto_create_topics_enable:
            errors = self.auto_topics.create(names)
        else:
            errors = {name: missing_error(name) for name in names}
        return [
            MetadataResponseTopic(
                error_code=error,
                name=TopicName(name),
                topic_id=None,
                is_internal=name in INTERNAL_TOPICS,
                partitions=(),
                topic_authorized_operations=operations(body),
            )
            for name, error in errors.items()
        ]

    def _unknown_id(self, topic_id: UUID) -> MetadataResponseTopic:
        return MetadataResponseTopic(error_code=ErrorCode.unknown_topic_id, name=None, topic_id=topic_id, partitions=())

    def _known(self, topic: TopicImage, body: MetadataRequest, version: int) -> MetadataResponseTopic:
        partitions = tuple(self._partition(index, each, version) for index, each in enumerate(topic.partitions))
        return MetadataResponseTopic(
            error_code=ErrorCode.none,
            name=TopicName(topic.name),
            topic_id=topic.topic_id,
            is_internal=topic.name in INTERNAL_TOPICS,
            partitions=partitions,
            topic_authorized_operations=operations(body),
        )

    def _partition(self, index: int, partition: PartitionImage, version: int) -> MetadataResponsePartition:
        """Version 0 leaves out who is not alive, and says so. Source: ``KRaftMetadataCache.getPartitionMetadata``."""
        is_shown = self.metadata.is_alive if version == 0 else self._is_anyone
        replicas = tuple(BrokerId(each) for each in partition.replicas if is_shown(each))
        in_sync = tuple(BrokerId(each) for each in partition.in_sync_replicas if is_shown(each))
        has_leader = partition.leader in self.metadata.image.brokers
        is_whole = len(replicas) == len(partition.replicas) and len(in_sync) == len(partition.in_sync_replicas)
        return MetadataResponsePartition(
            error_code=partition_error(has_leader=has_leader, is_whole=is_whole),
            partition_index=i32(index),
            leader_id=BrokerId(partition.leader if has_leader else NO_LEADER),
            leader_epoch=i32(partition.leader_epoch),
            replica_nodes=replicas,
            isr_nodes=in_sync,
            offline_replicas=tuple(BrokerId(each) for each in partition.replicas if not self.metadata.is_alive(each)),
        )

    def _is_anyone(self, _broker_id: int) -> bool:
        return True


def check_topics(body: MetadataRequest, version: int) -> None:
    """Topics have names, or ids from when there were any."""
    for topic in body.topics or ():
        if topic.name is None and version < TOPIC_IDS_FROM:
            raise KafkaError(ErrorCode.invalid_request, "Topic name can not be null")
        if topic.topic_id is not None and version < TOPIC_IDS_FROM:
            raise KafkaError(ErrorCode.invalid_request, "Topic IDs are not supported")
        if topic.name is None and topic.topic_id is None:
            # Kafka fails over that.
            raise KafkaError(ErrorCode.unknown_server_error)


def operations(body: MetadataRequest) -> i32:
    """What may be done with a topic, if that is asked."""
    return i32(TOPIC_OPERATIONS if body.include_topic_authorized_operations else NOT_ASKED)


def missing_error(name: str) -> ErrorCode:
    """What is said of a topic that there is not, and is not to be."""
    return ErrorCode.invalid_topic_exception if problem_of(name) else ErrorCode.unknown_topic_or_partition


def partition_error(*, has_leader: bool, is_whole: bool) -> ErrorCode:
    """What is said of a partition."""
    if not has_leader:
        return ErrorCode.leader_not_available
    return ErrorCode.none if is_whole else ErrorCode.replica_not_available
