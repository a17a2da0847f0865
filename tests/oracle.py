"""The oracle of the fast search: breadth first over ``steps``, without any table."""

from collections.abc import Callable, Hashable, Mapping

import attrs

from ackproof.model.system import State, System, steps

Holds = Callable[[Mapping[str, Hashable]], bool]


@attrs.frozen
class Explored:
    """Every state met, and a shortest path to one that breaks the property."""

    states: frozenset[State]
    violation: tuple[State, ...] | None
    is_complete: bool


def explore(system: System, holds: Holds | None = None, limit: int | None = None) -> Explored:
    """Follow every step from the first state, level by level, until *holds* breaks or *limit* states are met."""
    first = system.first_state
    paths: dict[State, tuple[State, ...]] = {first: (first,)}
    level = [first]
    while level:
        for state in level:
            if holds is not None and not holds(system.named(state)):
                return Explored(frozenset(paths), paths[state], False)
        if limit is not None and len(paths) > limit:
            return Explored(frozenset(paths), None, False)
        level = [new for state in level for new in _new(system, state, paths)]
    return Explored(frozenset(paths), None, True)


def _new(system: System, state: State, paths: dict[State, tuple[State, ...]]) -> list[State]:
    found: list[State] = []
    for step in steps(system, state):
        if step.state not in paths:
            paths[step.state] = (*paths[state], step.state)
            found.append(step.state)
    return found
