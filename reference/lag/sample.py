"""Samples: what somebody sees who looks at a group from time to time."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import attrs

from ackproof.reference.lag.burrow import Status


@attrs.frozen
class PartitionSample:
    """
    A partition at one moment.

    Attributes:
        position: Of its reader, which only the reader itself knows.
        committed: None while nothing is.
        owner: Which member reads it; None if nobody does.
        status: What Burrow says.
    """

    high_watermark: int
    last_stable_offset: int
    position: int
    committed: int | None
    owner: int | None = 0
    status: Status = Status.OK

    @property
    def lag(self) -> int:
        """From what is committed to the high watermark; from the start of the log where nothing is."""
        return self.high_watermark - (self.committed or 0)


@attrs.frozen
class Sample:
    """
    The group at one moment.

    Attributes:
        generation: Counts its rebalances.
        rebalancing_ms: How long it has been rebalancing, since the first sample.
        members: How many there are.
    """

    at_ms: int
    partitions: tuple[PartitionSample, ...]
    generation: int = 1
    rebalancing_ms: int = 0
    members: int = 1

    @property
    def lag(self) -> int:
        """Over all partitions."""
        return sum(partition.lag for partition in self.partitions)

    @property
    def arrived(self) -> int:
        """How many offsets there are, over all partitions."""
        return sum(partition.high_watermark for partition in self.partitions)

    @property
    def consumed(self) -> int:
        """How many are committed."""
        return self.arrived - self.lag


def rate_per_s(before: int, after: int, duration_ms: int) -> float:
    """How much a count grows per second."""
    return (after - before) * 1000 / max(duration_ms, 1)


def rates_per_s(samples: Sequence[Sample], count: Callable[[Sample], int]) -> list[float]:
    """How much *count* grows per second from each sample to the next."""
    return [rate_per_s(count(before), count(after), after.at_ms - before.at_ms) for before, after in pairwise(samples)]
