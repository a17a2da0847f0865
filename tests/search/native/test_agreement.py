"""Every loop finds what the oracle finds, on systems that nobody would write."""

from collections import Counter
from collections.abc import Generator, Hashable, Mapping
from contextlib import contextmanager
from types import ModuleType

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.system import REDUCTIONS, State, System, steps
from ackproof.properties.consume import no_record_is_processed_twice
from ackproof.properties.produce import a_record_is_acknowledged, no_record_is_stored_twice
from ackproof.properties.property import Property
from ackproof.properties.published import weak_isr
from ackproof.search import engines
from ackproof.search.engines import How
from ackproof.search.exploration import Exploration
from ackproof.search.explorer import explore
from ackproof.search.native import bundling, guards, keys, layout, readiness, search, workers
from tests import oracle
from tests.strategies import consume_halves, produce_halves
from tests.systems import statements, systems

Statements = tuple[Property, ...]
PLAIN = How("plain")
COMPILED = (How("compiled"), How("compiled", workers=2))

LIMITS: dict[str, tuple[tuple[ModuleType, ...], list[int]]] = {
    "WORTH_LOADING": ((engines,), [1, 2, 5, 20]),
    "WORD_BITS": ((layout, keys), [63, 12, 8, 5, 3]),
    "DENSE_BITS": ((keys,), [12, 3, 0]),
    "BUNDLE_BITS": ((bundling,), [11, 4, 0]),
    "TOGETHER": ((guards,), [10, 3, 0]),
    "FIRST_BITS": ((search, workers), [16, 4]),
    "MOST_MISSED": ((workers,), [1 << 16, 3, 1]),
    "RECENT": ((workers,), [1 << 13, 2, 1]),
    "OUTBOX": ((workers,), [1 << 18, 40]),
    "CHUNK": ((search,), [1 << 17, 16, 3]),
    "WORTH_THREADS": ((search,), [4096, 0]),
}
"""Limits of the compiled loop: the modules that know them, the values that tests give them."""


def found_by(found: Exploration) -> dict[str, object]:
    """What a search found, but for how often it asked."""
    return {
        "violation": None if found.violation is None else found.violation.states,
        "broken": found.broken,
        "states": (found.distinct_states + found.passing_states, found.passing_states),
        "fired": found.fired,
        "transitions": found.transitions,
        "depth": found.depth,
        "seen": found.seen,
    }


def known(system: System, holds: Statements, looks_for: Statements) -> dict[str, object]:
    """What the oracle finds."""
    violation = oracle.explore(system, lambda values: not broken(system, holds, values)).violation
    levels = levels_of(system, None if violation is None else len(violation))
    states = [state for level in levels for state in level]
    expanded = states if violation is None else states[: -len(levels[-1])]
    fired = Counter({act.name: 0 for act in system.actions})
    for state in expanded:
        fired.update(system.actions[place].name for place, _ in successors(system, state))
    return {
        "violation": violation,
        "broken": None if violation is None else broken(system, holds, system.named(violation[-1]))[0],
        "states": (len(states), sum(is_passing(system, state) for state in expanded)),
        "fired": dict(fired),
        "transitions": fired.total(),
        "depth": len(levels) - 1,
        "seen": {
            name: any(is_true(system, looks_for, name, state) for state in states)
            for name in {statement.name for statement in looks_for}
        },
    }


def is_true(system: System, statements: Statements, name: str, state: State) -> bool:
    """Whether one of the statements of that name is true of a state."""
    same = tuple(statement for statement in statements if statement.name == name)
    return len(broken(system, same, system.named(state))) < len(same)


def broken(system: System, holds: Statements, values: Mapping[str, Hashable]) -> list[str]:
    """Which statements are not true."""
    return [statement.name for statement in holds if not statement({**system.rules, **values})]


def levels_of(system: System, most: int | None) -> list[list[State]]:
    """The states at each depth, of at most so many levels."""
    levels = [[system.first_state]]
    met = {system.first_state}
    while len(levels) != most:
        after = dict.fromkeys(step.state for state in levels[-1] for step in steps(system, state))
        new = [state for state in after if state not in met]
        if not new:
            break
        met.update(new)
        levels.append(new)
    return levels


def successors(system: System, state: State) -> set[tuple[int, State]]:
    """Every transition: which action, and what it leads to."""
    place_of = {id(act): place for place, act in enumerate(system.actions)}
    return {(place_of[id(step.action)], step.state) for step in steps(system, state)}


def is_passing(system: System, state: State) -> bool:
    """Whether urgent actions leave the state at once."""
    return any(place in system.urgent for place, _ in successors(system, state))


@contextmanager
def limited(limits: Mapping[str, int]) -> Generator[None, None, None]:
    """Other limits than usual, as if the kernels were compiled already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readiness, "is_ready", lambda: True)
        for name, limit in limits.items():
            for module in LIMITS[name][0]:
                patch.setattr(module, name, limit)
        yield


@st.composite
def asked(draw: st.DrawFn) -> tuple[System, Statements, Statements]:
    """A system, what is to hold in it, what is looked for."""
    system = draw(systems())
    holds = draw(st.lists(statements(system, "so it is", is_true=False), max_size=2))
    looks_for = draw(st.lists(statements(system, "so it may be", is_true=True), max_size=2))
    return system, tuple(holds), tuple(looks_for)


@given(asked())
@settings(max_examples=120)
def test_every_loop_finds_what_the_oracle_finds(asked: tuple[System, Statements, Statements]) -> None:
    system, holds, looks_for = asked

    plain = explore(system, *holds, looks_for=looks_for, how=PLAIN)
    compiled = [explore(system, *holds, looks_for=looks_for, how=how) for how in COMPILED]

    assert found_by(plain) == known(system, holds, looks_for)
    assert compiled == [plain, plain]


def halved(value: Hashable) -> Hashable:
    """What stands for two values."""
    assert isinstance(value, int)
    return value // 2 * 2


@given(systems(), st.sets(st.sampled_from("ab"), min_size=1))
@settings(max_examples=40)
def test_what_stands_for_a_value_is_searched_in_its_place(system: System, symmetric: set[str]) -> None:
    representatives = dict.fromkeys(sorted(symmetric), halved)
    reduced = attrs.evolve(system, symmetric=representatives, interchangeable=(), reductions=REDUCTIONS)

    plain = explore(reduced, how=PLAIN)

    assert found_by(plain) == known(reduced, (), ())
    assert [explore(reduced, how=how) for how in COMPILED] == [plain, plain]


@given(
    asked(),
    st.fixed_dictionaries({name: st.sampled_from(values) for name, (_, values) in LIMITS.items()}),
    st.sampled_from([How("best"), How("best", workers=2), How("compiled"), How("compiled", workers=3)]),
)
@settings(max_examples=150)
def test_no_limit_changes_what_is_found(
    asked: tuple[System, Statements, Statements], limits: Mapping[str, int], how: How
) -> None:
    """Plain Python hands over to one word, that to two words, that to plain Python again, whenever it may be."""
    system, holds, looks_for = asked
    plain = explore(system, *holds, looks_for=looks_for, how=PLAIN)

    with limited(limits):
        found = explore(system, *holds, looks_for=looks_for, how=how)

    assert found == plain


@given(produce_halves())
@settings(max_examples=15)
def test_the_loops_agree_on_producers(system: System) -> None:
    plain = explore(system, no_record_is_stored_twice, looks_for=(a_record_is_acknowledged,), how=PLAIN)

    for how in COMPILED:
        assert explore(system, no_record_is_stored_twice, looks_for=(a_record_is_acknowledged,), how=how) == plain


@given(consume_halves())
@settings(max_examples=15)
def test_the_loops_agree_on_consumers(system: System) -> None:
    plain = explore(system, no_record_is_processed_twice, how=PLAIN)

    for how in COMPILED:
        assert explore(system, no_record_is_processed_twice, how=how) == plain


def replication(variant: str) -> System:
    """Replication of two records by two replicas, told apart."""
    system = published(VARIANTS[variant], replicas=2, log_size=2, records=2, max_leader_epoch=1)
    return attrs.evolve(system, reductions=frozenset())


@pytest.mark.parametrize("variant", sorted(VARIANTS))
@pytest.mark.parametrize("worth_loading", [1, 30, 500])
def test_the_loops_agree_on_replication(variant: str, worth_loading: int) -> None:
    """Also when one hands over to the other halfway."""
    system = replication(variant)
    plain = explore(system, *weak_isr(2), how=PLAIN)

    with limited({"WORTH_LOADING": worth_loading}):
        assert [explore(system, *weak_isr(2), how=How("best", workers=many)) for many in (1, 3)] == [plain, plain]
