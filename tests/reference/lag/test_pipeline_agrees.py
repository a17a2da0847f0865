from random import Random

import pytest

from ackproof.reference.lag.pipeline import Pipeline
from ackproof.reference.lag.scenario import Event, Rebalances, Scenario, Spike, Stuck
from tests.reference.lag.full_stack import HEARTBEAT_MS, FullStack

SEED = 1


def pipeline(
    rate_per_s: float, processing_ms: float, *events: Event, size: int = 1, max_poll_interval_ms: int = 300_000
) -> Scenario:
    return Scenario(
        arrival_rate_per_s=rate_per_s,
        processing_ms=processing_ms,
        consumers=size,
        partitions=size,
        commit_interval_ms=1_000,
        rebalance_ms=500,
        max_poll_records=50,
        max_poll_interval_ms=max_poll_interval_ms,
        duration_ms=90_000,
        sample_interval_ms=5_000,
        events=events,
    )


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(pipeline(60, 10), id="keeping up"),
        pytest.param(pipeline(60, 25), id="too slow"),
        pytest.param(pipeline(60, 50, size=2), id="two that are too slow"),
        pytest.param(pipeline(50, 12, Spike(20_000, 20_000, 4.0)), id="spike"),
        pytest.param(pipeline(50, 10, Stuck(20_000, 30_000, 1), size=2), id="stuck"),
        pytest.param(pipeline(50, 10, Stuck(20_000, 50_000, 1), size=2, max_poll_interval_ms=10_000), id="taken over"),
        pytest.param(pipeline(50, 10, Rebalances(20_000, 10_000, 500, 4), size=2), id="rebalances"),
    ],
)
def test_a_queue_lags_as_a_consumer_and_a_broker_do(scenario: Scenario) -> None:
    # They commit at other moments, notice rebalances up to a heartbeat later, and hand out other lots.
    unseen_ms = scenario.commit_interval_ms + HEARTBEAT_MS
    tolerance = scenario.arrival_rate_per_s * unseen_ms / 1000 + scenario.max_poll_records

    queued = [sample.lag for sample in Pipeline(scenario, Random(SEED)).run()]
    real = list(FullStack(scenario, SEED).lags())

    assert real == pytest.approx(queued, abs=tolerance, rel=0)
