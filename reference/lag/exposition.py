"""
Lag as a monitoring system reads it: Prometheus's text format, with names and labels of ``danielqsj/kafka_exporter``.

Source: its ``kafka_exporter.go``. It exports more, and says -1 for the offset and the lag of a partition without a
commit, where there is no sample here.
"""

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
        yield per_partition("lag", "From the committed offset to the high watermark.", rows, lambda row: row.lag)
        yield lag_sums(self._groups)
        yield members(self._groups)
        yield ends(self._groups)


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


def lag_sums(groups: Sequence[Group]) -> GaugeMetricFamily:
    """The lag of each group in each topic that it has committed something of."""
    what, labels = "The lag over all partitions of a topic.", ("consumergroup", "topic")
    gauge = GaugeMetricFamily("kafka_consumergroup_lag_sum", what, labels=labels)
    for group in groups:
        for topic, lag in lags(group).items():
            gauge.add_metric([group.group_id, topic], lag)
    return gauge


def members(groups: Sequence[Group]) -> GaugeMetricFamily:
    """How many members each group has."""
    gauge = GaugeMetricFamily("kafka_consumergroup_members", "Members of the group.", labels=("consumergroup",))
    for group in groups:
        gauge.add_metric([group.group_id], len(group.members))
    return gauge


def ends(groups: Sequence[Group]) -> GaugeMetricFamily:
    """Where each partition ends, once, whichever groups read it: as the last of them was told."""
    latest = {partition: end for group in groups for partition, end in group.end_offsets.items()}
    gauge = GaugeMetricFamily(
        "kafka_topic_partition_current_offset", "The high watermark.", labels=("topic", "partition")
    )
    for (topic, partition), end in sorted(latest.items()):
        gauge.add_metric([topic, str(partition)], end)
    return gauge


def committed_offset(row: Row) -> int | None:
    """CURRENT-OFFSET."""
    return None if row.committed is None else row.committed.offset


def lags(group: Group) -> dict[str, int]:
    """The lag of each topic that the group has committed something of, over the partitions that it is known for."""
    rows = [row for row in rows_of(group) if row.committed is not None]
    sums = dict.fromkeys((row.topic for row in rows), 0)
    for row in rows:
        sums[row.topic] += row.lag or 0
    return sums
