"""Liveness against its definition, and what is fair."""

from collections.abc import Hashable, Iterator, Mapping
from itertools import combinations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import Action, Interchangeable, Next, State, System, action, steps
from ackproof.properties.liveness import eventually, every_send_is_resolved
from ackproof.properties.property import Property
from ackproof.search.engines import How
from ackproof.search.exploration import Budget
from ackproof.search.explorer import Plan
from ackproof.search.liveness import UnsoundError, explore_fairly
from ackproof.traces.trace import Trace, replay

Pair = tuple[int, int]
PAIRS = [(a, b) for a in range(3) for b in range(3)]


def an_action(name: str, outcomes: Mapping[Pair, list[Pair]], *, fair: bool, strongly: bool = False) -> Action:
    """An action with these outcomes."""

    def act(a: int, b: int) -> Iterator[Next]:
        for after in outcomes.get((a, b), ()):
            yield Next(name, a=after[0], b=after[1])

    return attrs.evolve(action(fair=fair, strongly_fair=strongly)(act), name=name)


def a_goal(states: frozenset[Pair]) -> Property:
    """To be in one of the states."""

    @eventually(source="none")
    def is_there(a: int, b: int) -> bool:
        """It is there."""
        return (a, b) in states

    return is_there


def system_of(*actions: Action) -> System:
    """A system of two numbers."""
    return System({"a": 0, "b": 0}, actions)


@st.composite
def systems(draw: st.DrawFn) -> System:
    """Systems of nine states and some actions, few of which are possible in one state."""
    outcomes = st.dictionaries(st.sampled_from(PAIRS), st.lists(st.sampled_from(PAIRS), min_size=1, max_size=2))
    return system_of(
        *(
            an_action(f"act {place}", draw(outcomes), fair=draw(st.booleans()), strongly=draw(st.booleans()))
            for place in range(draw(st.integers(1, 4)))
        )
    )


def depths(system: System) -> dict[State, int]:
    """Every state, and how many steps lead there."""
    found, level = {system.first_state: 0}, [system.first_state]
    while level:
        after = {step.state for state in level for step in steps(system, state)} - found.keys()
        found |= dict.fromkeys(after, found[level[0]] + 1)
        level = list(after)
    return found


def may_be_for_ever(system: System, states: frozenset[State]) -> bool:
    """Whether a fair execution may go on for ever in just these *states*, or rest in the only one."""
    inside = [(state, step) for state in states for step in steps(system, state) if step.state in states]
    for start in states:
        reached, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            new = {step.state for state, step in inside if state == here} - reached
            reached |= new
            waiting += new
        if not reached >= states:
            return False
    taken = {step.action.name for _, step in inside}
    possible = [{step.action.name for step in steps(system, state)} for state in states]

    def is_content(act: Action) -> bool:
        ways = (act.name in some for some in possible)
        return act.name in taken or not (any(ways) if act.is_strongly_fair else all(ways))

    return all(is_content(act) for act in system.actions if act.is_fair)


def nearest(system: System, goal: Property) -> int | None:
    """How many steps lead to the nearest states that a fair execution never leaves and that are no goal."""
    depth = depths(system)
    bad = [state for state in depth if not goal(system.named(state))]
    subsets = (frozenset(some) for size in range(1, len(bad) + 1) for some in combinations(bad, size))
    return min((min(depth[s] for s in some) for some in subsets if may_be_for_ever(system, some)), default=None)


@given(systems(), st.frozensets(st.sampled_from(PAIRS), max_size=6))
@settings(max_examples=300)
def test_it_agrees_with_the_definition(system: System, states: frozenset[Pair]) -> None:
    goal = a_goal(states)

    found = explore_fairly(system, goal).violation

    wanted = nearest(system, goal)
    assert (found.loop if found else None) == wanted
    if found:
        assert replay(system, found) == found
        assert not any(goal(system.named(state)) for state in found.states[found.loop :])


def stories(trace: Trace | None) -> tuple[list[str], list[str]]:
    """What happens, and what is repeated for ever."""
    assert trace is not None
    says = [step.says for step in trace.steps]
    return says[: trace.loop], says[trace.loop :]


GO = {(0, 0): [(1, 0)]}
ARRIVED = a_goal(frozenset({(1, 0)}))


def test_what_stays_possible_happens_if_it_is_fair() -> None:
    assert explore_fairly(system_of(an_action("go", GO, fair=True)), ARRIVED).ended == "exhausted"


def test_an_execution_may_stop_where_only_faults_and_free_choices_are_possible() -> None:
    found = explore_fairly(system_of(an_action("go", GO, fair=False)), ARRIVED)

    assert (found.ended, found.broken) == ("violated", "is_there")
    assert stories(found.violation) == ([], [])


def test_a_cycle_that_never_takes_what_stays_possible_is_none() -> None:
    turn = an_action("turn", {(0, 0): [(0, 1)], (0, 1): [(0, 0)]}, fair=True)
    go = an_action("go", GO | {(0, 1): [(1, 0)]}, fair=True)

    assert explore_fairly(system_of(turn, go), ARRIVED).violation is None


def test_what_is_impossible_again_and_again_need_not_happen() -> None:
    turn = an_action("turn", {(0, 0): [(0, 1)], (0, 1): [(0, 0)]}, fair=True)

    found = explore_fairly(system_of(turn, an_action("go", GO, fair=True)), ARRIVED)

    assert stories(found.violation) == ([], ["turn", "turn"])


def test_what_is_possible_again_and_again_happens_if_it_is_strongly_fair() -> None:
    turn = an_action("turn", {(0, 0): [(0, 1)], (0, 1): [(0, 0)]}, fair=True)

    assert explore_fairly(system_of(turn, an_action("go", GO, fair=True, strongly=True)), ARRIVED).violation is None


def test_a_part_of_a_cycle_in_which_a_strongly_fair_action_is_never_possible_can_be_stayed_in() -> None:
    turn = an_action("turn", {(0, 0): [(0, 1)], (0, 1): [(0, 0), (0, 2)], (0, 2): [(0, 1)]}, fair=True)

    found = explore_fairly(system_of(turn, an_action("go", GO, fair=True, strongly=True)), ARRIVED)

    assert stories(found.violation) == (["turn"], ["turn", "turn"])


def test_a_round_takes_what_is_strongly_fair_though_it_is_not_possible_at_once() -> None:
    turn = an_action("turn", {(0, 0): [(0, 1)], (0, 1): [(0, 0)]}, fair=True)
    rest = an_action("rest", {(0, 1): [(0, 1), (1, 0)]}, fair=True, strongly=True)

    assert stories(explore_fairly(system_of(turn, rest), ARRIVED).violation) == ([], ["turn", "rest", "turn"])


def test_an_action_that_changed_nothing_has_happened() -> None:
    found = explore_fairly(system_of(an_action("try", {(0, 0): [(0, 0), (1, 0)]}, fair=True)), ARRIVED)

    assert stories(found.violation) == ([], ["try"])


def test_the_way_to_the_cycle_is_a_shortest_one() -> None:
    far = an_action("far", {(0, 0): [(0, 1)], (0, 1): [(0, 2)]}, fair=True)
    near = an_action("near", {(0, 0): [(2, 0)]}, fair=True)

    assert stories(explore_fairly(system_of(far, near), ARRIVED).violation) == (["near"], [])


COUNT = an_action("count", {(0, 0): [(0, 1)], (0, 1): [(0, 2)], (0, 2): [(1, 0)], (1, 0): [(1, 1)]}, fair=False)


def test_a_spent_budget_ends_it_with_what_was_found_so_far() -> None:
    late = a_goal(frozenset({(0, 0), (0, 1)}))

    found = explore_fairly(system_of(COUNT), late, budget=Budget(states=3))

    assert found.ended == "out of states"
    assert stories(found.violation) == (["count", "count"], [])
    assert not found.is_shortest
    assert explore_fairly(system_of(COUNT), late, budget=Budget(states=2)).violation is None
    assert explore_fairly(system_of(COUNT), late, budget=Budget(states=0)).violation is None


def test_the_depth_of_a_budget_does_not_count() -> None:
    assert explore_fairly(system_of(COUNT), ARRIVED, budget=Budget(depth=1)).ended == "violated"


def test_a_condition_that_was_looked_for_is_seen_or_not() -> None:
    nowhere = attrs.evolve(a_goal(frozenset()), name="is_nowhere")

    found = explore_fairly(system_of(an_action("go", GO, fair=True)), ARRIVED, looks_for=(nowhere,))

    assert found.seen["is_nowhere"] is False


@pytest.mark.slow
def test_every_engine_finds_the_same_lasso() -> None:
    brokers = BrokerRules(replication_factor=2, min_insync_replicas=2)
    kinds = frozenset({"follower-lag"})
    system = produce_half(ProducerRules(), brokers, records=2, faults=Faults(1), kinds=kinds, is_fine=True)
    plain = explore_fairly(system, every_send_is_resolved, plan=Plan(How("plain")))

    for workers in (1, 2):
        compiled = explore_fairly(system, every_send_is_resolved, plan=Plan(How("compiled", workers)))
        assert compiled.violation == plain.violation
    assert plain.violation is not None


GO_ON = an_action("go on", GO, fair=True)


def as_it_is(value: Hashable) -> Hashable:
    """What stands for a value that stands for itself."""
    return value


@pytest.mark.parametrize(
    ("system", "plan", "reason"),
    [
        (system_of(attrs.evolve(GO_ON, is_urgent=True)), Plan(), "urgent actions .go on."),
        (attrs.evolve(system_of(GO_ON), symmetric={"a": as_it_is}), Plan(), "not told apart"),
        (attrs.evolve(system_of(GO_ON), interchangeable=(Interchangeable((1, 2)),)), Plan(), "not told apart"),
        (attrs.evolve(system_of(GO_ON), reductions=frozenset({"fusion"})), Plan(), "under fusion"),
        (system_of(GO_ON), Plan(partial_order=True), "under partial order"),
    ],
)
def test_what_may_leave_out_a_cycle_is_refused(system: System, plan: Plan, reason: str) -> None:
    with pytest.raises(UnsoundError, match=reason):
        explore_fairly(system, ARRIVED, plan=plan)

    assert explore_fairly(attrs.evolve(system, reductions=frozenset()), ARRIVED).ended == "exhausted"
