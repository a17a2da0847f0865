"""The stage of a directed group: a topic without records, and members that do what they are told to."""

from collections.abc import Mapping, Sequence
from random import Random

import attrs

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.groups.classic.rebalancing import await_syncs
from ackproof.reference.groups.classic.rebalancing import restart_session as restart_classic_session
from ackproof.reference.groups.modern.timing import restart_session
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.refinement.directing.groups.application import FOR_EVER_MS, HEARTBEAT_MS, DirectedMember
from ackproof.reference.refinement.directing.groups.network import GroupNetwork
from ackproof.reference.refinement.groups.application import PollingApplication
from ackproof.reference.refinement.groups.cluster import Member, number_of
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.groups.stage import GroupStage, StagedApplication

JOIN_DELAY_MS = 3_000
"""Long enough for all instances to join (``group.initial.rebalance.delay.ms``)."""


class MemberStage(GroupStage):
    """
    Two brokers, and the instances of a group.

    Attributes:
        instances: Those too that join later.
    """

    network: GroupNetwork

    def __init__(self, setting: GroupSetting, members: int, seed: int) -> None:
        """
        A group that nobody has joined.

        Args:
            setting: The rules of the group, and how many partitions its topic has.
            members: How many instances there may be.
            seed: Of what chance decides, as member ids.
        """
        super().__init__(setting, seed)
        self.instances = [DirectedMember(self, number) for number in range(1, members + 1)]
        self.applications = list[StagedApplication](self.instances)

    def alter_group(self, *, session_ms: int, heartbeat_ms: int, assigns: bool) -> None:
        """
        Somebody changes how the group is configured: from now on.

        Args:
            session_ms: ``consumer.session.timeout.ms``.
            heartbeat_ms: ``consumer.heartbeat.interval.ms``.
            assigns: Targets are computed at once; else not before long (``consumer.assignment.interval.ms``).

        Source: ``GroupConfig``; KIP-848, KIP-1263.
        """
        shard = self.shard()
        if shard is not None:
            shard.settings = attrs.evolve(
                shard.settings,
                group_consumer_session_timeout_ms=session_ms,
                group_consumer_heartbeat_interval_ms=heartbeat_ms,
                group_consumer_assignment_interval_ms=0 if assigns else FOR_EVER_MS,
            )

    def begin_sessions(self, sessions_ms: Sequence[int]) -> None:
        """
        A coordinator has read members from its log; as it stands still meanwhile, some are waited for for longer.

        Args:
            sessions_ms: How long each is to be waited for, by their places: all have one session, from when it comes to
                them on.

        Source: ``GroupMetadataManager.onLoaded``.
        """
        shard, group = self.shard(), self.group()
        if shard is None or group is None:
            return
        for member in self.members():
            session_ms = sessions_ms[self.place_of(member)]
            if isinstance(group, ClassicGroup) and isinstance(member, ClassicMember):
                restart_classic_session(shard, group, member, session_ms)
            else:
                restart_session(shard, group.group_id, member.member_id, session_ms)

    def await_syncs(self, for_ms: int) -> None:
        """
        The coordinator gives up SyncGroups of the present generation after so long, or as late as it is to.

        It is busy if that is later: nobody promises when a timer is looked at.

        Source: ``GroupMetadataManager.schedulePendingSync``.
        """
        shard, group = self.shard(), self.group()
        if shard is not None and isinstance(group, ClassicGroup) and for_ms > group.rebalance_timeout_ms:
            await_syncs(shard, group, for_ms)

    def network_on(self, clock: VirtualClock, rng: Random) -> GroupNetwork:
        """What connects its processes."""
        return GroupNetwork(clock, rng)

    def broker_properties(self) -> Mapping[str, str]:
        """The configuration of its brokers."""
        return {
            **super().broker_properties(),
            "group.consumer.heartbeat.interval.ms": str(HEARTBEAT_MS),
            "group.consumer.max.heartbeat.interval.ms": str(FOR_EVER_MS),
            "group.consumer.max.session.timeout.ms": str(FOR_EVER_MS),
            "group.consumer.session.timeout.ms": str(FOR_EVER_MS),
            "group.max.session.timeout.ms": str(FOR_EVER_MS),
            "group.initial.rebalance.delay.ms": str(JOIN_DELAY_MS),
            # A group without members stays.
            "offsets.retention.check.interval.ms": str(FOR_EVER_MS),
        }

    def place_of(self, member: Member) -> int:
        """The place of the instance that a member is, or is to be once another one has joined with its instance id."""
        is_static = isinstance(member, ClassicMember) and member.instance_id is not None
        # Client ids begin with ranks.
        place = super().place_of(member) if is_static else self._place_of_client(member)
        instance: StagedApplication = self.instances[place]
        while instance.replaced_by is not None:
            instance = instance.replaced_by
        return self.number(instance)

    def hand_over(self, old: DirectedMember, new: DirectedMember) -> None:
        """An instance id is that of another process from now on, once it joins: what that was before is others' now."""
        if new.replaced_by is not None:
            known = self._holders.items()
            self._holders.update({member_id: new.replaced_by for member_id, holder in known if holder is new})
        old.replaced_by, new.replaced_by = new, None
        new.former_ids |= old.former_ids
        new.is_known_by(old.former_id)

    def _place_of_client(self, member: Member) -> int:
        """The place of the instance that a member is, or that it was before it has become another one."""
        numbers = [number_of(each.name) for each in self.instances]
        return self._former.get(member.member_id, numbers.index(number_of(member.client_id)))

    def change_places(self, index: int, place: int) -> None:
        """An instance that its group still knows is to join as another one, and an unused one in its place later."""
        former_id = self.id_of(self.instances[index])
        if former_id is not None:
            self._former[former_id] = index
        self.instances[index], self.instances[place] = self.instances[place], self.instances[index]
        # It is to start, as if it had died.
        self.instances[index].ending = None
        self.applications = list[StagedApplication](self.instances)

    def restart(self, application: PollingApplication) -> None:
        """Who starts it again is the director."""
