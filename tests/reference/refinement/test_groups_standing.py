"""Members that stand still: as their assignment is on its way, while a generation begins, and until they are two."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import product

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.bugs.rebalancing import IN_KAFKA_PYTHON
from ackproof.model.groups.assignors import ROUND_ROBIN, STICKY
from ackproof.model.groups.rules import COOPERATIVE, EAGER, ClassicRules
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.groups.beside import TwoOwnersError, run_group_beside
from ackproof.reference.refinement.groups.classic_map import ClassicMap
from ackproof.reference.refinement.groups.faults import FAULTS
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.produce.faults import Disturbance

STATIC = [attrs.evolve(rules, is_static=True) for rules in (EAGER, COOPERATIVE)]
DYNAMIC = [EAGER, ClassicRules(ROUND_ROBIN), COOPERATIVE]
CLAIMING = [ClassicRules(STICKY), attrs.evolve(IN_KAFKA_PYTHON, claims_what_was_lost=True)]
ANY = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), st.integers(0, 1_200), st.integers(0, 99))
SEEDS = st.integers(0, 2**32)
UNHURRIED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def pauses(after_ms: st.SearchStrategy[int], choices: Sequence[int]) -> st.SearchStrategy[Disturbance]:
    """Somebody stands still: all of it where the choice is odd, its application alone where it is even."""
    return st.builds(Disturbance, st.just("consumer-pause"), after_ms, st.sampled_from(choices))


def of(rules: Sequence[ClassicRules], fewest: int = 1) -> st.SearchStrategy[GroupSetting]:
    """Groups of some size."""
    sizes = {"members": st.integers(fewest, 3), "partitions": st.integers(1, 4)}
    return st.builds(GroupSetting, st.sampled_from(rules), **sizes)


AS_IT_WAITS = pauses(st.sampled_from([10, 100, 600]), [7, 11, 19, 23, 35, 55, 91, 99])
DOES_NOT_POLL = pauses(st.integers(400, 900), [2, 4, 8, 10, 20, 50, 98])
REBALANCES = st.builds(
    Disturbance, st.sampled_from(["member-joins", "partitions-added", "member-leaves"]), st.integers(0, 60), st.just(1)
)
BREAKS = st.builds(
    Disturbance,
    st.sampled_from(["response-lost", "coordinator-failover"]),
    st.integers(930, 1_060),
    st.sampled_from([1, 3, 5]),
)


@pytest.mark.slow
@given(of([*DYNAMIC, *STATIC]), SEEDS, AS_IT_WAITS, st.lists(ANY, max_size=2))
@UNHURRIED
def test_each_step_of_who_stands_still_as_it_waits_for_its_assignment_is_one_of_the_model(
    setting: GroupSetting, seed: int, pause: Disturbance, others: list[Disturbance]
) -> None:
    run_group_beside(setting, seed, [pause, *others])


@pytest.mark.slow
@given(of(STATIC, 2), SEEDS, DOES_NOT_POLL, REBALANCES, st.lists(ANY, max_size=1))
@UNHURRIED
def test_each_step_of_a_static_member_that_does_not_poll_in_a_rebalance_is_one_of_the_model(
    setting: GroupSetting, seed: int, pause: Disturbance, rebalance: Disturbance, others: list[Disturbance]
) -> None:
    run_group_beside(setting, seed, [pause, rebalance, *others])


@pytest.mark.slow
@given(of([*DYNAMIC, *CLAIMING]), SEEDS, DOES_NOT_POLL, BREAKS, st.lists(ANY, max_size=2))
@UNHURRIED
def test_each_step_of_who_does_not_poll_and_can_not_leave_is_one_of_the_model(
    setting: GroupSetting, seed: int, pause: Disturbance, breaks: Disturbance, others: list[Disturbance]
) -> None:
    with suppress(TwoOwnersError):
        run_group_beside(setting, seed, [pause, *others, breaks])


AS_IT_REBALANCES = st.builds(Disturbance, st.just("coordinator-failover"), st.integers(10, 160), st.just(1))


@pytest.mark.slow
@given(of([*DYNAMIC, *STATIC]), SEEDS, REBALANCES, AS_IT_REBALANCES)
@UNHURRIED
def test_each_step_as_a_coordinator_moves_while_its_group_rebalances_is_one_of_the_model(
    setting: GroupSetting, seed: int, rebalance: Disturbance, moves: Disturbance
) -> None:
    run_group_beside(setting, seed, [attrs.evolve(rebalance, after_ms=rebalance.after_ms + 400), moves])


AS_IT_IS_TOLD = (GroupSetting(EAGER), 1_323_436_024, [Disturbance("consumer-pause", 10, 11)])


def test_what_arrives_at_a_process_that_stands_still_it_reads_though_it_was_put_out_since() -> None:
    trace = run_group_beside(*AS_IT_IS_TOLD)
    says = [step.says for step in trace.steps]

    put_out = says.index("consumer 2 pauses for too long; the coordinator removes it")
    assert says.index("consumer 2 learns that it owns partition 1") < put_out
    assert "consumer 2 learns that it is no longer in the group and gives up partition 1" in says[put_out:]


def nothing(*_: object) -> None:
    """Nobody is told anything while it stands still."""


def test_who_reads_its_assignment_after_it_was_put_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told while the coordinator still knows it: afterwards nobody is told anything in the model."""
    setting, pause = GroupSetting(COOPERATIVE, partitions=4), Disturbance("consumer-pause", 100, 91)
    run_group_beside(setting, 2_046_968_324, [pause])

    monkeypatch.setattr(ClassicMap, "_told_meanwhile", nothing)

    with pytest.raises(NotRefinedError):
        run_group_beside(setting, 2_046_968_324, [pause])


LEFT_OUT = [Disturbance("consumer-pause", 676, 98), Disturbance("member-joins", 39, 3)]


def test_a_generation_begins_without_a_static_member_that_goes_on() -> None:
    """It has polled since its group began to rebalance, and has not been told so by then."""
    setting = GroupSetting(STATIC[0], partitions=3)

    trace = run_group_beside(setting, 208_202_837, LEFT_OUT)
    says = [step.says for step in trace.steps]

    begins = says.index("consumer 1 does not poll for too long; generation 2 begins; consumer 3 leads it")
    assert (
        says[begins + 1]
        == "consumer 1 does not poll for too long and forgets who it is; nobody reads partitions 0 and 1"
    )


def test_who_could_not_leave_joins_beside_who_it_was_before() -> None:
    disturbed = [Disturbance("consumer-pause", 345, 20), Disturbance("coordinator-failover", 955, 1)]

    trace = run_group_beside(GroupSetting(EAGER), 1_752_882_935, disturbed)
    kinds = [step.action.name for step in trace.steps]

    assert trace.faults == ("member-joins", "consumer-crash")
    assert kinds.index("member joins") < kinds.index("session expires")
    assert trace.steps[-1].says == "consumer 3 learns that it owns partition 0"


@pytest.mark.slow
def test_the_runs_take_all_of_this() -> None:
    seen = set[str]()
    for seed, after_ms in product(range(10), (10, 30)):
        joins = [Disturbance("consumer-pause", 600 + 7 * seed, 98), Disturbance("member-joins", after_ms, 0)]
        seen.update(step.says for step in run_group_beside(GroupSetting(STATIC[1]), seed, joins).steps)

    assert any("does not poll for too long; generation" in says for says in seen)
    assert any("does not poll for too long and forgets" in says for says in seen)


MOVES = Disturbance("coordinator-failover", 10, 1)


@pytest.mark.parametrize(
    ("setting", "seed", "disturbed"),
    [
        (
            GroupSetting(COOPERATIVE, members=1, partitions=4),
            3_156_097_729,
            [Disturbance("member-joins", 283, 0), MOVES],
        ),
        (
            GroupSetting(STATIC[1], partitions=3),
            2_681_059_809,
            [
                attrs.evolve(MOVES, after_ms=20),
                Disturbance("partitions-added", 345, 0),
                attrs.evolve(MOVES, after_ms=105),
            ],
        ),
    ],
    ids=["keeps", "keeps or loses"],
)
def test_who_waits_for_its_assignment_of_a_former_coordinator_joins_again_with_what_it_owns(
    setting: GroupSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    """Or it hears before that its generation is gone, and has lost that: which of it shows only as it joins."""
    trace = run_group_beside(setting, seed, disturbed)

    assert "coordinator failover" in {step.action.name for step in trace.steps}
