"""Systems: what they refuse, and what a step is."""

from collections.abc import Hashable, Iterator
from typing import cast

import attrs
import pytest

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.system import Next, System, action, compose, steps


@action
def tick(clock: int) -> Iterator[Next]:
    """The clock goes on."""
    if clock < 2:
        yield Next("tick", clock=clock + 1)


@action(urgent=True)
def ring(clock: int, bell: bool) -> Iterator[Next]:
    """The bell rings at 1."""
    if clock == 1 and not bell:
        yield Next("ring", bell=True)


@action(fault="broker-crash")
def stop(clock: int) -> Iterator[Next]:
    """The clock is set back."""
    yield Next("stop", clock=0)


@action
def swap(pair: tuple[int, int]) -> Iterator[Next]:
    """The two change places."""
    yield Next("swap", pair=pair[::-1])


def smaller_first(pair: Hashable) -> Hashable:
    """The representative of a pair and its mirror image."""
    left, right = cast("tuple[int, int]", pair)
    return (min(left, right), max(left, right))


def says(system: System, *values: Hashable) -> list[str]:
    """What may happen in a state."""
    return [step.says for step in steps(system, values)]


def test_an_action_reads_its_parameters() -> None:
    assert ring.reads == ("clock", "bell")


def test_an_action_on_other_components_changes_those() -> None:
    system = System({"left": 0, "right": 0}, (tick.on(clock="left"), tick.on(clock="right")))

    assert [step.state for step in steps(system, system.first_state)] == [(1, 0), (0, 1)]


def test_an_action_has_no_other_parameters() -> None:
    with pytest.raises(ValueError, match="tick has no parameter watch"):
        tick.on(watch="left")


def test_a_system_refuses_an_action_that_reads_what_it_does_not_have() -> None:
    with pytest.raises(ValueError, match="'ring' reads bell"):
        System({"clock": 0}, (ring,))


def test_a_system_refuses_faults_without_a_budget() -> None:
    with pytest.raises(ValueError, match="'stop' reads faults"):
        System({"clock": 0}, (stop,))


def test_while_an_urgent_action_is_enabled_only_urgent_ones_run() -> None:
    system = System({"clock": 0, "bell": False}, (tick, ring))

    assert says(system, 1, False) == ["ring"]
    assert says(system, 1, True) == ["tick"]


def test_a_fine_system_knows_no_urgency() -> None:
    system = System({"clock": 0, "bell": False}, (tick, ring), reductions=frozenset())

    assert says(system, 1, False) == ["tick", "ring"]


def test_a_fault_costs_one_of_the_budget() -> None:
    system = System({"clock": 1, FAULTS: Faults(1)}, (stop,))

    assert [step.state for step in steps(system, system.first_state)] == [(0, Faults(0))]
    assert says(system, 1, Faults(0)) == []


@action
def refill(faults: Faults) -> Iterator[Next]:
    """An action that means to change the budget."""
    yield Next("refill", faults=Faults(3))


def test_no_action_changes_the_budget() -> None:
    system = System({FAULTS: Faults(1)}, (refill,))

    with pytest.raises(ValueError, match="'refill' changes faults, which only what a fault costs does"):
        steps(system, system.first_state)


def test_a_kind_of_fault_may_have_a_limit_of_its_own() -> None:
    budget = Faults(2, (("broker-crash", 1),))

    assert budget.without("broker-crash") == Faults(1, (("broker-crash", 0),))
    assert Faults(1, (("broker-crash", 0),)).without("broker-crash") is None
    assert budget.without("request-lost") == Faults(1, (("broker-crash", 1),))


def test_symmetric_components_are_kept_as_their_representatives() -> None:
    system = System({"pair": (1, 2)}, (swap,), symmetric={"pair": smaller_first})

    assert [step.state for step in steps(system, system.first_state)] == [((1, 2),)]
    apart = attrs.evolve(system, reductions=frozenset())
    assert [step.state for step in steps(apart, apart.first_state)] == [((2, 1),)]


def test_parts_share_what_they_agree_on() -> None:
    both = compose(System({"clock": 0}, (tick,)), System({"clock": 0, "bell": False}, (ring,)))

    assert list(both.initial) == ["clock", "bell"]
    assert both.actions == (tick, ring)


def test_parts_that_disagree_are_refused() -> None:
    with pytest.raises(ValueError, match="two parts disagree on clock: 0 and 1"):
        compose(System({"clock": 0}, (tick,)), System({"clock": 1}, ()))
