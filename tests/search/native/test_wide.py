"""Wide systems: many actions, many bits, many values, many outcomes, and what no longer fits."""

from collections.abc import Callable, Iterator

import attrs
import pytest

from ackproof.model.system import Next, System, action
from ackproof.properties.property import Property, always
from ackproof.search.engines import How, first_of
from ackproof.search.exploration import Budget, Exploration
from ackproof.search.explorer import explore
from ackproof.search.native import layout, workers
from ackproof.search.native.search import Native
from ackproof.search.native.visited import PAIRS, REMAINDERS, WORDS
from ackproof.search.native.warm import lamps
from ackproof.search.questions import Questions

NO_LIMIT = Budget()


def agree(system: System, *holds: Property, budget: Budget = NO_LIMIT) -> Exploration:
    """What every loop finds."""
    plain = explore(system, *holds, budget=budget, how=How("plain"))
    for many in (1, 2):
        assert explore(system, *holds, budget=budget, how=How("compiled", workers=many)) == plain
    return plain


def is_even(number: int) -> bool:
    """A guard."""
    return number % 2 == 0


def is_not_divisible(number: int, by: int) -> bool:
    """A guard that reads a rule."""
    return number % by != 0


@action
def count(number: int, last: int) -> Iterator[Next]:
    """One more."""
    if number < last:
        yield Next("one more", number=number + 1)


@action(when={"number": is_not_divisible})
def add(number: int, by: int) -> Iterator[Next]:
    """The sum, below 500."""
    yield Next(f"{by} more", number=(number + by) % 500)


@always(source="none", when={"number": is_even})
def is_no_multiple(number: int, by: int) -> bool:
    """The number is odd or no multiple."""
    return number == 0 or number % by != 0


@always(source="none")
def they_are_not_both(one: int, other: int, last: int) -> bool:
    """Not both numbers are the last one."""
    return one != last or other != last


@always(source="none")
def sum_is_small(numbers: tuple[int, ...], last: int) -> bool:
    """The sum is below twice the last number."""
    return sum(numbers) < 2 * last


def counters(components: int, counting: int, last: int) -> System:
    """So many numbers, of which some count up to the last one."""
    names = [f"n{number}" for number in range(components)]
    return System(dict.fromkeys(names, 0), tuple(count.on(number=name) for name in names[:counting]), {"last": last})


@pytest.mark.parametrize("actions", [63, 64, 65, 130])
def test_many_actions_and_statements(actions: int) -> None:
    """Their bits take one word or several."""
    rules = {f"by_{by}": by for by in range(3, 3 + actions)}
    acts = tuple(attrs.evolve(add, name=f"add {name}").on(by=name) for name in rules)
    multiples = tuple(attrs.evolve(is_no_multiple, name=name).on(by=name) for name in rules)

    found = agree(System({"number": 0}, acts[1:], rules), budget=Budget(depth=2))
    broken = agree(System({"number": 1}, acts[:1], rules), *multiples[3:])

    assert len(found.fired) == actions - 1
    assert broken.violation is not None
    assert broken.violation.last["number"] == 10
    assert broken.broken == "by_10"


@pytest.mark.parametrize(("bits", "kind"), [(30, REMAINDERS), (39, REMAINDERS), (40, WORDS), (63, WORDS), (100, PAIRS)])
def test_states_of_each_kind(bits: int, kind: int) -> None:
    questions = Questions(lamps(bits))

    found = agree(lamps(bits), budget=Budget(depth=2))

    assert Native(questions, first_of(questions)).workers[0].kind == kind
    assert found.distinct_states == 1 + bits + bits * (bits - 1) // 2


def test_components_get_wider_while_they_are_searched() -> None:
    found = agree(counters(3, 2, last=300), budget=Budget(depth=90))

    assert found.distinct_states == 91 * 92 // 2


def test_a_component_with_hundreds_of_values() -> None:
    assert agree(counters(1, 1, last=700)).distinct_states == 701


def test_a_full_word_becomes_two() -> None:
    found = agree(counters(61, 2, last=20), they_are_not_both.on(one="n0", other="n1"))

    assert found.violation is not None
    assert (found.distinct_states, len(found.violation)) == (21**2, 40)


def test_two_full_words_become_a_plain_search() -> None:
    found = agree(counters(125, 2, last=20), they_are_not_both.on(one="n0", other="n1"))

    assert found.violation is not None
    assert (found.distinct_states, len(found.violation)) == (21**2, 40)


def test_what_is_too_wide_from_the_beginning_is_searched_in_plain_python() -> None:
    assert agree(lamps(127), budget=Budget(depth=1)).distinct_states == 128


@pytest.mark.parametrize("components", [60, 63, 64])
def test_an_action_that_depends_on_more_than_a_word(components: int) -> None:
    @action
    def reset(numbers: tuple[int, ...], last: int) -> Iterator[Next]:
        if numbers[0] == last:
            yield Next("from the beginning", numbers=(0,) * len(numbers))

    system = counters(components, 2, last=5)
    every = tuple(system.initial)

    found = agree(attrs.evolve(system, actions=(*system.actions, reset.on(numbers=every))))

    assert (found.distinct_states, found.fired["reset"]) == (36, 6)


@pytest.mark.parametrize("components", [60, 63, 64])
def test_a_statement_that_depends_on_more_than_a_word(components: int) -> None:
    system = counters(components, 2, last=5)

    found = agree(system, sum_is_small.on(numbers=tuple(system.initial)))

    assert found.violation is not None
    assert len(found.violation) == 10


def shown_by(factor: int) -> Callable[[int], int]:
    """A view that shows as many things as there are values."""
    return lambda number: number * factor % 1009


def test_a_statement_whose_views_show_more_and_more() -> None:
    """A narrow state, but in the end the views do not fit a word."""

    @always(source="none", sees={name: shown_by(2 * place + 1) for place, name in enumerate("pqrstu")})
    def is_below(p: int, q: int, r: int, s: int, t: int, u: int, last: int) -> bool:
        return p < last

    found = agree(counters(1, 1, last=600), is_below.on(**dict.fromkeys("pqrstu", "n0")))

    assert found.violation is not None
    assert len(found.violation) == 600


def leaps(outcomes: int, times: int) -> System:
    """A number that becomes any of many, by each of some actions."""

    @action
    def leap(number: int) -> Iterator[Next]:
        if number == 0:
            for after in range(1, 1 + outcomes):
                yield Next("a leap", number=after)

    return System({"number": 0}, tuple(attrs.evolve(leap, name=f"leap {time}") for time in range(times)))


@pytest.mark.parametrize(
    ("outcomes", "times"),
    [(4096, 1), (4369, 1), (4370, 1), (5000, 1), (1500, 3), (1000, 5), (2047, 2), (500, 20), (100, 70)],
)
def test_many_outcomes(outcomes: int, times: int) -> None:
    found = agree(leaps(outcomes, times))

    assert (found.distinct_states, found.transitions) == (1 + outcomes, outcomes * times)


@action
def choose(number: int) -> Iterator[Next]:
    """Any number."""
    if number == 0:
        for chosen in range(1, 17):
            yield Next("a choice", number=chosen)


@action(writes=("copy",))
def take(number: int, copy: int) -> Iterator[Next]:
    """The copy becomes the number."""
    yield Next("taken over", copy=number)


def test_transitions_count_once_however_often_a_level_starts_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are so narrow and so few questions asked at once that one level outgrows first one word, then two."""
    monkeypatch.setattr(layout, "WORD_BITS", 9)
    monkeypatch.setattr(workers, "MOST_MISSED", 2)
    copies = tuple(take.on(number="a", copy=copy) for copy in "bcd")

    found = agree(System(dict.fromkeys("abcd", 0), (choose.on(number="a"), *copies)))

    assert found.fired == {"choose": 16, "take": 3 * 129}
