"""Known bugs are rules: what they break in a whole cluster, and what repairs it."""

import attrs
import pytest

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.truncation import (
    Truncation,
    by_leader_epoch,
    by_leader_epochs,
    to_end_of_agreement,
    to_own_high_watermark,
)
from ackproof.reference.simulator.checking import broken
from ackproof.reference.simulator.run import run
from ackproof.reference.simulator.scenario import Fault, Scenario
from tests.reference.simulator.scenarios import SAFE, without_deliveries

BEFORE_KRAFT = BrokerRules(
    has_eligible_leader_replicas=False,
    misses_quick_restarts=True,
    asks_controller_to_join=False,
    checks_broker_epochs=False,
)


def restless(truncation: Truncation) -> Scenario:
    """A follower restarts so quickly that nobody notices, and leadership moves soon after; again and again."""
    faults: list[Fault] = []
    for number in range(8):
        at_ms = 150 + 150 * number
        faults += [
            Fault("broker-crash", at_ms, lasts_ms=3),
            Fault("leader-change", at_ms + 8 + 3 * number),
        ]
    producer = attrs.evolve(SAFE.producers[0], records=200, interval_ms=6)
    return without_deliveries(
        attrs.evolve(
            SAFE,
            broker_rules=attrs.evolve(BEFORE_KRAFT, truncation=truncation),
            broker_properties={"replica.high.watermark.checkpoint.interval.ms": "500"},
            producers=(producer,),
            faults=tuple(faults),
            duration_ms=2_000,
        )
    )


def loses(scenario: Scenario, seeds: int) -> bool:
    return any("no-loss" in {each.claim for each in broken(run(scenario, seed))} for seed in range(seeds))


@pytest.mark.slow
def test_before_kip_101_a_follower_that_restarts_may_lose_what_all_have_acknowledged() -> None:
    assert loses(restless(to_own_high_watermark), seeds=60)


@pytest.mark.slow
@pytest.mark.parametrize("truncation", [by_leader_epoch, by_leader_epochs, to_end_of_agreement])
def test_truncating_by_leader_epochs_loses_nothing_here(truncation: Truncation) -> None:
    assert not loses(restless(truncation), seeds=15)
