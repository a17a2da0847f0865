"""Who the members of a group are to a coordinator that has read it from its log."""

from collections.abc import Iterable
from typing import cast

import attrs

from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.joining import join
from ackproof.model.groups.loading import coordinator_failover
from ackproof.model.groups.member import Member, Registration
from ackproof.model.groups.rules import EAGER
from ackproof.model.system import Next
from tests.model.groups.protocols import SAW_ALL

STORED = Registration(assigned=frozenset({0}))
STATIC = attrs.evolve(STORED, is_static=True)
KNOWN = Member("member", frozenset({0}), generation=1, registration=STORED, stored=STORED)


def members_once_it_moves(member: Member) -> set[Member]:
    """What a member may be, of a group that rebalances."""
    group = ClassicGroup((member,), 1, "preparing", 1, stored_generation=1)
    moved = cast("Iterable[Next]", coordinator_failover.function(group, EAGER, SAW_ALL))
    return {cast("ClassicGroup", each.changes["group"]).members[0] for each in moved}


def test_who_has_a_new_member_id_is_to_join_once_more() -> None:
    """UNKNOWN_MEMBER_ID."""
    renamed = Member("joining", registration=Registration(has_joined=True), stored=STORED, is_stored_as_former=True)

    assert members_once_it_moves(renamed) == {Member("out", registration=STORED, stored=STORED)}


def leaders_once_it_has_joined(known: Registration) -> set[int]:
    """Which of two may lead once the first one, known by a former id alone, has joined."""
    renamed = Member("joining", registration=Registration(has_joined=True), stored=known, is_stored_as_former=True)
    group = ClassicGroup((renamed, KNOWN), 1, "preparing", 1, stored_generation=1)
    moved = next(iter(cast("Iterable[Next]", coordinator_failover.function(group, EAGER, SAW_ALL)))).changes["group"]
    joined = [each.changes["group"] for each in cast("Iterable[Next]", join.function(moved, EAGER))]
    members = [cast("ClassicGroup", each).members for each in joined]
    return {index for each in members for index, of in enumerate(each) if of.registration and of.registration.may_lead}


def test_who_joins_beside_a_former_id_that_led_may_lead() -> None:
    """``ClassicGroup.remove``: as the session of that one expires anybody leads that is there."""
    assert leaders_once_it_has_joined(attrs.evolve(STORED, is_leader=True)) == {0, 1}
    assert leaders_once_it_has_joined(STORED) == set()


def test_a_static_member_that_knows_its_new_id_ends_and_is_started_again() -> None:
    """FENCED_INSTANCE_ID."""
    knows = Member("syncing", generation=2, registration=STATIC, stored=STATIC, is_stored_as_former=True)

    assert members_once_it_moves(knows) == {Member("out", registration=STATIC, stored=STATIC)}


def test_who_was_removed_did_not_hear_that_its_group_rebalances_for_that() -> None:
    """It may have left by itself, and has yet to lose what it owns."""
    left = Member("out", KNOWN.owned, registration=STORED, stored=STORED)

    assert members_once_it_moves(attrs.evolve(KNOWN, registration=None)) == {KNOWN, left}
    assert members_once_it_moves(KNOWN) == {KNOWN, attrs.evolve(KNOWN, wants_to_rejoin=True)}
