"""Runs of groups of the consumer protocol whose member ids share a place of Java's hash tables."""

from contextlib import suppress

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.model.groups.assignors import ranges, ranges_kept, uniform_in_order, uniform_in_turn
from ackproof.model.groups.epochs import moved_one_by_one
from ackproof.model.groups.reconciling import at_each_target, once_released
from ackproof.model.groups.rules import CONSUMER, ConsumerRules
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.groups.beside import TwoOwnersError, run_group_beside
from ackproof.reference.refinement.groups.faults import FAULTS
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.produce.faults import Disturbance

OF_3_7 = attrs.evolve(CONSUMER, partition_epochs=moved_one_by_one, reconcile=at_each_target, takes_back_at_once=False)
OF_3_8 = attrs.evolve(CONSUMER, reconcile=once_released, assign=uniform_in_order, takes_back_at_once=False)
RULES = [
    CONSUMER,
    attrs.evolve(CONSUMER, is_static=True),
    attrs.evolve(CONSUMER, finishes_what_it_began=True),
    attrs.evolve(CONSUMER, assign=ranges),
    attrs.evolve(OF_3_7, assign=ranges_kept),
    attrs.evolve(OF_3_7, assign=uniform_in_turn),
    OF_3_8,
    attrs.evolve(OF_3_8, is_static=True, returning="left out"),
]
ANY = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), st.integers(0, 1_200), st.integers(0, 99))


def sharing(rules: ConsumerRules) -> ConsumerRules:
    """The same where all ids are in one place."""
    return attrs.evolve(rules, shares_places=True)


@pytest.mark.slow
@given(
    st.builds(
        GroupSetting, st.sampled_from(RULES).map(sharing), members=st.integers(1, 3), partitions=st.integers(1, 4)
    ),
    st.integers(0, 2**32),
    st.lists(ANY, max_size=4),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_step_is_one_of_the_model(setting: GroupSetting, seed: int, disturbed: list[Disturbance]) -> None:
    with suppress(TwoOwnersError):
        run_group_beside(setting, seed, disturbed)


def test_their_order_is_another_one_as_there_are_more_of_them() -> None:
    setting, disturbed = GroupSetting(sharing(OF_3_8), partitions=1), [Disturbance("member-joins", 912, 22)]
    run_group_beside(setting, 83, disturbed)

    with pytest.raises(NotRefinedError):
        run_group_beside(setting, 83, disturbed, model=attrs.evolve(setting, rules=OF_3_8))
