"""The coordinator of a classic group moves as its log lacks something; who leaves loses its connection."""

from collections.abc import Sequence

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.bugs.rebalancing import WITHOUT_GENERATIONS
from ackproof.model.groups.assignors import ROUND_ROBIN, STICKY
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, EAGER, ClassicRules
from ackproof.reference.refinement.groups.beside import run_group_beside
from ackproof.reference.refinement.groups.faults import FAULTS
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.produce.faults import Disturbance

DYNAMIC = [EAGER, ClassicRules(ROUND_ROBIN), ClassicRules(STICKY), COOPERATIVE]
STATIC = [attrs.evolve(rules, is_static=True) for rules in (EAGER, COOPERATIVE)]
ANY = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), st.integers(0, 1_200), st.integers(0, 99))
SEEDS = st.integers(0, 2**32)
UNHURRIED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

IS_BACK = st.one_of(
    st.builds(Disturbance, st.just("consumer-crash"), st.integers(300, 400), st.integers(0, 99)),
    st.builds(Disturbance, st.just("consumer-pause"), st.integers(400, 700), st.sampled_from([2, 4, 8, 10, 14])),
)
MOVES = st.builds(Disturbance, st.just("coordinator-failover"), st.integers(700, 1_100), st.integers(0, 99))
LEAVES = st.builds(Disturbance, st.just("member-leaves"), st.integers(0, 160), st.integers(0, 99))
BREAKS = st.builds(Disturbance, st.just("response-lost"), st.integers(0, 60), st.integers(0, 99))


def of(rules: Sequence[ClassicRules]) -> st.SearchStrategy[GroupSetting]:
    """Groups of some size."""
    return st.builds(GroupSetting, st.sampled_from(rules), members=st.integers(1, 3), partitions=st.integers(1, 4))


@pytest.mark.slow
@given(of([*DYNAMIC, *STATIC]), SEEDS, IS_BACK, MOVES, st.lists(ANY, max_size=1))
@UNHURRIED
def test_each_step_as_somebody_is_back_under_an_id_that_is_not_written_is_one_of_the_model(
    setting: GroupSetting, seed: int, is_back: Disturbance, moves: Disturbance, others: list[Disturbance]
) -> None:
    run_group_beside(setting, seed, [is_back, *others, moves])


@pytest.mark.slow
@given(of(DYNAMIC), SEEDS, LEAVES, BREAKS, st.lists(ANY, max_size=1))
@UNHURRIED
def test_each_step_as_somebody_leaves_and_a_connection_breaks_is_one_of_the_model(
    setting: GroupSetting, seed: int, leaves: Disturbance, breaks: Disturbance, others: list[Disturbance]
) -> None:
    run_group_beside(setting, seed, [*others, leaves, breaks])


def test_who_leaves_while_it_waits_for_others_is_missed_if_its_connection_breaks() -> None:
    """What is behind its JoinGroup on that connection nobody has read."""
    disturbed = [Disturbance("member-leaves", 60, 0), Disturbance("response-lost", 60, 3)]

    says = [step.says for step in run_group_beside(GroupSetting(EAGER), 1, disturbed).steps]

    lost = says.index("consumer 1 loses its LeaveGroup")
    assert says[lost - 1] == "consumer 1 leaves; the coordinator hears so once all have joined"
    assert says[lost + 1] == "generation 1 begins; consumer 1 leads it"
    assert "the session of consumer 1 expires" in says


JOINS_BESIDE = "; the session of its former member id expires"


@pytest.mark.parametrize(
    ("setting", "seed", "disturbed"),
    [
        (
            GroupSetting(ClassicRules(ROUND_ROBIN), members=3, partitions=3),
            771_339_508,
            [Disturbance("consumer-crash", 311, 43), Disturbance("coordinator-failover", 741, 24)],
        ),
        (
            GroupSetting(EAGER, partitions=4),
            1_963_583_719,
            [
                Disturbance("consumer-crash", 1_024, 8),
                Disturbance("consumer-crash", 700, 40),
                Disturbance("coordinator-failover", 709, 28),
            ],
        ),
        (
            GroupSetting(ClassicRules(STICKY), members=3, partitions=1),
            3_326_746_254,
            [Disturbance("consumer-pause", 674, 10), Disturbance("coordinator-failover", 1_023, 66)],
        ),
    ],
    ids=["as its JoinGroup waits", "as its SyncGroup waits", "as it has left"],
)
def test_who_joins_beside_a_former_id_that_led_may_lead(
    setting: GroupSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    """``ClassicGroup.remove`` chooses among those that are there, as the session of the former id expires."""
    says = [step.says for step in run_group_beside(setting, seed, disturbed).steps]

    beside = next(each for each in says if each.endswith(JOINS_BESIDE))
    last = [each for each in says if each.startswith("generation")][-1]
    assert last == f"generation 2 begins; {beside[:10]} leads it"


def test_who_rejoins_and_hears_that_its_generation_is_gone_keeps_what_it_owns_where_it_does_so() -> None:
    """KAFKA-12983: a heartbeat told it so before its next JoinGroup."""
    disturbed = [
        Disturbance("coordinator-failover", 27, 2),
        Disturbance("consumer-pause", 652, 16),
        Disturbance("coordinator-failover", 1_050, 66),
    ]

    trace = run_group_beside(GroupSetting(WITHOUT_GENERATIONS, members=3, partitions=3), 20_810_909, disturbed)

    assert trace.steps[-1].says == "consumer 4 learns that it owns partition 1"


@pytest.mark.parametrize(
    ("setting", "seed", "disturbed", "says"),
    [
        (
            GroupSetting(EAGER, members=3, partitions=1),
            3_671_791_620,
            [
                Disturbance("consumer-pause", 710, 98),
                Disturbance("consumer-crash", 862, 6),
                Disturbance("coordinator-failover", 700, 88),
            ],
            "consumer 2 learns that its generation is gone, gives up what it owned and joins again; "
            "it hears of generation 1 again",
        ),
        (
            GroupSetting(EAGER),
            2_702_659_871,
            [
                Disturbance("coordinator-failover", 56, 34),
                Disturbance("consumer-pause", 624, 98),
                Disturbance("coordinator-failover", 1_097, 77),
            ],
            "the group coordinator moves to another broker, which knows generation 1; "
            "consumer 1 had left, and is known again",
        ),
        (
            GroupSetting(COOPERATIVE, members=1, partitions=3),
            3_339_837_279,
            [
                Disturbance("coordinator-failover", 59, 68),
                Disturbance("member-joins", 455, 74),
                Disturbance("coordinator-failover", 50, 88),
            ],
            "the group coordinator moves to another broker, which knows generation 1; consumer 1 will join again",
        ),
        (
            GroupSetting(attrs.evolve(CONSUMER, is_silenced_by_errors=True), members=3, partitions=1),
            1_170_350_177,
            [Disturbance("response-lost", 276, 87), Disturbance("coordinator-failover", 440, 19)],
            "the group coordinator moves to another broker; consumer 1 and consumer 3 are told so and silent",
        ),
        (
            GroupSetting(attrs.evolve(COOPERATIVE, is_static=True), members=1, partitions=4),
            490_610_492,
            [
                Disturbance("member-leaves", 936, 43),
                Disturbance("partitions-added", 492, 59),
                Disturbance("coordinator-failover", 84, 27),
            ],
            "consumer 1 joins again; the group prepares to rebalance; a heartbeat tells it that its "
            "generation is gone, and it gives up partitions 0 and 1 and 2 and 3",
        ),
        pytest.param(
            GroupSetting(attrs.evolve(COOPERATIVE, is_static=True)),
            3_408_978_021,
            [
                Disturbance("member-leaves", 17, 40),
                Disturbance("member-joins", 314, 56),
                Disturbance("coordinator-failover", 364, 88),
            ],
            "the group coordinator moves to another broker, which knows generation 1; consumer 2 will join again; "
            "it knows consumer 1 by a former id alone",
            marks=pytest.mark.slow,
        ),
    ],
    ids=[
        "says what it said first",
        "has left",
        "has not sent its SyncGroup",
        "hears of it by something else",
        "has joined again",
        "is taken for its former self",
    ],
)
def test_who_hears_how_of_a_coordinator_that_moves(
    setting: GroupSetting, seed: int, disturbed: list[Disturbance], says: str
) -> None:
    assert says in [step.says for step in run_group_beside(setting, seed, disturbed).steps]
