"""Asynchronous ISR change: its decisions, and the states that are known of it."""

import attrs
import pytest

from ackproof.model.published.alter_isr import VersionedIsr, accept, ask, high_watermark, learn, remove_replica
from ackproof.model.published.async_isr import async_isr
from ackproof.model.symmetry import orbit
from ackproof.search.explorer import explore
from tests import oracle

ALL, BOTH, ALONE = frozenset({1, 2, 3}), frozenset({1, 2}), frozenset({1})


@pytest.mark.parametrize(("max_offset", "max_version", "states"), [(2, 2, 4_088), (2, 3, 22_456), (3, 3, 48_120)])
def test_distinct_states(max_offset: int, max_version: int, states: int) -> None:
    system = async_isr(replicas=3, max_offset=max_offset, max_version=max_version)

    found = explore(attrs.evolve(system, reductions=frozenset()))

    assert (found.ended, found.distinct_states) == ("exhausted", states)


def test_followers_differ_in_nothing_but_the_name() -> None:
    together = async_isr(replicas=3, max_offset=1, max_version=1)
    apart = attrs.evolve(together, reductions=frozenset())
    states = oracle.explore(apart).states

    assert all(states.issuperset(orbit(apart.interchangeable, tuple(apart.initial), state)) for state in states)
    assert oracle.explore(together).states == {together.represented(state) for state in states}


def test_the_high_watermark_is_the_least_log_end_offset_of_the_members() -> None:
    assert high_watermark(BOTH, (3, 2, 1)) == 2


def test_the_controller_removes_any_follower_and_tells_the_leader() -> None:
    outcomes = [outcome.changes for outcome in remove_replica.outcomes(VersionedIsr(BOTH, 1), 1, None)]

    assert outcomes == [{"controller": VersionedIsr(ALONE, 2), "update": ALONE}]


def test_the_controller_accepts_any_request_of_its_version() -> None:
    outcomes = accept.outcomes(VersionedIsr(BOTH, 1), 1, frozenset({ALL, ALONE}), None)

    assert [outcome.changes["controller"] for outcome in outcomes] == [VersionedIsr(ALONE, 2), VersionedIsr(ALL, 2)]


def test_the_leader_reckons_with_what_it_asked_for() -> None:
    (outcome,) = ask.outcomes(VersionedIsr(BOTH), 0, frozenset[int](), (1, 1, 0), frozenset())

    assert outcome.says == "the leader asks to remove broker 2"
    assert outcome.changes == {"pending": ALONE, "requests": frozenset({ALONE})}


def test_the_leader_asks_to_add_who_has_reached_the_high_watermark() -> None:
    asked = [outcome.says for outcome in ask.outcomes(VersionedIsr(ALONE), 0, BOTH, (2, 1, 1), frozenset())]

    assert asked == ["the leader asks to add broker 2", "the leader asks to add broker 3"]


def test_an_update_settles_what_was_pending() -> None:
    (outcome,) = learn.outcomes(VersionedIsr(ALL), 1, BOTH, ALONE)

    assert outcome.changes == {"leader": VersionedIsr(ALONE, 1), "pending": frozenset()}
