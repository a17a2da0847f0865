"""Strongly connected components, and in which of them a fair execution may stay."""

from hypothesis import given
from hypothesis import strategies as st

from ackproof.search.components import components, fair_components, may_be_stayed_in, on_cycles
from tests.search.small_graphs import Edge, graph

SIZE = 6
STATE = st.integers(0, SIZE - 1)


def reached(edges: list[Edge], start: int) -> set[int]:
    """The states that some way leads to."""
    found = {start}
    while new := {target for source, _, target in edges if source in found} - found:
        found |= new
    return found


@given(st.lists(st.tuples(STATE, st.just(0), STATE), unique=True, max_size=12))
def test_states_share_a_component_if_each_leads_to_the_other(edges: list[Edge]) -> None:
    component = components(graph(SIZE, edges)).tolist()

    for one in range(SIZE):
        mutual = [other for other in range(SIZE) if other in reached(edges, one) and one in reached(edges, other)]
        assert component[one] == min(mutual)


def test_what_leads_to_a_cycle_or_away_from_it_is_trimmed() -> None:
    edges = [(0, 0, 1), (1, 0, 2), (2, 0, 1), (2, 0, 3), (3, 0, 3), (3, 0, 4)]
    some = graph(SIZE, edges)

    left = on_cycles(some)

    assert list(zip(some.source[left].tolist(), some.target[left].tolist(), strict=True)) == [(1, 2), (2, 1)]


TURN, GO = 0, 1
ROUND = [(0, TURN, 1), (1, TURN, 0)]


def stays(edges: list[Edge], *leaving: tuple[int, int]) -> list[bool]:
    """In which of two states an execution may stay that is fair to all actions."""
    some = graph(2, edges, leaving)
    return [bool(may) for may in may_be_stayed_in(some, components(some), range(len(some.can)))]


def test_a_component_is_left_at_last_if_a_fair_action_is_possible_all_along_and_leads_away() -> None:
    assert stays(ROUND, (0, GO), (1, GO)) == [False, False]


def test_a_component_may_be_stayed_in_if_the_action_is_impossible_somewhere_or_leads_back() -> None:
    assert stays(ROUND, (0, GO)) == [True, True]
    assert stays([*ROUND, (0, GO, 0)], (0, GO), (1, GO)) == [True, True]


def test_an_execution_may_rest_where_nothing_fair_is_possible() -> None:
    assert stays([(0, TURN, 1)]) == [False, True]


def test_a_component_falls_apart_where_something_strongly_fair_is_possible_that_leads_away() -> None:
    some = graph(3, [*ROUND, (1, TURN, 2), (2, TURN, 1)], ((0, GO),))

    assert fair_components(some, [GO]).tolist() == [0, 1, 1]
    assert fair_components(some, [TURN]).tolist() == [0, 0, 0]
