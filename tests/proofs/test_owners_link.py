"""The theorem of owners is about the groups of the consumer protocol that are searched, step by step."""

from collections.abc import Iterator
from functools import partial
from itertools import combinations, product
from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.consumer import Consumer, ConsumerGroup, is_fenced
from ackproof.model.groups.epochs import Assigned, moved_one_by_one
from ackproof.model.groups.half import group_half
from ackproof.model.groups.rules import CONSUMER, ConsumerRules
from ackproof.model.system import System
from ackproof.proofs.logic import Question
from ackproof.proofs.states import Value, values_of
from ackproof.proofs.theorems.owners import IN_3_7, IN_3_8, MEMBERS, Member, first, invariant, state, steps
from tests.proofs.linking import Values, is_reached, is_same, names_of, transitions

KINDS = frozenset({"consumer-crash", "consumer-pause", "member-joins", "member-leaves"})


def group(
    rules: ConsumerRules = CONSUMER,
    *,
    members: int = 2,
    partitions: int = 2,
    faults: int = 1,
    kinds: frozenset[str] = KINDS,
) -> System:
    return group_half(rules, members=members, partitions=partitions, faults=Faults(faults), kinds=kinds, is_fine=True)


SYSTEMS = {
    "another one joins": group(kinds=frozenset({"member-joins"})),
    "partitions are added": group(kinds=frozenset({"partitions-added"})),
    "two members of two partitions": group(),
    "static members": group(attrs.evolve(CONSUMER, is_static=True)),
    "the target is computed later": group(attrs.evolve(CONSUMER, waits_to_assign=True)),
    "as 3.8 moves members": group(IN_3_8),
    "as 3.7 moves members": group(IN_3_7),
    "three members": group(members=3, partitions=1, kinds=frozenset({"consumer-pause"})),
}
FAST = ("another one joins", "partitions are added")
CASES = [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in SYSTEMS]


def known(group: ConsumerGroup, pair: tuple[int, ...], partition: int, when: str = "") -> Values:
    """The state of the theorem for a partition and two members."""
    one, other = (
        values_of(Member, of_member(group.members[index], partition), of, when)
        for index, of in zip(pair, MEMBERS, strict=True)
    )
    return {" ".join(filter(None, ("it has an owner", when))): partition in group.held} | one | other


def of_member(one: Consumer, partition: int) -> dict[str, int | bool]:
    known = one.registration or Assigned()
    return {
        "owns_it": partition in known.owned,
        "revokes_it": partition in known.revoking,
        "is_to_own_it": partition in known.target,
        "processes_it": one.registration is not None and not is_fenced(one) and partition in one.owned,
    }


def pairs_of(system: System) -> Iterator[tuple[str, list[tuple[Values, Values]]]]:
    """Each transition of *system* as the theorem sees it, in both orders of any two members; those alike once."""
    seen: set[frozenset[tuple[Value, ...]]] = set()
    for step in transitions(system, None, lambda _past, _now: None):
        before, after = (cast("ConsumerGroup", now["group"]) for now in (step.before[0], step.after[0]))
        for partition, pair in product(range(after.partitions), combinations(range(len(after.members)), 2)):
            ways = [
                (known(before, order, partition), known(after, order, partition, "after"))
                for order in (pair, pair[::-1])
            ]
            key = frozenset((*one.values(), *then.values()) for one, then in ways)
            if key not in seen:
                seen.add(key)
                yield step.taken.says, ways


def rules_of(system: System) -> ConsumerRules:
    return cast("ConsumerRules", system.rules["rules"])


@pytest.mark.parametrize("name", CASES)
def test_every_step_of_a_group_is_one_of_the_theorem_and_keeps_its_invariant(name: str) -> None:
    holds = Question(invariant(state("after")))
    follows = is_reached(partial(steps, rules_of(SYSTEMS[name])), state, most=2)
    for says, ways in pairs_of(SYSTEMS[name]):
        assert holds.is_possible_for(ways[0][1]), says
        assert is_same(*ways[0]) or follows(*(one | then for one, then in ways)), says


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_group_starts_as_the_theorem_does(name: str) -> None:
    started = cast("ConsumerGroup", SYSTEMS[name].initial["group"])
    base = Question(first(state()))

    assert all(base.is_possible_for(known(started, (0, 1), partition)) for partition in range(started.partitions))


def test_every_step_of_the_theorem_is_one_of_a_group() -> None:
    stepping = partial(steps, CONSUMER)
    named = names_of(stepping, state)
    found = [
        name
        for system in FAST
        for _, ways in pairs_of(SYSTEMS[system])
        if not is_same(*ways[0])
        for name in named(*(one | then for one, then in ways))
    ]

    assert set(found) == {step.name for step in stepping(state(), state("after"))}


def test_where_partition_epochs_move_one_set_after_the_other_a_step_is_none_of_the_theorem() -> None:
    broken = attrs.evolve(IN_3_7, partition_epochs=moved_one_by_one)
    holds, follows = Question(invariant(state("after"))), is_reached(partial(steps, IN_3_7), state, most=2)
    found = [ways for _, ways in pairs_of(group(broken, kinds=frozenset({"consumer-crash"})))]

    assert not all(holds.is_possible_for(after) for (_, after), _ in found)
    assert not all(is_same(*ways[0]) or follows(*(one | then for one, then in ways)) for ways in found)
