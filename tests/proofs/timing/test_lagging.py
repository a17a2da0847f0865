"""Lag, beside the simulated pipeline of the reference."""

from random import Random

import pytest

from ackproof.proofs.timing.answering import answered, decided
from ackproof.proofs.timing.lagging import lag_after_a_stall, lag_drains_within, lag_grows
from ackproof.proofs.timing.setting import Behaviour
from ackproof.reference.lag.pipeline import Pipeline
from ackproof.reference.lag.scenario import Scenario, Stuck
from tests.proofs.timing.numbers import consumer

STALL_MS = 30_000


@pytest.mark.parametrize("rate", [30, 60, 90, 99, 101, 150])
def test_lag_grows_just_if_more_work_arrives_than_there_is_time(rate: int) -> None:
    scenario = Scenario(arrival_rate_per_s=rate, processing_ms=20, consumers=2, partitions=4)
    measured = {"processing_ms": (20, 20), "arrival_per_s": (rate, rate)}
    setting = consumer(measured=measured, instances=2, partitions=4)

    assert (decided(lag_grows, setting) == "can happen") == (scenario.utilisation >= 1)


def test_the_consumer_with_most_partitions_decides() -> None:
    measured = {"processing_ms": (20, 20), "arrival_per_s": (0, 60)}

    # Of four partitions one of three consumers has two, half of what arrives.
    answers = [decided(lag_grows, consumer(measured=measured, instances=n, partitions=4)) for n in (1, 2, 3, 4, 9)]

    assert answers == ["can happen", *["cannot happen"] * 4]
    assert decided(
        lag_grows, consumer(measured={**measured, "arrival_per_s": (0, 100)}, instances=3, partitions=4)
    ) == ("can happen")


def test_a_threshold_is_how_many_instances_it_takes() -> None:
    setting = consumer(measured={"processing_ms": (1, 20), "arrival_per_s": (0, 250)}, instances=2, partitions=12)

    (threshold,) = answered(lag_grows, setting).thresholds

    # With six, each has two partitions: 41.7 records a second of 20 ms.
    assert (threshold.key, threshold.direction, threshold.value) == ("consumer.instances", "from", 6)


def test_a_simulated_stall_leaves_no_more_lag_and_is_made_up_for_in_time() -> None:
    scenario = Scenario(
        arrival_rate_per_s=40,
        processing_ms=10,
        commit_interval_ms=100,
        duration_ms=120_000,
        sample_interval_ms=1_000,
        events=(Stuck(at_ms=20_000, duration_ms=STALL_MS),),
    )
    # Arrivals are drawn at random: some more than the rate come in any time.
    measured = {"processing_ms": (10, 10), "arrival_per_s": (0, 50), "pause_ms": (0, STALL_MS), "outage_ms": (0, 0)}
    setting = consumer(measured=measured, instances=1, partitions=1)

    samples = Pipeline(scenario, Random(1)).run()

    most, time_ms = (
        answered(question, setting).values["at_most"] for question in (lag_after_a_stall, lag_drains_within)
    )
    lags = {sample.at_ms: sample.lag for sample in samples}
    assert 0.7 * float(most) < max(lags.values()) <= most
    assert all(lags[at] <= 50 for at in lags if at >= 20_000 + STALL_MS + time_ms)
    assert lags[20_000 + STALL_MS + 5_000] > 50


def test_where_lag_grows_there_is_no_bound() -> None:
    setting = consumer(measured={"processing_ms": (1, 50), "arrival_per_s": (0, 250)})

    assert answered(lag_after_a_stall, setting).decision == "no bound"
    assert answered(lag_drains_within, setting).decision == "no bound"


def test_threads_share_what_is_handed_off() -> None:
    setting = consumer(
        behaviour=Behaviour(processes_in_loop=False), measured={"processing_ms": (1, 50), "arrival_per_s": (0, 250)}
    )

    assert answered(lag_grows, setting).missing == ("threads",)
