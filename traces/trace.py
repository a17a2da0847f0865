"""Traces: executions as a sequence of states and of the actions between them."""

from collections.abc import Hashable, Iterator, Sequence

import attrs

from ackproof.model.system import State, Step, System, steps


@attrs.frozen
class Trace:
    """
    One execution.

    Attributes:
        names: The components, in the order of a state.
        first_state: Where it starts.
        steps: What happened, each with the state after it.
    """

    names: tuple[str, ...]
    first_state: State
    steps: tuple[Step, ...]

    @property
    def states(self) -> tuple[State, ...]:
        """Every state in order, one more than steps."""
        return (self.first_state, *(step.state for step in self.steps))

    @property
    def last(self) -> dict[str, Hashable]:
        """The components at the end."""
        return dict(zip(self.names, self.states[-1], strict=True))

    @property
    def faults(self) -> tuple[str, ...]:
        """The kinds of fault that happen, in order."""
        return tuple(step.action.fault for step in self.steps if step.action.fault)

    def __len__(self) -> int:
        """The number of actions, faults included."""
        return len(self.steps)


class NotAnExecutionError(ValueError):
    """A sequence of states that the system can not go through."""


def trace_of(system: System, states: Sequence[State]) -> Trace:
    """
    The execution of *system* through *states*, with interchangeable parts told apart.

    The states may be representatives of their classes; the trace names each part by a number that it keeps.

    Raises:
        NotAnExecutionError: The system can not take one of the steps.
    """
    apart = attrs.evolve(system, symmetric={}, interchangeable=())
    first = apart.first_state
    if represented(system, first) != states[0]:
        raise NotAnExecutionError("the first state is not the system's")
    return Trace(tuple(system.initial), first, tuple(_walk(system, apart, first, states[1:])))


def represented(system: System, state: State) -> State:
    """The representative of *state*."""
    pairs = zip(system.initial, state, strict=True)
    return system.represented(tuple(system.representative(name, value) for name, value in pairs))


def _walk(system: System, apart: System, state: State, states: Sequence[State]) -> Iterator[Step]:
    for number, wanted in enumerate(states, start=1):
        step = next((step for step in steps(apart, state) if represented(system, step.state) == wanted), None)
        if step is None:
            raise NotAnExecutionError(f"step {number} can not be taken")
        yield step
        state = step.state


def replay(system: System, trace: Trace) -> Trace:
    """
    The same execution, taken again step by step.

    Raises:
        NotAnExecutionError: The system can no longer take one of the steps.
    """
    return trace_of(system, [represented(system, state) for state in trace.states])
