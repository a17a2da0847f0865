import re
from random import Random

import pytest

from ackproof.reference.lag.causes import diagnosed
from ackproof.reference.lag.finding import Cause, Finding
from ackproof.reference.lag.report import simulate
from ackproof.reference.lag.scenario import Event, HangingTransaction, Rebalances, Scenario, Spike, Stuck

SEEDS = range(6)

ENDLESS_POLLS = Scenario(arrival_rate_per_s=10, processing_ms=700, duration_ms=1_800_000)
"""500 records take 350 s, and max.poll.interval.ms is 300 s."""


def findings(
    seed: int = 0, processing_ms: float = 15, consumers: int = 2, events: tuple[Event, ...] = ()
) -> list[Finding]:
    scenario = Scenario(
        arrival_rate_per_s=100,
        processing_ms=processing_ms,
        consumers=consumers,
        partitions=4,
        isolation="read_committed",
        events=events,
    )
    return list(simulate(scenario, Random(seed)).findings)


def causes(found: list[Finding]) -> list[Cause]:
    return [finding.cause for finding in found]


@pytest.mark.parametrize("seed", SEEDS)
def test_who_keeps_up_is_found_to(seed: int) -> None:
    assert causes(findings(seed)) == ["keeping up"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_group_that_is_too_slow_is_found_to_be(seed: int) -> None:
    (found,) = findings(seed, processing_ms=25)

    assert found.cause == "too slow"
    assert "at least 3 are needed, and there are 2" in found.advice


def test_more_consumers_than_partitions_are_not_advised() -> None:
    (found,) = findings(processing_ms=75)

    assert "at least 8 are needed, and as many partitions" in found.advice


def test_shares_that_are_not_equal_are_seen() -> None:
    (found,) = findings(processing_ms=25, consumers=3)

    assert found.partitions == (0, 1)
    assert "not equal" in found.advice


@pytest.mark.parametrize("seed", SEEDS)
def test_a_consumer_that_is_stuck_is_found(seed: int) -> None:
    (found,) = findings(seed, events=(Stuck(120_000, 200_000, 1),))

    assert (found.cause, found.partitions) == ("stuck", (2, 3))
    assert "Burrow says STOP" in found.evidence


@pytest.mark.parametrize("seed", SEEDS)
def test_one_that_is_stuck_for_well_under_a_minute_is_found_too(seed: int) -> None:
    (found,) = findings(seed, events=(Stuck(120_000, 40_000, 1),))

    assert (found.cause, found.partitions) == ("stuck", (2, 3))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_spike_is_found(seed: int) -> None:
    (found,) = findings(seed, events=(Spike(120_000, 60_000, 4),))

    assert found.cause == "spike"
    assert "From 120 s to 180 s" in found.evidence


@pytest.mark.parametrize("seed", SEEDS)
def test_rebalances_that_stop_the_group_are_found(seed: int) -> None:
    (found,) = findings(seed, events=(Rebalances(120_000, 20_000, 8_000, 20),))

    assert found.cause == "rebalancing"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hanging_transaction_is_found(seed: int) -> None:
    (found,) = findings(seed, events=(HangingTransaction(120_000, 300_000, 1),))

    assert (found.cause, found.partitions) == ("hanging transaction", (1,))


def found_alone(*events: Event, rate: float = 100, duration_ms: int = 300_000) -> Finding:
    scenario = Scenario(
        arrival_rate_per_s=rate,
        processing_ms=500 / rate,
        duration_ms=duration_ms,
        sample_interval_ms=900,
        events=events,
    )
    (finding,) = simulate(scenario, Random(0)).findings
    return finding


@pytest.mark.parametrize("rate", [100, 1_000])
def test_the_lag_of_who_keeps_up_is_what_arrives_between_two_commits(rate: int) -> None:
    scenario = Scenario(arrival_rate_per_s=rate, processing_ms=500 / rate, duration_ms=120_000)

    greatest = max(sample.lag for sample in simulate(scenario, Random(0)).samples)

    assert greatest == pytest.approx(rate * scenario.commit_interval_ms / 1000, rel=0.1)


def test_a_spike_of_a_few_seconds_is_caught_up_with_in_a_few_seconds() -> None:
    found = found_alone(Spike(100_000, 5_000))
    since = re.search(r"it is back there (\d+) s later", found.evidence)

    assert found.cause == "spike"
    assert "From 100 s to 105 s" in found.evidence
    assert since is not None
    assert int(since[1]) <= 10


@pytest.mark.parametrize("times", [1, 2])
def test_a_few_rebalances_are_found(times: int) -> None:
    found = found_alone(Rebalances(100_000, 20_000, 5_000, times))

    assert found.cause == "rebalancing"
    assert "From 100 s to " in found.evidence


@pytest.mark.parametrize("duration_ms", [5_000, 8_000, 15_000])
@pytest.mark.parametrize("rate", [2, 1_000])
def test_who_keeps_up_is_found_to_however_short_the_look(rate: float, duration_ms: int) -> None:
    assert found_alone(rate=rate, duration_ms=duration_ms).cause == "keeping up"


def test_who_can_not_process_what_a_poll_brings_is_told_how_much_fits() -> None:
    polls, slow = simulate(ENDLESS_POLLS, Random(0)).findings

    assert (polls.cause, slow.cause) == ("polls too far apart", "too slow")
    assert "4 times a consumer is put out of the group" in polls.evidence
    assert "up to 428 of 700 ms each fit" in polls.advice
    assert "max.poll.records" in polls.advice
    assert "700 ms per record" in slow.evidence
    assert "at least 7 are needed" in slow.advice


def test_a_consumer_that_is_stuck_until_it_is_put_out_does_not_poll_too_much() -> None:
    (found,) = findings(events=(Stuck(50_000, 400_000, 1),))

    assert found.cause == "stuck"


@pytest.mark.parametrize("event", [Stuck(200_000, 70_000), Stuck(0, 900_000)])
def test_a_consumer_that_is_stuck_is_found_before_burrow_notices(event: Stuck) -> None:
    scenario = Scenario(arrival_rate_per_s=100, processing_ms=5, events=(event,))

    assert "stuck" in causes(list(simulate(scenario, Random(0)).findings))


def test_a_poll_that_takes_long_is_not_stuck() -> None:
    (found,) = simulate(Scenario(arrival_rate_per_s=10, processing_ms=400), Random(0)).findings

    assert found.cause == "too slow"
    assert "400 ms per record" in found.evidence


def test_several_causes_are_told_worst_first() -> None:
    found = findings(events=(Stuck(100_000, 150_000), Spike(400_000, 60_000, 4)))

    assert causes(found) == ["stuck", "spike"]


def test_one_sample_tells_nothing() -> None:
    with pytest.raises(ValueError, match="1 samples do not tell"):
        diagnosed(simulate(Scenario(arrival_rate_per_s=1, processing_ms=1), Random(0)).samples[:1])
