"""Traces replay, and keep the names of interchangeable parts."""

from collections.abc import Iterator
from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.replica import Replicas
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import Next, Step, System, action
from ackproof.properties.produce import acknowledged_records_survive
from ackproof.search.explorer import explore
from ackproof.traces.trace import NotAnExecutionError, Trace, replay, trace_of


def lossy(kind: str = "broker-crash") -> System:
    """Acknowledged by the leader alone."""
    client = ProducerRules(acks="1", idempotence=None, requeue=each_to_the_front)
    return produce_half(client, BrokerRules(), records=1, faults=Faults(1), kinds=frozenset({kind}))


def loss(system: System) -> Trace:
    """A shortest loss."""
    found = explore(system, acknowledged_records_survive).violation
    assert found is not None
    return found


def test_a_trace_replays() -> None:
    trace = loss(lossy())

    assert replay(lossy(), trace) == trace


def test_a_trace_does_not_replay_where_the_fault_can_not_happen() -> None:
    trace = loss(lossy())

    with pytest.raises(NotAnExecutionError, match="step 4 can not be taken"):
        replay(lossy("follower-lag"), trace)


def test_a_trace_starts_where_the_system_starts() -> None:
    trace = loss(lossy())

    with pytest.raises(NotAnExecutionError, match="the first state is not the system's"):
        trace_of(lossy(), trace.states[1:])


def test_replicas_keep_their_places() -> None:
    trace = loss(lossy())

    assert trace.faults == ("broker-crash",)
    replicas = cast("Replicas", trace.last["replicas"])
    assert [replica.is_up for replica in replicas] == [False, True, True]


def test_the_length_counts_actions_and_faults() -> None:
    trace = loss(lossy())

    assert len(trace) == 5
    assert len(trace.states) == 6
    assert attrs.evolve(trace, steps=()).last == dict(zip(trace.names, trace.first_state, strict=True))


@action
def turn(lamp: bool) -> Iterator[Next]:
    """The lamp goes on or off."""
    yield Next("click", lamp=not lamp)


@action
def sing(lamp: bool) -> Iterator[Next]:
    """Nothing changes."""
    yield Next("la")


LAMP = System({"lamp": False}, (turn, sing))
ON, OFF = Step(turn, "click", (True,)), Step(turn, "click", (False,))
SUNG = Step(sing, "la", (False,))


def going_round(*steps: Step) -> Trace:
    """The lamp goes on and off, and from then on these steps are repeated."""
    return Trace(("lamp",), (False,), (ON, OFF, *steps), loop=2)


def test_a_lasso_replays_with_the_actions_that_it_took() -> None:
    lasso = going_round(SUNG, ON, OFF)

    assert replay(LAMP, lasso) == lasso


def test_what_is_repeated_leads_back() -> None:
    with pytest.raises(NotAnExecutionError, match="does not lead back"):
        replay(LAMP, going_round(SUNG, ON))


def test_what_is_repeated_is_fair() -> None:
    with pytest.raises(NotAnExecutionError, match="not fair to sing"):
        replay(LAMP, going_round(ON, OFF))
    with pytest.raises(NotAnExecutionError, match="not fair to turn, sing"):
        replay(LAMP, going_round())

    silent = attrs.evolve(LAMP, actions=(turn, attrs.evolve(sing, is_fair=False)))
    assert replay(silent, going_round(ON, OFF)) == going_round(ON, OFF)


@action(strongly_fair=True)
def fuse(lamp: bool) -> Iterator[Next]:
    """The lamp goes off as its fuse blows."""
    if lamp:
        yield Next("bang", lamp=False)


def test_what_is_strongly_fair_happens_if_it_is_possible_at_times() -> None:
    fused = attrs.evolve(LAMP, actions=(turn, fuse))

    with pytest.raises(NotAnExecutionError, match="not fair to fuse"):
        replay(fused, going_round(ON, OFF))
    blown = going_round(ON, Step(fuse, "bang", (False,)))
    assert replay(fused, blown) == blown


def test_an_execution_in_which_nothing_happens_is_one() -> None:
    assert Trace(("lamp",), (False,), ())
