from math import inf, nan
from random import Random

import attrs
import pytest

from ackproof.reference.lag.pipeline import Pipeline
from ackproof.reference.lag.queue import arrivals
from ackproof.reference.lag.sample import Sample
from ackproof.reference.lag.scenario import HangingTransaction, Rebalances, Scenario, Spike, Stuck


def run(scenario: Scenario, seed: int = 1) -> tuple[Sample, ...]:
    return Pipeline(scenario, Random(seed)).run()


FINE = Scenario(arrival_rate_per_s=100, processing_ms=15, consumers=2, partitions=4)
SLOW = Scenario(arrival_rate_per_s=100, processing_ms=25, consumers=2, partitions=4)


def test_the_same_seed_gives_the_same_samples() -> None:
    assert run(FINE, 7) == run(FINE, 7)
    assert run(FINE, 7) != run(FINE, 8)


def test_who_is_fast_enough_lags_by_what_arrives_between_commits() -> None:
    lags = [sample.lag for sample in run(FINE)]

    assert max(lags) < 100 * 2 * FINE.commit_interval_ms / 1000


def test_who_is_too_slow_lags_by_the_difference() -> None:
    last = run(SLOW)[-1]

    # 80 of 100 records per second are processed.
    assert last.lag == pytest.approx(20 * 600, rel=0.15)


def test_committed_offsets_never_pass_positions_nor_positions_what_is_readable() -> None:
    scenario = Scenario(
        arrival_rate_per_s=200,
        processing_ms=12,
        consumers=3,
        partitions=5,
        isolation="read_committed",
        events=(
            Spike(50_000, 60_000),
            Stuck(100_000, 350_000, 1),
            HangingTransaction(80_000, 90_000, 2),
            Rebalances(300_000, 15_000, 2_000),
        ),
    )

    for sample in run(scenario):
        for partition in sample.partitions:
            assert (partition.committed or 0) <= partition.position <= partition.last_stable_offset
            assert partition.last_stable_offset <= partition.high_watermark


def test_more_consumers_than_partitions_do_not_help() -> None:
    crowded = Scenario(arrival_rate_per_s=100, processing_ms=25, consumers=9, partitions=2)
    fitting = Scenario(arrival_rate_per_s=100, processing_ms=25, consumers=2, partitions=2)

    assert run(crowded)[-1].lag == run(fitting)[-1].lag


def test_who_does_not_poll_in_time_leaves_the_group_and_another_one_reads() -> None:
    samples = run(
        Scenario(arrival_rate_per_s=20, processing_ms=5, consumers=2, partitions=2, events=(Stuck(0, 10**9),))
    )

    assert samples[-1].members == 1
    assert {partition.owner for partition in samples[-1].partitions} == {1}
    assert samples[-1].lag < 500


def test_a_rebalance_waits_for_who_is_processing() -> None:
    scenario = Scenario(
        arrival_rate_per_s=20,
        processing_ms=5,
        consumers=2,
        partitions=2,
        duration_ms=200_000,
        events=(Stuck(0, 100_000), Rebalances(30_000, 1, 1_000, times=1)),
    )

    assert run(scenario)[-1].rebalancing_ms >= 70_000


def test_what_a_stuck_consumer_held_is_processed_again_by_another_one() -> None:
    samples = run(
        Scenario(arrival_rate_per_s=20, processing_ms=5, partitions=1, consumers=2, events=(Stuck(0, 10**9),))
    )

    assert max(sample.partitions[0].lag for sample in samples) > 20 * 300 * 0.9
    assert samples[-1].lag < 500


def test_a_hanging_transaction_hides_what_comes_after_it() -> None:
    scenario = Scenario(
        arrival_rate_per_s=50,
        processing_ms=1,
        isolation="read_committed",
        events=(HangingTransaction(60_000, 10**9),),
    )

    last = run(scenario)[-1].partitions[0]

    assert last.position == last.last_stable_offset < last.high_watermark


def test_who_is_stuck_twice_goes_on_when_both_are_over() -> None:
    twice = run(attrs.evolve(FINE, events=(Stuck(100_000, 100_000), Stuck(150_000, 150_000))))
    once = run(attrs.evolve(FINE, events=(Stuck(100_000, 200_000),)))

    assert twice == once


def test_the_earliest_open_transaction_holds_readers_back() -> None:
    events = (HangingTransaction(10_000, 40_000), HangingTransaction(20_000, 70_000))
    samples = run(attrs.evolve(FINE, partitions=1, duration_ms=80_000, events=events))
    at_s = {sample.at_ms // 1000: sample.partitions[0].last_stable_offset for sample in samples}

    assert at_s[12] == at_s[45] < at_s[54] == at_s[72]


@pytest.mark.parametrize("duration_ms", [1, 5_000, 15_000, 90_000])
def test_what_was_asked_for_is_simulated_and_no_more(duration_ms: int) -> None:
    scenario = Scenario(arrival_rate_per_s=10, processing_ms=5, duration_ms=duration_ms)

    assert run(scenario)[-1].at_ms == duration_ms


@pytest.mark.parametrize("mean", [0.0, 0.3, 5.0, 29.9, 30.0, 400.0])
def test_as_many_arrive_as_the_mean_says(mean: float) -> None:
    rng = Random(3)

    total = sum(arrivals(rng, mean) for _ in range(4_000))

    assert total == pytest.approx(mean * 4_000, rel=0.05)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"consumers": 0}, "consumers is 0"),
        ({"processing_ms": -1}, "processing_ms is -1"),
        ({"events": (Stuck(0, 1, consumer=4),)}, "no consumer 4"),
        ({"events": (HangingTransaction(0, 1, partition=2),)}, "no partition 2"),
        ({"arrival_rate_per_s": inf}, "arrival_rate_per_s is inf"),
        ({"arrival_rate_per_s": nan}, "arrival_rate_per_s is nan"),
        ({"processing_ms": nan}, "processing_ms is nan"),
        ({"processing_ms": 1e300}, "has to be a number up to 1000000000"),
        ({"events": (Stuck(9_000, 1),), "duration_ms": 9_000}, "at 9 s never happens: the pipeline ends at 9 s"),
    ],
)
def test_a_scenario_that_can_not_be_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scenario(**{"arrival_rate_per_s": 1, "processing_ms": 1, **wrong})  # type: ignore[arg-type]  # wrong on purpose


def test_a_reader_reports_the_lag_that_it_had_as_it_fetched_and_the_greatest_of_late() -> None:
    spike = run(attrs.evolve(FINE, processing_ms=10, events=(Spike(100_000, 60_000),)))
    last, in_spike = spike[-1].partitions[0], spike[170].partitions[0]

    assert in_spike.records_lag_max is not None
    assert last.records_lag is not None
    assert last.records_lag_max is not None
    assert in_spike.records_lag_max > 10 * last.records_lag_max
    assert last.records_lag <= last.records_lag_max


def test_a_reader_that_is_stuck_reports_what_it_had_and_at_last_no_greatest_lag() -> None:
    samples = run(attrs.evolve(FINE, partitions=2, events=(Stuck(100_000, 200_000),)))
    stuck = next(sample for sample in samples if sample.at_ms > 290_000).partitions[0]

    assert stuck.records_lag is not None
    assert stuck.records_lag < 100 < stuck.lag
    assert stuck.records_lag_max is None


def test_in_front_of_an_open_transaction_a_reader_reports_no_lag() -> None:
    events = (HangingTransaction(10_000, 10**9),)
    last = run(attrs.evolve(FINE, partitions=2, isolation="read_committed", duration_ms=100_000, events=events))[-1]

    assert (last.partitions[0].records_lag, last.partitions[0].records_lag_max) == (0, 0)
    assert last.partitions[0].lag > 1_000


def test_a_partition_without_a_reader_has_nobody_who_reports() -> None:
    samples = run(attrs.evolve(FINE, consumers=1, partitions=1, events=(Stuck(0, 10**9),)))

    assert samples[-1].partitions[0].owner is None
    assert samples[-1].partitions[0].records_lag is None


def test_utilisation_counts_consumers_that_have_a_partition() -> None:
    assert Scenario(arrival_rate_per_s=100, processing_ms=30, consumers=9, partitions=3).utilisation == 1.0
