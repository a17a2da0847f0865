"""Rounds pass all that fairness asks for, the nearest first."""

from ackproof.search.components import components
from ackproof.search.rounds import Move, fair_round
from tests.search.small_graphs import Edge, graph

ON, BACK, RARE = range(3)
RING = [(0, ON, 1), (1, ON, 2), (2, ON, 3), (3, ON, 0), (1, BACK, 0), (2, RARE, 2)]


def round_of(edges: list[Edge], start: int, *fair: int, leaving: tuple[tuple[int, int], ...] = ()) -> list[Move]:
    """A round from a state, fair to these actions."""
    some = graph(4, edges, leaving)
    return fair_round(some, components(some), start, fair)


def test_it_takes_each_fair_action_and_comes_back() -> None:
    everywhere = tuple((state, action) for state in range(4) for action in (ON, BACK, RARE))

    moves = round_of(RING, 0, ON, BACK, RARE, leaving=everywhere)

    assert [(move.source, move.action) for move in moves] == [
        (0, ON),
        (1, BACK),
        (0, ON),
        (1, ON),
        (2, RARE),
        (2, ON),
        (3, ON),
    ]


def test_to_pass_where_an_action_is_impossible_is_enough() -> None:
    moves = round_of(RING, 0, RARE, leaving=((0, RARE), (2, RARE), (3, RARE)))

    assert [(move.source, move.action, move.target) for move in moves] == [(0, ON, 1), (1, BACK, 0)]


def test_nothing_happens_where_nothing_fair_is_possible() -> None:
    assert round_of(RING, 3, BACK, RARE) == []
