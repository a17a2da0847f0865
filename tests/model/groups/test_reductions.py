"""The reduced group, with members sorted and generations renumbered, gives the verdicts of the fine one."""

from collections.abc import Mapping

import attrs
import pytest

from ackproof.model.groups.assignors import COOPERATIVE_STICKY, cooperative
from ackproof.model.groups.claims import all_claims, claims_of_the_latest_generation, first_claim_but_last_owner
from ackproof.model.groups.epochs import moved_one_by_one
from ackproof.model.groups.half import KINDS
from ackproof.model.groups.reconciling import at_each_target, once_released
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, GroupRules
from ackproof.properties.groups import each_partition_has_one_owner, each_partition_is_assigned_once
from ackproof.search.explorer import explore
from tests.model.groups.protocols import PROTOCOLS, group_of_two

BROKEN: Mapping[str, GroupRules] = {
    name: attrs.evolve(
        COOPERATIVE,
        assignor=attrs.evolve(COOPERATIVE_STICKY, assign=cooperative(settle)),
        keeps_owned_without_membership=True,
        claims_what_was_lost=True,
    )
    for name, settle in {
        "all claims": all_claims,
        "latest generation": claims_of_the_latest_generation,
        "first claim": first_claim_but_last_owner,
    }.items()
} | {
    "partition epochs of 3.7": attrs.evolve(CONSUMER, partition_epochs=moved_one_by_one, reconcile=at_each_target),
    "reconciles as 3.8": attrs.evolve(CONSUMER, reconcile=once_released, finishes_what_it_began=True),
    "finishes what it began": attrs.evolve(CONSUMER, finishes_what_it_began=True),
    "begins one by one": attrs.evolve(CONSUMER, finishes_what_it_began=True, begins_one_by_one=True),
    "silenced": attrs.evolve(CONSUMER, is_silenced_by_errors=True),
}
RULES = {**PROTOCOLS, **BROKEN}
PROMISES = (each_partition_has_one_owner, each_partition_is_assigned_once)


def verdicts(rules: GroupRules, faults: int, kinds: frozenset[str], *, is_fine: bool) -> list[tuple[str, int]]:
    """How the search for each violation ends, and how deep it went for one: one search tells of all that hold."""
    system = group_of_two(rules, faults, kinds, is_fine=is_fine)
    found: dict[str, tuple[str, int]] = {}
    while left := [each for each in PROMISES if each.name not in found]:
        of = explore(system, *left)
        told = (of.ended, len(of.violation) if of.violation else 0)
        found.update({each.name: told for each in left if of.broken in (None, each.name)})
    return [found[each.name] for each in PROMISES]


@pytest.mark.parametrize("name", RULES)
def test_with_one_fault_of_any_kind(name: str) -> None:
    reduced, fine = (verdicts(RULES[name], 1, KINDS, is_fine=is_fine) for is_fine in (False, True))

    assert reduced == fine


@pytest.mark.slow
@pytest.mark.parametrize("name", ["eager", "cooperative", "consumer", *BROKEN])
def test_with_two_faults_of_two_kinds(name: str) -> None:
    kinds = frozenset({"consumer-pause", "member-joins"})
    reduced, fine = (verdicts(RULES[name], 2, kinds, is_fine=is_fine) for is_fine in (False, True))

    assert reduced == fine
