"""Samples: what somebody sees who looks at a group from time to time."""

from collections.abc import Sequence
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
        records_lag: What its reader reports (``records-lag``); None where it reports nothing.
        records_lag_max: The greatest of that lately (``records-lag-max`` of the partition).
    """

    high_watermark: int
    last_stable_offset: int
    position: int
    committed: int | None
    owner: int | None = 0
    status: Status = Status.OK
    records_lag: int | None = None
    records_lag_max: int | None = None

    @property
    def lag(self) -> int:
        """From what is committed to the high watermark; from the start of the log where nothing is."""
        return self.high_watermark - (self.committed or 0)

    @property
    def stable_end(self) -> int:
        """Up to where every reader may read."""
        return min(self.last_stable_offset, self.high_watermark)


@attrs.frozen
class Work:
    """
    What consumers tell of themselves, all together, since the first sample.

    Attributes:
        records: How many they were handed out, repeats too (``records-consumed-total``).
        busy_ms: How long these take.
        longest_ms: How long those of one poll take at most (``time-between-poll-max``).
    """

    records: int = 0
    busy_ms: int = 0
    longest_ms: int = 0

    @property
    def processing_ms(self) -> float:
        """How long a record takes."""
        return self.busy_ms / max(self.records, 1)


@attrs.frozen
class Sample:
    """
    The group at one moment.

    Attributes:
        generation: Counts its rebalances.
        rebalancing_ms: How long it has been rebalancing, since the first sample.
        members: How many there are.
        put_out: How many have been put out as they did not poll, since the first sample; from outside nobody sees it.
        work: None where consumers are not asked.
    """

    at_ms: int
    partitions: tuple[PartitionSample, ...]
    generation: int = 1
    rebalancing_ms: int = 0
    members: int = 1
    put_out: int = 0
    work: Work | None = None

    @property
    def lag(self) -> int:
        """Over all partitions."""
        return sum(partition.lag for partition in self.partitions)

    @property
    def arrived(self) -> int:
        """How many offsets there are, over all partitions."""
        return sum(partition.high_watermark for partition in self.partitions)


def rate_per_s(before: int, after: int, duration_ms: int) -> float:
    """How much a count grows per second."""
    return (after - before) * 1000 / max(duration_ms, 1)


def arrival_rate_per_s(before: Sample, after: Sample) -> float:
    """How much arrives per second from one sample to another."""
    return rate_per_s(before.arrived, after.arrived, after.at_ms - before.at_ms)


def arrival_rates_per_s(samples: Sequence[Sample]) -> list[float]:
    """How much arrives per second from each sample to the next."""
    return [arrival_rate_per_s(before, after) for before, after in pairwise(samples)]
