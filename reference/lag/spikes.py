"""More arrives than usual for a while, and the lag rises."""

from collections.abc import Iterator, Sequence
from math import ceil, sqrt
from statistics import median

from ackproof.reference.lag.finding import Finding, rate, seconds
from ackproof.reference.lag.peaks import is_more, peak_from, peak_until
from ackproof.reference.lag.sample import Sample, arrival_rate_per_s, arrival_rates_per_s
from ackproof.reference.lag.stretches import Stretch, runs

SPIKE = 1.5
"""How many times as much as usual has to arrive."""

COUNTABLE = 50
"""So many records have to arrive in the usual course, or chance would make a spike of them."""

BY_CHANCE = 6.0
"""Up to so many standard deviations."""


def of_spikes(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """Where more arrives than usual, and a quarter of that or more is left as lag."""
    step = _step(samples)
    coarse = samples[::step]
    if len(coarse) < 2:
        return
    usual = median(arrival_rates_per_s(coarse))

    def is_spike(before: Sample, after: Sample) -> bool:
        return arrival_rate_per_s(before, after) >= SPIKE * usual > 0

    for start, end in runs(coarse, is_spike):
        first, last = start * step, end * step
        expected = usual * (samples[last].at_ms - samples[first].at_ms) / 1000
        more = samples[last].arrived - samples[first].arrived - expected
        risen = peak_from(samples, first, last) - peak_until(samples, first)
        if more > BY_CHANCE * sqrt(expected) and risen > more / 4:
            yield Stretch(first, last)


def _step(samples: Sequence[Sample]) -> int:
    """How many samples it takes until enough has arrived to be counted."""
    arrived = samples[-1].arrived - samples[0].arrived
    return max(ceil(COUNTABLE * (len(samples) - 1) / max(arrived, 1)), 1)


def spiking(samples: Sequence[Sample], stretch: Stretch) -> Finding:
    """What a spike did, and when it was caught up with."""
    first, last = samples[stretch.first], samples[stretch.last]
    coarse = samples[:: (step := _step(samples))]
    # The first and the last of its samples may be seen in the middle of a sample's time.
    most = median(arrival_rates_per_s(coarse[stretch.first // step : stretch.last // step + 1]))
    usual = median(arrival_rates_per_s(coarse))
    before, peak = peak_until(samples, stretch.first), peak_from(samples, stretch.first, stretch.last)
    return Finding(
        "spike",
        f"From {seconds(first.at_ms)} to {seconds(last.at_ms)} {rate(most)} arrive, {most / usual:.1f} times the "
        f"usual {rate(usual)}. The lag rises from up to {before:,} to up to {peak:,}; {_aftermath(samples, stretch)}.",
        "If it has to be caught up with sooner, spare capacity decides: what is processed per second beyond what "
        "arrives. Retention has to outlast the lag.",
    )


def _aftermath(samples: Sequence[Sample], stretch: Stretch) -> str:
    usual, last = peak_until(samples, stretch.first), samples[stretch.last]
    for place in range(stretch.last, len(samples)):
        if not is_more(peak_from(samples, place), usual):
            return f"it is back there {seconds(samples[place].at_ms - last.at_ms)} later"
    now = peak_until(samples, len(samples) - 1)
    fallen = peak_from(samples, stretch.last) - now
    if not is_more(now + fallen, now):
        return "it does not fall after that"
    falls = fallen * 1000 / (samples[-1].at_ms - last.at_ms)
    return f"it then falls by {rate(falls)}, which takes {seconds((now + fallen - usual) / falls * 1000)} in all"
