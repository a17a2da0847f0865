"""Rounds: ways through a strongly connected component that come back to where they start."""

from collections.abc import Callable, Iterable, Set
from functools import partial

import attrs
import numpy as np

from ackproof.search.graph import Graph
from ackproof.search.index import Numbers


@attrs.frozen
class Move:
    """A transition: states by their places in the graph, the action by its place in the system."""

    source: int
    action: int
    target: int


Moves = dict[int, list[Move]]
"""For each state the transitions that start there, in the order of actions and outcomes."""


def fair_round(
    graph: Graph, component: Numbers, start: int, fair: Iterable[int], strong: Set[int] = frozenset()
) -> list[Move]:
    """
    A round from *start* in its component that is fair: each *fair* action is taken, or impossible somewhere.

    Each *strong* one of them is taken that is possible anywhere there. There is nothing to do where each of the others
    is impossible at the start. Else it goes to the nearest place that helps,
    and from there to the next; of equally near ones the first in the order of the system's actions and their outcomes.
    """
    moves, here = moves_inside(graph, component, start), start
    taken: list[Move] = []
    missing = {action for action in fair if graph.can[action][start]} - strong
    needed = {action for action in strong if graph.can[action][component == component[start]].any()}
    while missing or needed:
        taken += way(moves, here, partial(satisfied, graph, missing, needed))
        here = taken[-1].target
        done = satisfied(graph, missing, needed, taken[-1])
        missing, needed = missing - done, needed - done
    return taken if here == start else taken + way(moves, here, lambda move: move.target == start)


def satisfied(graph: Graph, missing: Set[int], needed: Set[int], move: Move) -> set[int]:
    """To which of the *missing* actions it is fair to make this move again and again; it may be a *needed* one."""
    return {action for action in missing if not graph.can[action][move.target]} | {move.action} & (missing | needed)


def moves_inside(graph: Graph, component: Numbers, start: int) -> Moves:
    """The transitions within the component of *start*."""
    is_member = component == component[start]
    inside = np.flatnonzero(is_member[graph.source] & is_member[graph.target])
    moves: Moves = {}
    columns = (graph.source[inside], graph.action[inside], graph.target[inside])
    for source, action, target in zip(*(column.tolist() for column in columns), strict=True):
        moves.setdefault(source, []).append(Move(source, action, target))
    return moves


def way(moves: Moves, start: int, is_wanted: Callable[[Move], object]) -> list[Move]:
    """A shortest way from *start* whose last move is a wanted one; there is one."""
    came_by: dict[int, Move] = {}
    waiting = [start]
    for here in waiting:
        for move in moves[here]:
            if is_wanted(move):
                return [*back(came_by, start, here), move]
            if move.target != start and move.target not in came_by:
                came_by[move.target] = move
                waiting.append(move.target)
    raise AssertionError("a component is strongly connected")


def back(came_by: dict[int, Move], start: int, here: int) -> list[Move]:
    """The moves that led *here*."""
    moves: list[Move] = []
    while here != start:
        moves.append(came_by[here])
        here = moves[-1].source
    return moves[::-1]
