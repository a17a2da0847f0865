"""Runs of groups of the consumer protocol, each step of which has to be one of the model: what once was none."""

from collections.abc import Sequence

import attrs
import pytest

from ackproof.model.groups.assignors import ranges
from ackproof.model.groups.epochs import moved_one_by_one
from ackproof.model.groups.reconciling import at_each_target
from ackproof.model.groups.rules import CONSUMER
from ackproof.reference.refinement.groups.beside import run_group_beside
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.produce.faults import Disturbance

FIRST_CLIENT = attrs.evolve(CONSUMER, acknowledges_what_it_has=False, is_silenced_by_errors=True)
FIRST_BROKER = attrs.evolve(CONSUMER, partition_epochs=moved_one_by_one, reconcile=at_each_target, assign=ranges)


@pytest.mark.parametrize(
    ("setting", "seed", "disturbances"),
    [
        pytest.param(
            GroupSetting(attrs.evolve(CONSUMER, assign=ranges), members=3, partitions=1),
            2_005_535_000,
            [("consumer-pause", 674, 98), ("coordinator-failover", 994, 7), ("member-joins", 74, 73)],
            marks=pytest.mark.slow,
            id="who has left unheard comes back to where its id is among the others",
        ),
        pytest.param(
            GroupSetting(attrs.evolve(FIRST_CLIENT, finishes_what_it_began=True), members=3),
            1_590_466_191,
            [("member-leaves", 205, 60), ("coordinator-failover", 48, 20), ("coordinator-failover", 12, 93)],
            id="the coordinator is to move back before all have heard that it has moved",
        ),
        pytest.param(
            GroupSetting(attrs.evolve(FIRST_BROKER, takes_back_at_once=False), members=3),
            2_461_693_311,
            [("member-leaves", 353, 65), ("response-lost", 31, 48), ("coordinator-failover", 3, 1)],
            id="a group waits in vain for what a member has said",
        ),
    ],
)
def test_each_step_is_one_of_the_model(
    setting: GroupSetting, seed: int, disturbances: Sequence[tuple[str, int, int]]
) -> None:
    run_group_beside(setting, seed, [Disturbance(*each) for each in disturbances])
