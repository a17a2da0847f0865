"""Why a group lags: which of the usual causes is at work, from samples of it, and what to do about it."""

from collections.abc import Iterator, Sequence

from ackproof.reference.lag.burrow import Status
from ackproof.reference.lag.capacity import overloaded, too_slow, worked
from ackproof.reference.lag.finding import Finding, count, rate, seconds, span
from ackproof.reference.lag.finding import partitions as partitions_in_words
from ackproof.reference.lag.peaks import COMMIT_MS, CYCLE_MS
from ackproof.reference.lag.polls import MAX_POLL_INTERVAL_MS, beyond_a_poll, polls_too_far_apart, too_long
from ackproof.reference.lag.rises import risen, unexplained
from ackproof.reference.lag.sample import Sample, arrival_rate_per_s
from ackproof.reference.lag.spikes import of_spikes, spiking
from ackproof.reference.lag.stops import of_stops, rebalancing
from ackproof.reference.lag.stretches import Stretch, of_neglect, of_open_transactions, of_silence, of_standstill


def diagnosed(samples: Sequence[Sample], max_poll_interval_ms: int = MAX_POLL_INTERVAL_MS) -> tuple[Finding, ...]:
    """
    What is at work, worst first; that the group keeps up, if nothing is.

    Args:
        samples: At least two, from regular intervals that are no longer than 20 s. Where they are in step with commits,
            how great the lag gets is not seen.
        max_poll_interval_ms: ``max.poll.interval.ms`` of the consumers.

    Raises:
        ValueError: There are fewer.
    """
    if len(samples) < 2:
        raise ValueError(f"{len(samples)} samples do not tell how lag develops")
    transactions = list(of_open_transactions(samples))
    neglect, still = (beyond_a_poll(samples, list(found)) for found in (of_neglect(samples), _alarming(samples)))
    standstill = [
        *still,
        *(s for s in of_silence(samples) if not any(s.owner == o.owner and s.meets(o) for o in still)),
    ]
    stops, spikes = list(of_stops(samples)), list(of_spikes(samples))
    exceptional = [*transactions, *neglect, *standstill, *stops, *spikes]
    work = too_long(samples, max_poll_interval_ms)
    findings = (
        *(_hanging(samples, stretch) for stretch in transactions),
        *_neglected(samples, neglect),
        *(() if work is None else polls_too_far_apart(samples, work, max_poll_interval_ms)),
        *(_stuck(samples, stretches) for stretches in _by_owner(standstill)),
        *(rebalancing(samples, stretch) for stretch in stops),
        *(too_slow(samples, exceptional) if work is None else overloaded(samples, work)),
        *(spiking(samples, stretch) for stretch in spikes),
    )
    return findings if _is_slow(findings) else (*findings, *_peaks(samples, exceptional)) or (_keeping_up(samples),)


def _is_slow(findings: Sequence[Finding]) -> bool:
    """Whether the lag is above the usual for good."""
    return any(finding.cause in ("too slow", "polls too far apart") for finding in findings)


def _peaks(samples: Sequence[Sample], exceptional: Sequence[Stretch]) -> Iterator[Finding]:
    """What is left to be told of, where the lag gets well above the usual."""
    work = worked(samples)
    slow = [*overloaded(samples, work)] if work is not None and not exceptional else []
    yield from slow or risen(samples, unexplained(samples, exceptional))


STILL_OPEN = "Find the producer with `kafka-transactions.sh find-hanging`, and abort its transaction"
ENDED = "It has ended: see what its producer waited for before that"


def _when(samples: Sequence[Sample], stretch: Stretch) -> str:
    times = span(samples[stretch.first].at_ms, samples[stretch.last].at_ms)
    return f"{seconds(stretch.duration_ms(samples))}, {times}"


def _hanging(samples: Sequence[Sample], stretch: Stretch) -> Finding:
    (number,) = stretch.partitions
    before, after = (samples[place].partitions[number] for place in (stretch.first, stretch.last))
    grown, is_over = after.high_watermark - before.high_watermark, stretch.last < len(samples) - 1
    return Finding(
        "hanging transaction",
        f"The last stable offset of partition {number} stays at {after.last_stable_offset:,} for "
        f"{_when(samples, stretch)}, while {grown:,} offsets are added. Its reader has read up to there, "
        f"so that its own records-lag is 0, and the tools' {after.lag:,}.",
        f"{ENDED if is_over else STILL_OPEN}; "
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
            f"Nobody reads {partitions_in_words(partitions)} for {seconds(longest_ms)}; the lag there is {lag:,}.",
            "See why consumers are not in the group: not running, crashing, with another group.id, or with a "
            "subscription that leaves these out.",
            partitions,
        )


def _alarming(samples: Sequence[Sample]) -> Iterator[Stretch]:
    """
    Where members stand still.

    Where consumers are not asked how long their polls take, only one that Burrow has noticed too.
    """
    is_asked = samples[-1].work is not None
    for stretch in of_standstill(samples):
        if is_asked or _worst(samples[stretch.last], stretch.partitions) in (Status.STOP, Status.STALL):
            yield stretch


def _by_owner(stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    for owner in sorted({stretch.owner for stretch in stretches if stretch.owner is not None}):
        yield [stretch for stretch in stretches if stretch.owner == owner]


def _worst(sample: Sample, partitions: Sequence[int]) -> Status:
    return Status(max(sample.partitions[number].status for number in partitions))


def _stuck(samples: Sequence[Sample], stretches: Sequence[Stretch]) -> Finding:
    """The longest standstill of a member."""
    stretch = max(stretches, key=lambda stretch: stretch.duration_ms(samples))
    others = f" It stands still {count(len(stretches) - 1, 'other time')} too." if len(stretches) > 1 else ""
    first, last = samples[stretch.first], samples[stretch.last]
    arrived = sum(
        last.partitions[number].high_watermark - first.partitions[number].high_watermark
        for number in stretch.partitions
    )
    return Finding(
        "stuck",
        f"Consumer {stretch.owner} commits nothing new for {partitions_in_words(stretch.partitions)} for "
        f"{_when(samples, stretch)}, while {arrived:,} records arrive there; Burrow says "
        f"{_worst(last, stretch.partitions).name}.{others}",
        "See what it is processing: a record that it can not get past, or a call without a timeout. Bound it, and put "
        "such a record aside. max.poll.interval.ms bounds how long the group waits for it.",
        stretch.partitions,
    )


def _keeping_up(samples: Sequence[Sample]) -> Finding:
    lags = [sample.lag for sample in samples]
    if samples[0].arrived == samples[-1].arrived:
        return Finding(
            "keeping up",
            f"Nothing arrives, and the lag is {max(lags):,}.",
            "A group that has nothing to read does not tell how fast it is.",
        )
    arriving = rate(arrival_rate_per_s(samples[0], samples[-1]))
    stopped_ms = samples[-1].rebalancing_ms - samples[0].rebalancing_ms
    stopped = f" Rebalances stop it for {seconds(stopped_ms)} of that time." if stopped_ms else ""
    is_short = samples[-1].at_ms - samples[0].at_ms < CYCLE_MS
    short = (
        f" Less than {seconds(CYCLE_MS)} do not tell much: commits are {seconds(COMMIT_MS)} apart." if is_short else ""
    )
    return Finding(
        "keeping up",
        f"The lag stays between {min(lags):,} and {max(lags):,}, with {arriving} arriving.{stopped}{short}",
        "What arrives counts as lag until the next commit, also where it has been processed.",
    )
