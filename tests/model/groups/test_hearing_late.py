"""Who hears what a coordinator that has moved does not know while its request is on its way."""

from collections.abc import Iterable
from typing import cast

import attrs
import pytest

from ackproof.model.groups import loading
from ackproof.model.groups.assigning import begin_generation
from ackproof.model.groups.claims import NO_CLAIM, NONE, Claim
from ackproof.model.groups.classic import ClassicGroup, is_current
from ackproof.model.groups.consumer import Consumer, ConsumerGroup
from ackproof.model.groups.disturbing import coordinator_failover
from ackproof.model.groups.failing import member_leaves, response_lost
from ackproof.model.groups.joining import ask_again, rejoin
from ackproof.model.groups.member import Member, Registration, Status
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, ClassicRules
from ackproof.model.system import Action, Next
from tests.model.groups.protocols import SAW_ALL

OWNED = frozenset({0})
WAITS = Member(
    "joining", OWNED, Claim(OWNED, 1), generation=2, sends_heartbeats=True, registration=Registration(assigned=OWNED)
)
"""It has heard of generation 2, which its coordinator has lost, and its SyncGroup is not answered."""


def after(action: Action, group: ClassicGroup, *more: object) -> list[ClassicGroup]:
    """What becomes of *group*."""
    return [
        cast("ClassicGroup", each.changes["group"]) for each in cast("Iterable[Next]", action.function(group, *more))
    ]


def heard_late(rules: ClassicRules) -> ClassicGroup:
    """The group once a heartbeat has told that member so, just behind its JoinGroup."""
    joined = after(rejoin, ClassicGroup((WAITS,), 1, "stable", 1, stored_generation=1), rules, True, SAW_ALL)
    (late,) = (each for each in joined if each.members[0].has_lost)
    return late


def test_who_hears_behind_its_join_group_that_its_generation_is_gone_gives_up_what_it_has_claimed() -> None:
    """``HeartbeatResponseHandler``; what it has said in that JoinGroup its coordinator has heard."""
    late = heard_late(COOPERATIVE).members[0]

    assert late.registration is not None
    assert late.registration.claim == Claim(OWNED, 2)
    assert (late.status, late.owned, late.has_joined) == ("joining", NONE, True)


def test_who_has_lost_its_join_group_hears_nothing_until_it_has_a_generation() -> None:
    """``MemberState.hasNotJoinedGroup``: there are no heartbeats then."""
    joined = ClassicGroup((attrs.evolve(WAITS, sends_heartbeats=False),), 1, "stable", 1, stored_generation=1)

    assert [each.members[0].has_lost for each in after(rejoin, joined, COOPERATIVE, True, SAW_ALL)] == [False]


@pytest.mark.parametrize(("status", "sends"), [("syncing", {True}), ("joining", {False})])
def test_who_misses_its_assignment_as_the_coordinator_moves_sends_heartbeats(
    status: Status, *, sends: set[bool]
) -> None:
    of = Registration(has_joined=status == "joining", assigned=OWNED)
    member = Member(status, OWNED, Claim(OWNED, 1), generation=2, registration=of, stored=Registration(assigned=OWNED))
    group = ClassicGroup((member,), 1, "preparing", 2, stored_generation=1)
    found = [each.members[0] for each in after(loading.coordinator_failover, group, COOPERATIVE, SAW_ALL)]

    assert {each.sends_heartbeats for each in found if each.status == "joining"} == sends


def test_it_does_not_take_the_answer_and_joins_once_more_without_a_claim() -> None:
    """``UnjoinedGroupException``."""
    (begun,) = after(begin_generation, heard_late(COOPERATIVE), True)
    (again,) = after(rejoin, begun, COOPERATIVE, True, SAW_ALL)

    assert begun.members[0].status == "joining"
    assert not is_current(begun, begun.members[0])
    assert again.state == "preparing"
    assert again.members[0].registration is not None
    assert again.members[0].registration.claim == NO_CLAIM
    assert not again.members[0].has_lost


def test_it_waits_until_then_unless_the_answer_is_lost() -> None:
    late = heard_late(COOPERATIVE)
    (lost,) = after(response_lost, late, COOPERATIVE, SAW_ALL)

    assert after(rejoin, late, COOPERATIVE, True, SAW_ALL) == []
    assert after(ask_again, lost, COOPERATIVE) == []
    assert [each.members[0].has_lost for each in after(rejoin, lost, COOPERATIVE, True, SAW_ALL)] == [False]


def test_it_can_not_say_that_it_leaves() -> None:
    """``AbstractCoordinator.maybeLeaveGroup``: it is UNJOINED."""
    assert after(member_leaves, heard_late(COOPERATIVE), COOPERATIVE) == []


def test_it_keeps_all_where_it_gives_nothing_up_once_it_joins() -> None:
    """KAFKA-12983."""
    keeping = attrs.evolve(COOPERATIVE, keeps_owned_without_membership=True)

    assert heard_late(keeping).members[0].owned == OWNED


@pytest.mark.parametrize(("silences", "statuses"), [(False, {"out"}), (True, {"out", "silent"})])
def test_who_is_about_to_join_may_be_told_that_the_coordinator_is_elsewhere(
    *, silences: bool, statuses: set[str]
) -> None:
    """KAFKA-16215."""
    rules = attrs.evolve(CONSUMER, is_silenced_by_errors=silences)
    outcomes = cast("Iterable[Next]", coordinator_failover.function(ConsumerGroup((Consumer("out"),), 1), rules))
    groups = [cast("ConsumerGroup", each.changes["group"]) for each in outcomes]

    assert {each.members[0].status for each in groups} == statuses
