"""Executions that are nearly a given one: without a step of it, or with steps that commute in another order."""

from collections.abc import Hashable, Iterable, Iterator, Sequence

import attrs

from ackproof.model.system import State, Step, System, steps
from ackproof.traces.trace import Trace


def without(system: System, trace: Trace, number: int) -> Trace:
    """
    The execution of *system* that leaves out one step of *trace*, and after it each that is then not possible.

    Args:
        number: Of the step, from 0.
    """
    before = trace.steps[:number]
    state = before[-1].state if before else trace.first_state
    return attrs.evolve(trace, steps=(*before, *possible(apart(system), state, trace.steps[number + 1 :])), loop=None)


def apart(system: System) -> System:
    """*system* with interchangeable parts told apart, as they are in traces."""
    return attrs.evolve(system, symmetric={}, interchangeable=())


def possible(system: System, state: State, wanted: Iterable[Step]) -> Iterator[Step]:
    """Those of the steps *wanted* that are possible, one after the other, from *state* on."""
    for step in wanted:
        found = again(system, state, step)
        if found is not None:
            yield found
            state = found.state


def again(system: System, state: State, wanted: Step) -> Step | None:
    """The step from *state* that says what one *wanted* says, else one with the same action; None if there is none."""
    same = [step for step in steps(system, state) if step.action.name == wanted.action.name]
    return next((step for step in same if step.says == wanted.says), same[0] if same else None)


def in_one_go(system: System, trace: Trace, actors: Sequence[Hashable]) -> Trace:
    """
    *trace* with commuting steps in an order in which each actor's story reads in one go, as far as that is possible.

    A step is told earlier where that leads to the same end by the same sentences. The last step stays the last: with it
    something becomes false.

    Args:
        system: That the trace is of.
        trace: An execution that ends.
        actors: Who takes each step.
    """
    told = apart(system)
    order = list(range(len(trace)))
    for place in range(1, len(order) - 1):
        before = actors[order[place - 1]]
        if actors[order[place]] == before:
            continue
        for later in (each for each in range(place + 1, len(order) - 1) if actors[order[each]] == before):
            pulled = [*order[:place], order[later], *order[place:later], *order[later + 1 :]]
            if leads_to(told, trace, pulled) is not None:
                order = pulled
                break
    steps_in_order = leads_to(told, trace, order)
    return trace if steps_in_order is None else attrs.evolve(trace, steps=steps_in_order)


def leads_to(system: System, trace: Trace, order: Sequence[int]) -> tuple[Step, ...] | None:
    """The steps of *trace* in another *order*; None if they are not possible so, or lead to another end."""
    state, found = trace.first_state, list[Step]()
    for number in order:
        step = again(system, state, trace.steps[number])
        if step is None or step.says != trace.steps[number].says:
            return None
        found.append(step)
        state = step.state
    return tuple(found) if state == trace.states[-1] else None
