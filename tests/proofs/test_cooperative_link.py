"""The theorem of cooperative groups is about those that are searched, step by step."""

from typing import cast

import attrs
import pytest

from ackproof.model.groups.assignors import COOPERATIVE_STICKY, cooperative
from ackproof.model.groups.claims import Settle, claims_of_the_latest_generation, first_claim_but_last_owner
from ackproof.model.groups.classic import ClassicGroup, has_assigned
from ackproof.model.groups.rules import COOPERATIVE, ClassicRules
from ackproof.proofs.logic import is_true_of
from ackproof.proofs.theorems.cooperative import (
    BEFORE_KIP_792,
    FIRST,
    JAVA,
    Seen,
    bars_nothing,
    is_possible,
    known,
    steps,
)
from tests.proofs.classic_groups import Past, Told, View, claim_of, group, judged, seen_from, told
from tests.proofs.linking import Named

MOST_PARTITIONS = 4


def see(group: ClassicGroup, index: int, partition: int, last_given: Past) -> Seen:
    others = (member.registration for place, member in enumerate(group.members) if place != index)
    claims = tuple(claim_of(partition, known.claim) for known in others if known)
    is_assigning = group.state == "completing"
    seen = seen_from(group, index, partition)
    return Seen(seen, last_given[partition] == index, claims if is_assigning else ())


def last_given(past: Past, now: Named) -> Past:
    """Who was the last one that an assignment gave each partition."""
    group, known = cast("ClassicGroup", now["group"]), past or (None,) * MOST_PARTITIONS
    if group.state != "stable" or not has_assigned(group):
        return known
    given = [(p, i) for i, member in enumerate(group.members) if (of := member.registration) for p in of.assigned]
    return tuple(dict(given).get(partition, owner) for partition, owner in enumerate(known))


def told_of(seen: Seen) -> Told:
    member = seen.member
    of_member = (*told(seen.group), member.remembered.partitions)
    if member.registration is None:
        return of_member
    claim = member.registration.claim if member.has_joined else None
    return *of_member, member.has_joined, claim, seen.is_its


VIEW = View(
    see=see,
    steps=tuple(steps(JAVA)),
    told=told_of,
    holds=lambda seen: is_possible(seen) and is_true_of(known(JAVA, seen), {}),
    remember=last_given,
)
FASTEST = "another one joins"
SYSTEMS = {
    FASTEST: group(COOPERATIVE, kinds=frozenset({"member-joins"})),
    "two members of two partitions": group(COOPERATIVE),
    "partitions are added": group(COOPERATIVE, kinds=frozenset({"partitions-added", "consumer-pause"})),
    "three members": group(COOPERATIVE, members=3, partitions=1, kinds=frozenset({"consumer-pause"})),
}
CASES = [name if name == FASTEST else pytest.param(name, marks=pytest.mark.slow) for name in SYSTEMS]


@pytest.mark.parametrize("name", CASES)
def test_every_step_of_a_cooperative_group_is_one_of_the_theorem_and_keeps_its_invariant(name: str) -> None:
    for one in judged(SYSTEMS[name], VIEW):
        assert one.is_kept, one.says
        assert one.steps is not None, one.says


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_cooperative_group_starts_as_the_theorem_does(name: str) -> None:
    started = cast("ClassicGroup", SYSTEMS[name].initial["group"])
    nobody = (None,) * started.partitions

    assert all(see(started, index, 0, nobody) == FIRST for index in range(len(started.members)))


@pytest.mark.slow
def test_every_step_of_the_theorem_is_one_of_a_cooperative_group() -> None:
    taken = [one.steps for one in judged(SYSTEMS["two members of two partitions"], VIEW) if one.steps]

    assert frozenset[str]().union(*taken) == {name for name, _ in steps(JAVA)}


def settling(settle: Settle, rules: ClassicRules) -> ClassicRules:
    return attrs.evolve(rules, assignor=attrs.evolve(COOPERATIVE_STICKY, assign=cooperative(settle)))


KEEPING = attrs.evolve(COOPERATIVE, keeps_owned_without_membership=True)
CLAIMING = attrs.evolve(BEFORE_KIP_792, claims_what_was_lost=True)
PAUSE = frozenset({"consumer-pause"})
BROKEN = {
    "the assignor gives away what another one owns": group(settling(bars_nothing, COOPERATIVE), partitions=3),
    "KAFKA-14639": group(
        settling(claims_of_the_latest_generation, BEFORE_KIP_792),
        faults=2,
        kinds=frozenset({"member-joins", "partitions-added"}),
    ),
    "KAFKA-12983": group(KEEPING, faults=2, kinds=PAUSE),
    "kafka-python": group(settling(first_claim_but_last_owner, CLAIMING), kinds=PAUSE),
}


QUICK = [name for name in BROKEN if name != "KAFKA-14639"]


@pytest.mark.parametrize("name", [pytest.param("KAFKA-14639", marks=pytest.mark.slow), *QUICK])
def test_where_a_rule_is_broken_the_invariant_fails_in_the_system_too(name: str) -> None:
    assert not all(one.is_kept for one in judged(BROKEN[name], VIEW))


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN)
def test_where_a_rule_is_broken_a_step_is_none_of_the_theorem(name: str) -> None:
    assert not all(one.steps is not None for one in judged(BROKEN[name], VIEW))
