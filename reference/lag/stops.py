"""Rebalances stop the group, and the lag rises."""

from collections.abc import Iterator, Sequence

from ackproof.reference.lag.finding import Finding, count, seconds
from ackproof.reference.lag.peaks import is_more, peak_from, peak_until
from ackproof.reference.lag.sample import Sample
from ackproof.reference.lag.stretches import Stretch, of_rebalances

REBALANCES = 3
"""From how many on they may be a cause where members come and go: fewer of them come with that."""

STOPPED = 0.1
"""From which share of the time on."""


def of_stops(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """Where rebalances make the lag rise, and not because a member was put out."""
    for stretch in of_rebalances(samples):
        before, first, last = samples[max(stretch.first - 1, 0)], samples[stretch.first], samples[stretch.last]
        is_many = last.generation - first.generation >= REBALANCES
        is_their_own = before.put_out == last.put_out and (is_many or before.members == last.members)
        if is_their_own and _stopped(first, last) >= STOPPED and _rises(samples, stretch):
            yield stretch


def _stopped(first: Sample, last: Sample) -> float:
    return (last.rebalancing_ms - first.rebalancing_ms) / (last.at_ms - first.at_ms)


def _rises(samples: Sequence[Sample], stretch: Stretch) -> bool:
    return is_more(peak_from(samples, stretch.first, stretch.last), peak_until(samples, stretch.first))


def rebalancing(samples: Sequence[Sample], stretch: Stretch) -> Finding:
    """What rebalances did."""
    first, last = samples[stretch.first], samples[stretch.last]
    before, peak = peak_until(samples, stretch.first), peak_from(samples, stretch.first, stretch.last)
    rebalances = count(max(last.generation - first.generation, 1), "rebalance")
    return Finding(
        "rebalancing",
        f"From {seconds(first.at_ms)} to {seconds(last.at_ms)} {rebalances} stopped the group for "
        f"{_stopped(first, last):.0%} of the time. The lag rises from up to {before:,} to up to {peak:,}.",
        "Let members keep what they read: group.protocol=consumer, or the cooperative-sticky assignor; "
        "group.instance.id for restarts. If polls are far apart, lower max.poll.records.",
    )
