"""Traces out of the documents that they were written to."""

from collections.abc import Mapping, Sequence

import attrs

from ackproof.model.system import State, Step, System, steps
from ackproof.traces.itf import ACTION, encoded
from ackproof.traces.trace import NotAnExecutionError, Trace, check_lasso

Recorded = Mapping[str, object]
"""A state of a document in the Informal Trace Format."""


def retraced(system: System, states: Sequence[Recorded], loop: int | None = None) -> Trace:
    """
    The execution of *system* that a document in the Informal Trace Format tells, taken again step by step.

    Args:
        states: Of the document, the first state first.
        loop: As in the document.

    Raises:
        NotAnExecutionError: The system has other components, or can not take one of the steps.
    """
    apart = attrs.evolve(system, symmetric={}, interchangeable=())
    names = tuple(apart.initial)
    if not states or not _is(names, apart.first_state, states[0]):
        raise NotAnExecutionError("it has other components, or starts elsewhere")
    taken: list[Step] = []
    for recorded in states[1:]:
        before = taken[-1].state if taken else apart.first_state
        taken.append(_step_to(apart, before, recorded, len(taken) + 1))
    trace = Trace(names, apart.first_state, tuple(taken), loop)
    if loop is not None:
        check_lasso(apart, trace)
    return trace


def _step_to(system: System, state: State, recorded: Recorded, number: int) -> Step:
    names = tuple(system.initial)
    for step in steps(system, state):
        if step.action.name == recorded.get(ACTION) and _is(names, step.state, recorded):
            return step
    raise NotAnExecutionError(f"step {number} ({recorded.get(ACTION)}) can not be taken")


def _is(names: tuple[str, ...], state: State, recorded: Recorded) -> bool:
    pairs = zip(names, state, strict=True)
    return all(name in recorded and encoded(value) == recorded[name] for name, value in pairs)
