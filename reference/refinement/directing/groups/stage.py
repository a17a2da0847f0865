"""The stage of a directed group: a topic without records, and members that do what they are told to."""

from collections.abc import Mapping, Sequence
from random import Random

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.refinement.directing.groups.application import HEARTBEAT_MS, SESSION_MS, DirectedMember
from ackproof.reference.refinement.directing.groups.network import GroupNetwork
from ackproof.reference.refinement.groups.application import PollingApplication
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.groups.stage import GroupStage, StagedApplication

JOIN_DELAY_MS = 1_000
"""Long enough for all instances to join (``group.initial.rebalance.delay.ms``)."""


class MemberStage(GroupStage):
    """
    Two brokers, and the instances of a group.

    Attributes:
        instances: Those too that join later.
    """

    network: GroupNetwork

    def __init__(self, setting: GroupSetting, ranks: Sequence[int], seed: int) -> None:
        """
        A group that nobody has joined.

        Args:
            setting: The rules of the group, and how many partitions its topic has.
            ranks: How each instance is configured to be ranked among the others.
            seed: Of what chance decides, as member ids.
        """
        super().__init__(setting, seed)
        self.instances = [DirectedMember(self, number, rank) for number, rank in enumerate(ranks, start=1)]
        self.applications = list[StagedApplication](self.instances)

    def network_on(self, clock: VirtualClock, rng: Random) -> GroupNetwork:
        """What connects its processes."""
        return GroupNetwork(clock, rng)

    def broker_properties(self) -> Mapping[str, str]:
        """The configuration of its brokers."""
        return {
            **super().broker_properties(),
            "group.consumer.heartbeat.interval.ms": str(HEARTBEAT_MS),
            "group.consumer.session.timeout.ms": str(SESSION_MS),
            "group.initial.rebalance.delay.ms": str(JOIN_DELAY_MS),
        }

    def restart(self, application: PollingApplication) -> None:
        """Who starts it again is the director."""
