"""Random walks, for bounds that are out of reach of an exhaustive search. They prove nothing, and find much."""

from collections.abc import Callable

import attrs

from ackproof.model.system import State, System
from ackproof.properties.property import Property
from ackproof.search.engines import How
from ackproof.search.exploration import Budget
from ackproof.search.explorer import explore
from ackproof.search.native import readiness
from ackproof.search.questions import Questions
from ackproof.search.walkers import Course, Ended, PlainWalkers, Walker, Walkers, course_of
from ackproof.traces.trace import Trace, trace_of

LONGEST_ROUND = 256
"""At most so many steps of each walker are taken before anybody looks at what was found."""
WORTH_LOADING = 200_000
"""For so many steps the compiled loop pays for the time that it takes to load."""
FEW_STATES = 20_000
"""So many states are searched for an execution that is shorter than the walk."""
AS_IS_BEST = How()


@attrs.frozen
class Walked:
    """
    What random walks found. What did not happen in them may happen all the same.

    Attributes:
        violation: An execution to a state that breaks a property: a walk without its detours, not always a shortest one.
        broken: The name of that property.
        steps: How many were taken; those that changed nothing count.
        walks: How many were begun.
        fired: How many steps each action gave.
        seen: For each condition that was looked for, whether a state satisfied it.
        python_calls: How often an action or a statement was asked.
    """

    ended: Ended
    violation: Trace | None
    broken: str | None
    steps: int
    walks: int
    fired: dict[str, int]
    seen: dict[str, bool]
    python_calls: int
    seed: int


@attrs.frozen
class Pace:
    """How far random walks are; seconds since they began."""

    steps: int
    walks: int
    seconds: float


OnRound = Callable[[Pace], None]


def walk(
    system: System,
    *holds: Property,
    looks_for: tuple[Property, ...] = (),
    steps: int,
    seed: int,
    longest: int = 200,
    budget: Budget | None = None,
    on_round: OnRound | None = None,
    how: How = AS_IS_BEST,
) -> Walked:
    """
    Walk through *system* at random until a state breaks what *holds*, or *steps* are taken, or the *budget* is spent.

    Args:
        looks_for: Conditions that some state is to satisfy.
        steps: Of all walks together.
        longest: A walk has at most so many steps.
        budget: Seconds, and a depth that no walk exceeds. States are not counted: none are kept.
        on_round: Is told now and then.
        how: By which loop; what is found is the same. There is one worker.

    Raises:
        ValueError: *steps* or *longest* is negative.
    """
    if min(steps, longest) < 0:
        raise ValueError(f"there are no walks of {longest} steps, {steps} in all")
    limits = budget or Budget()
    course = course_of(steps, seed, longest if limits.depth is None else min(longest, limits.depth))
    walks = Walks(system, holds, looks_for, course, limits, how)
    return walks.result(walks.run(on_round))


class Walks:
    """Random walks on their way. Interchangeable names are told apart: an execution is told of those that act."""

    def __init__(
        self,
        system: System,
        holds: tuple[Property, ...],
        looks_for: tuple[Property, ...],
        course: Course,
        budget: Budget,
        how: How,
    ) -> None:
        self.system = attrs.evolve(system, interchangeable=())
        self.holds, self.looks_for = holds, looks_for
        self.questions = Questions(self.system, (*holds, *looks_for))
        self.course = course
        self.budget = budget
        self.how = how
        self.walkers: Walkers = PlainWalkers(self.questions, course, (1 << len(holds)) - 1)
        self.is_too_wide = False
        self.started = budget.clock()

    def run(self, on_round: OnRound | None) -> Ended:
        """Walk until there is a reason to end."""
        upto = stride = 0
        reason: Ended | None = None
        try:
            while not reason and not self.broken:
                self.walkers = self.best()
                reason = self.advance(upto)
                if on_round:
                    on_round(self.pace())
                stride = min(LONGEST_ROUND, max(1, 2 * stride))
                ...
        except KeyboardInterrupt:
            reason = "interrupted"
        return "violated" if self.broken else reason
