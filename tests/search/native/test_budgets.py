"""A search that ends before its time has covered whole levels, whatever ended it, and when."""

import signal
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count

import attrs
import pytest

from ackproof.model.system import Next, System, action
from ackproof.search import engines, memory
from ackproof.search.engines import How
from ackproof.search.exploration import Budget, Exploration
from ackproof.search.explorer import explore
from ackproof.search.native import layout, readiness, search

Clock = Callable[[], float]
LOOPS = pytest.mark.parametrize(
    "how",
    [How("plain"), How("compiled"), How("compiled", workers=2), How("best"), How("best", workers=2)],
    ids=["plain", "compiled", "two workers", "best", "best with two workers"],
)


@action
def step(number: int) -> Iterator[Next]:
    """To the next number or far away."""
    if number < 600:
        yield Next("the next number", number=number + 1)
        yield Next("far away", number=number * 7 % 600)


@action
def leap(number: int) -> Iterator[Next]:
    """To any of 400 numbers."""
    if number == 0:
        for after in range(1, 400):
            yield Next("a leap", number=after)


STEPS = System({"one": 0, "other": 0}, (step.on(number="one"), step.on(number="other")))
"""Its values get more and more, so that tables are laid out anew all the time."""
LEAPS = System({"one": 0, "other": 0}, (leap.on(number="one"), leap.on(number="other")))
"""Three levels: one state, 798 states, 159,201 states."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loops hand over after 50 states, and look at the clock all the time."""
    monkeypatch.setattr(readiness, "is_ready", lambda: True)
    monkeypatch.setattr(engines, "WORTH_LOADING", 50)
    monkeypatch.setattr(search, "CHUNK", 32)


def counted(found: Exploration) -> Exploration:
    """What was counted, without why it ended and what was asked for nothing."""
    return attrs.evolve(found, ended="exhausted", python_calls=0)


@cache
def counted_to(depth: int) -> Exploration:
    """What a search to that depth counts."""
    return counted(explore(STEPS, budget=Budget(depth=depth), how=How("plain")))


def has_whole_levels(found: Exploration) -> bool:
    """Whether exactly as much was covered as by a search to that depth."""
    return counted(found) == counted_to(found.depth)


def ticking() -> Clock:
    """A clock that is a second further each time that somebody looks at it."""
    ticks = count()
    return lambda: next(ticks)


def interrupting(looks: int) -> Clock:
    """A clock on which somebody presses Ctrl-C twice as it is looked at for the last time."""
    ticks = count(1)

    def clock() -> float:
        if next(ticks) == looks:
            raise KeyboardInterrupt
        return 0.0

    return clock


@LOOPS
def test_out_of_time(how: How) -> None:
    depths: set[int] = set()
    for seconds in range(45):
        found = explore(STEPS, budget=Budget(seconds=seconds, clock=ticking()), how=how)
        depths.add(found.depth)

        assert found.ended == "out of time"
        assert has_whole_levels(found)

    assert len(depths) > 5


@LOOPS
def test_out_of_states(how: How) -> None:
    for states in (0, 1, 2, 50, 51, 400):
        found = explore(STEPS, budget=Budget(states=states), how=how)

        assert found.ended == "out of states"
        assert has_whole_levels(found)


@LOOPS
@pytest.mark.parametrize("depth", [0, 1, 7, 8, 9])
def test_deep_enough(how: How, depth: int) -> None:
    """Also where the loop changes."""
    budget = Budget(depth=depth)

    assert explore(STEPS, budget=budget, how=how) == explore(STEPS, budget=budget, how=How("plain"))


@LOOPS
def test_out_of_memory(how: How, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "CHUNK", 1 << 17)

    found = explore(LEAPS, budget=Budget(megabytes=1), how=how)

    assert found.ended == "out of memory"
    assert (found.distinct_states, found.transitions) == (799, 798)


@pytest.mark.parametrize("workers", [1, 2])
def test_no_memory_for_what_is_known_already(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain Python has found more states than the compiled loop may keep."""
    monkeypatch.setattr(engines, "WORTH_LOADING", 1000)
    monkeypatch.setattr(memory, "PLAIN_BYTES_PER_STATE", 0)

    found = explore(LEAPS, budget=Budget(megabytes=1), how=How("best", workers=workers))

    assert found.ended in {"out of memory", "exhausted"}
    assert (found.distinct_states, found.transitions) == (400**2, 798 + 2 * 399 * 399)


@action
def finish(one: int, other: int, end: int) -> Iterator[Next]:
    """At the end there is more to count."""
    if one == other == 399 and end < 8:
        yield Next("one more", end=end + 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_no_memory_for_two_words_of_what_is_known_already(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last values make states wider."""
    monkeypatch.setattr(layout, "WORD_BITS", 20)
    monkeypatch.setattr(search, "CHUNK", 1 << 17)
    system = System({**LEAPS.initial, "end": 0}, (*LEAPS.actions, finish))

    found = explore(system, budget=Budget(megabytes=2 * workers), how=How("compiled", workers=workers))

    assert found.ended in {"out of memory", "exhausted"}
    assert found.distinct_states == 400**2 + found.depth - 2


@LOOPS
@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_no_memory_for_an_answer(how: How, number: int) -> None:
    """In the middle of a level, and for Python itself."""

    @action
    def need_much(one: int, other: int) -> Iterator[Next]:
        if one == number <= other:
            raise MemoryError
        yield from ()

    found = explore(attrs.evolve(STEPS, actions=(*STEPS.actions, need_much)), how=how)

    assert found.ended == "out of memory"
    assert has_whole_levels(attrs.evolve(found, fired={"step": found.transitions}))


@LOOPS
def test_interrupted_at_once(how: How) -> None:
    """At every moment at which somebody looks at the clock."""
    for looks in range(2, 45):
        found = explore(STEPS, budget=Budget(seconds=1, clock=interrupting(looks)), how=how)

        assert found.ended == "interrupted"
        assert has_whole_levels(found)


@LOOPS
@pytest.mark.parametrize("levels", [1, 7, 12])
def test_interrupted_by_who_is_told_of_a_level(how: How, levels: int) -> None:
    told = count(1)

    def interrupt(_progress: object) -> None:
        if next(told) == levels:
            raise KeyboardInterrupt

    found = explore(STEPS, on_level=interrupt, how=how)

    assert (found.ended, found.depth) == ("interrupted", levels)
    assert has_whole_levels(found)


@LOOPS
@pytest.mark.parametrize("levels", [1, 7, 12])
@pytest.mark.parametrize("times", [1, 2])
def test_interrupted_by_a_signal(how: How, levels: int, times: int) -> None:
    """Ctrl-C once is noted, twice it interrupts; who handled it before does so afterwards."""
    before, told = signal.getsignal(signal.SIGINT), count(1)

    def interrupt(_progress: object) -> None:
        if next(told) == levels:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

    found = explore(STEPS, on_level=interrupt, how=how)

    assert (found.ended, found.depth) == ("interrupted", levels)
    assert has_whole_levels(found)
    assert signal.getsignal(signal.SIGINT) is before
