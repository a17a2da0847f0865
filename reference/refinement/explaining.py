"""Whether a step of the reference is one of the model: a path of actions from one mapped state to the next."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from heapq import nsmallest

import attrs

from ackproof.model.system import State, Step, System, steps

Distance = Callable[[Mapping[str, Hashable], Mapping[str, Hashable]], int]
"""How far apart two states are; 0 if they are the same as far as the map says anything of them."""

MOST_ACTIONS = 12
"""How many actions of the model one step of the reference may be."""

Searches = tuple[tuple[int, int], ...]

SEARCHES: Searches = ((4, 0), (100, 0), (4, 1), (100, 1), (4, MOST_ACTIONS), (100, MOST_ACTIONS), (1_000, MOST_ACTIONS))
"""
How many states are followed at once, and how many faults may happen on the way.

Those that are nearest to where the reference is: few first, then more. What needs no fault is none, and what needs one
is not two: the other one may still be to come.
"""


@attrs.frozen
class Unexplained:
    """
    A step of the reference that the model does not know.

    Attributes:
        before, wanted: The mapped states.
        nearest: What the model can come to that is nearest to what was wanted.
    """

    before: Mapping[str, Hashable]
    wanted: Mapping[str, Hashable]
    nearest: Mapping[str, Hashable]


def explained(
    system: System,
    before: State,
    wanted: Mapping[str, Hashable],
    distance: Distance,
    *,
    most: int = MOST_ACTIONS,
    searches: Searches = SEARCHES,
) -> tuple[Step, ...] | Unexplained:
    """
    The actions that lead from *before* to a state at no distance from *wanted*: none if nothing has changed.

    Breadth first, along the states that are nearest: what it finds is a path of the model; that it finds none may be a
    path that leads away first.
    """
    best = before
    for width, faults_max in searches:
        best = before
        paths: dict[State, tuple[Step, ...]] = {before: ()}
        apart = {before: distance(system.named(before), wanted)}
        level = [before]
        for _ in range(most + 1):
            best = min([best, *level], key=apart.__getitem__)
            if apart[best] == 0:
                return paths[best]
            unseen = list(_unseen(system, level, paths, faults_max))
            apart |= {state: distance(system.named(state), wanted) for state in unseen}
            level = nsmallest(width, unseen, key=apart.__getitem__)
    return Unexplained(system.named(before), wanted, system.named(best))


def _unseen(
    system: System, level: Iterable[State], paths: dict[State, tuple[Step, ...]], faults_max: int
) -> Iterator[State]:
    for state in level:
        has_all = sum(step.action.fault is not None for step in paths[state]) >= faults_max
        for step in steps(system, state):
            if step.state not in paths and not (has_all and step.action.fault is not None):
                paths[step.state] = (*paths[state], step)
                yield step.state
