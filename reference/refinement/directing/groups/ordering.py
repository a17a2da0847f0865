"""The same execution in the order in which a coordinator takes it."""

from collections.abc import Iterator, Sequence

import attrs

from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.naming import named
from ackproof.model.system import State, Step, System, steps
from ackproof.traces.trace import Trace

BEGIN = "begin generation"


def in_time(system: System, trace: Trace) -> Trace:
    """
    *trace* as a coordinator takes it, as far as that comes to the same state.

    It begins a generation right behind what lets it begin, where in the model something may happen in between; and of
    those that join a group without members the first one leads. A process hears that another one has its instance id
    only once that has joined.
    """
    apart = attrs.evolve(system, symmetric={}, interchangeable=(), reductions=frozenset())
    taken = list(trace.steps)
    for place in reversed(range(len(taken))):
        _let_join_before_it_ends(apart, trace.first_state, taken, place)
    for place, step in enumerate(list(taken)):
        if step.action.name == BEGIN:
            _hasten(apart, trace.first_state, taken, place)
    for place, step in enumerate(taken):
        if step.action.name == BEGIN:
            _let_leader_join(apart, trace.first_state, taken, place)
    return attrs.evolve(trace, steps=tuple(taken))


def _let_join_before_it_ends(system: System, first: State, taken: list[Step], place: int) -> None:
    """Who ends at *place* as another process has its instance id does so once that has joined, if it does."""
    states = [first, *(step.state for step in taken)]
    if not taken[place].says.endswith("has its instance id, and ends"):
        return
    holder = next(at for at, each in enumerate(_group(system, states[place]).members) if each.has_taken)
    back = (at for at in range(place + 1, len(taken)) if taken[at].says.startswith(f"{named(holder)} "))
    joins = next(back, None)
    if joins is not None and taken[joins].action.name in ("join", "return as the same"):
        order = [*taken[place + 1 : joins + 1], taken[place]]
        found = next(_retaken(system, states[place], order, states[joins + 1]), None)
        taken[place : joins + 1] = found or taken[place : joins + 1]


def _let_leader_join(system: System, first: State, taken: list[Step], place: int) -> None:
    """Who leads the generation that begins at *place* is the first to join, if the group had no members."""
    states = [first, *(step.state for step in taken)]
    empty = max((at for at in range(place) if _group(system, states[at]).state == "empty"), default=None)
    leads = next((at for at, each in enumerate(_group(system, states[place + 1]).members) if each.is_leader), None)
    if empty is None or leads is None or any(step.action.name == BEGIN for step in taken[empty:place]):
        return
    joins = [at for at in range(empty, place) if taken[at].says.startswith(f"{named(leads)} joins")]
    if joins and joins[0] > empty:
        order = [taken[joins[0]], *taken[empty : joins[0]], *taken[joins[0] + 1 : place + 1]]
        found = next(_retaken(system, states[empty], order, states[place + 1]), None)
        taken[empty : place + 1] = found or taken[empty : place + 1]


def _group(system: System, state: State) -> ClassicGroup:
    """The group in a state."""
    group = system.named(state)["group"]
    assert isinstance(group, ClassicGroup)
    return group


def _hasten(system: System, first: State, taken: list[Step], place: int) -> None:
    """The generation that begins at *place* begins earlier, or what lets it begin happens later."""
    states = [first, *(step.state for step in taken)]
    soonest = place
    while soonest > 0 and any(step.action.name == BEGIN for step in steps(system, states[soonest - 1])):
        soonest -= 1
    if soonest == place:
        return
    between, begins, cause = taken[soonest:place], taken[place], taken[soonest - 1]
    orders = ((soonest, [begins, *between]), (soonest - 1, [*between, cause, begins]))
    for start, order in orders:
        found = next(_retaken(system, states[start], order, states[place + 1]), None)
        if found is not None:
            taken[start : place + 1] = found
            return


def _retaken(system: System, state: State, order: Sequence[Step], goal: State) -> Iterator[tuple[Step, ...]]:
    """The ways in which steps like these, one after the other, lead from *state* to the *goal*."""
    if not order:
        if state == goal:
            yield ()
        return
    for step in steps(system, state):
        if step.action.name == order[0].action.name and subject(step) == subject(order[0]):
            yield from ((step, *rest) for rest in _retaken(system, step.state, order[1:], goal))


def subject(step: Step) -> str:
    """Whom a step is about."""
    return " ".join(step.says.split()[:2])
