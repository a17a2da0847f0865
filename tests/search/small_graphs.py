"""Graphs as arrays, of transitions that are written down."""

import numpy as np

from ackproof.search.graph import Graph
from ackproof.search.index import Index

Edge = tuple[int, int, int]
"""A state, an action, the state after it."""


def graph(size: int, edges: list[Edge], leaving: tuple[tuple[int, int], ...] = ()) -> Graph:
    """
    So many states and transitions between them.

    Args:
        leaving: States in which an action is possible that leads elsewhere.
    """
    rows = np.arange(size).reshape(-1, 1)
    actions = range(1 + max([0, *(action for _, action, _ in edges), *(action for _, action in leaving)]))
    able = {(source, action) for source, action, _ in edges} | set(leaving)
    can = tuple(np.array([(state, action) in able for state in range(size)], np.bool_) for action in actions)
    source, action, target = np.array(sorted(edges), np.int64).reshape(-1, 3).T
    return Graph(rows, Index(rows), can, source, action, target)
