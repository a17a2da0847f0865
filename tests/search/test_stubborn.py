"""Partial order: fewer states where actions are independent, with every verdict and every condition found."""

from collections.abc import Iterable, Iterator
from random import Random

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.system import Next, System, action
from ackproof.model.two_phase_commit import family, two_phase_commit
from ackproof.properties.claims import INVARIANTS
from ackproof.properties.property import Property, always
from ackproof.properties.published import strong_isr, weak_isr
from ackproof.search.paths import path
from ackproof.search.plain import PartialOrder, Plain
from ackproof.search.questions import Questions
from tests import oracle
from tests.search.counters import (
    count,
    counters,
    flip,
    stays_below_two,
)
from tests.search.random_systems import CLOSE, LOOSE, asked
from tests.strategies import consume_halves, produce_halves


@attrs.frozen
class Found:
    """
    What a search found.

    Attributes:
        ended: "violated" or "exhausted".
        seen: Which statements some state satisfied, as bits.
    """

    engine: Plain
    ended: str
    broken: tuple[int, ...]
    seen: int


def searched(engine: Plain, holds: int) -> Found:
    """Search until one of the first *holds* statements is broken or all states are known."""
    seen = 0
    while engine.levels[-1]:
        broken, satisfied = engine.judge((1 << holds) - 1)
        seen |= satisfied
        if broken:
            return Found(engine, "violated", tuple(broken), seen)
        assert engine.expand(lambda: None) is None
    return Found(engine, "exhausted", (), seen)


def reduced(system: System, *holds: Property, looks_for: Iterable[Property] = ()) -> Found:
    """What is found under partial order."""
    return searched(PartialOrder(Questions(system, (*holds, *looks_for))), len(holds))


def unreduced(system: System, *holds: Property, looks_for: Iterable[Property] = ()) -> Found:
    """What is found without it."""
    return searched(Plain(Questions(system, (*holds, *looks_for))), len(holds))


def test_independent_actions_are_taken_in_one_order() -> None:
    assert unreduced(counters("a", "b", "c")).engine.states == 27
    assert reduced(counters("a", "b", "c")).engine.states == 7


def test_what_a_property_sees_keeps_its_states_apart() -> None:
    found = reduced(counters("a", "b", "c"), looks_for=(stays_below_two.on(number="a"),))

    assert found.engine.states == 7
    assert {found.engine.row(state)[0] for state in found.engine.visited} == {0, 1, 2}


def test_a_cycle_that_changes_nothing_of_interest_holds_up_nobody() -> None:
    system = System({"side": False, "number": 0}, (flip, count))

    assert reduced(system, stays_below_two).ended == "violated"


@action
def stay(side: bool) -> Iterator[Next]:
    """Nothing changes."""
    yield Next("stays", side=side)


@action
def follow_and_flip(side: bool, number: int) -> Iterator[Next]:
    """To two, and to the other side."""
    if number == 0:
        yield Next("follows and flips", side=not side, number=2)


@always(source="none")
def the_first_does_not_lag(first: int, number: int) -> bool:
    """The first one is not behind."""
    return first >= number


def test_a_set_with_a_step_that_a_property_sees_is_not_enough() -> None:
    system = System({"side": False, "first": 0, "number": 0}, (stay, follow_and_flip.on(number="first"), count))

    assert reduced(system, the_first_does_not_lag).ended == "violated"


def test_a_violation_may_be_longer_than_a_shortest_one_and_is_an_execution() -> None:
    found = reduced(counters("a", "b"), stays_below_two.on(number="b"))

    trace = path(found.engine, found.broken, len(found.engine.levels) - 1)

    assert trace.states == ((0, 0), (1, 0), (2, 0), (2, 1), (2, 2))


def test_only_transitions_that_are_taken_count() -> None:
    assert reduced(counters("a", "b")).engine.fired == [2, 2]
    assert unreduced(counters("a", "b")).engine.fired == [6, 6]


def test_an_expansion_that_is_taken_back_counts_for_nothing() -> None:
    engine = PartialOrder(Questions(counters("a", "b")))

    assert engine.expand(lambda: "out of time") == "out of time"
    assert (engine.states, engine.sizes, engine.fired) == (1, [1], [0, 0])


# against the search without the reduction


@given(st.integers(0, 1 << 32), st.sampled_from([CLOSE, LOOSE]))
@settings(max_examples=1000)
def test_it_has_the_verdict_of_the_unreduced_search(seed: int, reach: tuple[int, ...]) -> None:
    what = asked(seed, reach)

    known = oracle.explore(what.system, what.holds)

    assert reduced(what.system, what.holds).ended == ("exhausted" if known.violation is None else "violated")


@given(st.integers(0, 1 << 32), st.sampled_from([CLOSE, LOOSE]))
@settings(max_examples=500)
def test_it_sees_every_condition_that_some_state_satisfies(seed: int, reach: tuple[int, ...]) -> None:
    what = asked(seed, reach)

    found = reduced(what.system, looks_for=what.statements)

    assert found.seen == unreduced(what.system, looks_for=what.statements).seen


@given(st.integers(0, 1 << 32), st.sampled_from([CLOSE, LOOSE]))
@settings(max_examples=300)
def test_a_violation_is_an_execution_that_breaks_the_property(seed: int, reach: tuple[int, ...]) -> None:
    what = asked(seed, reach)
    found = reduced(what.system, what.holds)

    if found.broken:
        assert not what.holds(path(found.engine, found.broken, len(found.engine.levels) - 1).last)


@given(st.integers(0, 1 << 32), st.randoms())
@settings(max_examples=300)
def test_the_order_of_states_within_a_level_makes_no_difference(seed: int, random: Random) -> None:
    what = asked(seed, LOOSE)
    questions = Questions(what.system, what.statements)
    one, other = PartialOrder(questions), PartialOrder(questions)

    while one.levels[-1]:
        random.shuffle(other.levels[-1])
        one.expand(lambda: None)
        other.expand(lambda: None)
        assert set(one.levels[-1]) == set(other.levels[-1])
    assert one.fired == other.fired


@given(produce_halves())
@settings(max_examples=30)
def test_it_has_the_verdict_on_producers(system: System) -> None:
    agree(system, INVARIANTS["produce"].values())


@given(consume_halves())
@settings(max_examples=30)
def test_it_has_the_verdict_on_consumers(system: System) -> None:
    agree(system, INVARIANTS["consume"].values())


def agree(system: System, statements: Iterable[Property]) -> None:
    """Each statement has the same verdict with the reduction and without."""
    for statement in statements:
        assert reduced(system, statement).ended == unreduced(system, statement).ended


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_has_the_verdict_on_published_replication(variant: str) -> None:
    together = published(VARIANTS[variant], replicas=2, log_size=2, records=2, max_leader_epoch=1)

    for system in (together, attrs.evolve(together, reductions=frozenset())):
        for statements in (weak_isr(2), strong_isr(2)):
            assert reduced(system, *statements).ended == unreduced(system, *statements).ended


def test_managers_of_two_phase_commit_get_ready_in_one_order_if_nobody_watches() -> None:
    system = attrs.evolve(two_phase_commit(3), reductions=frozenset())

    assert reduced(system).engine.states == 220
    assert unreduced(system).engine.states == 288
    agree(system, (all_decide_alike.on(states=family("state", range(1, 4))),))


@always(source="Gray and Lamport, TCConsistent")
def all_decide_alike(states: tuple[str, ...]) -> bool:
    """No manager commits what another one aborts."""
    return not {"committed", "aborted"} <= set(states)
