"""Shortest executions: the same one, whatever engine searched and however many workers it had."""

from collections.abc import Iterable

from ackproof.model.system import State, steps
from ackproof.search.engines import Engine
from ackproof.traces.trace import Trace, trace_of


def path(engine: Engine, broken: Iterable[int], depth: int) -> Trace:
    """
    A shortest execution to one of the *broken* states at *depth*.

    Of all shortest ones it is the first in the order of the system's actions and their outcomes.
    """
    reaching = [set(broken)]
    for nearer in reversed(range(depth)):
        reaching.append(engine.leading_to(nearer, reaching[-1]))
    system = engine.questions.system
    states = [system.first_state]
    for targets in reversed(reaching[:-1]):
        states.append(_next(engine, states[-1], targets))
    return trace_of(system, states)


def _next(engine: Engine, state: State, targets: set[int]) -> State:
    questions = engine.questions
    return next(
        step.state for step in steps(questions.system, state) if engine.pack(questions.row(step.state)) in targets
    )
