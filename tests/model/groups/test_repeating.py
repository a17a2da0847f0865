"""Who joins again with what it has said before: its coordinator asks nobody else."""

from collections.abc import Iterable
from typing import cast

import attrs
import pytest

from ackproof.model.groups.assigning import begin_generation, learn
from ackproof.model.groups.classic import ClassicGroup, GroupState
from ackproof.model.groups.joining import rejoin
from ackproof.model.groups.member import Member, Registration, Told
from ackproof.model.groups.rules import COOPERATIVE, EAGER
from ackproof.model.system import Next
from tests.model.groups.protocols import SAW_ALL

KNOWN = Registration(assigned=frozenset({0}))
LOST = Member("syncing", generation=2, registration=KNOWN, stored=KNOWN)
"""It has heard of a generation that its coordinator does not know any more."""

AGAIN = ("stable", "syncing", 1)
ANEW = ("preparing", "joining", 2)


def groups(outcomes: object) -> list[ClassicGroup]:
    return [cast("ClassicGroup", each.changes["group"]) for each in cast("Iterable[Next]", outcomes)]


def seen(group: ClassicGroup) -> tuple[GroupState, str, int]:
    return group.state, group.members[0].status, group.members[0].generation


@pytest.mark.parametrize(
    ("told", "repeats", "wanted"),
    [("no generation", True, AGAIN), ("no generation", False, ANEW), ("another", True, ANEW)],
)
def test_who_has_told_no_generation_and_lost_its_own_hears_of_the_one_before_again(
    told: Told, wanted: tuple[GroupState, str, int], *, repeats: bool
) -> None:
    member = attrs.evolve(LOST, registration=attrs.evolve(KNOWN, told=told))
    group = ClassicGroup((member,), 1, "stable", 1, stored_generation=1)

    assert [seen(after) for after in groups(rejoin.function(group, EAGER, repeats, SAW_ALL))] == [wanted]


def test_its_leader_has_all_join_again() -> None:
    leader = attrs.evolve(LOST, registration=attrs.evolve(KNOWN, is_leader=True))
    group = ClassicGroup((leader,), 1, "stable", 1, stored_generation=1)

    assert [seen(after) for after in groups(rejoin.function(group, EAGER, True, SAW_ALL))] == [ANEW]


def test_a_generation_that_has_the_number_of_a_lost_one_may_be_told_twice() -> None:
    """Who has heard of that tells it as it joins the next one, and once more if it loses its assignment."""
    joining = Member("joining", generation=2, registration=Registration(has_joined=True, told="another"))
    (begun,) = groups(begin_generation.function(ClassicGroup((joining,), 1, "preparing", 1), True))
    known = begun.members[0].registration
    assert known is not None
    without = attrs.evolve(begun.members[0], status="joining", registration=attrs.evolve(known, has_joined=False))

    (again,) = groups(rejoin.function(begun.with_member(0, without), EAGER, True, SAW_ALL))

    assert seen(again) == ("completing", "syncing", 2)


@pytest.mark.parametrize(("rules", "told"), [(EAGER, "no generation"), (COOPERATIVE, "another")])
def test_who_was_assigned_something_since_tells_that(rules: object, told: Told) -> None:
    """``CooperativeStickyAssignor.subscriptionUserData`` tells in which generation; ``RangeAssignor`` tells nothing."""
    hearing = attrs.evolve(LOST, generation=1)
    group = ClassicGroup((hearing,), 1, "stable", 1, stored_generation=1)

    (after,) = groups(learn.function(group, rules, 1, True))

    known, stored = after.members[0].registration, after.members[0].stored
    assert known is not None
    assert stored is not None
    assert (known.told, stored.told) == (told, told)
