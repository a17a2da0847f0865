"""What a search may use, how far it is, and what it found."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import attrs

from ackproof.traces.trace import Trace

Rows = Iterable[Sequence[int]]
"""States, each as the numbers of its components' values."""


@attrs.frozen
class Budget:
    """
    What a search may use. The clock is handed in, so that tests do not depend on time.

    Attributes:
        states: Asked for before each level.
        megabytes: Of memory; left out, three quarters of what there is.
    """

    seconds: float | None = None
    states: int | None = None
    depth: int | None = None
    megabytes: int | None = None
    clock: Callable[[], float] = time.monotonic


class TooWideError(Exception):
    """A state, or what a question depends on, does not fit the words that kernels handle."""


class CheckpointError(ValueError):
    """A checkpoint that can not be used, and why."""


@attrs.frozen
class Checkpoint:
    """
    Where a search that ends before its time leaves how far it has come.

    Attributes:
        about: What has to be the same for a search to go on there: bounds, a version.
        is_resumed: Go on where it is.
    """

    path: Path
    about: Mapping[str, object]
    is_resumed: bool = False


@attrs.frozen
class Saved:
    """
    A search, as far as it had come.

    Attributes:
        passing, fired: What was counted.
        satisfied: The statements that some state satisfies, as bits.
        sizes, levels: How many states each level has, and their rows of numbers; the last level is not expanded.
    """

    passing: int
    fired: tuple[int, ...]
    satisfied: int
    sizes: tuple[int, ...]
    levels: Callable[[], Iterator[Rows]]


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
        dropped: Components that were left out because no property can tell.
        is_shortest: The violation is known to be a shortest one.
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
    is_shortest: bool = True
