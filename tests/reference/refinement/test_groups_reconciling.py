"""Runs of groups of the consumer protocol, each step of which has to be one of the model: what once was none."""

from collections.abc import Sequence
from contextlib import suppress

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.model.groups.assignors import ranges, ranges_kept, uniform_in_order
from ackproof.model.groups.epochs import moved_one_by_one
from ackproof.model.groups.reconciling import at_each_target, once_released
from ackproof.model.groups.rules import CONSUMER
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.groups.beside import TwoOwnersError, run_group_beside
from ackproof.reference.refinement.groups.faults import FAULTS
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.produce.faults import Disturbance

FIRST_CLIENT = attrs.evolve(CONSUMER, acknowledges_what_it_has=False, is_silenced_by_errors=True)
FIRST_BROKER = attrs.evolve(CONSUMER, partition_epochs=moved_one_by_one, reconcile=at_each_target, assign=ranges_kept)
SECOND_BROKER = attrs.evolve(CONSUMER, reconcile=once_released, assign=uniform_in_order, takes_back_at_once=False)
STATIC = {
    "3.7": attrs.evolve(FIRST_BROKER, is_static=True, returning="assigned anew", takes_back_at_once=False),
    "3.8": attrs.evolve(SECOND_BROKER, is_static=True, returning="left out"),
}
ANY = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), st.integers(0, 1_200), st.integers(0, 99))
STANDS_STILL = Disturbance("consumer-pause", 600, 2)


@pytest.mark.parametrize(
    ("setting", "seed", "disturbances"),
    [
        pytest.param(
            GroupSetting(attrs.evolve(CONSUMER, assign=ranges), members=3, partitions=1),
            2_005_535_000,
            [("consumer-pause", 674, 98), ("coordinator-failover", 994, 7), ("member-joins", 74, 73)],
            marks=pytest.mark.slow,
            id="who has left unheard comes back to where its id is among the others",
        ),
        pytest.param(
            GroupSetting(attrs.evolve(FIRST_CLIENT, finishes_what_it_began=True), members=3),
            1_590_466_191,
            [("member-leaves", 205, 60), ("coordinator-failover", 48, 20), ("coordinator-failover", 12, 93)],
            id="the coordinator is to move back before all have heard that it has moved",
        ),
        pytest.param(
            GroupSetting(attrs.evolve(FIRST_CLIENT, finishes_what_it_began=True), partitions=1),
            800,
            [("member-joins", 397, 63), ("consumer-pause", 954, 70), ("coordinator-failover", 1_200, 40)],
            id="who is about to join again falls silent as well",
        ),
        pytest.param(
            GroupSetting(FIRST_CLIENT, partitions=3),
            12,
            [("consumer-pause", 590, 1), ("coordinator-failover", 383, 61)],
            id="who stands still as its coordinator moves is refused by the former one as it joins",
        ),
        pytest.param(
            GroupSetting(attrs.evolve(FIRST_BROKER, takes_back_at_once=False), partitions=4),
            378,
            [
                ("consumer-pause", 374, 92),
                ("partitions-added", 51, 29),
                ("member-joins", 196, 8),
                ("partitions-added", 246, 46),
                ("member-joins", 30, 30),
                ("consumer-pause", 42, 14),
            ],
            id="who is busy says nothing of what it owns until it is not",
        ),
    ],
)
def test_each_step_is_one_of_the_model(
    setting: GroupSetting, seed: int, disturbances: Sequence[tuple[str, int, int]]
) -> None:
    run_group_beside(setting, seed, [Disturbance(*each) for each in disturbances])


@pytest.mark.parametrize(
    ("setting", "seed", "disturbances"),
    [
        (
            GroupSetting(attrs.evolve(FIRST_BROKER, takes_back_at_once=False), members=3),
            2_461_693_311,
            [("member-leaves", 353, 65), ("response-lost", 31, 48), ("coordinator-failover", 3, 1)],
        ),
        (
            GroupSetting(FIRST_CLIENT, members=3, partitions=4),
            712,
            [
                ("consumer-pause", 551, 8),
                ("consumer-crash", 28, 56),
                ("partitions-added", 35, 17),
                ("member-joins", 62, 51),
            ],
        ),
    ],
    ids=["has said", "has to say"],
)
def test_a_group_puts_out_whom_it_has_waited_for_in_vain(
    setting: GroupSetting, seed: int, disturbances: Sequence[tuple[str, int, int]]
) -> None:
    """``GroupMetadataManager.scheduleConsumerGroupRebalanceTimeout``."""
    taken = [
        step.action.name for step in run_group_beside(setting, seed, [Disturbance(*e) for e in disturbances]).steps
    ]

    assert taken.index("consumer pause") < taken.index("hear of error")


def test_who_has_fallen_silent_leaves_as_its_application_does_not_poll_and_joins_again() -> None:
    """``HeartbeatRequestManager.poll`` of 3.7."""
    disturbed = [Disturbance("coordinator-failover", 600, 1), Disturbance("consumer-pause", 300, 2)]

    says = [
        step.says for step in run_group_beside(GroupSetting(FIRST_CLIENT, members=1, partitions=1), 1, disturbed).steps
    ]

    left = "consumer 1 does not poll for too long and leaves; nobody reads partition 0; it is about to join"
    assert says[says.index(left) :] == [left, "consumer 1 joins; epoch 3 begins", "consumer 1 takes partition 0"]


def test_who_stands_still_and_returns_to_3_8_is_left_out() -> None:
    setting = GroupSetting(STATIC["3.8"])

    says = [step.says for step in run_group_beside(setting, 1, [STANDS_STILL]).steps]

    assert says[-1] == "consumer 1 returns under its member id, and the assignor runs without it"


def test_who_stops_and_returns_to_3_7_has_the_assignor_run_again() -> None:
    setting = GroupSetting(STATIC["3.7"])

    says = [step.says for step in run_group_beside(setting, 1, [Disturbance("member-leaves", 600, 0)]).steps]

    assert "consumer 1 returns under its instance id, and the assignor runs" in says


def test_a_model_that_leaves_nobody_out_does_not_come_to_where_3_8_is() -> None:
    model = attrs.evolve(STATIC["3.8"], returning="as it was")

    with pytest.raises(NotRefinedError):
        run_group_beside(GroupSetting(STATIC["3.8"]), 1, [STANDS_STILL], model=GroupSetting(model))


@pytest.mark.slow
@given(
    st.builds(
        GroupSetting,
        st.sampled_from([*STATIC.values(), FIRST_BROKER, SECOND_BROKER]),
        members=st.integers(1, 3),
        partitions=st.integers(1, 4),
    ),
    st.integers(0, 2**32),
    st.lists(ANY, max_size=2),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_step_of_members_of_older_brokers_is_one_of_the_model(
    setting: GroupSetting, seed: int, others: list[Disturbance]
) -> None:
    with suppress(TwoOwnersError):
        run_group_beside(setting, seed, [STANDS_STILL, *others])


IS_BUSY = st.builds(Disturbance, st.just("consumer-pause"), st.integers(300, 600), st.sampled_from(range(0, 100, 4)))
KINDS = ["member-joins", "member-leaves", "partitions-added", "response-lost", "consumer-crash"]
MEANWHILE = st.builds(Disturbance, st.sampled_from(KINDS), st.integers(0, 200), st.integers(0, 99))


@pytest.mark.slow
@given(
    st.builds(
        GroupSetting,
        st.sampled_from([attrs.evolve(FIRST_CLIENT, is_silenced_by_errors=False), FIRST_BROKER, *STATIC.values()]),
        members=st.integers(1, 3),
        partitions=st.integers(1, 4),
    ),
    st.integers(0, 2**32),
    IS_BUSY,
    st.lists(MEANWHILE, min_size=1, max_size=3),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_step_as_a_group_waits_for_what_a_member_gives_up_is_one_of_the_model(
    setting: GroupSetting, seed: int, is_busy: Disturbance, meanwhile: list[Disturbance]
) -> None:
    with suppress(TwoOwnersError):
        run_group_beside(setting, seed, [is_busy, *meanwhile])
