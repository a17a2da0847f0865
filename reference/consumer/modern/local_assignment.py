"""What a member is assigned by topic id, and which time that is."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

import attrs
from kio.schema.consumer_group_heartbeat.v1.request import TopicPartitions as Owned
from kio.schema.consumer_group_heartbeat.v1.response import TopicPartitions as Assigned

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.protocol.primitive import i32

Numbers = frozenset[int]


@attrs.frozen
class LocalAssignment:
    """
    An assignment of the consumer protocol, as its member counts them.

    Attributes:
        local_epoch: Goes up with each that is different; -1 before the first.
    """

    local_epoch: int
    partitions: Mapping[UUID, Numbers]

    def updated(self, partitions: Mapping[UUID, Numbers]) -> "LocalAssignment":
        """The next one, or this one again if it is the same."""
        if self.local_epoch >= 0 and partitions == self.partitions:
            return self
        return LocalAssignment(self.local_epoch + 1, partitions)

    def owned(self) -> tuple[Owned, ...]:
        """As a heartbeat tells it."""
        return tuple(
            Owned(topic_id=topic_id, partitions=tuple(i32(number) for number in sorted(numbers)))
            for topic_id, numbers in self.partitions.items()
        )

    def named(self, names: Mapping[UUID, str]) -> Iterator[TopicPartition]:
        """The partitions by name, of those topics that have one in *names*."""
        for topic_id, numbers in self.partitions.items():
            if topic_id in names:
                yield from ((names[topic_id], number) for number in sorted(numbers))

    def restricted(self, topic_ids: Iterable[UUID]) -> "LocalAssignment":
        """The part of it that is of these topics."""
        known = frozenset(topic_ids)
        return LocalAssignment(
            self.local_epoch, {topic_id: numbers for topic_id, numbers in self.partitions.items() if topic_id in known}
        )


NO_ASSIGNMENT = LocalAssignment(-1, {})


def told(assigned: Iterable[Assigned]) -> dict[UUID, Numbers]:
    """The partitions that an answer assigns."""
    return {topic.topic_id: frozenset(topic.partitions) for topic in assigned if topic.topic_id is not None}
