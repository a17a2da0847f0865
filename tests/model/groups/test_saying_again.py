"""What a coordinator makes of a member that joins again and says nothing new, or does not know who it is."""

from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.half import group_half
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, EAGER, ClassicRules
from ackproof.model.system import Step, System, steps
from tests import oracle

OLDER = (attrs.evolve(EAGER, claims_heard_generation=False), attrs.evolve(COOPERATIVE, claims_heard_generation=False))
STATIC = attrs.evolve(EAGER, is_static=True)


def after_a_lost_answer(rules: ClassicRules) -> System:
    return group_half(
        rules, members=2, partitions=2, faults=Faults(1), kinds=frozenset({"response-lost"}), is_fine=True
    )


def taken(system: System, name: str) -> list[tuple[ClassicGroup, Step]]:
    """Each step of an action that says so, and the group before it."""
    states = oracle.explore(system).states
    found = [(state, step) for state in states for step in steps(system, state) if step.action.name == name]
    return [(cast("ClassicGroup", system.named(state)["group"]), step) for state, step in found]


def who_hears_again(rules: ClassicRules) -> set[tuple[str, bool]]:
    """In which states of its group a member hears of its generation once more as it joins again; whether it leads."""
    system = after_a_lost_answer(rules)
    return {
        (before.state, before.members[int(step.says.split()[1]) - 1].is_leader)
        for before, step in taken(system, "rejoin")
        if "it hears of generation" in step.says
    }


@pytest.mark.parametrize("rules", OLDER, ids=["eager", "cooperative"])
def test_who_missed_its_assignment_and_says_nothing_new_hears_of_the_same_generation(rules: ClassicRules) -> None:
    """But the leader of a stable group, whose JoinGroup always starts a rebalance."""
    assert who_hears_again(rules) == {("completing", False), ("completing", True), ("stable", False)}


@pytest.mark.parametrize("rules", [EAGER, COOPERATIVE], ids=["eager", "cooperative"])
def test_since_its_subscription_tells_its_generation_it_says_something_new(rules: ClassicRules) -> None:
    """KIP-792."""
    assert who_hears_again(rules) == set()


def test_a_static_member_that_missed_its_first_answer_gets_another_id() -> None:
    asked = taken(after_a_lost_answer(STATIC), "ask again")

    assert {before.state for before, step in asked if "returns under its instance id" in step.says} == {
        "completing",
        "stable",
    }


def test_members_whose_heartbeat_fails_as_the_coordinator_moves_report_what_they_own() -> None:
    system = group_half(
        CONSUMER, members=2, partitions=2, faults=Faults(1), kinds=frozenset({"coordinator-failover"}), is_fine=True
    )

    said = {step.says.partition("; ")[2] for _, step in taken(system, "coordinator failover")}

    assert {"a heartbeat of consumer 1 fails", "a heartbeat of consumer 1 and consumer 2 fails"} < said
