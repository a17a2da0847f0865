"""Which loop searches: plain Python first, the compiled one past a threshold, if its kernels are ready."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, Protocol

import attrs

from ackproof.search.exploration import Budget, Ended, Rows, Saved, TooWideError
from ackproof.search.native import readiness
from ackproof.search.plain import PartialOrder, Plain
from ackproof.search.questions import Questions

WORTH_COMPILING = 4_000
"""From so many states on a search may become a long one: have the kernels compiled, should they not be."""
WORTH_LOADING = 25_000
"""From so many states on the compiled loop pays for the time that it takes to load."""


@attrs.frozen
class How:
    """
    How to search. It changes nothing about what is found.

    Attributes:
        engine: "compiled" and "plain" insist on one loop from the first state on.
        workers: Of the compiled loop.
    """

    engine: Literal["best", "plain", "compiled"] = "best"
    workers: int = 1


class Engine(Protocol):
    """A search as far as it has come, by one of the loops."""

    @property
    def questions(self) -> Questions:
        """The system in numbers."""
        ...

    @property
    def states(self) -> int:
        """How many states are known."""
        ...

    @property
    def sizes(self) -> list[int]:
        """How many states each level has; the last level is not expanded yet."""
        ...

    @property
    def passing(self) -> int:
        """How many states urgent actions leave at once."""
        ...

    @property
    def fired(self) -> list[int]:
        """How many transitions each action gave."""
        ...

    def pack(self, row: Iterable[int], /) -> int:
        """A state of these numbers."""
        ...

    def judge(self, holds: int, /) -> tuple[list[int], int]:
        """Who of the last level breaks one of the statements *holds*, and what some state of it satisfies, as bits."""
        ...

    def expand(self, is_spent: Callable[[], Ended | None], /) -> Ended | None:
        """Expand the last level into a new one; a reason to end if there is one, and then the level stays the last."""
        ...

    def rows(self) -> Iterator[Rows]:
        """Every level, a row of numbers for each state."""
        ...

    def leading_to(self, depth: int, targets: set[int], /) -> set[int]:
        """The states at *depth* from which a step leads to one of the *targets*."""
        ...


def first_of(questions: Questions) -> Saved:
    """A search that has not begun."""
    return Saved(0, (0,) * len(questions.actions), 0, (1,), lambda: iter([[questions.first]]))


def first(questions: Questions, how: How, budget: Budget, *, is_partial: bool = False) -> Engine:
    """The loop to begin with; under partial order it is always the plain one."""
    if is_partial:
        return PartialOrder(questions)
    plain = Plain(questions)
    return compiled(plain, how, budget) if how.engine == "compiled" else plain


def best(engine: Engine, how: How, budget: Budget) -> Engine:
    """The loop to go on with."""
    if how.engine != "best" or not isinstance(engine, Plain) or engine.stays_plain:
        return engine
    if engine.states >= WORTH_COMPILING and not readiness.is_ready():
        readiness.compile_in_background()
    elif engine.states >= WORTH_LOADING:
        return compiled(engine, how, budget)
    return engine


def restored(questions: Questions, saved: Saved, how: How, budget: Budget) -> Engine:
    """The loop to go on with where a search had come to."""
    has_names = bool(questions.system.interchangeable) and "symmetry" in questions.system.reductions
    is_long = sum(saved.sizes) >= WORTH_LOADING and readiness.is_ready()
    is_wanted = not has_names and (how.engine == "compiled" or (how.engine == "best" and is_long))
    if is_wanted and (found := native(questions, saved, how, budget)):
        return found
    return plainly(questions, saved)


def plainly(questions: Questions, saved: Saved, *, is_too_wide: bool = False) -> Plain:
    """The plain loop, where a search had come to."""
    plain = Plain(questions)
    plain.stays_plain |= is_too_wide
    plain.levels = [[plain.pack(map(int, row)) for row in rows] for rows in saved.levels()]
    plain.visited = {state for level in plain.levels for state in level}
    plain.passing = saved.passing
    for table, fired in zip(plain.tables, saved.fired, strict=True):
        table.fired = fired
    return plain


def compiled(plain: Plain, how: How, budget: Budget) -> Engine:
    """The compiled loop, where *plain* is; the same again if its states are too wide."""
    if plain.stays_plain:
        return plain
    found = native(plain.questions, so_far(plain), how, budget)
    plain.stays_plain = found is None
    return found or plain


def so_far(engine: Engine) -> Saved:
    """Where a search has come to."""
    return Saved(engine.passing, tuple(engine.fired), 0, tuple(engine.sizes), engine.rows)


def native(questions: Questions, saved: Saved, how: How, budget: Budget) -> Engine | None:
    """The compiled loop, where a search had come to; None if its states are too wide."""
    if not questions.names:
        return None
    from ackproof.search.native.search import Native  # noqa: PLC0415  # numba takes a third of a second to load

    try:
        return Native(questions, saved, how.workers, budget.megabytes)
    except TooWideError:
        return None
