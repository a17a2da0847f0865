"""Random search finds what exhaustive search finds, and tells it well."""

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import System, steps
from ackproof.properties.claims import INVARIANTS
from ackproof.properties.produce import acknowledged_records_survive
from ackproof.properties.property import Property
from ackproof.search.explorer import explore
from ackproof.search.machine import PropertyBrokenError, machine_of
from tests.strategies import consume_halves, produce_halves


@pytest.fixture(scope="module")
def failure() -> PropertyBrokenError:
    """What a random search of an unsafe configuration ends with."""
    machine = machine_of(unsafe(), acknowledged_records_survive)
    with pytest.raises(PropertyBrokenError) as failed:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=500,
                stateful_step_count=12,
                derandomize=True,
                database=None,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
            ),
        )
    return failed.value


def unsafe() -> System:
    """Acknowledged by the leader alone, which may crash."""
    return produce_half(
        ProducerRules(acks="1", idempotence=None, requeue=each_to_the_front),
        BrokerRules(),
        records=2,
        faults=Faults(1),
        kinds=frozenset({"broker-crash"}),
    )


def test_random_search_finds_the_loss_and_shrinks_it_to_a_shortest_story(failure: PropertyBrokenError) -> None:
    assert str(failure).splitlines() == [
        "not so: Every record whose send succeeded is in the log of the leader, or with acks=0 still on its way there.",
        "   1 producer sends r1",
        "   2 broker 1, the leader, appends r1 at offset 0",
        "   3 producer gets the acknowledgement of r1",
        "   4 broker 1, the leader, crashes  [broker-crash]",
        "   5 the controller makes broker 2 the leader; in sync: broker 2, broker 3",
    ]


def test_the_printed_program_names_the_actions(failure: PropertyBrokenError) -> None:
    program = "\n".join(failure.__notes__)

    assert [line.split("(")[0].strip() for line in program.splitlines() if "outcome=" in line] == [
        "state.send",
        "state.append",
        "state.answer",
        "state.broker_crash",
        "state.notice",
    ]


def never_contradicted(system: System, statements: Iterable[Property], data: st.DataObject) -> None:
    """Walk at random through a system: what holds exhaustively holds on the way."""
    holding = [statement for statement in statements if explore(system, statement).ended == "exhausted"]
    state = system.first_state
    for _ in range(25):
        assert all(statement({**system.rules, **system.named(state)}) for statement in holding)
        possible = steps(system, state)
        if possible:
            state = possible[data.draw(st.integers(0, len(possible) - 1))].state


@given(produce_halves(records=2, most_faults=1), st.data())
@settings(max_examples=100)
def test_random_search_never_contradicts_the_verdict_on_a_producer(system: System, data: st.DataObject) -> None:
    never_contradicted(system, INVARIANTS["produce"].values(), data)


@given(consume_halves(records=2, most_faults=1), st.data())
@settings(max_examples=100)
def test_random_search_never_contradicts_the_verdict_on_a_consumer(system: System, data: st.DataObject) -> None:
    never_contradicted(system, INVARIANTS["consume"].values(), data)
