"""What a search may use, how far it is, and what it found."""

import time
from collections.abc import Callable
from typing import Literal

import attrs

from ackproof.traces.trace import Trace


@attrs.frozen
class Budget:
    """
    What a search may use. The clock is handed in, so that tests do not depend on time.

    Attributes:
        megabytes: Of memory, for states and tables.
    """

    seconds: float | None = None
    states: int | None = None
    depth: int | None = None
    megabytes: int | None = None
    clock: Callable[[], float] = time.monotonic


@attrs.frozen
class Progress:
    """
    How far a search is.

    Attributes:
        seconds: Since it began.
        levels: How many states each level has, the last one not yet expanded.
    """

    distinct_states: int
    depth: int
    frontier: int
    seconds: float = 0.0
    levels: tuple[int, ...] = ()


Ended = Literal["exhausted", "violated", "out of time", "out of states", "out of memory", "deep enough", "interrupted"]


@attrs.frozen
class Exploration:
    """
    What a search found.

    Attributes:
        ended: Why it ended; only "exhausted" says anything about all states.
        violation: A shortest execution to a state that breaks a property.
        broken: The name of that property.
        distinct_states: States in which something may happen or nothing has to: passing ones are not counted.
        passing_states: States that urgent actions leave at once.
        depth: The most actions that a shortest way to a state takes.
        fired: How many transitions each action gave.
        seen: For each condition that was looked for, whether a state satisfied it.
        python_calls: How often an action or a statement was asked.
        dropped: Components that were left out because no property can see them.
    """

    ended: Ended
    violation: Trace | None
    broken: str | None
    distinct_states: int
    passing_states: int
    transitions: int
    depth: int
    fired: dict[str, int]
    seen: dict[str, bool]
    python_calls: int
    dropped: tuple[str, ...] = ()
