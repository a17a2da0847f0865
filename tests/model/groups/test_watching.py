"""Who joins a classic group again as its topic has more partitions: also a former leader that does not know so."""

from typing import cast

import attrs
import pytest

from ackproof.model.groups.assigning import learned
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.member import Member, Registration
from ackproof.model.groups.rules import COOPERATIVE, EAGER, ClassicRules
from ackproof.model.groups.watching import Watching, unprepared

KEEPS = attrs.evolve(COOPERATIVE, keeps_owned_without_membership=True)
LEADS = Registration(is_leader=True)
FOLLOWS = Registration()
SEES = Watching(1, 3, fails_over=True, moves_leaders=True)


def waiting(known: Registration, stored: Registration | None = None, *, takes_itself: bool = False) -> Member:
    member = Member("syncing", generation=2, watched=2, registration=known, stored=stored)
    return attrs.evolve(member, takes_itself_for_leader=takes_itself)


def group_of(member: Member) -> ClassicGroup:
    return ClassicGroup((member,), 2, "completing", generation=2, stored_generation=1)


def after(rules: ClassicRules, member: Member) -> list[Member]:
    return list(unprepared(group_of(member), member, rules, SEES))


@pytest.mark.parametrize("rules", [EAGER, COOPERATIVE])
def test_who_is_known_to_lead_leads_on_or_gets_ready_to_join(rules: ClassicRules) -> None:
    for stored in (None, LEADS):
        assert after(rules, waiting(LEADS, stored)) == [waiting(LEADS, stored)]


def test_a_leader_that_its_next_coordinator_knows_as_a_follower_takes_itself_for_the_leader() -> None:
    assert after(EAGER, waiting(LEADS, FOLLOWS)) == [waiting(LEADS, FOLLOWS, takes_itself=True)]


def test_so_does_one_that_keeps_what_it_owns_as_it_is_put_out() -> None:
    """KAFKA-12983."""
    assert after(KEEPS, waiting(LEADS)) == [waiting(LEADS, takes_itself=True)]


def test_but_no_follower() -> None:
    assert after(KEEPS, waiting(FOLLOWS)) == [waiting(FOLLOWS)]


def test_who_takes_itself_for_the_leader_joins_again_until_it_has_got_ready() -> None:
    former = attrs.evolve(waiting(FOLLOWS, takes_itself=True), has_news=True)

    (outcome,) = learned(attrs.evolve(group_of(former), state="stable"), KEEPS, 0, 2, repeats=False)
    (member,) = cast("ClassicGroup", outcome.changes["group"]).members

    assert (member.wants_to_rejoin, member.has_news, member.takes_itself_for_leader) == (True, True, False)
