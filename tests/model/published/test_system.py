"""The published systems have the states that are known of them."""

import attrs
import pytest

from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.symmetry import orbit
from ackproof.model.system import System
from ackproof.search.explorer import explore
from tests import oracle


def system_of(variant: str, replicas: int, max_leader_epoch: int) -> System:
    """Two records in logs of two, every replica told apart."""
    system = published(VARIANTS[variant], replicas=replicas, log_size=2, records=2, max_leader_epoch=max_leader_epoch)
    return attrs.evolve(system, reductions=frozenset())


@pytest.mark.parametrize(
    ("variant", "replicas", "max_leader_epoch", "states", "depth"),
    [
        ("truncate-to-high-watermark", 2, 1, 1_251, 15),
        ("truncate-to-high-watermark", 2, 2, 10_131, 19),
        ("truncate-to-high-watermark", 3, 1, 67_807, 20),
        ("kip-101", 2, 1, 1_177, 14),
        ("kip-101", 2, 2, 9_045, 17),
        ("kip-101", 3, 1, 59_788, 21),
        ("kip-279", 2, 1, 1_177, 14),
        ("kip-279", 2, 2, 9_027, 17),
        ("kip-279", 3, 1, 60_106, 21),
        ("kip-320-first-try", 2, 1, 1_165, 14),
        ("kip-320-first-try", 2, 2, 8_429, 17),
        ("kip-320-first-try", 3, 1, 59_092, 21),
        ("kip-320", 2, 1, 957, 14),
        ("kip-320", 2, 2, 5_973, 17),
        ("kip-320", 3, 1, 39_619, 21),
    ],
)
def test_distinct_states_and_depth(variant: str, replicas: int, max_leader_epoch: int, states: int, depth: int) -> None:
    found = explore(system_of(variant, replicas, max_leader_epoch))

    assert (found.ended, found.distinct_states, found.depth) == ("exhausted", states, depth)


def test_every_action_happens() -> None:
    for variant in VARIANTS:
        found = explore(system_of(variant, 2, 2))

        assert [name for name, count in found.fired.items() if count == 0] == []


def test_python_is_asked_once_for_several_states() -> None:
    found = explore(system_of("kip-320", 3, 1))

    assert found.python_calls < found.distinct_states / 6


@pytest.mark.parametrize(("replicas", "max_leader_epoch"), [(2, 1), (3, 0)])
def test_replicas_differ_in_nothing_but_the_name(replicas: int, max_leader_epoch: int) -> None:
    apart = system_of("kip-320", replicas, max_leader_epoch)
    states = oracle.explore(apart).states

    for state in states:
        assert states.issuperset(orbit(apart.interchangeable, tuple(apart.initial), state))


def test_one_replica_stands_for_all_of_its_kind() -> None:
    apart = system_of("kip-320", 2, 1)
    together = published(VARIANTS["kip-320"], replicas=2, log_size=2, records=2, max_leader_epoch=1)

    assert oracle.explore(together).states == {together.represented(state) for state in oracle.explore(apart).states}


def test_one_replica_replicates_nothing() -> None:
    with pytest.raises(ValueError, match="two replicas, not 1"):
        published(VARIANTS["kip-320"], replicas=1, log_size=2, records=2, max_leader_epoch=1)
