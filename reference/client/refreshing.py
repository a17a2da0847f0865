"""What is known of the cluster after an answer: newer leader epochs win, whatever the order of answers."""

from collections.abc import Iterator
from uuid import UUID

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.response import (
    MetadataResponse,
    MetadataResponsePartition,
    MetadataResponseTopic,
)

from ackproof.reference.client.cluster import Cluster, PartitionMetadata, TopicPartition
from ackproof.reference.client.interest import Interest
from ackproof.reference.client.node import Node
from ackproof.reference.client.retriable import REFRESHES_METADATA
from ackproof.reference.protocol.request import Address


@attrs.define(eq=False)
class Refreshing:
    """
    Reads one answer.

    Attributes:
        epochs: The newest leader epoch of each partition that was seen anywhere; updated.
        has_news: The answer told something that was not known before.
        needs_another: Something in it was an error that another answer may not have.

    Source: ``Metadata.handleMetadataResponse``, ``updateLatestMetadata``; ``MetadataSnapshot.mergeWith``.
    """

    before: Cluster
    interest: Interest
    epochs: dict[TopicPartition, int]
    has_news: bool = False
    needs_another: bool = False

    def read(self, answer: MetadataResponse, is_partial: bool) -> Cluster:
        """The cluster after *answer*, which leaves other topics as they are if it *is_partial*."""
        told = {str(topic.name): topic for topic in answer.topics if topic.name is not None}
        wanted = {name: topic for name, topic in told.items() if self.interest.retains(name, topic.is_internal)}
        partitions = {name: self._partitions(name, topic) for name, topic in wanted.items() if not topic.error_code}
        kept = tuple(self._kept(frozenset(told))) if is_partial else ()
        for topic in wanted.values():
            self.needs_another |= topic.error_code in REFRESHES_METADATA
        return Cluster(
            nodes={
                broker.node_id: Node(broker.node_id, Address(broker.host, broker.port)) for broker in answer.brokers
            },
            partitions={**{name: self.before.partitions[name] for name in kept}, **partitions},
            topic_ids={
                **{name: self.before.topic_ids[name] for name in kept if name in self.before.topic_ids},
                **{name: topic.topic_id for name, topic in told.items() if topic.topic_id and name in partitions},
            },
            errors={name: topic.error_code for name, topic in told.items() if topic.error_code},
            internal_topics=frozenset(
                [*(name for name in kept if name in self.before.internal_topics)]
                + [name for name, topic in told.items() if topic.is_internal and name in partitions]
            ),
            controller_id=None if answer.controller_id < 0 else answer.controller_id,
            cluster_id=answer.cluster_id,
        )

    def _kept(self, told: frozenset[str]) -> Iterator[str]:
        for name in self.before.partitions:
            if name not in told and self.interest.retains(name, name in self.before.internal_topics):
                yield name

    def _partitions(self, name: str, topic: MetadataResponseTopic) -> tuple[PartitionMetadata, ...]:
        partitions = list[PartitionMetadata]()
        for told in sorted(topic.partitions, key=lambda told: told.partition_index):
            self.needs_another |= told.error_code in REFRESHES_METADATA
            known = self._newest(name, told, topic.topic_id)
            if known is not None:
                partitions.append(known)
        return tuple(partitions)

    def _newest(self, topic: str, told: MetadataResponsePartition, topic_id: UUID | None) -> PartitionMetadata | None:
        place, epoch = (topic, int(told.partition_index)), told.leader_epoch
        if epoch < 0:
            self.epochs.pop(place, None)
            self.has_news = True
            return partition_metadata(topic, told)
        seen = self.epochs.get(place)
        is_another = topic_id is not None and self.before.topic_ids.get(topic) != topic_id
        if seen is None or is_another or epoch >= seen:
            self.has_news |= seen is None or is_another or epoch > seen
            self.epochs[place] = epoch
            return partition_metadata(topic, told)
        return self.before.partition(*place)


def partition_metadata(topic: str, told: MetadataResponsePartition) -> PartitionMetadata:
    """A partition as an answer tells of it."""
    return PartitionMetadata(
        topic,
        told.partition_index,
        leader_id=None if told.leader_id < 0 else told.leader_id,
        leader_epoch=told.leader_epoch,
        replicas=told.replica_nodes,
        in_sync_replicas=told.isr_nodes,
        offline_replicas=told.offline_replicas,
        error=ErrorCode(told.error_code),
    )
