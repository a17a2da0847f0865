"""Lag as a monitoring system reads it: Prometheus's text format, with the names that ``kafka_exporter`` uses."""

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ackproof.reference.lag.group import Group, Row, rows_of

Measure = Callable[[Row], int | None]


class Gauges(Collector):
    """Some groups, as the client library collects them."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self._groups = groups

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One gauge after the other."""
        rows = [row for group in self._groups for row in rows_of(group)]
        yield per_partition("current_offset", "The next offset to read, as committed.", rows, committed_offset)
        yield per_partition("log_end_offset", "The high watermark.", rows, lambda row: row.log_end_offset)
        yield per_partition("lag", "From the committed offset to the high watermark.", rows, lambda row: row.lag)
        yield per_group("lag_sum", "The lag over all partitions.", self._groups, total_lag)
        yield per_group("members", "Members of the group.", self._groups, lambda group: len(group.members))


def exposed(groups: Sequence[Group]) -> str:
    """
    What a scrape of these *groups* answers.

    What is not known has no sample. Lag is not clamped: a negative one tells of a truncated log or of a wrong commit.
    """
    registry = CollectorRegistry()
    registry.register(Gauges(groups))
    return generate_latest(registry).decode()


def per_partition(name: str, what: str, rows: Sequence[Row], measure: Measure) -> GaugeMetricFamily:
    """A gauge with a sample for each row that has a value."""
    labels = ("consumergroup", "topic", "partition")
    gauge = GaugeMetricFamily(f"kafka_consumergroup_{name}", what, labels=labels)
    for row in rows:
        value = measure(row)
        if value is not None:
            gauge.add_metric([row.group_id, row.topic, str(row.partition)], value)
    return gauge


def per_group(name: str, what: str, groups: Sequence[Group], measure: Callable[[Group], int]) -> GaugeMetricFamily:
    """A gauge with a sample for each group."""
    gauge = GaugeMetricFamily(f"kafka_consumergroup_{name}", what, labels=("consumergroup",))
    for group in groups:
        gauge.add_metric([group.group_id], measure(group))
    return gauge


def committed_offset(row: Row) -> int | None:
    """CURRENT-OFFSET."""
    return None if row.committed is None else row.committed.offset


def total_lag(group: Group) -> int:
    """The lag of a group over the partitions that it is known for."""
    return sum(row.lag for row in rows_of(group) if row.lag is not None)
