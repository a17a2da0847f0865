"""
Paths: every run of a function on unknown numbers.

The model's own function is called again and again; where it branches on something unknown, each run takes another
branch, until all that are possible have been taken. So a proof is about the function that the search runs, not a copy.
"""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import attrs

from ackproof.proofs.logic import ALWAYS, CHANCE, JUDGE, Truth, all_of, any_of, is_possible, truth

T = TypeVar("T")


@attrs.frozen
class Path(Generic[T]):
    """One run: what is true of the numbers where it is taken, and its result."""

    condition: Truth
    result: T


@attrs.define
class Run:
    """A run that takes the branches in *taken* first, and from there on each branch that is possible."""

    given: Truth
    taken: list[bool]
    conditions: list[Truth] = attrs.field(factory=list[Truth])
    untried: list[list[bool]] = attrs.field(factory=list[list[bool]])
    chances: int = 0

    def decide(self, truth: Truth) -> bool:
        """Which branch this run takes; the other one is remembered if it is possible too."""
        place = len(self.conditions)
        if place == len(self.taken):
            self.taken.append(self._first(truth))
        chosen = self.taken[place]
        self.conditions.append(truth if chosen else ~truth)
        return chosen

    def chance(self) -> Truth:
        """Something that may be true or not; a run that takes the same branches asks in the same order."""
        self.chances += 1
        return truth(f"{CHANCE}{self.chances}")

    def _first(self, truth: Truth) -> bool:
        so_far = [self.given, *self.conditions]
        if not is_possible([*so_far, truth]):
            return False
        if is_possible([*so_far, ~truth]):
            self.untried.append([*self.taken, False])
        return True


def paths(function: Callable[[], T], given: Truth) -> Iterator[Path[T]]:
    """Every path through *function*, called where *given* is true."""
    waiting: list[list[bool]] = [[]]
    while waiting:
        run = Run(given, waiting.pop())
        token = JUDGE.set(run)
        try:
            result = function()
        finally:
            JUDGE.reset(token)
        waiting += run.untried
        yield Path(all_of(run.conditions), result)


def holds_on_every_path(function: Callable[[], T], given: Truth, holds: Callable[[T], Truth]) -> Truth:
    """Whether *holds* is true of the result of *function*, whichever path is taken where *given* is true."""
    return all_of((given & path.condition).implies(holds(path.result)) for path in paths(function, given))


def taken(function: Callable[[], T], holds: Callable[[T], Truth]) -> Truth:
    """Whether *holds* is true of the result of *function* on the path that is taken."""
    return any_of(path.condition & holds(path.result) for path in paths(function, ALWAYS))
