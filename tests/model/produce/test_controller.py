"""In-sync replicas, eligible leader replicas, elections."""

import attrs
import pytest

from ackproof.model.produce.controller import candidates, elected, joined, noticed, registered, without
from ackproof.model.produce.replica import Replica, Replicas, Role, first_replicas, replaced
from ackproof.model.produce.rules import BrokerRules

ELIGIBLE = BrokerRules(has_eligible_leader_replicas=True)
CLASSIC = BrokerRules(has_eligible_leader_replicas=False)


def roles(replicas: Replicas) -> tuple[Role, ...]:
    """The controller's view."""
    return tuple(replica.role for replica in replicas)


def down(replicas: Replicas, index: int) -> Replicas:
    """*replicas* after the process of *index* was killed."""
    return replaced(replicas, index, attrs.evolve(replicas[index], is_up=False, is_dirty=True))


def test_while_enough_are_in_sync_nobody_is_eligible() -> None:
    assert roles(without(ELIGIBLE, first_replicas(3), 2)) == ("leader", "in-sync", "out")


def test_who_leaves_when_too_few_are_left_is_eligible() -> None:
    two = without(ELIGIBLE, first_replicas(3), 2)

    assert roles(without(ELIGIBLE, two, 1)) == ("leader", "eligible", "out")


def test_without_eligible_replicas_the_last_member_stays_in_sync() -> None:
    alone = without(CLASSIC, without(CLASSIC, first_replicas(3), 2), 1)

    assert roles(without(CLASSIC, alone, 0)) == ("in-sync", "out", "out")


def test_nobody_is_eligible_any_more_once_enough_are_in_sync() -> None:
    replicas = (Replica("leader"), Replica("eligible"), Replica("out"))

    assert roles(joined(ELIGIBLE, replicas, 2)) == ("leader", "out", "in-sync")


def test_in_sync_replicas_lead_before_eligible_ones() -> None:
    replicas = (Replica("in-sync"), Replica("eligible"), Replica("out"))

    assert candidates(ELIGIBLE, replicas) == [0]
    assert candidates(ELIGIBLE, replicas[1:]) == [0]


def test_an_eligible_leader_is_the_only_one_in_sync() -> None:
    replicas = (Replica("eligible"), Replica("eligible"), Replica("out"))

    assert roles(elected(ELIGIBLE, replicas, 1)) == ("eligible", "leader", "out")


def test_the_last_leader_leads_when_nobody_is_in_sync_or_eligible() -> None:
    replicas = (Replica("out", was_last_leader=True), Replica("out"))

    assert candidates(ELIGIBLE, replicas) == [0]
    assert candidates(ELIGIBLE, down(replicas, 0)) == []


@pytest.mark.parametrize("rules", [ELIGIBLE, CLASSIC])
def test_unclean_election_takes_anybody_who_is_up(rules: BrokerRules) -> None:
    replicas = noticed(rules, down((Replica("leader"), Replica("out")), 0))

    assert candidates(rules, replicas) == []
    assert candidates(attrs.evolve(rules, elects_uncleanly=True), replicas) == [1]


def test_an_unclean_shutdown_costs_the_place_where_eligible_replicas_are_in_force() -> None:
    replicas = down((Replica("leader"), Replica("eligible")), 1)

    assert roles(registered(ELIGIBLE, replicas, 1)) == ("leader", "out")


def test_two_crashes_and_a_power_loss_leave_the_last_leader() -> None:
    """The case that real clusters of 4.1.1 and 4.3.1 confirmed: who has the record is no longer eligible."""
    replicas = noticed(ELIGIBLE, down(first_replicas(3), 2))
    replicas = noticed(ELIGIBLE, down(replicas, 1))
    replicas = noticed(ELIGIBLE, down(replicas, 0))
    assert roles(replicas) == ("eligible", "eligible", "out")

    back = registered(ELIGIBLE, registered(ELIGIBLE, replicas, 1), 0)

    assert candidates(ELIGIBLE, back) == [0]
