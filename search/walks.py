"""Random walks, for bounds that are out of reach of an exhaustive search. They prove nothing, and find much."""

from collections.abc import Callable

import attrs

from ackproof.model.system import System
from ackproof.properties.property import Property
from ackproof.search.engines import How
from ackproof.search.exploration import Budget, TooWideError
from ackproof.search.explorer import without_collections
from ackproof.search.interrupts import Interrupts
from ackproof.search.native import readiness
from ackproof.search.questions import Questions
from ackproof.search.shortening import shortened
from ackproof.search.walkers import Course, Ended, PlainWalkers, Walkers, course_of
from ackproof.traces.trace import Trace

LONGEST_ROUND = 64
"""At most so many steps of each walker are taken before anybody looks at what was found."""
WORTH_LOADING = 100_000
"""After so many steps, if as many are to come, the compiled loop pays for the time that it takes to load."""
AS_IS_BEST = How()


@attrs.frozen
class Walked:
    """
    What random walks found. What did not happen in them may happen all the same.

    Attributes:
        violation: An execution to a state that breaks a property: a walk without detours, not always a shortest one.
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
        self.interrupts = Interrupts()
        self.started = budget.clock()

    def run(self, on_round: OnRound | None) -> Ended:
        """Walk until there is a reason to end."""
        with without_collections(), self.interrupts.noted():
            try:
                return self.run_rounds(on_round)
            except KeyboardInterrupt:
                return "interrupted"

    def run_rounds(self, on_round: OnRound | None) -> Ended:
        """Have all walkers take so many steps, then more: a violation at a small depth is found soon."""
        most, upto, stride = self.course.share(0), 0, 1
        while not (reason := self.advance(upto)) and upto < most:
            if on_round:
                on_round(self.pace())
            upto, stride = min(most, upto + stride), min(LONGEST_ROUND, 2 * stride)
        return reason or "out of steps"

    def advance(self, upto: int) -> Ended | None:
        """Have each walker take so many of its steps; a reason to end if there is one."""
        self.walkers = self.best()
        reason = self.walkers.advance(upto, self.is_spent)
        if self.walkers.stays_plain:
            self.walkers = self.walkers.in_plain()
            reason = self.walkers.advance(upto, self.is_spent)
        return "violated" if self.walkers.broken else reason

    def best(self) -> Walkers:
        """The walkers to go on with."""
        walkers, engine = self.walkers, self.how.engine
        if not isinstance(walkers, PlainWalkers) or walkers.stays_plain or engine == "plain":
            return walkers
        taken = self.steps
        if engine == "best" and (taken < WORTH_LOADING or self.course.steps - taken < WORTH_LOADING):
            return walkers
        if engine == "best" and not readiness.is_ready():
            readiness.compile_in_background()
            return walkers
        return compiled(walkers)

    @property
    def steps(self) -> int:
        """How many were taken."""
        return sum(self.walkers.fired)

    def pace(self) -> Pace:
        """How far they are."""
        return Pace(self.steps, self.walkers.walks, self.budget.clock() - self.started)

    def is_spent(self) -> Ended | None:
        """Whether the budget is used up."""
        if self.interrupts.is_wanted:
            return "interrupted"
        seconds = self.budget.seconds
        return "out of time" if seconds is not None and self.budget.clock() - self.started > seconds else None

    def result(self, ended: Ended) -> Walked:
        """What was found."""
        calls, violation = self.questions.calls, self.violation()
        fired: dict[str, int] = {}
        for act, count in zip(self.system.actions, self.walkers.fired, strict=True):
            fired[act.name] = fired.get(act.name, 0) + count
        wanted = enumerate(self.looks_for, start=len(self.holds))
        return Walked(
            ended="violated" if violation else ended,
            violation=violation,
            broken=self.broken_by(violation) if violation else None,
            steps=self.steps,
            walks=self.walkers.walks,
            fired=fired,
            seen={statement.name: bool(self.walkers.satisfied >> place & 1) for place, statement in wanted},
            python_calls=calls,
            seed=self.course.seed,
        )

    def violation(self) -> Trace | None:
        """The execution of the shortest walk that is broken, made shorter."""
        if not self.walkers.broken:
            return None
        length, number = min(self.walkers.broken)
        return shortened(self.system, self.holds, self.course, number, length)

    def broken_by(self, violation: Trace) -> str:
        """The name of the first property that the end of *violation* breaks."""
        values = {**self.system.rules, **violation.last}
        return next(statement.name for statement in self.holds if not statement(values))


def compiled(plain: PlainWalkers) -> Walkers:
    """The compiled walkers, where the *plain* ones are; the same again if their states are too wide."""
    from ackproof.search.native.walkers import NativeWalkers  # noqa: PLC0415  # numba takes a third of a second to load

    try:
        return NativeWalkers(plain)
    except TooWideError:
        plain.stays_plain = True
        return plain
