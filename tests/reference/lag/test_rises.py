"""What lasts for a short time only, and makes the lag rise well above the usual, is named all the same."""

import re
from random import Random

import attrs
import pytest

from ackproof.reference.lag.causes import diagnosed
from ackproof.reference.lag.finding import Finding
from ackproof.reference.lag.report import Report, rendered, simulate
from ackproof.reference.lag.sample import PartitionSample, Sample
from ackproof.reference.lag.scenario import Event, HangingTransaction, Rebalances, Scenario, Spike, Stuck


def report(*events: Event, seconds: int = 300, rate: float = 100, seed: int = 0) -> Report:
    scenario = Scenario(
        arrival_rate_per_s=rate,
        processing_ms=5,
        isolation="read_committed",
        duration_ms=seconds * 1000,
        events=events,
    )
    return simulate(scenario, Random(seed))


def found(*events: Event, seconds: int = 300, rate: float = 100, seed: int = 0) -> Finding:
    (finding,) = report(*events, seconds=seconds, rate=rate, seed=seed).findings
    return finding


@pytest.mark.parametrize("duration_ms", [10_000, 50_000])
@pytest.mark.parametrize("seed", range(3))
def test_a_transaction_that_is_open_for_less_than_a_minute_is_named(duration_ms: int, seed: int) -> None:
    finding = found(HangingTransaction(100_000, duration_ms), seed=seed)
    when = re.search(r"from (\d+) s to (\d+) s", finding.evidence)

    assert finding.cause == "hanging transaction"
    assert finding.advice.startswith("It has ended")
    assert when is not None
    assert [int(second) for second in when.groups()] == pytest.approx([100, 100 + duration_ms / 1000], abs=2)


def test_one_that_is_open_still_is_to_be_aborted() -> None:
    assert "find-hanging" in found(HangingTransaction(250_000, 100_000)).advice


@pytest.mark.parametrize("duration_ms", [6_000, 10_000, 20_000])
@pytest.mark.parametrize("seed", range(3))
def test_a_consumer_that_is_stuck_for_some_seconds_is_named(duration_ms: int, seed: int) -> None:
    finding = found(Stuck(100_000, duration_ms), seed=seed)

    assert finding.cause == "stuck"
    assert re.search(r"from 10[01] s to 1[012]\d s", finding.evidence)


def test_who_is_stuck_twice_is_said_to_be() -> None:
    finding = found(Stuck(50_000, 12_000), Stuck(150_000, 40_000))

    assert "to 19" in finding.evidence
    assert "It stands still 1 other time too." in finding.evidence


@pytest.mark.parametrize("seconds", [10, 30])
def test_a_short_look_at_a_stuck_consumer_does_not_take_it_for_a_slow_one(seconds: int) -> None:
    assert found(Stuck(seconds * 300, seconds * 500), seconds=seconds).cause in ("stuck", "keeping up")
    assert found(Stuck(10_000, 10_000), seconds=30).cause == "stuck"


def test_who_processes_less_than_arrives_in_all_of_a_short_look_is_too_slow() -> None:
    finding = found(Spike(0, 10_000), seconds=10)

    assert finding.cause == "too slow"
    assert "296/s arrive, and 1 consumer processes 200/s at most" in finding.evidence


def test_a_spike_in_most_of_the_look_is_not_taken_for_the_usual() -> None:
    finding = found(Spike(0, 60_000), seconds=100)

    assert finding.cause == "spike"
    assert "From 0 s to 60 s" in finding.evidence


def test_a_spike_that_is_caught_up_with_at_the_end_is_said_to_fall() -> None:
    finding = found(Spike(0, 10_000), seconds=20)

    assert "10 s later, at the end, it is 334" in finding.evidence


def test_a_spike_of_few_records_is_told_by_the_lag() -> None:
    scenario = Scenario(arrival_rate_per_s=0.5, processing_ms=820, events=(Spike(460_000, 59_000),))
    (finding,) = simulate(scenario, Random(162)).findings

    assert finding.cause == "spike"


def test_several_short_troubles_are_all_named() -> None:
    events = (HangingTransaction(60_000, 30_000), Rebalances(140_000, 20_000, 5_000, 1), Stuck(200_000, 20_000))

    assert [finding.cause for finding in report(*events).findings] == ["hanging transaction", "stuck", "rebalancing"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rate", [0.3, 20, 190])
def test_by_chance_nothing_is_named(rate: float, seed: int) -> None:
    assert found(rate=rate, seed=seed).cause == "keeping up"


def test_where_nothing_arrives_nothing_is_said_of_what_arrives() -> None:
    finding = found(rate=0, seconds=60)

    assert finding.evidence == "Nothing arrives, and the lag is 0."
    assert "does not tell how fast it is" in finding.advice


def test_a_rise_without_a_known_cause_is_told_as_one() -> None:
    finding = diagnosed([seen(second, 5_000 if 100 <= second < 104 else second % 5 * 100) for second in range(200)])[0]

    assert finding.cause == "peak"
    assert finding.evidence.startswith("From 99 s to 104 s the lag gets up to 5,000, where up to 400 is usual. ")
    assert "None of the usual causes is seen then." in finding.evidence


def test_several_rises_are_counted() -> None:
    lags = [5_000 if second in (100, 101) else 3_000 if second in (40, 160) else 100 for second in range(200)]
    (finding,) = diagnosed([seen(second, lag) for second, lag in enumerate(lags)])

    assert "up to 5,000, where up to 100 is usual; 2 other times it is less." in finding.evidence


def seen(second: int, lag: int) -> Sample:
    """By somebody from outside, of a partition in which 100/s arrive."""
    end = 10_000 + 100 * second
    return Sample(second * 1000, (PartitionSample(end, end, end, end - lag),))


@pytest.mark.parametrize("event", [HangingTransaction(100_000, 50_000), Stuck(100_000, 20_000), Spike(100_000, 20_000)])
def test_what_is_said_fits_a_terminal(event: Event) -> None:
    assert max(map(len, rendered(report(event)).splitlines())) <= 80


def test_a_peak_fits_a_terminal_too() -> None:
    (peak,) = diagnosed([seen(second, 9_999_999 if second == 100 else 9_000) for second in range(200)])

    assert max(map(len, rendered(attrs.evolve(report(), findings=(peak,))).splitlines())) <= 80
