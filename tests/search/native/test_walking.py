"""Compiled walkers take the walks of the plain ones, whatever the system."""

from collections.abc import Iterator, Mapping

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.action import Action
from ackproof.model.faults import FAULTS, Faults
from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.system import Next, System, action
from ackproof.properties.consume import no_record_is_processed_twice
from ackproof.properties.produce import a_record_is_acknowledged, no_record_is_stored_twice
from ackproof.properties.property import Property, always
from ackproof.properties.published import strong_isr, weak_isr
from ackproof.search.engines import How
from ackproof.search.native.compiling import compiled
from ackproof.search.native.lookup import Numbers
from ackproof.search.native.walkers import NativeWalkers
from ackproof.search.native.walking import drawn
from ackproof.search.questions import Questions
from ackproof.search.walkers import Course, PlainWalkers, Walkers, course_of
from ackproof.search.walks import Walked, walk
from ackproof.search.walks import compiled as compiled_of
from tests.strategies import consume_halves, produce_halves

Table = Mapping[tuple[int, int], tuple[tuple[int, int], ...]]


def is_odd(value: int) -> int:
    """What is left of a value."""
    return value % 2


def is_not_two(value: int) -> bool:
    """Rules out one value."""
    return value != 2


@action
def move(one: int, other: int, table: Table) -> Iterator[Next]:
    """Both become what the table says."""
    for after, after_other in table.get((one, other), ()):
        yield Next("both move", one=after, other=after_other)


@action(sees={"other": is_odd}, when={"one": is_not_two})
def move_one(one: int, other: int, table: Table) -> Iterator[Next]:
    """One becomes what the table says."""
    for after, _ in table.get((one, other), ()):
        yield Next("one moves", one=after)


@always(source="none", when={"other": is_not_two})
def they_differ(one: int, other: int) -> bool:
    """They are not both one."""
    return (one, other) != (1, 1)


@always(source="none", sees={"one": is_odd})
def is_even(one: int) -> bool:
    """It is even."""
    return one == 0


VALUES = st.integers(0, 3)
TABLES = st.dictionaries(st.tuples(VALUES, VALUES), st.lists(st.tuples(VALUES, VALUES), max_size=4).map(tuple))
NAMES = ("a", "b", "c")


@st.composite
def actions(draw: st.DrawFn, number: int) -> Action:
    """Any action, an urgent one or a fault among them, on any two components."""
    one, other = draw(st.permutations(NAMES))[:2]
    kind = draw(st.sampled_from([move, move_one]))
    return attrs.evolve(
        kind.on(one=one, other=other, table=f"table_{number}"),
        name=f"{kind.name} {number}",
        is_urgent=draw(st.integers(0, 4)) == 0,
        fault=draw(st.sampled_from([None, None, "late", "lost"])),
    )


@st.composite
def systems(draw: st.DrawFn, padding: int = 0) -> System:
    """Any small system; with *padding* its states are wide."""
    tables = draw(st.lists(TABLES, min_size=1, max_size=6))
    return System(
        {**dict.fromkeys(NAMES, 0), FAULTS: Faults(3, (("lost", 1),)), **padded(padding)},
        tuple(draw(actions(number)) for number in range(len(tables))),
        {f"table_{number}": table for number, table in enumerate(tables)},
    )


def padded(many: int) -> dict[str, int]:
    """So many components of one bit each, which nothing changes."""
    return {f"padding_{number}": 0 for number in range(many)}


def both(system: System, *holds: Property, steps: int, seed: int, longest: int = 30) -> Walked:
    """What both loops find: the same."""
    looks_for = (a_record_is_acknowledged,) if "acknowledged" in system.initial else ()
    plain, native = (
        walk(system, *holds, looks_for=looks_for, steps=steps, seed=seed, longest=longest, how=How(engine))
        for engine in ("plain", "compiled")
    )
    assert native == plain
    return plain


@given(systems(), st.integers())
@settings(max_examples=40)
def test_they_agree_on_any_system(system: System, seed: int) -> None:
    both(system, they_differ.on(one="a", other="b"), steps=3000, seed=seed)


@given(systems(), st.integers())
@settings(max_examples=30)
def test_they_agree_on_what_is_seen_where_nothing_is_to_hold(system: System, seed: int) -> None:
    plain, native = (
        walk(system, looks_for=(is_even.on(one="a"),), steps=1000, seed=seed, how=How(engine))
        for engine in ("plain", "compiled")
    )

    assert native == plain


@given(systems(padding=70), st.integers())
@settings(max_examples=30)
def test_they_agree_on_states_of_two_words(system: System, seed: int) -> None:
    both(system, they_differ.on(one="a", other="b"), steps=1000, seed=seed)


@given(produce_halves(), st.integers())
@settings(max_examples=25)
def test_they_agree_on_producers(system: System, seed: int) -> None:
    both(system, no_record_is_stored_twice, steps=3000, seed=seed)


@given(consume_halves(), st.integers())
@settings(max_examples=25)
def test_they_agree_on_consumers(system: System, seed: int) -> None:
    both(system, no_record_is_processed_twice, steps=3000, seed=seed)


@pytest.mark.parametrize("variant", VARIANTS)
def test_they_agree_on_published_replication(variant: str) -> None:
    system = published(VARIANTS[variant], replicas=3, log_size=2, records=2, max_leader_epoch=2)

    both(system, *weak_isr(3), *strong_isr(3), steps=8000, seed=7, longest=100)


@action
def grow(number: int) -> Iterator[Next]:
    """One more."""
    if number < 100:
        yield Next("one more", number=number + 1)


@always(source="none")
def stays_below_ninety(number: int) -> bool:
    """The number stays below ninety."""
    return number < 90


@pytest.mark.parametrize("padding", [130, 122, 58])
def test_states_may_be_or_become_too_wide(padding: int) -> None:
    found = both(System({"number": 0, **padded(padding)}, (grow,)), stays_below_ninety, steps=2000, seed=1, longest=200)

    assert found.violation is not None
    assert (len(found.violation), found.python_calls) == (90, 90 + 91)


def test_walkers_may_change_the_loop_on_their_way() -> None:
    system = published(VARIANTS["kip-320"], replicas=2, log_size=2, records=2, max_leader_epoch=2)
    apart, course = attrs.evolve(system, interchangeable=()), course_of(5000, 3, 40)
    plain, other = (PlainWalkers(Questions(apart, weak_isr(2)), course, 3) for _ in range(2))

    plain.advance(40, lambda: None)
    other.advance(11, lambda: None)
    native = NativeWalkers(other)
    native.advance(23, lambda: None)
    back = native.in_plain()
    back.advance(40, lambda: None)

    assert where(back) == where(plain)
    assert back.fired == plain.fired
    assert back.questions.calls == plain.questions.calls


@pytest.mark.parametrize("is_ready", [True, False])
def test_the_best_loop_is_the_compiled_one_once_it_is_ready(monkeypatch: pytest.MonkeyPatch, *, is_ready: bool) -> None:
    system = published(VARIANTS["kip-320"], replicas=2, log_size=2, records=2, max_leader_epoch=2)
    wanted: list[str] = []

    def note_compiled(plain: PlainWalkers) -> Walkers:
        wanted.append("compiled")
        return compiled_of(plain)

    monkeypatch.setattr("ackproof.search.walks.WORTH_LOADING", 500)
    monkeypatch.setattr("ackproof.search.walks.compiled", note_compiled)
    monkeypatch.setattr("ackproof.search.native.readiness.is_ready", lambda: is_ready)
    monkeypatch.setattr("ackproof.search.native.readiness.compile_in_background", lambda: wanted.append("compiling"))

    found = walk(system, *weak_isr(2), steps=5000, seed=1)

    assert found == walk(system, *weak_isr(2), steps=5000, seed=1, how=How("plain"))
    assert set(wanted) == {"compiled" if is_ready else "compiling"}


def where(plain: PlainWalkers) -> list[tuple[object, ...]]:
    """Where each walker is: on which walk, how far, in which state."""
    return [
        (walker.walk, walker.length, walker.taken, plain.questions.state(plain.row(walker.state)))
        for walker in plain.walkers
    ]


@compiled
def draw_all(start: np.uint64, walks: int, steps: int, total: int, draws: Numbers) -> None:
    """What is drawn at each step of each walk."""
    for number in range(walks):
        for step in range(steps):
            draws[number * steps + step] = drawn(start, number, step, total)


@pytest.mark.parametrize("seed", [0, 1, -1, 1 << 70, 0xFFFFFFFFFFFFFFFF])
def test_they_draw_the_same(seed: int) -> None:
    course, draws = Course(100, seed, 10, 1), np.zeros(200, np.int64)

    draw_all(np.uint64(course.start), 20, 10, 1000, draws)

    assert draws.tolist() == [course.draw(walk, step, 1000) for walk in range(20) for step in range(10)]
