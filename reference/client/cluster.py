"""The cluster as the last answers described it: brokers, topics, leaders."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.client.node import Node
from ackproof.reference.protocol.request import Address

TopicPartition = tuple[str, int]
"""A partition by topic and number."""


@attrs.frozen
class PartitionMetadata:
    """
    One partition.

    Attributes:
        leader_id: None while it has none.
        leader_epoch: -1 where the broker did not tell.
    """

    topic: str
    partition: int
    leader_id: int | None
    leader_epoch: int = -1
    replicas: tuple[int, ...] = ()
    in_sync_replicas: tuple[int, ...] = ()
    offline_replicas: tuple[int, ...] = ()
    error: ErrorCode = ErrorCode.none


@attrs.frozen
class Cluster:
    """
    What a client knows of the cluster (``MetadataSnapshot``).

    Attributes:
        nodes: By broker id; bootstrap servers have -1, -2, ….
        partitions: By topic, in the order of their numbers.
        errors: Of the topics that the last answer had no partitions for.
    """

    nodes: Mapping[int, Node] = attrs.field(factory=dict[int, Node])
    partitions: Mapping[str, tuple[PartitionMetadata, ...]] = attrs.field(
        factory=dict[str, tuple[PartitionMetadata, ...]]
    )
    topic_ids: Mapping[str, UUID] = attrs.field(factory=dict[str, UUID])
    errors: Mapping[str, ErrorCode] = attrs.field(factory=dict[str, ErrorCode])
    internal_topics: frozenset[str] = frozenset()
    controller_id: int | None = None
    cluster_id: str | None = None
    is_bootstrap: bool = False

    def partition_count(self, topic: str) -> int | None:
        """How many partitions *topic* has, if that is known."""
        return len(self.partitions[topic]) if topic in self.partitions else None

    def partition(self, topic: str, partition: int) -> PartitionMetadata | None:
        """What is known of a partition."""
        known = self.partitions.get(topic, ())
        # Numbers have no gaps, except while an answer left some out.
        if 0 <= partition < len(known) and (found := known[partition]).partition == partition:
            return found
        return next((one for one in known if one.partition == partition), None)

    def node(self, node_id: int | None) -> Node | None:
        """The broker of that id."""
        return None if node_id is None else self.nodes.get(node_id)

    def leader(self, topic: str, partition: int) -> Node | None:
        """The broker that leads a partition, as far as it and its address are known."""
        known = self.partition(topic, partition)
        return None if known is None or known.leader_id is None else self.nodes.get(known.leader_id)

    def topic_name(self, topic_id: UUID) -> str | None:
        """The topic of that id."""
        return next((name for name, known in self.topic_ids.items() if known == topic_id), None)


def bootstrap(addresses: Sequence[Address]) -> Cluster:
    """A cluster of which only some brokers' addresses are known."""
    nodes = {-1 - number: Node(-1 - number, address) for number, address in enumerate(addresses)}
    return Cluster(nodes=nodes, is_bootstrap=True)
