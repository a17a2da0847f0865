"""Why a group lags: which of the usual causes is at work, from samples of it, and what to do about it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil
from statistics import median
from typing import Literal

import attrs

from ackproof.reference.lag.burrow import Status
from ackproof.reference.lag.sample import Sample, rate_per_s, rates_per_s
from ackproof.reference.lag.stretches import (
    Stretch,
    of_neglect,
    of_open_transactions,
    of_rebalances,
    of_standstill,
    partitions_of,
    runs,
)

Cause = Literal["hanging transaction", "no consumer", "stuck", "rebalancing", "too slow", "spike", "keeping up"]

SPIKE = 1.5
"""How many times as much as usual has to arrive."""

REBALANCES = 3
"""From how many on they may be a cause."""

STOPPED = 0.1
"""From which share of the time on."""

BEHIND = 0.95
"""A member that consumes less than this share of what arrives for it is too slow."""


@attrs.frozen
class Finding:
    """
    A cause, how it shows, and what helps.

    Attributes:
        partitions: Those that it shows at; none where it is about the group.
    """

    cause: Cause
    evidence: str
    advice: str
    partitions: tuple[int, ...] = ()


def diagnosed(samples: Sequence[Sample]) -> tuple[Finding, ...]:
    """
    What is at work, worst first; that the group keeps up, if nothing is.

    Args:
        samples: At least two, from regular intervals that are no longer than 20 s.

    Raises:
        ValueError: There are fewer.
    """
    if len(samples) < 2:
        raise ValueError(f"{len(samples)} samples do not tell how lag develops")
    transactions, standstill = list(of_open_transactions(samples)), list(_alarming(samples))
    neglect = list(of_neglect(samples))
    rebalances, spikes = list(_stopping(samples)), list(_spikes(samples))
    exceptional = [*transactions, *neglect, *standstill, *rebalances, *spikes]
    findings = (
        *(_hanging(samples, stretch) for stretch in transactions),
        *_neglected(samples, neglect),
        *(_stuck(samples, stretch) for stretch in standstill),
        *(_rebalancing(samples, stretch) for stretch in rebalances),
        *_too_slow(samples, exceptional),
        *(_spiking(samples, stretch) for stretch in spikes),
    )
    return findings or (_keeping_up(samples),)


def _hanging(samples: Sequence[Sample], stretch: Stretch) -> Finding:
    (number,) = stretch.partitions
    before, after = (samples[place].partitions[number] for place in (stretch.first, stretch.last))
    grown = after.high_watermark - before.high_watermark
    return Finding(
        "hanging transaction",
        f"The last stable offset of partition {number} stays at {after.last_stable_offset} for "
        f"{_seconds(stretch.duration_ms(samples))}, while {grown} offsets are added. Its reader has read up to there, "
        f"so that its own records-lag is 0, and the tools' {after.lag}.",
        "Find the producer with `kafka-transactions.sh find-hanging`, and abort its transaction; "
        "transaction.timeout.ms bounds how long one may stay open. More consumers do not help.",
        stretch.partitions,
    )


def _neglected(samples: Sequence[Sample], stretches: Sequence[Stretch]) -> Iterator[Finding]:
    if stretches:
        partitions = tuple(dict.fromkeys(number for stretch in stretches for number in stretch.partitions))
        longest_ms = max(stretch.duration_ms(samples) for stretch in stretches)
        lag = sum(samples[-1].partitions[number].lag for number in partitions)
        yield Finding(
            "no consumer",
            f"Nobody reads {_partitions(partitions)} for {_seconds(longest_ms)}; the lag there is {lag}.",
            "See why consumers are not in the group: not running, crashing, with another group.id, or with a "
            "subscription that leaves these out.",
            partitions,
        )


def _alarming(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """The longest standstill of each member that Burrow has noticed too: a poll may just take long."""
    longest: dict[int | None, Stretch] = {}
    for stretch in sorted(of_standstill(samples), key=lambda stretch: stretch.duration_ms(samples)):
        if _worst(samples[stretch.last], stretch.partitions) in (Status.STOP, Status.STALL):
            longest[stretch.owner] = stretch
    yield from longest.values()


def _worst(sample: Sample, partitions: Sequence[int]) -> Status:
    return Status(max(sample.partitions[number].status for number in partitions))


def _stuck(samples: Sequence[Sample], stretch: Stretch) -> Finding:
    first, last = samples[stretch.first], samples[stretch.last]
    arrived = sum(
        last.partitions[number].high_watermark - first.partitions[number].high_watermark
        for number in stretch.partitions
    )
    return Finding(
        "stuck",
        f"Consumer {stretch.owner} commits nothing new for {_partitions(stretch.partitions)} for "
        f"{_seconds(stretch.duration_ms(samples))}, while {arrived} records arrive there; Burrow says "
        f"{_worst(last, stretch.partitions).name}.",
        "See what it is processing: a record that it can not get past, or a call without a timeout. Bound it, and put "
        "such a record aside. max.poll.interval.ms bounds how long the group waits for it.",
        stretch.partitions,
    )


def _stopping(samples: Sequence[Sample]) -> Iterator[Stretch]:
    for stretch in of_rebalances(samples, REBALANCES):
        first, last = samples[stretch.first], samples[stretch.last]
        if last.rebalancing_ms - first.rebalancing_ms >= STOPPED * (last.at_ms - first.at_ms) and last.lag > first.lag:
            yield stretch


def _rebalancing(samples: Sequence[Sample], stretch: Stretch) -> Finding:
    first, last = samples[stretch.first], samples[stretch.last]
    stopped = (last.rebalancing_ms - first.rebalancing_ms) / (last.at_ms - first.at_ms)
    return Finding(
        "rebalancing",
        f"{last.generation - first.generation} rebalances in {_seconds(stretch.duration_ms(samples))} stop the group "
        f"for {stopped:.0%} of that time, in which the lag rises from {first.lag} to {last.lag}.",
        "Let members keep what they read: group.protocol=consumer, or the cooperative-sticky assignor; "
        "group.instance.id for restarts. If polls are far apart, lower max.poll.records.",
    )


def _spikes(samples: Sequence[Sample]) -> Iterator[Stretch]:
    usual = median(_arrival_rates(samples))

    def is_more(before: Sample, after: Sample) -> bool:
        return _arrival_rates([before, after])[0] >= SPIKE * usual > 0

    for first, last in runs(samples, is_more):
        more = (samples[last].arrived - samples[first].arrived) - usual * _between_s(samples[first], samples[last])
        if samples[last].lag - samples[first].lag > more / 4:
            yield Stretch(first, last)


def _spiking(samples: Sequence[Sample], stretch: Stretch) -> Finding:
    first, last = samples[stretch.first], samples[stretch.last]
    usual, most = median(_arrival_rates(samples)), _arrival_rates([first, last])[0]
    rest = samples[stretch.last :]
    falls = _falling_per_s(rest)
    left = f"it then falls by {falls:.3g}/s" if falls > 0 else "it does not fall after that"
    since = f", which takes {_seconds(round(last.lag / falls * 1000))} in all" if falls > 0 else ""
    return Finding(
        "spike",
        f"From {_seconds(first.at_ms)} to {_seconds(last.at_ms)} {most:.3g}/s arrive, {most / usual:.1f} times the "
        f"usual {usual:.3g}/s. The lag rises from {first.lag} to {last.lag}; {left}{since}.",
        "If it has to be caught up with sooner, spare capacity decides: what is processed per second beyond what "
        "arrives. Retention has to outlast the lag.",
    )


def _falling_per_s(samples: Sequence[Sample]) -> float:
    lowest = min(range(len(samples)), key=lambda place: samples[place].lag)
    return rate_per_s(samples[lowest].lag, samples[0].lag, samples[lowest].at_ms - samples[0].at_ms)


def _too_slow(samples: Sequence[Sample], exceptional: Sequence[Stretch]) -> Iterator[Finding]:
    owners = sorted({p.owner for p in samples[-1].partitions if p.owner is not None})
    slow = [(owner, *rates) for owner in owners if (rates := _rates_of(samples, owner, exceptional)) and _lags(*rates)]
    if not slow:
        return
    arriving = sum(arrival for _, arrival, _ in slow)
    consumed = sum(consumption for _, _, consumption in slow)
    partitions = tuple(number for owner, _, _ in slow for number in partitions_of(samples[-1], owner))
    processing_ms = len(slow) * 1000 / consumed
    (total,) = _arrival_rates([samples[0], samples[-1]])
    yield Finding(
        "too slow",
        f"{arriving:.3g}/s arrive for {_partitions(partitions)}, and {_consumers(len(slow))} "
        f"{consumed:.3g}/s: {processing_ms:.1f} ms per record. The lag grows by {arriving - consumed:.3g}/s.",
        _capacity(total * processing_ms / 1000, len(owners), len(samples[-1].partitions)),
        partitions,
    )


def _lags(arrival: float, consumption: float) -> bool:
    return 0 < consumption < BEHIND * arrival


def _rates_of(samples: Sequence[Sample], owner: int, exceptional: Sequence[Stretch]) -> tuple[float, float] | None:
    """What arrives for a member, and what it consumes, per second of the time that is not exceptional for it."""
    arrived = consumed = duration_ms = 0
    for place, (before, after) in enumerate(pairwise(samples)):
        partitions = partitions_of(before, owner)
        if partitions != partitions_of(after, owner) or _is_exceptional(place, partitions, exceptional):
            continue
        for number in partitions:
            old, new = before.partitions[number], after.partitions[number]
            arrived += new.high_watermark - old.high_watermark
            consumed += (new.committed or 0) - (old.committed or 0)
        duration_ms += after.at_ms - before.at_ms
    return (arrived * 1000 / duration_ms, consumed * 1000 / duration_ms) if duration_ms else None


def _is_exceptional(place: int, partitions: tuple[int, ...], exceptional: Sequence[Stretch]) -> bool:
    return any(
        stretch.covers(place) and (not stretch.partitions or set(stretch.partitions) & set(partitions))
        for stretch in exceptional
    )


def _capacity(busy: float, readers: int, partitions: int) -> str:
    """Little's law: as many consumers are busy as arrive per second, times the seconds that each record takes."""
    needed = ceil(busy)
    all_told = f"All that arrives keeps {busy:.1f} consumers busy"
    if needed <= readers:
        return f"{all_told}, and there are {readers}, but their shares of {partitions} partitions are not equal."
    if needed <= partitions:
        return f"{all_told}: at least {needed} are needed, and there are {readers}."
    return (
        f"{all_told}: at least {needed} are needed, and as many partitions. There are {partitions}, and more consumers "
        f"than that do not help. Or process faster: in batches, or in parallel within a consumer."
    )


def _keeping_up(samples: Sequence[Sample]) -> Finding:
    lags = [sample.lag for sample in samples[len(samples) // 2 :]]
    return Finding(
        "keeping up",
        f"The lag stays between {min(lags)} and {max(lags)}, with {_arrival_rates([samples[0], samples[-1]])[0]:.3g}/s "
        f"arriving.",
        "What arrives between two commits counts as lag too, so that it is never 0 for long.",
    )


def _arrival_rates(samples: Sequence[Sample]) -> list[float]:
    return rates_per_s(samples, lambda sample: sample.arrived)


def _between_s(before: Sample, after: Sample) -> float:
    return (after.at_ms - before.at_ms) / 1000


def _seconds(duration_ms: int) -> str:
    return f"{duration_ms / 1000:.0f} s"


def _partitions(numbers: Sequence[int]) -> str:
    return f"partition{'s' * (len(numbers) > 1)} {', '.join(str(number) for number in numbers)}"


def _consumers(count: int) -> str:
    return "1 consumer processes" if count == 1 else f"{count} consumers process"
