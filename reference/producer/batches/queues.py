"""Queues: the batches of each partition that wait to be sent, the oldest first."""

from collections import deque
from collections.abc import Iterator
from random import Random

import attrs

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.partitioners.sticky import StickyPartitioner

Queue = deque[ProducerBatch]


@attrs.frozen(eq=False)
class TopicQueues:
    """
    One topic's queues, by partition, in the order in which they came to be.

    Attributes:
        sticky: Where its records without key go.
    """

    sticky: StickyPartitioner
    by_partition: dict[int, Queue] = attrs.field(factory=dict[int, Queue])


class Queues:
    """All topics' queues."""

    def __init__(self, batch_size_bytes: int, rng: Random) -> None:
        self._batch_size_bytes = batch_size_bytes
        self._rng = rng
        self._topics: dict[str, TopicQueues] = {}

    def topic(self, name: str) -> TopicQueues:
        """A topic's queues."""
        if name not in self._topics:
            self._topics[name] = TopicQueues(StickyPartitioner(name, self._batch_size_bytes, self._rng))
        return self._topics[name]

    def of(self, place: TopicPartition) -> Queue:
        """A partition's queue."""
        by_partition = self.topic(place[0]).by_partition
        if place[1] not in by_partition:
            by_partition[place[1]] = Queue()
        return by_partition[place[1]]

    def known(self, place: TopicPartition) -> Queue | None:
        """A partition's queue, if it ever had a batch."""
        topic = self._topics.get(place[0])
        return None if topic is None else topic.by_partition.get(place[1])

    def topics(self) -> Iterator[tuple[str, TopicQueues]]:
        """All topics that ever had a batch."""
        return iter(self._topics.items())

    def heads(self) -> list[ProducerBatch]:
        """The oldest batch of each queue that has any."""
        return [queue[0] for topic in self._topics.values() for queue in topic.by_partition.values() if queue]

    def __iter__(self) -> Iterator[tuple[TopicPartition, Queue]]:
        """All queues."""
        for name, topic in self._topics.items():
            for partition, queue in topic.by_partition.items():
                yield (name, partition), queue


def all_full(queue: Queue) -> bool:
    """Whether no batch of it would take another record."""
    return not queue or queue[-1].is_full
