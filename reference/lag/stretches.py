"""Stretches of time in which something was the case, from one sample to the next."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import attrs

from ackproof.reference.lag.sample import PartitionSample, Sample

LONG_MS = 60_000
"""How long something has to be the case before it is said: less is usual while groups and transactions change hands."""

STANDSTILL_MS = 20_000
"""How long a member has to commit nothing before it is said to stand still: it would some times over."""


@attrs.frozen
class Stretch:
    """
    Samples, from the one at the place *first* to that at *last*.

    Attributes:
        partitions: Those that it is about; none where it is about the group.
        owner: The member that it is about.
    """

    first: int
    last: int
    partitions: tuple[int, ...] = ()
    owner: int | None = None

    def covers(self, place: int) -> bool:
        """Whether the time from the sample at *place* to the next one belongs to it."""
        return self.first <= place < self.last

    def duration_ms(self, samples: Sequence[Sample]) -> int:
        """How long it is."""
        return samples[self.last].at_ms - samples[self.first].at_ms


def runs(samples: Sequence[Sample], holds: Callable[[Sample, Sample], bool]) -> Iterator[tuple[int, int]]:
    """The first and the last place of each run of samples in which *holds* is true from each to the next."""
    first: int | None = None
    for place in range(len(samples)):
        if place + 1 < len(samples) and holds(samples[place], samples[place + 1]):
            first = place if first is None else first
        elif first is not None:
            yield first, place
            first = None


def of_open_transactions(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """Where a partition grows, but not what is stable of it, and its reader waits there."""
    for number in range(len(samples[0].partitions)):

        def waits(before: Sample, after: Sample, number: int = number) -> bool:
            return _waits_for_transaction(before.partitions[number], after.partitions[number])

        yield from _long_ones(samples, runs(samples, waits), (number,))


def _waits_for_transaction(before: PartitionSample, after: PartitionSample) -> bool:
    stands = before.last_stable_offset == after.last_stable_offset < after.high_watermark
    return stands and before.position == after.position == after.last_stable_offset


def of_neglect(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """Where nobody reads a partition that has something to read."""
    for number in range(len(samples[0].partitions)):

        def is_neglected(before: Sample, after: Sample, number: int = number) -> bool:
            old, new = before.partitions[number], after.partitions[number]
            return old.owner is None and new.owner is None and new.lag > 0

        yield from _long_ones(samples, runs(samples, is_neglected), (number,))


def of_standstill(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """Where a member commits nothing new for any of its partitions, has something to read, and nobody rebalances."""
    owners = sorted({p.owner for sample in samples for p in sample.partitions if p.owner is not None})
    for owner in owners:

        def stands(before: Sample, after: Sample, owner: int = owner) -> bool:
            return _stands(before, after, owner)

        for stretch in _long_ones(samples, runs(samples, stands), (), STANDSTILL_MS):
            partitions = partitions_of(samples[stretch.first], owner)
            yield attrs.evolve(stretch, partitions=partitions, owner=owner)


def _stands(before: Sample, after: Sample, owner: int) -> bool:
    partitions = partitions_of(before, owner)
    is_same = partitions == partitions_of(after, owner) and before.generation == after.generation
    pairs = [(before.partitions[number], after.partitions[number]) for number in partitions]
    has_work = any(min(old.last_stable_offset, old.high_watermark) > (old.committed or 0) for old, _ in pairs)
    waits = all(_waits_for_transaction(*pair) for pair in pairs)
    return is_same and has_work and not waits and all(old.committed == new.committed for old, new in pairs)


def of_rebalances(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """From a rebalance to the last one that follows another within a minute."""
    places = [place for place in range(len(samples) - 1) if _rebalances(samples[place], samples[place + 1])]
    if places:
        gaps = [
            turn
            for turn, (place, following) in enumerate(pairwise(places), 1)
            if samples[following].at_ms - samples[place + 1].at_ms > LONG_MS
        ]
        for first, last in pairwise([0, *gaps, len(places)]):
            yield Stretch(places[first], places[last - 1] + 1)


def _rebalances(before: Sample, after: Sample) -> bool:
    return after.generation > before.generation or after.rebalancing_ms > before.rebalancing_ms


def partitions_of(sample: Sample, owner: int) -> tuple[int, ...]:
    """What a member reads."""
    return tuple(number for number, partition in enumerate(sample.partitions) if partition.owner == owner)


def _long_ones(
    samples: Sequence[Sample],
    found: Iterator[tuple[int, int]],
    partitions: tuple[int, ...],
    at_least_ms: int = LONG_MS,
) -> Iterator[Stretch]:
    for first, last in found:
        stretch = Stretch(first, last, partitions)
        if stretch.duration_ms(samples) >= at_least_ms:
            yield stretch
