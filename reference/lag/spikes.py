"""More arrives than usual for a while, and the lag rises."""

from collections.abc import Iterator, Sequence
from math import ceil, sqrt
from statistics import median

from ackproof.reference.lag.finding import Finding, rate, seconds
from ackproof.reference.lag.peaks import CYCLE_MS, is_more, is_well_above, peak_from, peak_until, usual_peak
from ackproof.reference.lag.sample import Sample, arrival_rate_per_s, arrival_rates_per_s
from ackproof.reference.lag.stretches import Stretch, runs

SPIKE = 1.5
"""How many times as much as usual has to arrive."""

COUNTABLE = 50
"""So many records have to arrive in the usual course, or chance would make a spike of them."""

BY_CHANCE = 6.0
"""Up to so many standard deviations."""

SPARE_DECIDES = (
    "If it has to be caught up with sooner, spare capacity decides: what is processed per second beyond what arrives. "
    "Retention has to outlast the lag."
)


def of_spikes(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """Where more arrives than usual, and a quarter of that is left as lag, or the lag gets well above the usual."""
    step = _step(samples)
    coarse = samples[::step]
    if len(coarse) < 2:
        return
    usual = _usual(arrival_rates_per_s(coarse))

    def is_spike(before: Sample, after: Sample) -> bool:
        return arrival_rate_per_s(before, after) >= SPIKE * usual > 0

    for start, end in runs(coarse, is_spike):
        first, last = start * step, end * step
        expected = usual * (samples[last].at_ms - samples[first].at_ms) / 1000
        more = samples[last].arrived - samples[first].arrived - expected
        risen = peak_from(samples, first, last) - peak_until(samples, first)
        is_seen = risen > more / 4 or is_well_above(peak_from(samples, first, last), usual_peak(samples))
        if more > BY_CHANCE * sqrt(expected) and is_seen:
            yield Stretch(first, last)


def _usual(rates: Sequence[float]) -> float:
    """What is in the middle of those that are not spikes, if a quarter of them are none; 0 if nothing is known."""
    if not rates:
        return 0.0
    least = sorted(rates)[len(rates) // 4]
    return median(rate for rate in rates if rate <= max(SPIKE * least, least))


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
    usual = _usual(arrival_rates_per_s(coarse))
    before, peak = peak_until(samples, stretch.first), peak_from(samples, stretch.first, stretch.last)
    return Finding(
        "spike",
        f"From {seconds(first.at_ms)} to {seconds(last.at_ms)} {rate(most)} arrive, {most / usual:.1f} times the "
        f"usual {rate(usual)}. The lag rises from up to {before:,} to up to {peak:,}; {_aftermath(samples, stretch)}.",
        SPARE_DECIDES,
    )


def bursting(samples: Sequence[Sample], stretch: Stretch) -> Iterator[Finding]:
    """A spike that is too short, or of too few records, to be told from chance, but for the lag that rises with it."""
    usual = _usual(arrival_rates_per_s(samples[:: _step(samples)]))
    first, last = samples[stretch.first], samples[stretch.last]
    arriving, expected = arrival_rate_per_s(first, last), usual * (last.at_ms - first.at_ms) / 1000
    if arriving >= SPIKE * usual > 0 and last.arrived - first.arrived - expected > BY_CHANCE * sqrt(expected) / 2:
        yield Finding(
            "spike",
            f"From {seconds(first.at_ms)} to {seconds(last.at_ms)} {rate(arriving)} arrive, {arriving / usual:.1f} "
            f"times the usual {rate(usual)}. The lag gets up to {last.lag:,}, and {usual_peak(samples):,} is usual.",
            SPARE_DECIDES,
        )


def _aftermath(samples: Sequence[Sample], stretch: Stretch) -> str:
    usual, last, end = peak_until(samples, stretch.first), samples[stretch.last], samples[-1]
    for place in range(stretch.last, len(samples)):
        if end.at_ms - samples[place].at_ms < CYCLE_MS:
            # What follows is no whole cycle.
            break
        if not is_more(peak_from(samples, place), usual):
            return f"it is back there {seconds(samples[place].at_ms - last.at_ms)} later"
    if end.at_ms - last.at_ms < 2 * CYCLE_MS:
        return f"{seconds(end.at_ms - last.at_ms)} later, at the end, it is {end.lag:,}"
    now = peak_until(samples, len(samples) - 1)
    fallen = peak_from(samples, stretch.last) - now
    if not is_more(now + fallen, now):
        return "it does not fall after that"
    falls = fallen * 1000 / (end.at_ms - last.at_ms)
    return f"it then falls by {rate(falls)}, which takes {seconds((now + fallen - usual) / falls * 1000)} in all"
