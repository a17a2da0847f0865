"""Members that are told no assignment at all, not even one of nothing (KAFKA-9801)."""

from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.claims import NO_CLAIM, Claim
from ackproof.model.groups.classic import ClassicGroup, fails_unassigned
from ackproof.model.groups.half import group_half
from ackproof.model.groups.joining import returned
from ackproof.model.groups.member import Member, Registration
from ackproof.model.groups.naming import named
from ackproof.model.groups.rules import EAGER
from ackproof.model.system import steps
from tests import oracle

FORGETTING = attrs.evolve(EAGER, is_static=True, forgets_replaced_members=True, expires_awaited_syncs=False)


@pytest.mark.parametrize("reads_no_assignment", [True, False])
def test_each_poll_fails_of_that_until_the_generation_is_gone(reads_no_assignment: bool) -> None:
    """``ConsumerCoordinator.onJoinComplete``; librdkafka takes it for an assignment of nothing."""
    rules = attrs.evolve(FORGETTING, reads_no_assignment=reads_no_assignment)
    kinds = frozenset({"consumer-crash"})
    system = group_half(rules, members=2, partitions=1, faults=Faults(1), kinds=kinds, is_fine=True)

    failing, may_go_on = 0, set[str]()
    for state in oracle.explore(system).states:
        group = cast("ClassicGroup", system.named(state)["group"])
        for index in (place for place, each in enumerate(group.members) if fails_unassigned(group, each)):
            failing += 1
            may_go_on.update(each.says for each in steps(system, state) if each.says.startswith(f"{named(index)} "))

    assert bool(failing) != reads_no_assignment
    assert not may_go_on


def test_who_is_unknown_to_the_leader_claims_what_it_says_itself() -> None:
    """``GroupCoordinator.doUnknownJoinGroup`` of 2.4 takes what the new process supports (``updateMember``)."""
    former = Registration(has_joined=True, claim=Claim(frozenset({0}), 1), is_static=True, awaits_sync=True)
    group = ClassicGroup((Member("out", registration=former),), partitions=1, state="completing", generation=2)

    (back,) = returned(group, FORGETTING, 0)
    known = cast("ClassicGroup", back.changes["group"]).members[0].registration

    assert known is not None
    assert known.is_replaced
    assert known.claim == NO_CLAIM
