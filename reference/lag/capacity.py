"""Consumers that do not process as much as arrives, and what it takes that they do."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, sqrt

import attrs

from ackproof.reference.lag.finding import Finding, milliseconds, partitions, rate
from ackproof.reference.lag.sample import Sample, Work, arrival_rate_per_s, rate_per_s
from ackproof.reference.lag.stretches import Stretch, partitions_of

BEHIND = 0.95
"""A member that consumes less than this share of what arrives for it is too slow."""

BY_CHANCE = 3.0
"""Up to so many standard deviations of what arrives."""


@attrs.frozen
class Progress:
    """
    What arrived for a member, and what it consumed, in some time.

    Attributes:
        interval_ms: So much later than it happens a commit may be seen.
    """

    arrived: int = 0
    consumed: int = 0
    duration_ms: int = 0
    interval_ms: int = 0

    def and_then(self, later: "Progress") -> "Progress":
        """Both together."""
        return Progress(
            self.arrived + later.arrived,
            self.consumed + later.consumed,
            self.duration_ms + later.duration_ms,
            max(self.interval_ms, later.interval_ms),
        )

    @property
    def lags(self) -> bool:
        """Whether it consumes less than arrives, by more than chance and the moments of the samples make it."""
        seen_late = self.arrived * self.interval_ms / max(self.duration_ms, 1)
        left = self.arrived - self.consumed - seen_late
        return 0 < self.consumed < BEHIND * self.arrived and left > BY_CHANCE * sqrt(self.arrived)


def too_slow(samples: Sequence[Sample], exceptional: Sequence[Stretch]) -> Iterator[Finding]:
    """Members that fall behind in the time that is not exceptional for them."""
    owners = sorted({p.owner for p in samples[-1].partitions if p.owner is not None})
    work = worked(samples)
    known = {owner: _progress(samples, owner, exceptional) for owner in owners}
    slow = {owner: told for owner, told in known.items() if told.lags and not _has_spare(told, work)}
    if not slow:
        return
    arriving = sum(rate_per_s(0, told.arrived, told.duration_ms) for told in slow.values())
    consumed = sum(rate_per_s(0, told.consumed, told.duration_ms) for told in slow.values())
    numbers = tuple(number for owner in slow for number in partitions_of(samples[-1], owner))
    processing_ms = len(slow) * 1000 / consumed if work is None else work.processing_ms
    total = arrival_rate_per_s(samples[0], samples[-1])
    yield Finding(
        "too slow",
        f"{rate(arriving)} arrive for {partitions(numbers)}, and {_consumers(len(slow))} "
        f"{rate(consumed)}: {milliseconds(processing_ms)} per record. The lag grows by {rate(arriving - consumed)}.",
        _needed(total * processing_ms / 1000, len(owners), len(samples[-1].partitions)),
        numbers,
    )


def _has_spare(told: Progress, work: Work | None) -> bool:
    """Whether it could process what arrives for it, by what it tells of itself: then something else is in its way."""
    arriving = rate_per_s(0, told.arrived, told.duration_ms)
    return work is not None and arriving * work.processing_ms / 1000 < BEHIND


def overloaded(samples: Sequence[Sample], work: Work) -> Iterator[Finding]:
    """All that arrives against what all readers could process, where commits do not tell it: they repeat themselves."""
    total, count = arrival_rate_per_s(samples[0], samples[-1]), len(samples[-1].partitions)
    readers = readers_of(samples)
    capacity = readers * 1000 / work.processing_ms
    arrived, duration_ms = samples[-1].arrived - samples[0].arrived, samples[-1].at_ms - samples[0].at_ms
    left = arrived - capacity * duration_ms / 1000
    if capacity < BEHIND * total and left > BY_CHANCE * sqrt(arrived):
        # What is taken from who is put out is processed again.
        repeats = samples[-1].put_out > samples[0].put_out
        growth = rate_per_s(samples[0].lag, samples[-1].lag, duration_ms) if repeats else total - capacity
        yield Finding(
            "too slow",
            f"{rate(total)} arrive, and {_consumers(readers)} {rate(capacity)} at most: "
            f"{milliseconds(work.processing_ms)} per record. The lag grows by {rate(growth)}.",
            _needed(total * work.processing_ms / 1000, readers, count),
            tuple(range(count)),
        )


def busy(samples: Sequence[Sample], work: Work) -> float:
    """How much work arrives for each reader: above 1 it is too much."""
    return arrival_rate_per_s(samples[0], samples[-1]) * work.processing_ms / 1000 / readers_of(samples)


def readers_of(samples: Sequence[Sample]) -> int:
    """How many members read at most, and one where none does."""
    return max(1, *(len({p.owner for p in sample.partitions if p.owner is not None}) for sample in samples))


def worked(samples: Sequence[Sample]) -> Work | None:
    """What consumers did; None where they are not asked, or did nothing."""
    work = samples[-1].work
    return work if work is not None and work.busy_ms else None


def _progress(samples: Sequence[Sample], owner: int, exceptional: Sequence[Stretch]) -> Progress:
    """From the first commit to the last one of each stretch of time that is not exceptional for a member."""
    known, since_commit = Progress(), None
    for place, (before, after) in enumerate(pairwise(samples)):
        numbers = partitions_of(before, owner)
        if numbers != partitions_of(after, owner) or _is_exceptional(place, numbers, exceptional):
            since_commit = None
            continue
        step = _step(before, after, numbers)
        since_commit = None if since_commit is None else since_commit.and_then(step)
        if step.consumed:
            known = known if since_commit is None else known.and_then(since_commit)
            since_commit = Progress()
    return known


def _step(before: Sample, after: Sample, numbers: tuple[int, ...]) -> Progress:
    pairs = [(before.partitions[number], after.partitions[number]) for number in numbers]
    arrived = sum(new.high_watermark - old.high_watermark for old, new in pairs)
    consumed = sum((new.committed or 0) - (old.committed or 0) for old, new in pairs)
    duration_ms = after.at_ms - before.at_ms
    return Progress(arrived, consumed, duration_ms, duration_ms)


def _is_exceptional(place: int, numbers: tuple[int, ...], exceptional: Sequence[Stretch]) -> bool:
    return any(
        stretch.covers(place) and (not stretch.partitions or set(stretch.partitions) & set(numbers))
        for stretch in exceptional
    )


def _needed(busy: float, readers: int, count: int) -> str:
    """Little's law: as many consumers are busy as arrive per second, times the seconds that each record takes."""
    needed = ceil(round(busy, 1))
    all_told = f"All that arrives keeps {busy:.1f} consumers busy"
    if needed <= readers:
        return f"{all_told}, and there are {readers}, but their shares of {count} partitions are not equal."
    if needed <= count:
        return f"{all_told}: at least {needed} are needed, and there are {readers}."
    return (
        f"{all_told}: at least {needed} are needed, and as many partitions. There are {count}, and more consumers "
        f"than that do not help. Or process faster: in batches, or in parallel within a consumer."
    )


def _consumers(count: int) -> str:
    return "1 consumer processes" if count == 1 else f"{count} consumers process"
