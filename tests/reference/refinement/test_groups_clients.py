"""Groups of Java's earlier clients, with their known bugs: every step is one of the model's."""

from contextlib import suppress

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.bugs.rebalancing import BEFORE_KIP_792, BY_LATEST_GENERATION, WITHOUT_GENERATIONS
from ackproof.model.groups.rules import ClassicRules
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.groups.beside import LeaderRefusesError, TwoOwnersError, run_group_beside
from ackproof.reference.refinement.groups.faults import FAULTS
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.produce.faults import Disturbance

CLASSIC = {
    "KAFKA-12984": attrs.evolve(WITHOUT_GENERATIONS, keeps_owned_without_membership=False),
    "KAFKA-13406": attrs.evolve(BY_LATEST_GENERATION, refuses_stale_claims=True),
    "KAFKA-14639": BY_LATEST_GENERATION,
    "before KIP-792": BEFORE_KIP_792,
}
ANY = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), st.integers(0, 1_200), st.integers(0, 99))
SIZES = {"members": st.integers(1, 3), "partitions": st.integers(1, 4)}


@pytest.mark.slow
@pytest.mark.parametrize("rules", CLASSIC.values(), ids=CLASSIC)
@given(st.data(), st.integers(0, 2**32), st.lists(ANY, max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_step_is_one_of_the_model(
    rules: ClassicRules, data: st.DataObject, seed: int, disturbed: list[Disturbance]
) -> None:
    """Up to where their bug shows: the map is compared before that is."""
    setting = data.draw(st.builds(GroupSetting, st.just(rules), **SIZES))

    with suppress(TwoOwnersError, LeaderRefusesError):
        run_group_beside(setting, seed, disturbed)


@pytest.mark.parametrize(
    ("setting", "seed", "disturbed"),
    [
        (
            GroupSetting(WITHOUT_GENERATIONS, partitions=1),
            94,
            [Disturbance("consumer-pause", 143, 19), Disturbance("partitions-added", 941, 0)],
        ),
        (
            GroupSetting(WITHOUT_GENERATIONS),
            6,
            [Disturbance("consumer-pause", 133, 7), Disturbance("partitions-added", 500, 0)],
        ),
    ],
    ids=["takes itself for the leader", "has news"],
)
def test_a_former_leader_goes_on_watching_its_topic(
    setting: GroupSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    """Before KAFKA-12983 it does not get ready to join again once it is put out; it joins until it has no news."""
    steps = run_group_beside(setting, seed, disturbed).steps

    assert any("sees more partitions than it has assigned before" in step.says for step in steps)


def test_clients_that_claim_for_the_generation_that_assigned_are_told_from_those_of_today() -> None:
    setting = GroupSetting(BEFORE_KIP_792, members=3, partitions=3)
    today = attrs.evolve(setting, rules=attrs.evolve(BEFORE_KIP_792, claims_heard_generation=True))
    disturbed = [Disturbance("member-joins", 700, 0), Disturbance("member-leaves", 8, 1)]

    run_group_beside(setting, 1, disturbed)
    with pytest.raises(NotRefinedError):
        run_group_beside(setting, 1, disturbed, model=today)
