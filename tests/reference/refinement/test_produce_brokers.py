"""Every step of brokers of earlier versions is one of the model's."""

import attrs
import pytest

from ackproof.config.rules import brokers_of
from ackproof.reference.refinement.produce.beside import run_beside
from ackproof.reference.refinement.produce.faults import Disturbance
from ackproof.reference.refinement.produce.stage import ProduceSetting
from tests.reference.refinement.producing import (
    EARLIER_BROKERS,
    JAVA_TODAY,
    LONG_MS,
    rules_of,
    runs_of,
    taken_beside,
)


def test_before_2_7_a_leader_decides_at_once_who_is_in_sync() -> None:
    earlier = attrs.evolve(brokers_of((2, 6)), replication_factor=2, min_insync_replicas=1)
    java = rules_of(("java", (4, 3), True))

    trace = run_beside(
        ProduceSetting(java, earlier, 3),
        1,
        [Disturbance("broker-crash", 16, 1), Disturbance("leader-change", LONG_MS, 1)],
    )

    says = [step.says for step in trace.steps if step.action.name in ("come back", "expand", "alter partition")]
    assert says == ["broker 2 comes back with 1 record in its log", "broker 2 has caught up and is in sync again"]


def test_before_0_11_a_follower_truncates_to_its_own_high_watermark() -> None:
    earlier = attrs.evolve(brokers_of((0, 10)), replication_factor=2, min_insync_replicas=1)
    java = rules_of(("java", (4, 3), True))

    trace = run_beside(ProduceSetting(java, earlier, 4), 1, [Disturbance("leader-change", 37, 0)])

    assert [step.says for step in trace.steps if "truncates" in step.says] == [
        "broker 1 truncates to offset 3 and follows broker 2, the leader"
    ]


@pytest.mark.slow
def test_each_step_of_earlier_brokers_is_one_of_the_model() -> None:
    taken = taken_beside(runs_of(JAVA_TODAY, EARLIER_BROKERS), 100)

    assert {"append", "fetch", "expand", "alter partition", "notice one", "come back"} <= set(taken)
