"""
How great the lag gets from one commit to the next.

What arrives between two commits counts as lag too, so that it rises and falls with each of them. Whether there
is more of it than usual shows at its greatest, just before a commit.
"""

from collections.abc import Iterator, Sequence
from math import sqrt

from ackproof.reference.lag.sample import Sample

COMMIT_MS = 5_000
"""Kafka's default of ``auto.commit.interval.ms``."""

CYCLE_MS = 2 * COMMIT_MS
"""Who looks for so long has seen a lag just before a commit."""

FEW = 3
"""With fewer cycles than so many nothing is usual."""

WELL_ABOVE = 1.5
"""From so many times the usual lag on it is well above it."""


def peak_until(samples: Sequence[Sample], place: int) -> int:
    """The greatest lag in the cycle that ends with the sample at *place*."""
    since_ms = samples[place].at_ms - CYCLE_MS
    first = next(at for at in range(place + 1) if samples[at].at_ms >= since_ms)
    return max(sample.lag for sample in samples[first : place + 1])


def peak_from(samples: Sequence[Sample], first: int, last: int | None = None, partitions: Sequence[int] = ()) -> int:
    """The greatest lag from the sample at *first* to that at *last*, and in the cycle after it."""
    last = first if last is None else last
    until_ms, greatest = samples[last].at_ms + CYCLE_MS, lag_of(samples[first], partitions)
    for place in range(first, len(samples)):
        if samples[place].at_ms > until_ms:
            break
        greatest = max(greatest, lag_of(samples[place], partitions))
    return greatest


def usual_peak(
    samples: Sequence[Sample], partitions: Sequence[int] = (), besides: tuple[int, int] | None = None
) -> int:
    """
    How great the lag usually gets from one commit to the next.

    Only a quarter of the cycles has less: there may be trouble in many others. In a look that is too short to tell, it
    is what arrives between two commits.

    Args:
        partitions: Of these; of the group if there are none.
        besides: From the first to the last place of samples that do not count.
    """
    parts = [samples] if besides is None else [samples[: besides[0] + 1], samples[besides[1] :]]
    peaks = sorted(peak for part in parts for peak in _peaks(part, partitions))
    if len(peaks) >= FEW:
        return peaks[len(peaks) // 4]
    arrived = _end(samples[-1], partitions) - _end(samples[0], partitions)
    return arrived * COMMIT_MS // max(samples[-1].at_ms - samples[0].at_ms, COMMIT_MS)


def _peaks(samples: Sequence[Sample], partitions: Sequence[int]) -> Iterator[int]:
    """Of each cycle that is over."""
    since_ms, greatest = samples[0].at_ms, 0
    for sample in samples:
        greatest = max(greatest, lag_of(sample, partitions))
        if sample.at_ms - since_ms >= CYCLE_MS:
            yield greatest
            since_ms, greatest = sample.at_ms, 0


def lag_of(sample: Sample, partitions: Sequence[int]) -> int:
    """Of some partitions; of the group if there are none."""
    return sum(sample.partitions[number].lag for number in partitions) if partitions else sample.lag


def _end(sample: Sample, partitions: Sequence[int]) -> int:
    return sum(sample.partitions[number].high_watermark for number in partitions) if partitions else sample.arrived


def is_well_above(lag: int, usual: int) -> bool:
    """Whether a *lag* is so much greater than the *usual* one that there has to be a reason."""
    return is_more(lag, int(WELL_ABOVE * usual))


def is_more(lag: int, usual: int) -> bool:
    """Whether a *lag* is greater than the *usual* one by more than chance makes it."""
    return lag > usual + 3 * sqrt(max(usual, 0)) + 3
