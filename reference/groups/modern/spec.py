"""What a server-side assignor is told."""

from collections.abc import Collection, Mapping, Set
from uuid import UUID

import attrs

from ackproof.reference.groups.modern.member import Partition, Partitions

Targets = Mapping[str, Set[Partition]]


@attrs.frozen
class Spec:
    """
    A group to assign for (``GroupSpec``, ``SubscribedTopicDescriber``).

    Attributes:
        members: Their ids, as Kafka meets them.
        subscribed: The topics of each member.
        targets: What each member is assigned so far, topic by topic as ``in_order_of_topics`` has it.
        assigned: Everything that is in the target assignment of somebody so far.
        partition_counts: Of each topic that somebody subscribes to, in the order in which Kafka comes to know them.
        is_homogeneous: All subscribe to the same.
    """

    members: tuple[str, ...]
    instance_ids: Mapping[str, str | None]
    subscribed: Mapping[str, frozenset[UUID]]
    targets: Mapping[str, Collection[Partition]]
    assigned: Partitions
    partition_counts: Mapping[UUID, int]
    is_homogeneous: bool


def in_order_of_topics(kept: Collection[Partition], new: Collection[Partition]) -> Set[Partition]:
    """
    What a member is to have: topics that are new to it are first, the last one of them first of all.

    It decides which topic is met first later on where the ids of two share a place of a hash table.

    Source: ``HashMap.computeIfAbsent``, which puts what is new before what is in its place; assignors call it.
    """
    topics = list(dict.fromkeys(topic_id for topic_id, _ in kept))
    added = dict.fromkeys(topic_id for topic_id, _ in new if topic_id not in topics)
    topics = [*reversed(added), *topics]
    return dict.fromkeys(sorted([*kept, *new], key=lambda partition: topics.index(partition[0]))).keys()
