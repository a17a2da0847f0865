"""An assignor meets the members of a group in the order of their ids, as long as they have them."""

from collections.abc import Iterator

import attrs
import pytest

from ackproof.bugs.bug import budget
from ackproof.model.groups.assignors import (
    COOPERATIVE_STICKY,
    RANGE,
    Assignor,
    ServerAssign,
    cooperative,
    ranges,
    uniform_in_order,
    uniform_in_turn,
)
from ackproof.model.groups.claims import Claim, Partitions, claims_of_the_latest_generation
from ackproof.model.groups.classic import ClassicGroup, without_member
from ackproof.model.groups.consumer import Consumer, ConsumerGroup, retargeted
from ackproof.model.groups.epochs import Assigned, moved_one_by_one
from ackproof.model.groups.half import KINDS, group_half
from ackproof.model.groups.meeting import assignments
from ackproof.model.groups.member import Member, Registration
from ackproof.model.groups.places import orders
from ackproof.model.groups.reconciling import at_each_target, once_released
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, ConsumerRules
from ackproof.properties.groups import each_partition_has_one_owner
from ackproof.search.explorer import explore
from tests.model.groups.protocols import group_of_two

ZERO, ONE = frozenset({0}), frozenset({1})
BOTH = ZERO | ONE


def group_of(*known: Registration) -> ClassicGroup:
    return ClassicGroup(tuple(Member("syncing", registration=of) for of in known), 2, "completing", 1)


def found(
    assignor: Assignor, *known: Registration, partitions: int = 2
) -> Iterator[tuple[Partitions, tuple[int, ...]]]:
    """What the first member gets, and the places of all."""
    for group, shares in assignments(group_of(*known), assignor, partitions):
        registrations = [of.registration for of in group.members if of.registration]
        yield shares[0], tuple(place for of in registrations for place in (of.rank, of.slot))


def test_who_has_a_place_keeps_it_and_a_new_one_comes_anywhere() -> None:
    assert list(orders({0: 2, 1: 1, 2: 0})) == [(1, 0, 2), (1, 2, 0), (2, 1, 0)]


def test_an_order_is_drawn_where_it_makes_a_difference() -> None:
    assert list(found(RANGE, Registration(), Registration())) == [(ZERO, (1, 0, 2, 0)), (ONE, (2, 0, 1, 0))]


def test_and_stays() -> None:
    assert list(found(RANGE, Registration(rank=2), Registration(rank=1))) == [(ONE, (2, 0, 1, 0))]


def test_so_does_that_of_instance_ids_though_one_is_not_in_the_group_for_a_while() -> None:
    static = Registration(is_static=True)
    drawn, _ = next(assignments(group_of(static, static), RANGE, 2))
    removed = without_member(drawn, 1)

    back = removed.with_member(1, attrs.evolve(removed.members[1], registration=static))

    assert [shares for _, shares in assignments(back, RANGE, 2)] == [{0: ZERO, 1: ONE}]


def test_where_it_makes_none_it_is_not_drawn() -> None:
    owners = (Registration(claim=Claim(ZERO, 1)), Registration(claim=Claim(ONE, 1)))

    assert list(found(COOPERATIVE_STICKY, *owners)) == [(ZERO, (0, 0, 0, 0))]


def test_who_keeps_one_more_goes_by_a_hash_map_which_is_another_order() -> None:
    """``AbstractStickyAssignor`` goes through what members own as a map has it; it sorts who has too little."""
    two_each = (Registration(claim=Claim(BOTH, 1)), Registration(claim=Claim(frozenset({2, 3}), 1)), Registration())

    kept = list(found(COOPERATIVE_STICKY, *two_each, partitions=4))

    assert {share for share, _ in kept} == {BOTH, ZERO}
    assert all(places[::2] == (0, 0, 0) and 0 not in places[1::2] for _, places in kept)


@pytest.mark.parametrize("kinds", [{"partitions-added": 2}])
def test_no_partition_is_given_away_only_as_members_are_met_in_another_order_than_before(kinds: dict[str, int]) -> None:
    """Java 2.8.2 to 3.4.0: an owner that missed a generation owns nothing; what it has nobody else is due."""
    latest = attrs.evolve(COOPERATIVE_STICKY, assign=cooperative(claims_of_the_latest_generation))
    rules = attrs.evolve(COOPERATIVE, assignor=latest, claims_heard_generation=False, tells_past_generation=True)
    system = group_half(rules, members=2, partitions=2, faults=budget(kinds), kinds=frozenset(kinds))

    assert explore(system, each_partition_has_one_owner).ended == "exhausted"


OF_3_7 = attrs.evolve(
    CONSUMER,
    assign=uniform_in_turn,
    partition_epochs=moved_one_by_one,
    reconcile=at_each_target,
    takes_back_at_once=False,
)
OF_3_8 = attrs.evolve(CONSUMER, assign=uniform_in_order, reconcile=once_released, takes_back_at_once=False)


@pytest.mark.parametrize(
    "rules",
    [
        CONSUMER,
        attrs.evolve(CONSUMER, finishes_what_it_began=True),
        OF_3_8,
        OF_3_7,
        attrs.evolve(OF_3_8, is_static=True),
    ],
    ids=["4.2", "takes what it began to", "3.8", "3.7", "static"],
)
def test_no_verdict_goes_by_it_that_ids_share_a_place_and_their_order_changes(rules: ConsumerRules) -> None:
    """One pair in 16 does: the search leaves that out."""
    stays, changes = (attrs.evolve(rules, shares_places=shares) for shares in (False, True))

    found, other = (explore(group_of_two(each, 1, KINDS), each_partition_has_one_owner) for each in (stays, changes))

    assert (found.ended, found.broken) == (other.ended, other.broken)


@pytest.mark.parametrize(("assign", "times"), [(uniform_in_order, 2), (ranges, 1)])
def test_ids_that_share_a_place_may_be_met_in_any_order_unless_they_are_sorted(
    assign: ServerAssign, times: int
) -> None:
    rules = attrs.evolve(CONSUMER, assign=assign, shares_places=True)
    known = tuple(Consumer("member", rank=rank, registration=Assigned()) for rank in (1, 2))

    found = list(retargeted(ConsumerGroup(known, 1, 1, seen_partitions=1), rules))

    assert len(found) == times
