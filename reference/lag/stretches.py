"""Stretches of time in which something was the case, from one sample to the next."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import inf
from statistics import median

import attrs

from ackproof.reference.lag.peaks import FEW, is_more, is_well_above, peak_from, usual_peak
from ackproof.reference.lag.sample import PartitionSample, Sample

LONG_MS = 60_000
"""
How long something has to be the case before it is said, whatever comes of it.

Less is usual while groups and transactions change hands; it is said where it is longer than usual, and the lag gets
well above the usual meanwhile.
"""

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

    def meets(self, other: "Stretch") -> bool:
        """Whether they have a time in common."""
        return self.first <= other.last and other.first <= self.last

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

        found = [Stretch(*run, (number,)) for run in runs(samples, waits)]
        # No reader waits so where nothing is wrong: what is more than chance tells.
        yield from _telling(samples, found, LONG_MS, 2 * _usual_ms(samples, found), is_more)


def _waits_for_transaction(before: PartitionSample, after: PartitionSample) -> bool:
    stands = before.last_stable_offset == after.last_stable_offset < after.high_watermark
    return stands and before.position == after.position == after.last_stable_offset


def of_neglect(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """Where nobody reads a partition that has something to read."""
    for number in range(len(samples[0].partitions)):

        def is_neglected(before: Sample, after: Sample, number: int = number) -> bool:
            old, new = before.partitions[number], after.partitions[number]
            return old.owner is None and new.owner is None and new.lag > 0

        found = [Stretch(*run, (number,)) for run in runs(samples, is_neglected)]
        told = _telling(samples, found, LONG_MS, 0)
        yield from (s for s in told if s.duration_ms(samples) >= LONG_MS or not _mostly_rebalances(samples, s))


def _mostly_rebalances(samples: Sequence[Sample], stretch: Stretch) -> bool:
    stopped_ms = samples[stretch.last].rebalancing_ms - samples[stretch.first].rebalancing_ms
    return 2 * stopped_ms > stretch.duration_ms(samples)


def of_standstill(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """Where a member commits nothing new for any of its partitions, has something to read, and nobody rebalances."""
    for owner in _owners(samples):

        def stands(before: Sample, after: Sample, owner: int = owner) -> bool:
            return _commits_nothing(before, after, owner)

        yield from _telling(samples, _of_owner(samples, owner, stands), STANDSTILL_MS)


def of_silence(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """
    Where a member has something to read, hands out nothing for longer than a poll takes, and the lag gets well above.

    Only consumers that are asked tell: from outside it may look as always, if they miss no commit.
    """
    work = samples[-1].work
    for owner in _owners(samples) if work is not None else ():

        def is_silent(before: Sample, after: Sample, owner: int = owner) -> bool:
            return _hands_out_nothing(before, after, owner)

        longest_ms = 0 if work is None else work.longest_ms
        found = _of_owner(samples, owner, is_silent)
        yield from _telling(samples, found, longer_than_ms=longest_ms + _unseen_ms(samples))


def _owners(samples: Sequence[Sample]) -> list[int]:
    return sorted({p.owner for sample in samples for p in sample.partitions if p.owner is not None})


def _of_owner(samples: Sequence[Sample], owner: int, holds: Callable[[Sample, Sample], bool]) -> list[Stretch]:
    return [Stretch(*run, partitions_of(samples[run[0]], owner), owner) for run in runs(samples, holds)]


def _unseen_ms(samples: Sequence[Sample]) -> int:
    """How long it may seem to last that is over at once: it is seen twice."""
    return 2 * (samples[-1].at_ms - samples[0].at_ms) // (len(samples) - 1)


def _commits_nothing(before: Sample, after: Sample, owner: int) -> bool:
    pairs = _kept(before, after, owner)
    has_work = any(old.stable_end > (old.committed or 0) for old, _ in pairs)
    waits = all(_waits_for_transaction(*pair) for pair in pairs)
    return has_work and not waits and all(old.committed == new.committed for old, new in pairs)


def _hands_out_nothing(before: Sample, after: Sample, owner: int) -> bool:
    pairs = _kept(before, after, owner)
    return any(old.stable_end > old.position for old, _ in pairs) and all(
        old.position == new.position for old, new in pairs
    )


def _kept(before: Sample, after: Sample, owner: int) -> list[tuple[PartitionSample, PartitionSample]]:
    """The partitions of a member, then and now, unless they change or somebody joins."""
    partitions = partitions_of(before, owner)
    is_same = partitions == partitions_of(after, owner) and before.generation == after.generation
    return [(before.partitions[number], after.partitions[number]) for number in partitions] if is_same else []


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


def _telling(
    samples: Sequence[Sample],
    found: Sequence[Stretch],
    long_ms: float = inf,
    longer_than_ms: float = inf,
    is_above: Callable[[int, int], bool] = is_well_above,
) -> Iterator[Stretch]:
    """Those that are long, and those that are longer than they have to be while the lag gets above the usual."""
    for stretch in found:
        duration_ms = stretch.duration_ms(samples)
        if duration_ms >= long_ms or (duration_ms > longer_than_ms and is_above(*_peak(samples, stretch))):
            yield stretch


def _usual_ms(samples: Sequence[Sample], found: Sequence[Stretch]) -> float:
    """How long they usually are, if there are some."""
    return median(stretch.duration_ms(samples) for stretch in found) if len(found) >= FEW else 0


def _peak(samples: Sequence[Sample], stretch: Stretch) -> tuple[int, int]:
    """How great the lag gets by it, and how great it usually does."""
    usual = usual_peak(samples, stretch.partitions, (stretch.first, stretch.last))
    return peak_from(samples, stretch.first, stretch.last, stretch.partitions), usual
