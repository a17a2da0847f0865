"""A pipeline to be simulated: what arrives, who reads it, and what goes wrong meanwhile."""

from math import isfinite

import attrs

from ackproof.reference.lag.metrics import Isolation

MOST = 1e9
"""How much may arrive per second, and how many milliseconds a record may take: more is no pipeline."""


@attrs.frozen
class Spike:
    """More arrives than usual, for a while."""

    at_ms: int
    duration_ms: int
    factor: float = 3.0


@attrs.frozen
class Stuck:
    """A consumer does not come back from processing a record, for a while."""

    at_ms: int
    duration_ms: int
    consumer: int = 0


@attrs.frozen
class Rebalances:
    """The group rebalances again and again: everybody stops until all have joined, and *stop_ms* more."""

    at_ms: int
    every_ms: int
    stop_ms: int
    times: int = 10


@attrs.frozen
class HangingTransaction:
    """A transaction is open on a partition: read_committed readers do not get past its first record."""

    at_ms: int
    duration_ms: int
    partition: int = 0


Event = Spike | Stuck | Rebalances | HangingTransaction


@attrs.frozen(kw_only=True)
class Scenario:
    """
    A pipeline.

    Attributes:
        arrival_rate_per_s: Records that arrive per second, over all partitions, which get equal shares.
        processing_ms: How long a consumer works on one record, one after the other.
        commit_interval_ms: ``auto.commit.interval.ms``.
        fetch_records: How many records of a partition one fetch brings: 1 MiB (``max.partition.fetch.bytes``) of
            records of 100 bytes. They are handed out before another partition has its turn.
        rebalance_ms: From the last member that joins until all know what they read.
        sample_interval_ms: How often somebody looks. One in step with commits would see them at the same ages all the
            time, and not how great the lag gets.
        offset_refresh_ms: How often Burrow asks where logs end (``offset-refresh``).
    """

    arrival_rate_per_s: float
    processing_ms: float
    consumers: int = 1
    partitions: int = 1
    isolation: Isolation = "read_uncommitted"
    commit_interval_ms: int = 5_000
    max_poll_records: int = 500
    fetch_records: int = 10_000
    max_poll_interval_ms: int = 300_000
    rebalance_ms: int = 3_000
    duration_ms: int = 600_000
    sample_interval_ms: int = 900
    offset_refresh_ms: int = 10_000
    events: tuple[Event, ...] = ()

    def __attrs_post_init__(self) -> None:
        for name in (
            "consumers",
            "partitions",
            "max_poll_records",
            "fetch_records",
            "duration_ms",
            "sample_interval_ms",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, and has to be at least 1")
        for name in ("arrival_rate_per_s", "processing_ms"):
            if not isfinite(getattr(self, name)) or getattr(self, name) > MOST:
                raise ValueError(f"{name} is {getattr(self, name)}, and has to be a number up to {MOST:.0f}")
        for name in ("arrival_rate_per_s", "processing_ms", "commit_interval_ms", "rebalance_ms"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, and can not be negative")
        for event in self.events:
            self._check(event)

    def _check(self, event: Event) -> None:
        if event.at_ms >= self.duration_ms:
            at_s, end_s = event.at_ms / 1000, self.duration_ms / 1000
            raise ValueError(f"an event at {at_s:g} s never happens: the pipeline ends at {end_s:g} s")
        if isinstance(event, Stuck) and not 0 <= event.consumer < self.consumers:
            raise ValueError(f"there is no consumer {event.consumer} to be stuck: there are {self.consumers}")
        if isinstance(event, HangingTransaction) and not 0 <= event.partition < self.partitions:
            raise ValueError(f"there is no partition {event.partition}: there are {self.partitions}")

    @property
    def utilisation(self) -> float:
        """How much work arrives for each consumer that has a partition: above 1 lag grows for ever."""
        return self.arrival_rate_per_s * self.processing_ms / 1000 / min(self.consumers, self.partitions)
