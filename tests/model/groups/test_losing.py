"""What a member that has lost its partitions says as it joins again."""

from collections.abc import Iterable
from typing import cast

import attrs
import pytest

from ackproof.bugs.bug import budget
from ackproof.model.groups.assignors import COOPERATIVE_STICKY, cooperative
from ackproof.model.groups.claims import NO_CLAIM, NONE, Claim, claims_of_the_latest_generation
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.failing import consumer_pause
from ackproof.model.groups.half import group_half
from ackproof.model.groups.joining import hear_of_removal, lost
from ackproof.model.groups.member import Member, Registration
from ackproof.model.groups.rules import COOPERATIVE, ClassicRules
from ackproof.model.system import Action, Next
from ackproof.properties.groups import each_partition_has_one_owner
from ackproof.search.explorer import explore
from tests.model.groups.protocols import SAW_ALL

TELLING = attrs.evolve(COOPERATIVE, tells_past_generation=True)
LATEST = attrs.evolve(
    COOPERATIVE,
    assignor=attrs.evolve(COOPERATIVE_STICKY, assign=cooperative(claims_of_the_latest_generation)),
    claims_heard_generation=False,
)
"""Java 2.8.1 to 3.3, but for that."""

OWNER = Member("member", frozenset({0}), Claim(frozenset({0}), 5), generation=5)


@pytest.mark.parametrize(("rules", "claim"), [(COOPERATIVE, NO_CLAIM), (TELLING, Claim(NONE, 5))])
def test_who_lost_its_partitions_may_still_tell_their_generation(rules: ClassicRules, claim: Claim) -> None:
    after = lost(OWNER, rules)

    assert after.owned == NONE
    assert after.remembered == claim


@pytest.mark.parametrize(("tells", "ends"), [(False, "exhausted"), (True, "violated")])
def test_a_generation_without_partitions_voids_older_claims_where_only_the_latest_counts(
    *, tells: bool, ends: str
) -> None:
    rules = attrs.evolve(LATEST, tells_past_generation=tells)
    faults = {"consumer-pause": 1, "partitions-added": 1}
    system = group_half(rules, members=2, partitions=2, faults=budget(faults), kinds=frozenset(faults))

    assert explore(system, each_partition_has_one_owner).ended == ends


def groups_after(action: Action, group: ClassicGroup, rules: ClassicRules, *more: object) -> list[ClassicGroup]:
    outcomes = cast("Iterable[Next]", action.function(group, rules, *more))
    return [cast("ClassicGroup", outcome.changes["group"]) for outcome in outcomes]


@pytest.mark.parametrize(("keeps", "owns"), [(False, [NONE]), (True, [NONE, NONE, frozenset({0})])])
def test_who_is_put_out_with_its_join_group_on_its_way_may_keep_what_it_owned(
    *, keeps: bool, owns: list[frozenset[int]]
) -> None:
    """KAFKA-12983: what comes before a JoinGroup it does once in a rebalance, and it has done so."""
    rules = attrs.evolve(COOPERATIVE, keeps_owned_without_membership=keeps)
    owner, another = attrs.evolve(OWNER, registration=Registration()), Member("joining", registration=Registration())
    group = ClassicGroup((owner, another), 1, "preparing", 5, stored_generation=5)

    removed = groups_after(consumer_pause, group, rules, False, SAW_ALL)
    heard = [after for each in removed for after in groups_after(hear_of_removal, each, rules)]

    assert [each.members[0].owned for each in heard if each.members[0].status == "out"] == owns
