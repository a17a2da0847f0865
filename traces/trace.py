"""Traces: executions as a sequence of states and of the actions between them."""

from collections.abc import Hashable, Iterable, Iterator, Sequence

import attrs

from ackproof.model.system import Action, State, Step, System, steps, steps_of


@attrs.frozen
class Trace:
    """
    One execution.

    Attributes:
        names: The components, in the order of a state.
        first_state: Where it starts.
        steps: What happened, each with the state after it.
        loop: Of an execution that never ends, how many steps it takes before those that it repeats for ever: a lasso.
            They lead back to where they start; if there are none, nothing more happens. None where it just ends.
    """

    names: tuple[str, ...]
    first_state: State
    steps: tuple[Step, ...]
    loop: int | None = None

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
        return tuple(step.action.fault for step in self.steps if step.action.fault for _ in range(step.action.times))

    def __len__(self) -> int:
        """The number of actions, faults included."""
        return len(self.steps)

    def __bool__(self) -> bool:
        """An execution in which nothing happens is one too."""
        return True


class NotAnExecutionError(ValueError):
    """A sequence of states that the system can not go through."""


def trace_of(system: System, states: Sequence[State], actions: Sequence[str] | None = None) -> Trace:
    """
    The execution of *system* through *states*, with interchangeable parts told apart.

    The states may be representatives of their classes; the trace names each part by a number that it keeps.

    Args:
        actions: The name of each step's action, where it matters which one leads to the next state.

    Raises:
        NotAnExecutionError: The system can not take one of the steps.
    """
    apart = attrs.evolve(system, symmetric={}, interchangeable=())
    first = apart.first_state
    if represented(system, first) != states[0]:
        raise NotAnExecutionError("the first state is not the system's")
    names: Sequence[str | None] = actions or [None] * (len(states) - 1)
    wanted = zip(states[1:], names, strict=True)
    return Trace(tuple(system.initial), first, tuple(_walk(system, apart, first, wanted)))


def represented(system: System, state: State) -> State:
    """The representative of *state*."""
    pairs = zip(system.initial, state, strict=True)
    return system.represented(tuple(system.representative(name, value) for name, value in pairs))


def _walk(system: System, apart: System, state: State, wanted: Iterable[tuple[State, str | None]]) -> Iterator[Step]:
    for number, (after, name) in enumerate(wanted, start=1):
        possible = (step for step in steps(apart, state) if name in (None, step.action.name))
        step = next((step for step in possible if represented(system, step.state) == after), None)
        if step is None:
            raise NotAnExecutionError(f"step {number} can not be taken")
        yield step
        state = step.state


def replay(system: System, trace: Trace) -> Trace:
    """
    The same execution, taken again step by step.

    Raises:
        NotAnExecutionError: The system can no longer take one of the steps, or it would not go on for ever so.
    """
    states = [represented(system, state) for state in trace.states]
    again = trace_of(system, states, [step.action.name for step in trace.steps])
    again = attrs.evolve(again, loop=trace.loop)
    if again.loop is not None:
        check_lasso(system, again)
    return again


def check_lasso(system: System, lasso: Trace) -> None:
    """
    Check that *lasso* can go on for ever.

    Raises:
        NotAnExecutionError: It does not lead back, or is not fair.
    """
    if lasso.states[-1] != lasso.states[lasso.loop or 0]:
        raise NotAnExecutionError("what it repeats does not lead back")
    if waiting := neglected(system, lasso):
        raise NotAnExecutionError(f"it is not fair to {', '.join(act.name for act in waiting)}")


def neglected(system: System, lasso: Trace) -> tuple[Action, ...]:
    """The fair actions that never happen in a *lasso* and are possible for ever, or at times if strongly fair."""
    states, cycle = [system.named(state) for state in lasso.states[lasso.loop :]], lasso.steps[lasso.loop :]
    taken = {step.action for step in cycle}

    def waits(place: int, act: Action) -> bool:
        is_possible = (any(steps_of(system, place, values)) for values in states)
        return any(is_possible) if act.is_strongly_fair else all(is_possible)

    fair = [(place, act) for place, act in enumerate(system.actions) if act.is_fair and act not in taken]
    return tuple(act for place, act in fair if waits(place, act))
