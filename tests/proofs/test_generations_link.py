"""The theorem of generations is about the classic groups that are searched, step by step."""

from typing import cast

import attrs
import pytest

from ackproof.model.groups.assignors import ROUND_ROBIN, STICKY
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.rules import EAGER
from ackproof.proofs.logic import is_true_of
from ackproof.proofs.theorems.generations import FIRST_GROUP, known, steps
from tests.proofs.classic_groups import View, group, judged, seen_from, told

SYSTEMS = {
    "two members of two partitions": group(EAGER),
    "partitions are added": group(EAGER, kinds=frozenset({"partitions-added", "member-leaves"})),
    "partitions are dealt out in turn": group(attrs.evolve(EAGER, assignor=ROUND_ROBIN)),
    "members keep what they had where they can": group(attrs.evolve(EAGER, assignor=STICKY)),
    "three members": group(EAGER, members=3, partitions=1, kinds=frozenset({"consumer-pause"})),
}
FAST = ("two members of two partitions", "partitions are added")
CASES = [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in SYSTEMS]


VIEW = View(
    see=lambda group, index, partition, _past: seen_from(group, index, partition),
    steps=tuple(steps(EAGER)),
    told=told,
    holds=lambda seen: is_true_of(known(seen), {}),
)


@pytest.mark.parametrize("name", CASES)
def test_every_step_of_an_eager_group_is_one_of_the_theorem_and_keeps_its_invariant(name: str) -> None:
    for one in judged(SYSTEMS[name], VIEW):
        assert one.is_kept, one.says
        assert one.steps is not None, one.says


@pytest.mark.parametrize("name", SYSTEMS)
def test_an_eager_group_starts_as_the_theorem_does(name: str) -> None:
    started = cast("ClassicGroup", SYSTEMS[name].initial["group"])

    assert all(seen_from(started, index, 0) == FIRST_GROUP for index in range(len(started.members)))


def test_every_step_of_the_theorem_is_one_of_an_eager_group() -> None:
    taken = [one.steps for name in FAST for one in judged(SYSTEMS[name], VIEW) if one.steps]

    assert frozenset[str]().union(*taken) == {name for name, _ in steps(EAGER)}


def test_where_members_keep_what_they_own_a_step_is_none_of_the_theorem() -> None:
    keeping = group(attrs.evolve(EAGER, is_cooperative=True))

    assert not all(one.is_kept for one in judged(keeping, VIEW))
    assert not all(one.steps is not None for one in judged(keeping, VIEW))
