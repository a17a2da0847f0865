"""Inspection: what a producer looks like from inside."""

from collections.abc import Iterator, Mapping

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.numbers.identity import NOBODY, ProducerIdAndEpoch
from ackproof.reference.producer.numbers.numbering import Numbering, PartitionNumbers
from ackproof.reference.producer.numbers.states import State
from ackproof.reference.producer.parts import Parts
from ackproof.reference.producer.requests.wire import Sent


class Inspection:
    """What a refinement to the model looks at; nothing here changes anything."""

    def __init__(self, parts: Parts) -> None:
        self._nodes = parts.nodes
        self._metadata = parts.metadata
        self._accumulator = parts.accumulator
        self._wire = parts.wire
        self._identified = parts.identified

    @property
    def identity(self) -> ProducerIdAndEpoch:
        """Its producer id and epoch, as far as it has any."""
        return NOBODY if self._identified is None else self._identified.numbering.identity

    @property
    def state(self) -> State | None:
        """Where a producer with an identity is; None for one without."""
        return None if self._identified is None else self._identified.manager.states.state

    @property
    def transaction_partitions(self) -> tuple[TopicPartition, ...]:
        """The partitions that the transaction is known to have."""
        return () if self._identified is None else tuple(self._identified.manager.transaction.partitions)

    @property
    def numbering(self) -> Numbering | None:
        """Its numbers, with those of all partitions; None for a producer without an identity."""
        return None if self._identified is None else self._identified.numbering

    @property
    def needs_bump(self) -> bool:
        """Whether it asks for the next epoch once its transaction is over."""
        return self._identified is not None and self._identified.numbering.needs_bump

    @property
    def metadata(self) -> Metadata:
        """What it knows of the cluster."""
        return self._metadata

    @property
    def unresolved(self) -> Mapping[TopicPartition, int]:
        """By partition, the sequence after a batch of which nobody knows whether it is stored."""
        return {} if self._identified is None else dict(self._identified.numbering.unresolved)

    @property
    def available_bytes(self) -> int:
        """What is left of ``buffer.memory``."""
        return self._accumulator.pool.available_bytes

    def queue(self, place: TopicPartition) -> tuple[ProducerBatch, ...]:
        """The batches of a partition that wait to be sent, the next first."""
        return tuple(self._accumulator.queues.known(place) or ())

    def leader(self, place: TopicPartition) -> int | None:
        """The broker that it takes for the leader of a partition; None if it knows of none."""
        node = self._metadata.cluster.leader(*place)
        return None if node is None else node.node_id

    def on_wire(self) -> tuple[Sent, ...]:
        """What was sent and may be answered yet, in the order of sending."""
        return self._wire.all()

    def numbers(self) -> Iterator[tuple[TopicPartition, PartitionNumbers]]:
        """The numbers of each partition that has any."""
        return iter(()) if self._identified is None else self._identified.numbering.known()
