"""The fast search against the oracle, and how it ends."""

from collections.abc import Iterator
from typing import Literal

import attrs
import pytest
from hypothesis import given, settings

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import Next, System, action
from ackproof.properties.consume import no_record_is_processed_twice
from ackproof.properties.produce import (
    a_record_is_acknowledged,
    no_record_is_stored_twice,
    two_records_are_stored,
)
from ackproof.properties.property import Property
from ackproof.search.engines import How
from ackproof.search.exploration import Budget
from ackproof.search.explorer import explore
from tests import oracle
from tests.search.to_nine import COUNTER, count, stays_below_seven
from tests.strategies import consume_halves, produce_halves


@given(produce_halves())
@settings(max_examples=60)
def test_it_agrees_with_the_oracle_on_producers(system: System) -> None:
    agree(system, no_record_is_stored_twice)


@given(consume_halves())
@settings(max_examples=60)
def test_it_agrees_with_the_oracle_on_consumers(system: System) -> None:
    agree(system, no_record_is_processed_twice)


def agree(system: System, statement: Property) -> None:
    """The fast search and the oracle find the same."""
    found = explore(system, statement)
    known = oracle.explore(system, statement)

    assert (found.violation is None) == (known.violation is None)
    if found.violation is not None and known.violation is not None:
        assert len(found.violation) == len(known.violation) - 1
    else:
        assert found.distinct_states + found.passing_states == len(known.states)


def test_a_violation_is_a_shortest_one() -> None:
    found = explore(COUNTER, stays_below_seven)

    assert found.ended == "violated"
    assert found.violation is not None
    assert [step.says for step in found.violation.steps] == ["one more", "three more", "three more"]


def test_a_first_state_may_break_the_property() -> None:
    found = explore(System({"number": 8}, (count,)), stays_below_seven)

    assert found.violation is not None
    assert len(found.violation) == 0


def test_every_transition_counts_for_its_action() -> None:
    found = explore(COUNTER)

    assert (found.ended, found.distinct_states) == ("exhausted", 10)
    assert found.fired == {"count": 9, "leap": 7}
    assert found.depth == 4  # to 8: three more, three more, one more, one more


def test_a_condition_that_was_looked_for_is_seen_or_not() -> None:
    one_record = produce_half(ProducerRules(), BrokerRules(), records=1, faults=Faults(0), kinds=frozenset())

    found = explore(one_record, looks_for=(a_record_is_acknowledged, two_records_are_stored))

    assert found.seen == {"a_record_is_acknowledged": True, "two_records_are_stored": False}


def test_a_spent_budget_ends_it() -> None:
    assert explore(COUNTER, budget=Budget(states=0)).ended == "out of states"
    ticks = iter(range(100))
    assert explore(COUNTER, budget=Budget(seconds=0.5, clock=lambda: next(ticks))).ended == "out of time"


def test_a_depth_that_is_enough_ends_it() -> None:
    found = explore(COUNTER, stays_below_seven, budget=Budget(depth=2))

    assert (found.ended, found.depth) == ("deep enough", 2)
    assert explore(COUNTER, stays_below_seven, budget=Budget(depth=3)).ended == "violated"


def test_an_interrupt_ends_it_with_what_was_covered() -> None:
    def interrupt(_progress: object) -> None:
        raise KeyboardInterrupt

    found = explore(COUNTER, on_level=interrupt)

    assert (found.ended, found.distinct_states) == ("interrupted", 3)


@action(fault="leader-change")
def nothing_much(number: int) -> Iterator[Next]:
    """A fault that spends the budget and changes nothing else."""
    yield Next("nothing", number=number)


@pytest.mark.parametrize("engine", ["plain", "compiled"])
def test_a_fault_that_changes_nothing_spends_the_budget(engine: Literal["plain", "compiled"]) -> None:
    found = explore(System({"number": 0, FAULTS: Faults(2)}, (nothing_much,)), how=How(engine))

    assert (found.distinct_states, found.transitions) == (3, 2)


def test_an_action_is_asked_once_for_what_it_reads() -> None:
    system = System({"number": 0, "other": 0}, (count, attrs.evolve(count, name="other").on(number="other")))

    assert explore(system).python_calls == 20


@pytest.mark.parametrize(
    ("records", "faults", "states"), [(2, 0, 15), (3, 0, 28), (4, 0, 45), (2, 1, 484), (3, 1, 2066)]
)
def test_sizes_of_a_producer_that_is_not_idempotent(records: int, faults: int, states: int) -> None:
    client = ProducerRules(idempotence=None, requeue=each_to_the_front)
    kinds = {"request-lost", "response-lost", "request-delayed", "broker-crash", "leader-change", "follower-lag"}
    system = produce_half(
        client,
        BrokerRules(),
        records=records,
        faults=Faults(faults),
        kinds=frozenset(kinds | {"send-timeout", "producer-crash"}),
        stores_repeats=False,
    )

    assert explore(system).distinct_states == states
