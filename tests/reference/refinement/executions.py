"""Executions of the model by what is said of their steps."""

from collections.abc import Iterator, Sequence

from ackproof.model.system import State, Step, System, steps
from ackproof.traces.trace import Trace


def along(system: System, *says: str) -> Trace:
    """The first execution whose steps begin with these words."""
    return Trace(tuple(system.initial), system.first_state, next(paths(system, system.first_state, says)))


def paths(system: System, state: State, says: Sequence[str]) -> Iterator[tuple[Step, ...]]:
    """Steps from a *state* on that begin with these words."""
    if not says:
        yield ()
        return
    for step in steps(system, state):
        if step.says.startswith(says[0]):
            for path in paths(system, step.state, says[1:]):
                yield (step, *path)
