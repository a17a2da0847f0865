from random import Random

import pytest

from ackproof.reference.lag.causes import Cause, Finding, diagnosed
from ackproof.reference.lag.report import simulate
from ackproof.reference.lag.scenario import Event, HangingTransaction, Rebalances, Scenario, Spike, Stuck

SEEDS = range(6)


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


def test_several_causes_are_told_worst_first() -> None:
    found = findings(events=(Stuck(100_000, 150_000), Spike(400_000, 60_000, 4)))

    assert causes(found) == ["stuck", "spike"]


def test_one_sample_tells_nothing() -> None:
    with pytest.raises(ValueError, match="1 samples do not tell"):
        diagnosed(simulate(Scenario(arrival_rate_per_s=1, processing_ms=1), Random(0)).samples[:1])
