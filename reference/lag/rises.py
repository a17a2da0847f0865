"""The lag is well above the usual for a while, whatever the cause."""

from collections.abc import Iterator, Sequence

from ackproof.reference.lag.capacity import busy, worked
from ackproof.reference.lag.finding import Finding, count, span
from ackproof.reference.lag.peaks import CYCLE_MS, is_well_above, usual_peak
from ackproof.reference.lag.sample import Sample
from ackproof.reference.lag.spikes import bursting
from ackproof.reference.lag.stretches import Stretch, runs

BUSY = 0.8
"""From this share of the time on consumers may fall behind for a while by chance."""


def of_rises(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """Where that is so, with what is lower for less than a cycle: lag falls with each commit."""
    usual, rise = usual_peak(samples), None
    for first, last in runs(samples, lambda before, after: is_well_above(max(before.lag, after.lag), usual)):
        if rise is not None and samples[first].at_ms - samples[rise.last].at_ms > CYCLE_MS:
            yield rise
            rise = None
        rise = Stretch(first if rise is None else rise.first, last)
    if rise is not None:
        yield rise


def unexplained(samples: Sequence[Sample], stretches: Sequence[Stretch]) -> list[Stretch]:
    """Those at whose time, and in the cycle before, none of *stretches* is, which are causes."""
    return [rise for rise in of_rises(samples) if not any(_early(samples, rise).meets(other) for other in stretches)]


def _early(samples: Sequence[Sample], rise: Stretch) -> Stretch:
    since_ms = samples[rise.first].at_ms - CYCLE_MS
    return Stretch(next(place for place, sample in enumerate(samples) if sample.at_ms >= since_ms), rise.last)


def risen(samples: Sequence[Sample], rises: Sequence[Stretch]) -> Iterator[Finding]:
    """When the greatest of some *rises* came and went, and whether much arrived meanwhile."""
    if not rises:
        return
    greatest = max(rises, key=lambda rise: samples[_top(samples, rise)].lag)
    top = _top(samples, greatest)
    bursts = [*bursting(samples, Stretch(_early(samples, greatest).first, top))]
    yield from bursts or [_risen(samples, greatest, samples[top].lag, len(rises) - 1)]


def _risen(samples: Sequence[Sample], rise: Stretch, peak: int, others: int) -> Finding:
    when = span(samples[rise.first].at_ms, samples[rise.last].at_ms).capitalize()
    more = f"; {count(others, 'other time')} it is less" if others else ""
    return Finding(
        "peak",
        f"{when} the lag gets up to {peak:,}, where up to {usual_peak(samples):,} is usual{more}. "
        f"None of the usual causes is seen then.{_by_chance(samples)}",
        "See what happened then: a call that took longer, a pause of a process, others on the same machines.",
    )


def _top(samples: Sequence[Sample], rise: Stretch) -> int:
    return max(range(rise.first, rise.last + 1), key=lambda place: samples[place].lag)


def _by_chance(samples: Sequence[Sample]) -> str:
    work = worked(samples)
    share = 0.0 if work is None else busy(samples, work)
    if share < BUSY:
        return ""
    result = "chance may do it" if share < 1 else "they fall behind"
    return f" What arrives keeps consumers busy for {share:.0%} of the time, so that {result}."
