"""The lag that a consumer measures of itself: ``records-lag``, and its greatest value of the last minute."""

from collections.abc import Collection
from typing import Literal

import attrs

from ackproof.reference.client.cluster import TopicPartition

Isolation = Literal["read_uncommitted", "read_committed"]

WINDOW_MS = 30_000
"""``metrics.sample.window.ms``."""

SAMPLES = 2
"""``metrics.num.samples``."""


def records_lag(
    position: int | None, high_watermark: int | None, last_stable_offset: int | None, isolation: Isolation
) -> int | None:
    """
    From the next offset to hand out to where this reader has to stop; None while either is not known.

    What is not readable yet does not count: in front of an open transaction a read_committed reader has no lag.

    Source: ``SubscriptionState.partitionLag``.
    """
    end = last_stable_offset if isolation == "read_committed" else high_watermark
    return None if position is None or end is None else end - position


@attrs.define(eq=False)
class Sample:
    """The greatest value of a stretch of time (``SampledStat.Sample``)."""

    start_ms: int
    last_event_ms: int
    greatest: int | None = None

    def reset(self, now_ms: int) -> None:
        """It starts now, with nothing."""
        self.start_ms = self.last_event_ms = now_ms
        self.greatest = None


class WindowedMax:
    """
    The greatest value of the last two windows of 30 s, and of the one that overlaps with the older one.

    Source: ``Max``, ``SampledStat``.
    """

    def __init__(self, window_ms: int = WINDOW_MS, samples: int = SAMPLES) -> None:
        self._window_ms = window_ms
        self._count = samples
        self._samples: list[Sample] = []
        self._current = 0

    def record(self, value: int, now_ms: int) -> None:
        """A value is measured."""
        sample = self._current_sample(now_ms)
        sample.last_event_ms = now_ms
        sample.greatest = value if sample.greatest is None else max(sample.greatest, value)

    def measure(self, now_ms: int) -> int | None:
        """The greatest value; None where there is none (NaN)."""
        for sample in self._samples:
            if now_ms - sample.last_event_ms >= self._count * self._window_ms:
                sample.reset(now_ms)
        return max((sample.greatest for sample in self._samples if sample.greatest is not None), default=None)

    def _current_sample(self, now_ms: int) -> Sample:
        if not self._samples:
            self._samples.append(Sample(now_ms, now_ms))
        elif now_ms - self._samples[self._current].start_ms >= self._window_ms:
            self._advance(now_ms)
        return self._samples[self._current]

    def _advance(self, now_ms: int) -> None:
        # One more than is asked for, as the oldest one overlaps with the time that counts.
        self._current = (self._current + 1) % (self._count + 1)
        if self._current == len(self._samples):
            self._samples.append(Sample(now_ms, now_ms))
        else:
            self._samples[self._current].reset(now_ms)


class LagMetrics:
    """
    What a consumer reports of its lag: the ``LagWatch`` that it tells of what it hands out.

    Source: ``FetchMetricsManager.recordPartitionLag``.
    """

    def __init__(self) -> None:
        self._latest: dict[TopicPartition, int] = {}
        self._greatest: dict[TopicPartition, WindowedMax] = {}
        self._greatest_of_all = WindowedMax()

    def record(self, partition: TopicPartition, lag: int, now_ms: int) -> None:
        """The lag of *partition* is measured."""
        self._latest[partition] = lag
        self._greatest.setdefault(partition, WindowedMax()).record(lag, now_ms)
        self._greatest_of_all.record(lag, now_ms)

    def keep(self, assigned: Collection[TopicPartition]) -> None:
        """
        Forget what is no longer *assigned*; ``records-lag-max`` of the client has had its part of it.

        Source: ``FetchMetricsManager.maybeUpdateAssignment``, as fetches are prepared.
        """
        for partition in [known for known in self._latest if known not in assigned]:
            del self._latest[partition], self._greatest[partition]

    def records_lag(self, partition: TopicPartition) -> int | None:
        """``records-lag``: as last measured, which is when a fetch was handed out."""
        return self._latest.get(partition)

    def partition_records_lag_max(self, partition: TopicPartition, now_ms: int) -> int | None:
        """``records-lag-max`` of a partition."""
        return self._greatest[partition].measure(now_ms) if partition in self._greatest else None

    def records_lag_max(self, now_ms: int) -> int | None:
        """``records-lag-max`` of the client, over all its partitions."""
        return self._greatest_of_all.measure(now_ms)
