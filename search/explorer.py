"""Breadth-first search through every state of a system: the first violation found is a shortest one."""

import time
from collections.abc import Callable
from typing import Literal

import attrs

from ackproof.model.system import State, System
from ackproof.properties.property import Property
from ackproof.search.tables import Check, Row, Tables
from ackproof.traces.trace import Trace, trace_of


@attrs.frozen
class Budget:
    """What a search may use. Source of the clock: handed in, so that tests do not depend on time."""

    seconds: float | None = None
    states: int | None = None
    depth: int | None = None
    clock: Callable[[], float] = time.monotonic


@attrs.frozen
class Progress:
    """How far a search is."""

    distinct_states: int
    depth: int
    frontier: int


Ended = Literal["exhausted", "violated", "out of time", "out of states", "deep enough", "interrupted"]


@attrs.frozen
class Exploration:
    """
    What a search found.

    Attributes:
        ended: Why it ended; only "exhausted" says anything about all states.
        violation: A shortest execution to a state that breaks the property.
        distinct_states: States in which something may happen or nothing has to: passing ones are not counted.
        passing_states: States that urgent actions leave at once.
        depth: The most actions that a shortest way to a state takes.
        fired: How many transitions each action gave.
        seen: For each condition that was looked for, whether a state satisfied it.
        python_calls: How often an action was asked.
    """

    ended: Ended
    violation: Trace | None
    distinct_states: int
    passing_states: int
    transitions: int
    depth: int
    fired: dict[str, int]
    seen: dict[str, bool]
    python_calls: int


def explore(
    system: System,
    holds: Property | None = None,
    *,
    looks_for: tuple[Property, ...] = (),
    budget: Budget | None = None,
    on_level: Callable[[Progress], None] | None = None,
) -> Exploration:
    """
    Explore *system* level by level until a state breaks *holds*, all states are known or the *budget* is spent.

    Args:
        looks_for: Conditions that some state is to satisfy.
        on_level: Is told after each level.
    """
    search = Search(system, holds, looks_for, budget or Budget())
    ended = search.run(on_level)
    return search.result(ended)


class Search:
    """The state of a search: the parent of each row that was met, and the level to expand next."""

    def __init__(self, system: System, holds: Property | None, looks_for: tuple[Property, ...], budget: Budget) -> None:
        self.tables = Tables(system)
        self.check = Check(self.tables, holds) if holds else None
        self.wanted = {statement.name: Check(self.tables, statement) for statement in looks_for}
        self.seen = dict.fromkeys(self.wanted, False)
        self.budget = budget
        self.deadline = None if budget.seconds is None else budget.clock() + budget.seconds
        first = self.tables.row(system.first_state)
        self.parents: dict[Row, Row | None] = {first: None}
        self.level = [first]
        self.depth = 0
        self.passing = 0
        self.broken: Row | None = None

    def run(self, on_level: Callable[[Progress], None] | None) -> Ended:
        """Search until there is a reason to end."""
        try:
            if not self.is_fine(self.level[0]):
                return "violated"
            while self.level:
                if self.depth == self.budget.depth:
                    return "deep enough"
                reason = self.next_level()
                if reason:
                    return reason
                if on_level:
                    on_level(Progress(len(self.parents), self.depth, len(self.level)))
        except KeyboardInterrupt:
            return "interrupted"
        return "exhausted"

    def next_level(self) -> Ended | None:
        """Expand the level; a reason to end if there is one."""
        new: list[Row] = []
        for number, row in enumerate(self.level):
            if number % 256 == 0 and (spent := self.is_spent()):
                return spent
            rows, is_passing = self.tables.successors(row)
            self.passing += is_passing
            for after in rows:
                if after not in self.parents:
                    self.parents[after] = row
                    if not self.is_fine(after):
                        return "violated"
                    new.append(after)
        self.level = new
        self.depth += bool(new)
        return None

    def is_fine(self, row: Row) -> bool:
        """Whether *row* breaks nothing; notes what it satisfies."""
        for name, check in self.wanted.items():
            if not self.seen[name] and check(row):
                self.seen[name] = True
        if self.check is None or self.check(row):
            return True
        self.broken = row
        return False

    def is_spent(self) -> Ended | None:
        """Whether the budget is used up."""
        if self.deadline is not None and self.budget.clock() > self.deadline:
            return "out of time"
        if self.budget.states is not None and len(self.parents) > self.budget.states:
            return "out of states"
        return None

    def result(self, ended: Ended) -> Exploration:
        """What was found."""
        tables = self.tables
        return Exploration(
            ended=ended,
            violation=trace_of(tables.system, self.path(self.broken)) if self.broken else None,
            distinct_states=len(self.parents) - self.passing,
            passing_states=self.passing,
            transitions=sum(table.fired for table in tables.actions),
            depth=self.depth,
            fired={table.action.name: table.fired for table in tables.actions},
            seen=self.seen,
            python_calls=tables.python_calls,
        )

    def path(self, row: Row) -> list[State]:
        """The states on the way to *row*."""
        rows: list[Row] = []
        at: Row | None = row
        while at is not None:
            rows.append(at)
            at = self.parents[at]
        return [self.tables.state(row) for row in reversed(rows)]
