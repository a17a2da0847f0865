"""Executions of the model in which a coordinator refuses a member's epoch are taken on the reference."""

from collections.abc import Sequence

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.epochs import moved_one_by_one
from ackproof.model.groups.half import KINDS, group_half
from ackproof.model.groups.reconciling import at_each_target
from ackproof.model.groups.rules import CONSUMER, ConsumerRules
from ackproof.reference.refinement.replaying.groups import grouped
from tests.reference.refinement.executions import along

STATIC = attrs.evolve(CONSUMER, is_static=True)
IN_3_7 = attrs.evolve(STATIC, partition_epochs=moved_one_by_one, reconcile=at_each_target, takes_back_at_once=False)
LOST = "the answer to a heartbeat of consumer 2 is lost"
FENCED = (
    "consumer 1 joins",
    "consumer 2 joins",
    "consumer 3 joins",
    LOST,
    "partition 2 is added",
    LOST,
    "consumer 2 hears that it is fenced",
)
AT_EPOCH = "consumer-2 reads nothing: at epoch {}, assigned is nothing"
RETURNS = (
    "consumer 1 joins",
    "consumer 1 takes partitions 0 and 1",
    "consumer 1 does not poll for too long and says that it will be back",
    "consumer 2 joins",
    "consumer 1 returns under its instance id",
)


@pytest.mark.parametrize(
    ("rules", "says", "line"),
    [
        pytest.param(CONSUMER, FENCED, AT_EPOCH.format(5), id="taken back at once"),
        pytest.param(
            attrs.evolve(CONSUMER, takes_back_at_once=False),
            (*FENCED, "the session of consumer 2 expires", "consumer 2 joins"),
            AT_EPOCH.format(7),
            id="once its session is over",
        ),
        pytest.param(
            STATIC,
            (*FENCED, "the session of consumer 2 expires", "consumer 2 joins"),
            AT_EPOCH.format(7),
            id="a static one ends",
        ),
        pytest.param(
            IN_3_7,
            (*RETURNS, "consumer 1 takes partition 0", "consumer 1 hears that it is fenced and gives up partition 0"),
            AT_EPOCH.format(3),
            id="a static one that returns in 3.7 with something to give up",
        ),
        pytest.param(
            IN_3_7,
            (
                *RETURNS,
                "consumer 2 does not poll for too long",
                "consumer 1 hears",
                "the session of consumer 1 expires",
            ),
            "consumer-2 reads nothing: not a member, as the coordinator sees it",
            marks=pytest.mark.slow,
            id="which has its time for that",
        ),
    ],
)
def test_who_is_fenced_comes_back_as_its_coordinator_has_it(
    rules: ConsumerRules, says: Sequence[str], line: str
) -> None:
    system = group_half(rules, members=2, partitions=2, faults=Faults(4), kinds=KINDS, is_fine=True)

    found = grouped(system, along(system, *says))

    assert line in list(found.lines())
