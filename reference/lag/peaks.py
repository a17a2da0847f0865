"""
How great the lag gets from one commit to the next.

What arrives between two commits counts as lag too, so that it rises and falls with each of them. Whether there
is more of it than usual shows at its greatest, just before a commit.
"""

from collections.abc import Sequence
from math import sqrt

from ackproof.reference.lag.sample import Sample

CYCLE_MS = 10_000
"""Twice ``auto.commit.interval.ms``: who looks for so long has seen a lag just before a commit."""


def peak_until(samples: Sequence[Sample], place: int) -> int:
    """The greatest lag in the cycle that ends with the sample at *place*."""
    since_ms = samples[place].at_ms - CYCLE_MS
    first = next(at for at in range(place + 1) if samples[at].at_ms >= since_ms)
    return max(sample.lag for sample in samples[first : place + 1])


def peak_from(samples: Sequence[Sample], first: int, last: int | None = None) -> int:
    """The greatest lag from the sample at *first* to that at *last*, and in the cycle after it."""
    last = first if last is None else last
    until_ms, greatest = samples[last].at_ms + CYCLE_MS, samples[first].lag
    for place in range(first, len(samples)):
        if samples[place].at_ms > until_ms:
            break
        greatest = max(greatest, samples[place].lag)
    return greatest


def is_more(lag: int, usual: int) -> bool:
    """Whether a *lag* is greater than the *usual* one by more than chance makes it."""
    return lag > usual + 3 * sqrt(max(usual, 0)) + 3
