"""Snapshots of metadata: whether what a leader has assigned by still is as it was."""

from collections.abc import Mapping

import attrs

from ackproof.reference.client.cluster import Cluster
from ackproof.reference.consumer.subscription import Subscription


@attrs.frozen
class MetadataSnapshot:
    """
    How many partitions the topics have that a group is interested in.

    Not modelled: racks, whose change is a reason to rebalance too (KIP-881).

    Source: ``ConsumerCoordinator.MetadataSnapshot``.
    """

    version: int
    counts: Mapping[str, int]

    def matches(self, other: "MetadataSnapshot") -> bool:
        """Whether an assignment by this one is still good by the *other*."""
        return self.version == other.version or self.counts == other.counts


def snapshot(subscription: Subscription, cluster: Cluster, version: int) -> MetadataSnapshot:
    """What *cluster* tells of the topics that the group is interested in."""
    counts = {
        topic: len(cluster.partitions[topic]) for topic in subscription.metadata_topics if topic in cluster.partitions
    }
    return MetadataSnapshot(version, counts)
