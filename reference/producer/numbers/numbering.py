"""Numbers of batches: what makes a repeat known again, for each partition."""

from collections.abc import Callable, Iterator

import attrs

from ackproof.model.produce.idempotence import IdempotenceRules
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.numbers.identity import EPOCH_MAX, NOBODY, ProducerIdAndEpoch, sequence_after
from ackproof.reference.producer.numbers.in_flight import Heap, InFlight, Ordered

NO_LAST_ACKED_SEQUENCE = -1
NO_LAST_ACKED_OFFSET = -1


@attrs.define(eq=False)
class PartitionNumbers:
    """
    The numbers of one partition (``TxnPartitionEntry``).

    Attributes:
        identity: Under which its batches are numbered, which may be an older one than the producer's.
        next_sequence: What the next new batch gets.
        last_acked_sequence: Of the last record of the highest batch that was acknowledged; -1 if none was.
        last_acked_offset: The highest that was acknowledged; -1 if none was.
        in_flight: Batches that were sent and have no outcome, also those that wait to be sent again.
    """

    in_flight: InFlight
    identity: ProducerIdAndEpoch = NOBODY
    next_sequence: int = 0
    last_acked_sequence: int = NO_LAST_ACKED_SEQUENCE
    last_acked_offset: int = NO_LAST_ACKED_OFFSET

    def is_next(self, sequence: int) -> bool:
        """Whether *sequence* follows what was acknowledged last."""
        return sequence - self.last_acked_sequence == 1


class Numbering:
    """
    Who the producer is, and the numbers of its batches.

    Attributes:
        identity: The producer's own.
        unresolved: By partition, the sequence after a batch of which nobody knows whether it is stored.
        needs_bump: The next thing to do is to take a new epoch.

    Source: ``TransactionManager``, ``TxnPartitionMap``.
    """

    def __init__(self, rules: IdempotenceRules) -> None:
        self._rules = rules
        self._partitions: dict[TopicPartition, PartitionNumbers] = {}
        self._to_rewrite: dict[TopicPartition, None] = {}
        self.identity = NOBODY
        self.unresolved: dict[TopicPartition, int] = {}
        self.needs_bump = False

    def of(self, place: TopicPartition) -> PartitionNumbers:
        """The numbers of a partition."""
        if place not in self._partitions:
            self._partitions[place] = PartitionNumbers(self._new_in_flight())
        return self._partitions[place]

    def known(self) -> Iterator[tuple[TopicPartition, PartitionNumbers]]:
        """The numbers of all partitions that have any."""
        return iter(self._partitions.items())

    def is_known(self, place: TopicPartition) -> bool:
        """Whether a partition has numbers."""
        return place in self._partitions

    def is_stale(self, place: TopicPartition) -> bool:
        """Whether the batches of a partition still have the numbers of another epoch or id."""
        return self.of(place).identity != self.identity

    def has_old_id(self, batch: ProducerBatch) -> bool:
        """Whether *batch* was sent under an id that was given up; Java gives up none since 2.5."""
        gives_up = self._rules.after_deadline == "reset" or self._rules.on_gap == "fail-and-reset"
        return gives_up and batch.has_sequence and batch.identity.producer_id != self.identity.producer_id

    def number(self, batch: ProducerBatch, is_transactional: bool) -> None:
        """Give *batch* its number, as it is first sent (``RecordAccumulator.drainBatchesForOneNode``)."""
        numbers = self.of(batch.place)
        if self.is_stale(batch.place) and not len(numbers.in_flight):
            self.start_from_0(batch.place, self.identity)
        batch.number_it(self.identity, numbers.next_sequence, is_transactional)
        if not self._rules.counts_acknowledged:
            numbers.next_sequence = sequence_after(numbers.next_sequence, batch.record_count)
        numbers.in_flight.add(batch)

    def acknowledged(self, batch: ProducerBatch, base_offset: int) -> None:
        """
        *batch* is stored under the number that it has now.

        Source: ``TransactionManager.handleCompletedBatch``.
        """
        if self.has_old_id(batch):
            return
        is_known, numbers = self.is_known(batch.place), self.of(batch.place)
        if self._rules.counts_acknowledged:
            numbers.next_sequence = sequence_after(numbers.next_sequence, batch.record_count)
        if is_known:
            numbers.last_acked_sequence = max(numbers.last_acked_sequence, batch.last_sequence)
        if base_offset >= 0:
            numbers.last_acked_offset = max(numbers.last_acked_offset, base_offset + batch.record_count - 1)
        numbers.in_flight.remove(batch)

    def forget(self, batch: ProducerBatch) -> None:
        """*batch* is not in flight any more."""
        if self.is_known(batch.place):
            self.of(batch.place).in_flight.remove(batch)

    def give_back(self, batch: ProducerBatch) -> None:
        """
        *batch* is given up, and the next one gets its sequence.

        Source: librdkafka ``rd_kafka_toppar_purge_queues``, ``epoch_base_msgid``.
        """
        self.forget(batch)
        self.of(batch.place).next_sequence -= batch.record_count

    def mark_unresolved(self, batch: ProducerBatch) -> None:
        """Nobody knows whether *batch* is stored: nothing new is sent there until that is clear."""
        follows = batch.last_sequence + 1
        self.unresolved[batch.place] = max(self.unresolved.get(batch.place, follows), follows)

    def request_bump(self, place: TopicPartition) -> None:
        """The epoch is to be bumped, and the batches in flight to a partition are to be numbered anew."""
        self.needs_bump = True
        self._to_rewrite[place] = None

    def bump(self) -> None:
        """
        Take the next epoch; after the last one there is no id.

        Source: ``TransactionManager.bumpIdempotentProducerEpoch``.
        """
        is_last = self.identity.epoch == EPOCH_MAX
        self.identity = NOBODY if is_last else attrs.evolve(self.identity, epoch=self.identity.epoch + 1)
        for place in tuple(self._partitions if self._rules.shares_bumps else self._to_rewrite):
            self.start_from_0(place, self.identity)
            self.unresolved.pop(place, None)
        self._to_rewrite.clear()
        self.needs_bump = False

    def start_from_0(self, place: TopicPartition, identity: ProducerIdAndEpoch) -> None:
        """
        Sequences of a partition begin at 0 under *identity*, also for what is in flight, which may be stored already.

        Source: ``TxnPartitionEntry.startSequencesAtBeginning``.
        """
        numbers, sequence = self.of(place), 0
        flying, numbers.in_flight = numbers.in_flight, self._new_in_flight()
        for batch in flying:
            batch.renumber(identity, sequence)
            sequence += batch.record_count
            numbers.in_flight.add(batch)
        numbers.identity = identity
        numbers.next_sequence = sequence
        numbers.last_acked_sequence = NO_LAST_ACKED_SEQUENCE

    def adjust(self, failed: ProducerBatch) -> None:
        """
        *failed* is taken for certainly not stored: what has a later sequence moves down.

        Source: ``TxnPartitionEntry.adjustSequencesDueToFailedBatch``.
        """
        if not self.is_known(failed.place):
            return
        numbers = self.of(failed.place)
        numbers.next_sequence -= failed.record_count
        assert numbers.next_sequence >= 0
        flying, numbers.in_flight = numbers.in_flight, self._new_in_flight()
        for batch in flying:
            if batch.base_sequence >= failed.base_sequence:
                assert batch.base_sequence >= failed.record_count
                batch.renumber(batch.identity, batch.base_sequence - failed.record_count)
            numbers.in_flight.add(batch)

    def forget_partition(self, place: TopicPartition) -> None:
        """Sequences of a partition begin at 0; nothing is in flight there any more (``resetSequenceForPartition``)."""
        self._partitions.pop(place, None)
        self.unresolved.pop(place, None)

    def forget_all(self) -> None:
        """Sequences begin at 0 everywhere (``resetSequenceNumbers``)."""
        self._partitions.clear()
        self.unresolved.clear()

    def reset(self) -> None:
        """Have no id, until brokers give a new one; what was sent under the old one keeps it (before 2.5)."""
        self.identity = NOBODY
        self.forget_all()

    def _new_in_flight(self) -> InFlight:
        make: Callable[[], InFlight] = Heap if self._rules.restarts_in_heap_order else Ordered
        return make()
