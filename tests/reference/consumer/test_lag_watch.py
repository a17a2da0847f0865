"""What a consumer tells who keeps the metrics of its lag."""

from ackproof.reference.lag.metrics import LagMetrics
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import P0, P1


def test_lag_is_told_as_records_are_handed_out() -> None:
    group = ScriptedGroup()
    group.append("a", "b", "c")
    metrics = LagMetrics()
    consumer = group.consumer(max_poll_records=2, lag_watch=metrics)
    consumer.subscribe(["t"])

    group.poll(consumer)

    assert metrics.records_lag(P0) == 1
    assert consumer.current_lag(P0) == 1


def test_what_is_given_up_has_no_lag_from_the_next_fetch_on_but_its_part_of_the_greatest() -> None:
    group = ScriptedGroup({"t": 2})
    group.append("a", "b", "c", "d", partition=P0)
    group.append("e", "f", partition=P1)
    metrics = LagMetrics()
    consumer = group.consumer(max_poll_records=1, lag_watch=metrics)
    group.run(consumer.assign([P0, P1]))
    group.poll(consumer)
    assert (metrics.records_lag(P0), metrics.partition_records_lag_max(P0, group.clock.now_ms)) == (3, 3)

    group.run(consumer.assign([P1]))
    assert metrics.records_lag(P0) == 3
    group.poll(consumer)

    assert metrics.records_lag(P0) is None
    assert metrics.partition_records_lag_max(P0, group.clock.now_ms) is None
    assert metrics.records_lag(P1) == 1
    assert metrics.records_lag_max(group.clock.now_ms) == 3
