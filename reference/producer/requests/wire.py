"""The wire: batches that are part of a request that may yet be answered, in the order of sending."""

from collections.abc import Iterator

import attrs

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.node import Node
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.numbers.identity import ProducerIdAndEpoch


@attrs.frozen(eq=False)
class Sent:
    """
    A batch as it was sent.

    Attributes:
        batch: It may have been given another number since, and the application may have been told that it failed.
        identity, base_sequence: Its number in the bytes that were sent.
    """

    batch: ProducerBatch
    node: Node
    identity: ProducerIdAndEpoch
    base_sequence: int


class Wire:
    """What was sent and not answered, be the application told of it or not."""

    def __init__(self) -> None:
        self._sent: dict[ProducerBatch, Sent] = {}

    def put(self, batch: ProducerBatch, node: Node) -> None:
        """It is sent."""
        self._sent[batch] = Sent(batch, node, batch.identity, batch.base_sequence)

    def take(self, batch: ProducerBatch) -> None:
        """It is answered, or its connection is gone."""
        del self._sent[batch]

    def node_of(self, batch: ProducerBatch) -> Node:
        """Whom it was sent to."""
        return self._sent[batch].node

    def to(self, place: TopicPartition) -> Iterator[Sent]:
        """What is on its way to one partition."""
        return (sent for sent in self._sent.values() if sent.batch.place == place)

    def all(self) -> tuple[Sent, ...]:
        """All, the oldest first."""
        return tuple(self._sent.values())

    def __contains__(self, batch: ProducerBatch) -> bool:
        """Whether it is on its way."""
        return batch in self._sent

    def __iter__(self) -> Iterator[ProducerBatch]:
        """All batches, the oldest first."""
        return iter(tuple(self._sent))

    def __len__(self) -> int:
        """How many."""
        return len(self._sent)
