"""Breadth-first search through every state of a system: the first violation found is a shortest one."""

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager

import attrs

from ackproof.model.system import System
from ackproof.properties.property import Property
from ackproof.search import engines
from ackproof.search.engines import How
from ackproof.search.exploration import Budget, Checkpoint, Ended, Exploration, Progress, TooWideError
from ackproof.search.interrupts import Interrupts
from ackproof.search.memory import allowed_megabytes
from ackproof.search.paths import path
from ackproof.search.plain import Plain
from ackproof.search.questions import Questions
from ackproof.search.slicing import sliced
from ackproof.traces.trace import Trace

OnLevel = Callable[[Progress], None]


@attrs.frozen
class Plan:
    """
    How a search goes about it. What it finds is true whatever this says.

    Attributes:
        how: By which loop, with how many workers.
        slices: Leave out what no property can tell.
        partial_order: Take independent actions in one order only, if there is no bound to the depth.
        checkpoint: Where to write how far the search has come if it ends before its time, and whether to go on there.
    """

    how: How = attrs.field(factory=How)
    slices: bool = False
    partial_order: bool = False
    checkpoint: Checkpoint | None = None


def explore(
    system: System,
    *holds: Property,
    looks_for: tuple[Property, ...] = (),
    budget: Budget | None = None,
    on_level: OnLevel | None = None,
    how: How | None = None,
    plan: Plan | None = None,
) -> Exploration:
    """
    Explore *system* level by level until a state breaks what *holds*, all states are known or the *budget* is spent.

    Args:
        looks_for: Conditions that some state is to satisfy.
        on_level: Is told after each level.
        how: Stands for a plan with nothing else.

    Raises:
        CheckpointError: There is a checkpoint to go on from, but not of this search.
        OSError: The checkpoint can not be written.
        ValueError: Names are interchangeable, and a statement tells them apart.
    """
    plan = plan or Plan(how or How())
    part = sliced(system, (*holds, *looks_for) if plan.slices else ())
    search = Search(part.system, holds, looks_for, budget or Budget(), plan)
    found = search.explored(on_level)
    if found.violation and search.is_partial:
        found = with_shortest(found, part.system, holds, budget or Budget(), plan)
    if found.violation and part.components:
        found = attrs.evolve(found, violation=part.in_whole(found.violation))
    return attrs.evolve(found, dropped=part.components)


def with_shortest(
    found: Exploration, system: System, holds: tuple[Property, ...], budget: Budget, plan: Plan
) -> Exploration:
    """*found* under partial order, with a shortest violation as far as the budget allows to look for one."""
    assert found.violation is not None
    nearer = attrs.evolve(budget, depth=len(found.violation) - 1)
    again = explore(system, *holds, budget=nearer, plan=Plan(plan.how))
    if again.violation:
        return attrs.evolve(found, violation=again.violation, broken=again.broken)
    return attrs.evolve(found, is_shortest=again.ended in {"deep enough", "exhausted"})


@contextmanager
def without_collections() -> Generator[None, None, None]:
    """Let no garbage be collected: values of a model have no cycles, and a collection walks all of them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Search:
    """A search on its way."""

    def __init__(
        self, system: System, holds: tuple[Property, ...], looks_for: tuple[Property, ...], budget: Budget, plan: Plan
    ) -> None:
        self.holds, self.looks_for = holds, looks_for
        self.questions = Questions(system, (*holds, *looks_for))
        self.plan = plan
        self.is_partial = plan.partial_order and budget.depth is None
        self.engine = engines.first(self.questions, plan.how, budget, is_partial=self.is_partial)
        self.budget = budget
        self.most_megabytes = allowed_megabytes(budget.megabytes)
        self.started = budget.clock()
        self.interrupts = Interrupts()
        self.satisfied = 0
        self.broken: list[int] = []

    def explored(self, on_level: OnLevel | None) -> Exploration:
        """Search, from a checkpoint if it is to go on there, and leave one if it ends before its time."""
        checkpoint = self.plan.checkpoint
        if checkpoint and checkpoint.is_resumed:
            self.resume(checkpoint)
        ended = self.run(on_level)
        if checkpoint:
            self.leave(checkpoint, ended)
        return self.result(ended)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on where the checkpoint is, if there is one."""
        if checkpoint.path.exists():
            from ackproof.search.checkpoint import load  # noqa: PLC0415  # numpy takes a tenth of a second to load

            saved = load(checkpoint.path, self.about(checkpoint), self.questions)
            self.satisfied = saved.satisfied
            self.engine = engines.restored(self.questions, saved, self.plan.how, self.budget)

    def leave(self, checkpoint: Checkpoint, ended: Ended) -> None:
        """Write a checkpoint of a search that could go on; else there is none any more."""
        if ended in {"exhausted", "violated", "deep enough"}:
            checkpoint.path.unlink(missing_ok=True)
            return
        from ackproof.search.checkpoint import save  # noqa: PLC0415  # as above

        save(checkpoint.path, self.about(checkpoint), self.questions, self.engine, self.satisfied)

    def about(self, checkpoint: Checkpoint) -> dict[str, object]:
        """What this search is about."""
        from ackproof.search.checkpoint import about  # noqa: PLC0415  # as above

        names = tuple(statement.name for statement in (*self.holds, *self.looks_for))
        return about(self.questions.system, names, checkpoint.about)

    def run(self, on_level: OnLevel | None) -> Ended:
        """Search until there is a reason to end."""
        try:
            return self.run_levels(on_level)
        except KeyboardInterrupt:
            return "interrupted"

    def run_levels(self, on_level: OnLevel | None) -> Ended:
        """Search level by level."""
        with without_collections(), self.interrupts.noted():
            while self.engine.sizes[-1]:
                try:
                    self.engine = engines.best(self.engine, self.plan.how, self.budget)
                    reason = self.next_level()
                except TooWideError:
                    self.engine = engines.plainly(self.questions, engines.so_far(self.engine), is_too_wide=True)
                    continue
                except MemoryError:
                    return "out of memory"
                if reason:
                    return reason
                if on_level:
                    on_level(self.progress())
        return "exhausted"

    def next_level(self) -> Ended | None:
        """Judge the last level and expand it; a reason to end if there is one."""
        if self.questions.statements:
            self.broken, satisfied = self.engine.judge((1 << len(self.holds)) - 1)
            self.satisfied |= satisfied
            if self.broken:
                return "violated"
        if self.depth == self.budget.depth:
            return "deep enough"
        # Asked for once a level: within one, what is known depends on the loop and its workers.
        if self.budget.states is not None and self.engine.states > self.budget.states:
            return "out of states"
        return self.engine.expand(self.is_spent)

    @property
    def depth(self) -> int:
        """How many actions lead to the last level that has states."""
        sizes = self.engine.sizes
        return len(sizes) - 1 - (not sizes[-1])

    def broken_by(self, violation: Trace) -> str:
        """The name of the first property that the end of *violation* breaks."""
        values = {**self.questions.system.rules, **violation.last}
        return next(statement.name for statement in self.holds if not statement(values))

    def progress(self) -> Progress:
        """How far it is."""
        sizes = tuple(self.engine.sizes)
        return Progress(self.engine.states, self.depth, sizes[-1], self.budget.clock() - self.started, sizes)

    def is_spent(self) -> Ended | None:
        """Whether the budget is used up."""
        budget = self.budget
        if self.interrupts.is_wanted:
            return "interrupted"
        if budget.seconds is not None and budget.clock() - self.started > budget.seconds:
            return "out of time"
        if isinstance(self.engine, Plain) and self.engine.megabytes > self.most_megabytes:
            return "out of memory"
        return None

    def result(self, ended: Ended) -> Exploration:
        """What was found."""
        fired: dict[str, int] = {}
        for act, count in zip(self.questions.system.actions, self.engine.fired, strict=True):
            fired[act.name] = fired.get(act.name, 0) + int(count)
        seen = dict.fromkeys((statement.name for statement in self.looks_for), False)
        for place, statement in enumerate(self.looks_for, start=len(self.holds)):
            seen[statement.name] |= bool(self.satisfied >> place & 1)
        violation = path(self.engine, self.broken, self.depth) if self.broken else None
        return Exploration(
            ended=ended,
            violation=violation,
            broken=self.broken_by(violation) if violation else None,
            distinct_states=self.engine.states - self.engine.passing,
            passing_states=self.engine.passing,
            transitions=sum(fired.values()),
            depth=self.depth,
            fired=fired,
            seen=seen,
            python_calls=self.questions.calls,
        )
