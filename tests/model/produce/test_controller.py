"""In-sync replicas, eligible leader replicas, elections."""

from typing import cast

import attrs
import pytest

from ackproof.config.rules import brokers_of
from ackproof.model.produce.append import Leader
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.controller import (
    candidates,
    elected,
    joined,
    noticed,
    proposed,
    registered,
    without,
    without_proposals,
)
from ackproof.model.produce.failing import restarted_quickly
from ackproof.model.produce.replica import (
    Replica,
    Replicas,
    Role,
    first_replicas,
    in_sync,
    maximal_in_sync,
    replaced,
)
from ackproof.model.produce.replicating import alter_partition, come_back, notice_one
from ackproof.model.produce.replicating import down as went_down
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.stored import STORED
from ackproof.model.produce.watermark import DERIVED

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


def test_after_an_unclean_election_nobody_is_eligible() -> None:
    rules = attrs.evolve(ELIGIBLE, elects_uncleanly=True)
    replicas = down((Replica("eligible"), Replica("out")), 0)

    assert candidates(rules, replicas) == [1]
    assert roles(elected(rules, replicas, 1)) == ("out", "leader")


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


def test_who_is_down_may_be_made_the_leader_before_the_controller_notices() -> None:
    """As KRaft does: the leader's session ends first, and the other one's only then."""
    replicas = down(down(first_replicas(2), 0), 1)

    after = [step.changes["replicas"] for step in notice_one.outcomes(Leader(ELIGIBLE, STORED, "all"), replicas)]

    assert [roles(cast("Replicas", each)) for each in after] == [("eligible", "leader"), ("leader", "eligible")]


def test_who_has_been_noticed_is_not_made_the_leader() -> None:
    alone = noticed(CLASSIC, down((Replica("leader"), Replica("out")), 0))

    assert roles(alone) == ("in-sync", "out")
    assert list(notice_one.outcomes(Leader(CLASSIC, STORED, "all"), alone)) == []


ASKED = proposed((Replica("leader", log=(Batch(0),)), Replica("eligible", log=(Batch(0),))), 1)
"""The leader has asked for the other one to be in sync."""


def test_who_is_about_to_join_has_to_have_what_is_committed_and_can_not_lead() -> None:
    behind = (attrs.evolve(ASKED[0], log=(Batch(0), Batch(1))), ASKED[1])
    lenient = BrokerRules(2, 1)

    assert maximal_in_sync(ASKED) == [0, 1]
    assert in_sync(ASKED) == [0]
    assert DERIVED.committed(lenient, behind) == 1
    assert candidates(CLASSIC, down(ASKED, 0)) == []


def test_the_controller_agrees_later() -> None:
    (agreed,) = alter_partition.outcomes(Leader(ELIGIBLE, DERIVED, "all"), ASKED)

    assert roles(cast("Replicas", agreed.changes["replicas"])) == ("leader", "in-sync")
    assert agreed.changes["replicas"] == joined(ELIGIBLE, ASKED, 1)


def test_a_new_leader_does_not_get_what_the_old_one_asked_for() -> None:
    assert without_proposals(ASKED)[1] == Replica("eligible", log=(Batch(0),))
    assert not any(replica.is_joining for replica in elected(ELIGIBLE, ASKED, 1))


def test_the_controller_refuses_who_has_restarted_since_if_it_compares_broker_epochs() -> None:
    """KIP-903."""
    before = attrs.evolve(ELIGIBLE, checks_broker_epochs=False)

    gone = went_down(ELIGIBLE, ASKED, 1, 0)

    assert not registered(ELIGIBLE, gone, 1)[1].is_joining
    assert registered(before, gone, 1)[1].is_joining


def test_the_controller_takes_who_is_down_as_in_sync_or_refuses_it_once_it_has_noticed() -> None:
    gone = went_down(ELIGIBLE, ASKED, 1, 0)

    agreed, refused = (
        cast("Replicas", one.changes["replicas"])
        for one in alter_partition.outcomes(Leader(ELIGIBLE, DERIVED, "all"), gone)
    )

    assert (roles(agreed), agreed[1].is_up) == (("leader", "in-sync"), False)
    assert (roles(refused), refused[1].is_joining) == (("leader", "eligible"), False)


def test_a_broker_is_back_once_that_it_was_down_is_noticed_whoever_else_is_down() -> None:
    """ClusterControlManager.registerBroker: DUPLICATE_BROKER_REGISTRATION while its session lasts."""
    both = down(down(first_replicas(3), 0), 1)
    one = without(CLASSIC, both, 1)

    assert not list(come_back.outcomes(Leader(CLASSIC, STORED, "all"), both))
    assert [next_.says for next_ in come_back.outcomes(Leader(CLASSIC, STORED, "all"), one)] == [
        "broker 2 comes back with an empty log"
    ]


def test_a_quick_restart_costs_a_follower_its_tail_but_not_its_place() -> None:
    """KIP-101: the broker is back before the controller looks."""
    equal = (Replica("leader", log=(Batch(0),), high_watermark=1), Replica(log=(Batch(0),)))
    old = brokers_of((0, 10, 2))

    (again,) = restarted_quickly(old, equal, 1)

    after = cast("Replicas", again.changes["replicas"])
    assert (roles(after), after[1].is_truncating) == (("leader", "in-sync"), True)
    assert list(restarted_quickly(brokers_of((2, 1)), equal, 1)) == []
