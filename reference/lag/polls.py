"""Polls that bring more than can be processed before the next one is due."""

from collections.abc import Iterator, Sequence

from ackproof.reference.lag.capacity import worked
from ackproof.reference.lag.finding import Finding, milliseconds, seconds
from ackproof.reference.lag.peaks import CYCLE_MS
from ackproof.reference.lag.sample import Sample, Work
from ackproof.reference.lag.stretches import Stretch

MAX_POLL_INTERVAL_MS = 300_000
"""Kafka's default of ``max.poll.interval.ms``."""


def too_long(samples: Sequence[Sample], max_poll_interval_ms: int) -> Work | None:
    """What consumers did, if some were put out of the group for what a single poll had brought."""
    work = worked(samples)
    is_put_out = samples[-1].put_out > samples[0].put_out
    return work if work is not None and is_put_out and work.longest_ms >= max_poll_interval_ms else None


def polls_too_far_apart(samples: Sequence[Sample], work: Work, max_poll_interval_ms: int) -> Iterator[Finding]:
    """How often that happened, and how much would be fine."""
    times = samples[-1].put_out - samples[0].put_out
    fitting = int(max_poll_interval_ms / work.processing_ms)
    lower = f"Lower max.poll.records: up to {fitting} of {milliseconds(work.processing_ms)} each fit. Or raise"
    yield Finding(
        "polls too far apart",
        f"{'Once' if times == 1 else f'{times} times'} a consumer is put out of the group, as what one poll brings "
        f"takes up to {seconds(work.longest_ms)}, and max.poll.interval.ms is {seconds(max_poll_interval_ms)}. It can "
        f"not commit then, and what it has processed is processed again.",
        f"{lower if fitting else 'Raise'} max.poll.interval.ms.",
    )


def beyond_a_poll(samples: Sequence[Sample], stretches: Sequence[Stretch]) -> list[Stretch]:
    """
    Those that last longer than what a poll brings takes: until then a consumer is silent, and nothing is wrong.

    The poll before may have been too early for a commit.
    """
    work = worked(samples)
    return [s for s in stretches if work is None or s.duration_ms(samples) > work.longest_ms + CYCLE_MS]
