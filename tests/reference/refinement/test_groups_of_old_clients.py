"""Every step of a group of older clients is one of the model's, which has two owners where those clients have."""

from contextlib import suppress

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.config.group_rules import JAVA, KAFKA_PYTHON, Client
from ackproof.model.groups.assignors import COOPERATIVE_STICKY, cooperative
from ackproof.model.groups.rules import COOPERATIVE, ClassicRules
from ackproof.reference.refinement.groups.beside import TwoOwnersError, run_group_beside
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.produce.faults import Disturbance
from tests.reference.refinement.test_groups import IN_ITS_OWN_TIME, SEEDS, disturbances, dynamic_or_static, sizes


def cooperative_rules(client: Client) -> ClassicRules:
    """Those of a group of such clients that keep what they own while they rebalance."""
    return attrs.evolve(
        COOPERATIVE,
        assignor=attrs.evolve(COOPERATIVE_STICKY, assign=cooperative(client.settle)),
        keeps_owned_without_membership=client.keeps_owned_without_membership,
        claims_heard_generation=client.claims_heard_generation,
        claims_what_was_lost=client.claims_what_was_lost,
        tells_past_generation=client.tells_past_generation,
        refuses_stale_claims=client.refuses_stale_claims,
        returning_leader_follows=client.returning_leader_follows,
    )


OLD = [cooperative_rules(client) for client in (*(client for _, client in JAVA), KAFKA_PYTHON)]


@pytest.mark.slow
@given(st.builds(GroupSetting, dynamic_or_static(*OLD), **sizes), SEEDS, disturbances)
@settings(max_examples=60, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model(setting: GroupSetting, seed: int, disturbed: list[Disturbance]) -> None:
    with suppress(TwoOwnersError):
        run_group_beside(setting, seed, disturbed)
