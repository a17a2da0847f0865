"""What becomes of a partition, beside the model's controller."""

from typing import Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.produce.controller import candidates, elected, joined, noticed, registered, without
from ackproof.model.produce.replica import Replicas, first_replicas, in_sync, leader_of, replaced
from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.controller.image import NO_LEADER
from tests.reference.controller.commanding import Commanding

Event = Literal["crashes", "returns", "falls behind", "catches up"]
EVENTS = st.lists(
    st.tuples(st.sampled_from(["crashes", "returns", "falls behind", "catches up"]), st.integers(0, 2)), max_size=12
)


class Both:
    """The controller, and the model of it: broker 1 is replica 0."""

    def __init__(self, rules: BrokerRules) -> None:
        self.rules = rules
        self.cluster = Commanding(rules=rules)
        self.cluster.create(1, 2, 3, settings={"min.insync.replicas": str(rules.min_insync_replicas)})
        self.replicas = first_replicas(3)

    def happens(self, event: Event, index: int) -> None:
        replica = self.replicas[index]
        leads = leader_of(self.replicas)
        if event == "crashes" and replica.is_up:
            self.cluster.crash(index + 1)
            self.replicas = replaced(self.replicas, index, attrs.evolve(replica, is_up=False, is_dirty=True))
        elif event == "returns" and not replica.is_up:
            self.cluster.restart(index + 1)
            self.replicas = registered(self.rules, self.replicas, index)
        elif event == "falls behind" and leads not in (None, index) and replica.is_in_sync:
            self._alter([each for each in in_sync(self.replicas) if each != index])
            self.replicas = without(self.rules, self.replicas, index)
        elif event == "catches up" and leads not in (None, index) and replica.is_up and not replica.is_in_sync:
            self._alter([*in_sync(self.replicas), index])
            self.replicas = joined(self.rules, self.replicas, index)
        self._notice()

    def _alter(self, members: list[int]) -> None:
        self.cluster.alter(*(index + 1 for index in members))

    def _notice(self) -> None:
        """The model elects whom the controller has elected, if it may."""
        self.replicas = noticed(self.rules, self.replicas)
        may_lead = candidates(self.rules, self.replicas)
        leader = self.cluster.partition.leader
        if leader_of(self.replicas) is None and leader != NO_LEADER:
            assert leader - 1 in may_lead
            self.replicas = elected(self.rules, self.replicas, leader - 1)
        elif leader_of(self.replicas) is None:
            assert may_lead == []

    def agree(self) -> None:
        partition, replicas = self.cluster.partition, self.replicas
        assert sorted(partition.in_sync_replicas) == [each + 1 for each in in_sync(replicas)]
        assert partition.eligible_leader_replicas == eligible(replicas)
        assert partition.leader == (NO_LEADER if leader_of(replicas) is None else (leader_of(replicas) or 0) + 1)


def eligible(replicas: Replicas) -> tuple[int, ...]:
    return tuple(index + 1 for index, replica in enumerate(replicas) if replica.role == "eligible")


@pytest.mark.parametrize(
    "rules",
    [
        BrokerRules(),
        BrokerRules(min_insync_replicas=3),
        BrokerRules(has_eligible_leader_replicas=False),
        # With both, the model keeps who is eligible after an unclean election.
        BrokerRules(has_eligible_leader_replicas=False, elects_uncleanly=True),
    ],
)
@given(events=EVENTS)
def test_the_controller_decides_as_the_model_says(rules: BrokerRules, events: list[tuple[Event, int]]) -> None:
    both = Both(rules)

    for event, index in events:
        both.happens(event, index)
        both.agree()
