"""What a member that has lost its partitions says as it joins again."""

import attrs
import pytest

from ackproof.bugs.bug import budget
from ackproof.model.groups.assignors import COOPERATIVE_STICKY, cooperative
from ackproof.model.groups.claims import NO_CLAIM, NONE, Claim, claims_of_the_latest_generation
from ackproof.model.groups.half import group_half
from ackproof.model.groups.joining import lost
from ackproof.model.groups.member import Member
from ackproof.model.groups.rules import COOPERATIVE, ClassicRules
from ackproof.properties.groups import each_partition_has_one_owner
from ackproof.search.explorer import explore

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
    faults = {"consumer-pause": 2}
    system = group_half(rules, members=2, partitions=2, faults=budget(faults), kinds=frozenset(faults))

    assert explore(system, each_partition_has_one_owner).ended == ends
