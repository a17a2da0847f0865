"""What holds of groups: reached at last under every protocol, and broken by the rules that had a bug."""

from itertools import combinations
from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.assignors import COOPERATIVE_STICKY, cooperative
from ackproof.model.groups.claims import Partitions, all_claims, claims_of_the_latest_generation
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.consumer import Consumer, ConsumerGroup
from ackproof.model.groups.epochs import Assigned
from ackproof.model.groups.half import KINDS, group_half
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, EAGER, GroupRules
from ackproof.model.system import Next, System, action
from ackproof.properties.groups import (
    a_leader_has_its_assignment,
    a_leader_watches_the_number_of_partitions,
    a_member_is_behind,
    a_partition_has_no_owner,
    a_stale_claim_is_made,
    each_partition_has_one_owner,
    each_partition_is_assigned_once,
    every_partition_is_owned_at_last,
    no_assignment_is_ahead_of_the_group,
    no_leader_refuses_an_assignment,
    two_members_own_partitions,
)
from ackproof.properties.property import Property
from ackproof.search.explorer import explore
from ackproof.search.liveness import explore_fairly
from tests.model.groups.protocols import PROTOCOLS, group_of_two

STATIC = attrs.evolve(EAGER, is_static=True)
BEFORE_KIP_792 = attrs.evolve(COOPERATIVE, claims_heard_generation=False)
WITHOUT_GENERATIONS = attrs.evolve(
    BEFORE_KIP_792,
    assignor=attrs.evolve(COOPERATIVE_STICKY, assign=cooperative(all_claims)),
    keeps_owned_without_membership=True,
)
BY_LATEST_GENERATION = attrs.evolve(
    BEFORE_KIP_792,
    assignor=attrs.evolve(COOPERATIVE_STICKY, assign=cooperative(claims_of_the_latest_generation)),
    refuses_stale_claims=True,
)
TWO_PAUSES = frozenset({"consumer-pause"})
GROWTH = frozenset({"member-joins", "partitions-added"})


def forgetful(system: System) -> System:
    """*system* whose coordinator may begin its generations again."""

    @action
    def forget(group: ClassicGroup) -> list[Next]:
        """The coordinator forgets its generation."""
        return [Next("the coordinator forgets", group=attrs.evolve(group, generation=0, stored_generation=0))]

    return attrs.evolve(system, actions=(*system.actions, forget))


@pytest.mark.parametrize(
    ("broken", "rules", "faults", "kinds"),
    [
        (each_partition_has_one_owner, WITHOUT_GENERATIONS, 2, TWO_PAUSES),
        (each_partition_is_assigned_once, WITHOUT_GENERATIONS, 2, TWO_PAUSES),
        (no_leader_refuses_an_assignment, BY_LATEST_GENERATION, 2, GROWTH),
        (
            a_leader_watches_the_number_of_partitions,
            attrs.evolve(STATIC, returning_leader_follows=True),
            1,
            frozenset({"member-leaves"}),
        ),
        (
            each_partition_has_one_owner,
            attrs.evolve(CONSUMER, finishes_what_it_began=True),
            1,
            frozenset({"partitions-added"}),
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Property) else "",
)
def test_rules_with_a_bug_break_it(broken: Property, rules: GroupRules, faults: int, kinds: frozenset[str]) -> None:
    assert explore(group_of_two(rules, faults, kinds), broken).broken == broken.name


def test_a_coordinator_that_forgets_its_generation_is_behind_its_members() -> None:
    system = forgetful(group_of_two(EAGER, 0))

    assert explore(system, no_assignment_is_ahead_of_the_group).broken == no_assignment_is_ahead_of_the_group.name


def test_a_consumer_group_that_forgets_its_epoch_is_behind_its_members() -> None:
    @action
    def forget(group: ConsumerGroup) -> list[Next]:
        """The coordinator forgets its epoch."""
        return [Next("the coordinator forgets", group=attrs.evolve(group, epoch=0))]

    system = group_of_two(CONSUMER, 0)
    system = attrs.evolve(system, actions=(*system.actions, forget))

    assert explore(system, no_assignment_is_ahead_of_the_group).broken == no_assignment_is_ahead_of_the_group.name


@pytest.mark.parametrize(("revoking", "holds"), [(frozenset({2}), True), (frozenset({0}), False)])
def test_what_a_member_has_yet_to_give_up_is_nobody_elses(revoking: Partitions, holds: bool) -> None:
    registrations = (Assigned(owned=frozenset({0})), Assigned(owned=frozenset({1}), revoking=revoking), None)
    members = tuple(Consumer("member", registration=known) for known in registrations)

    assert each_partition_is_assigned_once({"group": ConsumerGroup(members, 3)}) == holds


def test_a_member_that_is_silenced_leaves_partitions_without_an_owner() -> None:
    rules = attrs.evolve(CONSUMER, is_silenced_by_errors=True)
    system = group_of_two(rules, 1, frozenset({"coordinator-failover"}), is_fine=True)

    assert explore_fairly(system, every_partition_is_owned_at_last).ended == "violated"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_they_are_about_can_be(protocol: str) -> None:
    looks_for = (two_members_own_partitions, a_partition_has_no_owner, a_member_is_behind)

    assert all(explore(group_of_two(PROTOCOLS[protocol], 1), looks_for=looks_for).seen.values())


def test_a_leader_gets_its_assignment() -> None:
    assert explore(group_of_two(STATIC, 0), looks_for=(a_leader_has_its_assignment,)).seen == {
        a_leader_has_its_assignment.name: True
    }


def test_a_member_that_missed_a_generation_makes_a_stale_claim() -> None:
    found = explore(group_of_two(BEFORE_KIP_792, 2, GROWTH), looks_for=(a_stale_claim_is_made,))

    assert found.seen == {a_stale_claim_is_made.name: True}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_after_one_trigger_every_partition_is_owned_at_last(protocol: str, kind: str) -> None:
    system = group_of_two(PROTOCOLS[protocol], 1, frozenset({kind}), is_fine=True)

    assert explore_fairly(system, every_partition_is_owned_at_last).ended == "exhausted"


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["eager", "cooperative", "consumer"])
def test_after_two_triggers_every_partition_is_owned_at_last(protocol: str) -> None:
    for kinds in combinations(sorted(KINDS), 2):
        system = group_of_two(PROTOCOLS[protocol], 2, frozenset(kinds), is_fine=True)

        assert explore_fairly(system, every_partition_is_owned_at_last).ended == "exhausted", kinds


def test_what_is_added_while_a_static_leader_is_away_nobody_owns() -> None:
    """KIP-814 says so: metadata that changes while the leader is down is not noticed."""
    system = group_of_two(STATIC, 2, frozenset({"member-leaves", "partitions-added"}), is_fine=True)

    found = explore_fairly(system, every_partition_is_owned_at_last)

    assert found.violation is not None
    assert found.violation.faults == ("member-leaves", "partitions-added")


def test_a_static_member_that_restarts_between_two_cooperative_rounds_leaves_a_partition_without_an_owner() -> None:
    """
    That it is to join again for the second round it remembers only in its process; when it returns the group is stable,
    and stays as it is (``GroupMetadataManager.updateStaticMemberThenRebalanceOrCompleteJoin``).
    """
    rules = attrs.evolve(COOPERATIVE, is_static=True)
    system = group_of_two(rules, 2, frozenset({"member-leaves"}), is_fine=True)

    found = explore_fairly(system, every_partition_is_owned_at_last)

    assert found.violation is not None
    assert [step.action.name for step in found.violation.steps[-3:]] == ["member leaves", "return as the same", "learn"]
    assert cast("ClassicGroup", found.violation.last["group"]).state == "stable"


def test_where_a_group_has_one_member_all_is_its_own() -> None:
    system = group_half(EAGER, members=1, partitions=3, faults=Faults(0), kinds=KINDS, is_fine=True)

    assert explore_fairly(system, every_partition_is_owned_at_last).ended == "exhausted"
