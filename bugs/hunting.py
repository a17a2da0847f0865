"""Finding a known bug again, and not finding it where it was fixed."""

import time
from collections.abc import Callable

import attrs

from ackproof.bugs.bug import Bug
from ackproof.model.system import System
from ackproof.search.exploration import Budget, Exploration
from ackproof.search.explorer import explore
from ackproof.search.liveness import explore_fairly
from ackproof.traces.trace import Trace

Clock = Callable[[], float]


@attrs.frozen
class Found:
    """
    What became of the search for a bug.

    Attributes:
        trace: A shortest execution under the rules that had it; None if there is none within the budget.
        fixed_holds: The same search under the rules that fixed it is exhausted without a violation.
        distinct_states: With the rules that had it, and with those that fixed it.
    """

    bug: Bug
    trace: Trace | None
    fixed_holds: bool
    distinct_states: tuple[int, int]
    seconds: float

    @property
    def is_as_expected(self) -> bool:
        """Whether it is found where it was, and nowhere else."""
        return self.trace is not None and self.fixed_holds


def hunt(bug: Bug, *, seconds: float | None = None, clock: Clock = time.monotonic) -> Found:
    """Search for *bug* under both sets of rules, each within so many *seconds*."""
    started = clock()
    had = searched(bug, bug.had(), seconds, clock)
    fixed = searched(bug, bug.fixed(), seconds, clock)
    holds = fixed.ended == "exhausted" and fixed.violation is None
    return Found(bug, had.violation, holds, (had.distinct_states, fixed.distinct_states), clock() - started)


def searched(bug: Bug, system: System, seconds: float | None, clock: Clock) -> Exploration:
    """
    What the search says of one of its systems.

    Raises:
        KeyboardInterrupt: The user has ended it.
    """
    budget = Budget(seconds=seconds, clock=clock)
    search = explore_fairly if bug.is_goal else explore
    found = search(system, bug.statement, budget=budget)
    if found.ended == "interrupted":
        raise KeyboardInterrupt
    return found
