"""The stage of a directed group: a topic without records, and members that do what they are told to."""

from collections.abc import Mapping, Sequence
from random import Random

import attrs

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.refinement.directing.groups.application import FOR_EVER_MS, HEARTBEAT_MS, DirectedMember
from ackproof.reference.refinement.directing.groups.network import GroupNetwork
from ackproof.reference.refinement.groups.application import PollingApplication
from ackproof.reference.refinement.groups.cluster import Member
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.groups.stage import GroupStage, StagedApplication

JOIN_DELAY_MS = 1_000
"""Long enough for all instances to join (``group.initial.rebalance.delay.ms``)."""

LOADED_MS = 300_000
"""The sessions of members that a coordinator has read from its log."""


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

    def alter_group(self, *, session_ms: int, assigns: bool) -> None:
        """
        Somebody changes how the group is configured: from now on.

        Args:
            session_ms: ``consumer.session.timeout.ms``.
            assigns: Targets are computed at once; else not before long (``consumer.assignment.interval.ms``).

        Source: ``GroupConfig``; KIP-848, KIP-1263.
        """
        shard = self.shard()
        if shard is not None:
            shard.settings = attrs.evolve(
                shard.settings,
                group_consumer_session_timeout_ms=session_ms,
                group_consumer_assignment_interval_ms=0 if assigns else FOR_EVER_MS,
            )

    def network_on(self, clock: VirtualClock, rng: Random) -> GroupNetwork:
        """What connects its processes."""
        return GroupNetwork(clock, rng)

    def broker_properties(self) -> Mapping[str, str]:
        """The configuration of its brokers."""
        return {
            **super().broker_properties(),
            "group.consumer.heartbeat.interval.ms": str(HEARTBEAT_MS),
            "group.consumer.max.session.timeout.ms": str(LOADED_MS),
            "group.consumer.session.timeout.ms": str(LOADED_MS),
            "group.initial.rebalance.delay.ms": str(JOIN_DELAY_MS),
            # A group without members stays.
            "offsets.retention.check.interval.ms": str(FOR_EVER_MS),
        }

    def place_of(self, member: Member) -> int:
        """The place of the instance that a member is, or is to be once another one has joined with its instance id."""
        place = super().place_of(member)
        taking = self.instances[place].replaced_by
        return place if taking is None else self.number(taking)

    def holds(self, application: DirectedMember) -> bool:
        """Whether nobody has joined with the instance id of one that it is to be taken from."""
        return any(super(MemberStage, self).place_of(each) == self.number(application) for each in self.members())

    def restart(self, application: PollingApplication) -> None:
        """Who starts it again is the director."""
