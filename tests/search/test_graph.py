"""The graph as arrays has what ``steps`` says, no more and no less."""

from collections import Counter

import attrs
import numpy as np
from hypothesis import given, settings

from ackproof.model.system import Next, System, action, steps
from ackproof.properties.consume import a_record_is_processed
from ackproof.properties.produce import acknowledged_records_survive
from ackproof.properties.property import Property, always
from ackproof.search.exploration import Budget
from ackproof.search.explorer import Plan, Search
from ackproof.search.graph import graph_of, true_of
from ackproof.search.index import Numbers
from tests.strategies import consume_halves, produce_halves


def explored(system: System, statement: Property) -> tuple[Search, Numbers]:
    """A finished search, and the rows of all states."""
    search = Search(system, (), (statement,), Budget(), Plan())
    assert search.run(None) == "exhausted"
    return search, np.array([row for level in search.engine.rows() for row in level], np.int64)


def compare(system: System, statement: Property) -> None:
    """The graph of the states with an even number, and what ``steps`` says of them."""
    system = attrs.evolve(system, reductions=frozenset())
    search, rows = explored(system, statement)
    rows = rows[::2]
    graph = graph_of(search.questions, rows)
    states = [search.questions.state(tuple(row)) for row in rows.tolist()]
    place = {state: number for number, state in enumerate(states)}
    known = Counter(zip(graph.source.tolist(), graph.action.tolist(), graph.target.tolist(), strict=True))

    for number, state in enumerate(states):
        taken = {(system.actions.index(step.action), step.state) for step in steps(system, state)}
        inside = {(number, act, place[after]) for act, after in taken if after in place}
        assert inside == {edge for edge in known if edge[0] == number}
        assert {act for act, _ in taken} == {act for act, can in enumerate(graph.can) if can[number]}
    assert graph.source.tolist() == sorted(graph.source.tolist())
    wanted = [statement({**system.rules, **system.named(state)}) for state in states]
    assert true_of(search.questions, 0, rows).tolist() == wanted


@given(produce_halves())
@settings(max_examples=40)
def test_it_has_the_steps_of_producers(system: System) -> None:
    compare(system, acknowledged_records_survive)


@given(consume_halves())
@settings(max_examples=40)
def test_it_has_the_steps_of_consumers(system: System) -> None:
    compare(system, a_record_is_processed)


@action
def stay(number: int) -> list[Next]:
    """Nothing changes."""
    return [Next("nothing", number=number)]


@always(source="none")
def is_small(number: int) -> bool:
    """The number is small."""
    return number < 2


def test_an_outcome_that_changes_nothing_is_a_transition() -> None:
    search, rows = explored(System({"number": 0}, (stay,)), is_small)

    graph = graph_of(search.questions, rows)

    assert (graph.source.tolist(), graph.action.tolist(), graph.target.tolist()) == ([0], [0], [0])


def test_nothing_can_happen_where_there_is_no_action() -> None:
    search, rows = explored(System({"number": 0}, ()), is_small)

    assert graph_of(search.questions, rows).source.tolist() == []
