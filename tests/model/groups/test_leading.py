"""Who leads a classic group: the first to join, until it is gone; then one that is in the group at that time."""

import attrs

from ackproof.model.groups.assigning import leaders
from ackproof.model.groups.claims import NO_CLAIM
from ackproof.model.groups.classic import ClassicGroup, with_joined, without_member
from ackproof.model.groups.member import Member

OUT = Member("out")
NOBODY = ClassicGroup((OUT, OUT, OUT), 1)


def joined(group: ClassicGroup, *members: int) -> ClassicGroup:
    for index in members:
        group = with_joined(group, index, group.members[index], NO_CLAIM)
    return group


def test_the_first_to_join_leads() -> None:
    assert leaders(joined(NOBODY, 1, 0, 2)) == [1]


def test_once_the_leader_is_gone_one_of_those_leads_that_are_left() -> None:
    assert leaders(without_member(joined(NOBODY, 0, 1, 2), 0)) == [1, 2]


def test_but_none_that_joins_later() -> None:
    left = without_member(joined(NOBODY, 0, 1), 0)

    assert leaders(joined(left, 2)) == [1]


def test_one_that_joins_later_may_lead_once_the_chosen_one_is_gone_too() -> None:
    left = without_member(joined(NOBODY, 0, 1), 0)

    assert leaders(joined(without_member(joined(left, 2), 1), 0)) == [2]


def test_a_leader_that_has_not_joined_gives_way_to_any_one_that_has() -> None:
    """``ClassicGroup.maybeElectNewJoinedLeader``; such a leader is static."""
    group = joined(NOBODY, 0, 1, 2)
    known = group.members[0].registration
    assert known is not None
    absent = attrs.evolve(group.members[0], registration=attrs.evolve(known, has_joined=False, is_leader=True))

    assert leaders(group.with_member(0, absent)) == [1, 2]
