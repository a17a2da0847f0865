"""Random walks, as the plain loop takes them: what they find is an execution, and the same one for the same seed."""

from collections.abc import Iterator

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.system import Next, System, action
from ackproof.properties.consume import no_record_is_processed_twice
from ackproof.properties.produce import no_record_is_stored_twice
from ackproof.properties.property import Property, always
from ackproof.properties.published import weak_isr
from ackproof.search.engines import How
from ackproof.search.exploration import Budget
from ackproof.search.explorer import explore
from ackproof.search.plain import Plain
from ackproof.search.questions import Questions
from ackproof.search.walkers import Course, course_of, in_order
from ackproof.search.walks import Pace, Walked, walk
from ackproof.traces.trace import replay
from tests.search.to_nine import COUNTER, count, stays_below_seven
from tests.strategies import consume_halves, produce_halves

PLAIN = How("plain")
TRUNCATING = VARIANTS["truncate-to-high-watermark"]


@action
def turn(number: int) -> Iterator[Next]:
    """To any of three numbers, the one that it is among them."""
    for other in range(3):
        yield Next("turn", number=other)


@always(source="none")
def is_four(number: int) -> bool:
    """The number is four."""
    return number == 4


@always(source="none")
def is_ten(number: int) -> bool:
    """The number is ten."""
    return number == 10


def is_legal(system: System, found: Walked, *holds: Property) -> bool:
    """Whether the violation is an execution of *system* whose last state, and no other, breaks what holds."""
    assert found.violation is not None
    again = replay(attrs.evolve(system, interchangeable=()), found.violation)
    every = [{**system.rules, **system.named(state)} for state in again.states]
    is_fine = [all(statement(values) for statement in holds) for values in every]
    return not is_fine[-1] and all(is_fine[:-1]) and again.states == found.violation.states


def test_a_walk_finds_what_is_broken_and_leaves_out_its_detours() -> None:
    found = walk(COUNTER, stays_below_seven, steps=1000, seed=1, how=PLAIN)

    assert (found.ended, found.broken) == ("violated", "stays_below_seven")
    assert found.violation is not None
    assert sorted(step.says for step in found.violation.steps) == ["one more", "three more", "three more"]


def test_a_first_state_may_break_the_property() -> None:
    found = walk(System({"number": 8}, (count,)), stays_below_seven, steps=10, seed=1)

    assert found.violation is not None
    assert (len(found.violation), found.steps) == (0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_a_violation_out_of_reach_of_a_few_states_is_an_execution(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr("ackproof.search.shortening.FEW_STATES", 0)
    system = published(TRUNCATING, replicas=2, log_size=2, records=2, max_leader_epoch=2)

    found = walk(system, *weak_isr(2), steps=20_000, seed=seed, how=PLAIN)

    assert is_legal(system, found, *weak_isr(2))
    assert found.violation is not None
    assert 8 <= len(found.violation) <= 12


@pytest.mark.parametrize("seed", range(3))
def test_a_walk_that_goes_in_circles_is_told_without_them(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr("ackproof.search.shortening.FEW_STATES", 0)
    system = System({"number": 0}, (turn, count))

    found = walk(system, stays_below_seven, steps=20_000, seed=seed, how=PLAIN)

    assert is_legal(system, found, stays_below_seven)
    assert found.violation is not None
    # All walks end with the round in which one of them finds something.
    assert len(found.violation) < found.steps < 15_000
    assert len(set(found.violation.states)) == len(found.violation.states)


def test_a_walk_of_few_states_is_made_a_shortest_one() -> None:
    system = published(TRUNCATING, replicas=2, log_size=2, records=2, max_leader_epoch=2)

    found = walk(system, *weak_isr(2), steps=20_000, seed=0, how=PLAIN)

    assert found.violation is not None
    assert len(found.violation) == 8


@given(produce_halves(), st.integers())
@settings(max_examples=60)
def test_walks_never_contradict_the_search_of_producers(system: System, seed: int) -> None:
    agree(system, no_record_is_stored_twice, seed)


@given(consume_halves(), st.integers())
@settings(max_examples=60)
def test_walks_never_contradict_the_search_of_consumers(system: System, seed: int) -> None:
    agree(system, no_record_is_processed_twice, seed)


def agree(system: System, statement: Property, seed: int) -> None:
    """What walks find is there, and is no shorter than the shortest."""
    found = walk(system, statement, steps=2000, seed=seed, longest=40, how=PLAIN)
    known = explore(system, statement, how=PLAIN)

    if found.violation is None:
        assert found.ended == "out of steps"
    else:
        assert known.violation is not None
        assert len(found.violation) >= len(known.violation)
        assert is_legal(system, found, statement)


def test_the_same_seed_takes_the_same_walks_and_another_one_others() -> None:
    first, again, other = (walk(COUNTER, steps=1000, seed=seed, how=PLAIN) for seed in (1, 1, 2))

    assert first == again
    assert first.fired != other.fired


def test_what_the_values_are_does_not_matter() -> None:
    @action
    def spell(number: str) -> Iterator[Next]:
        if len(number) < 9:
            yield Next("one more", number=number + "i")

    @action
    def spell_more(number: str) -> Iterator[Next]:
        if len(number) < 7:
            yield Next("three more", number=number + "iii")

    spelt = walk(System({"number": ""}, (spell, spell_more)), steps=1000, seed=3)

    assert list(spelt.fired.values()) == list(walk(COUNTER, steps=1000, seed=3).fired.values())


def test_every_outcome_is_as_likely_as_any_other() -> None:
    found = walk(System({"number": 0}, (turn, count)), steps=40_000, seed=1, how=PLAIN)

    assert found.fired["turn"] + found.fired["count"] == found.steps == 40_000
    # Of four outcomes three are turns, but from nine on nothing counts.
    assert 29_500 < found.fired["turn"] < 30_500


def test_a_walk_starts_over_where_nothing_can_happen() -> None:
    found = walk(COUNTER, looks_for=(is_four, is_ten), steps=5000, seed=1, how=PLAIN)

    assert found.steps == 5000
    assert 5000 / 9 < found.walks < 5000 / 3
    assert found.seen == {"is_four": True, "is_ten": False}


def test_no_walk_is_longer_than_is_allowed() -> None:
    short = walk(COUNTER, stays_below_seven, steps=5000, seed=1, longest=2, how=PLAIN)
    shallow = walk(COUNTER, stays_below_seven, steps=5000, seed=1, budget=Budget(depth=2), how=PLAIN)

    assert (short.ended, short.steps, short.walks) == ("out of steps", 5000, 2500)
    assert shallow == short


def test_nothing_at_all_can_happen() -> None:
    found = walk(System({"number": 9}, (count,)), steps=1000, seed=1)

    assert (found.ended, found.steps) == ("out of steps", 0)


@pytest.mark.parametrize(("steps", "longest"), [(-1, 5), (5, -1)])
def test_there_are_no_walks_of_a_negative_length(steps: int, longest: int) -> None:
    with pytest.raises(ValueError, match="there are no walks"):
        walk(COUNTER, steps=steps, longest=longest, seed=1)


def test_spent_time_ends_them() -> None:
    ticks = iter(range(10**6))
    budget = Budget(seconds=50, clock=lambda: next(ticks))

    found = walk(COUNTER, steps=10**9, seed=1, budget=budget, how=PLAIN)

    assert found.ended == "out of time"
    assert found.violation is None


def test_an_interrupt_ends_them_with_what_was_found() -> None:
    paces: list[Pace] = []

    def interrupt(pace: Pace) -> None:
        paces.append(pace)
        if pace.steps > 100:
            raise KeyboardInterrupt

    found = walk(COUNTER, steps=10**6, seed=1, on_round=interrupt, how=PLAIN)

    assert found.ended == "interrupted"
    assert (found.steps, found.walks) == (paces[-1].steps, paces[-1].walks)


def test_an_action_is_asked_once_for_what_it_reads() -> None:
    found = walk(COUNTER, steps=1000, seed=1, how=PLAIN)

    assert found.python_calls == 20


def test_each_walker_has_the_steps_for_a_walk() -> None:
    assert course_of(1000, 0, 200).walkers == 5
    assert course_of(3, 0, 200).walkers == 1
    assert sum(Course(1000, 0, 200, 7).share(walker) for walker in range(7)) == 1000


def test_what_changes_nothing_is_numbered_last() -> None:
    table = Plain(Questions(COUNTER)).tables[0]

    assert in_order(table, [0, 5, 3]) == (5, 3, 0)


@pytest.mark.parametrize("total", [1, 2, 3, 1000])
def test_a_draw_is_one_of_all(total: int) -> None:
    course = course_of(1000, -5, 10)

    drawn = {course.draw(walk, step, total) for walk in range(200) for step in range(100)}

    assert drawn == set(range(total))
