"""Batches that were sent and have no outcome yet, as a partition's producer state holds them."""

from bisect import insort
from collections.abc import Iterator
from typing import Protocol

from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.numbers.priority_queue import PriorityQueue


def rank(batch: ProducerBatch) -> tuple[int, int, int]:
    """By what they are ordered: numbers, which are not modulo anything here (as in Kafka)."""
    return (batch.identity.producer_id, batch.identity.epoch, batch.base_sequence)


class InFlight(Protocol):
    """Batches in some order, the lowest first."""

    def add(self, batch: ProducerBatch) -> None:
        """One more."""
        ...

    def remove(self, batch: ProducerBatch) -> None:
        """One less, if it is there."""
        ...

    def first(self) -> ProducerBatch | None:
        """The lowest."""
        ...

    def __iter__(self) -> Iterator[ProducerBatch]:
        """All, in the order in which they are given new numbers."""
        ...

    def __len__(self) -> int:
        """How many."""
        ...


class Ordered:
    """By number; one that has the number of another is not taken (``TreeSet``)."""

    def __init__(self) -> None:
        self._batches: list[ProducerBatch] = []

    def add(self, batch: ProducerBatch) -> None:
        """One more."""
        if all(rank(other) != rank(batch) for other in self._batches):
            insort(self._batches, batch, key=rank)

    def remove(self, batch: ProducerBatch) -> None:
        """One less, if there is one of that number."""
        self._batches = [other for other in self._batches if rank(other) != rank(batch)]

    def first(self) -> ProducerBatch | None:
        """The lowest."""
        return self._batches[0] if self._batches else None

    def __iter__(self) -> Iterator[ProducerBatch]:
        """All, by number."""
        return iter(tuple(self._batches))

    def __len__(self) -> int:
        """How many."""
        return len(self._batches)


class Heap:
    """In the order in which a heap holds them, of which only the lowest is at its place: before 2.3 (KAFKA-8483)."""

    def __init__(self) -> None:
        self._batches = PriorityQueue[ProducerBatch](lambda batch: (batch.base_sequence,))

    def add(self, batch: ProducerBatch) -> None:
        """One more."""
        self._batches.add(batch)

    def remove(self, batch: ProducerBatch) -> None:
        """One less, if it is there."""
        self._batches.remove(batch)

    def first(self) -> ProducerBatch | None:
        """The lowest."""
        return self._batches.peek()

    def __iter__(self) -> Iterator[ProducerBatch]:
        """All, as the heap holds them."""
        return iter(self._batches)

    def __len__(self) -> int:
        """How many."""
        return len(self._batches)
