"""
The stage of groups: a topic without records, the members of a group that reads it, and what can go wrong with them.

Where the reference can do in several steps what the model does in one, the stage has it happen at once:

- SyncGroups take time, and members poll now and then; all else is there at once.
- A process that has died starts again once its session has expired: the model's consumer has one member id. A static
  one takes the place that it had. It stands still as a whole under the classic protocol, where one that does not poll
  forgets who it is while its coordinator does not.
- All instances join before the first generation begins (``group.initial.rebalance.delay.ms``); the coordinator does not
  move while that is on its way to them.
- A process is paused while it is a member that waits for nothing; it leaves while it is one, be it that it waits for
  others to join.
- Another process is started with the instance id of one that goes on, under the classic protocol: that one hears of it
  before it might forget who it is, and take the id back.
- A static member dies or stops while it does not rebalance: its former id would be waited for all the same, and the
  group rebalance once more in the end (``ClassicGroup.replaceStaticMember`` leaves it in ``pendingSyncMembers``).
- The coordinator moves while nobody is about to leave as its application does not poll, and all members have the ids
  with which it knows them from its log.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.refinement.groups.application import LONGEST_POLL_MS, Ending, PollingApplication
from ackproof.reference.refinement.groups.cluster import GroupCluster, Member
from ackproof.reference.refinement.groups.setting import (
    HEARTBEAT_MS,
    POLL_INTERVAL_MS,
    GroupSetting,
    member_settings,
)

WILL_BE_BACK = -2
"""The epoch of a static member of the consumer protocol that has stopped."""

LOOKS_MS = 20
"""How often somebody looks whether a process may start again."""


class StagedApplication(PollingApplication):
    """
    An instance that asks its stage.

    Attributes:
        former_id: The member id of its last process, which a static member takes the place of.
        replaced_by: Who has been started with its instance id; None if nobody has.
        replaced_id: The member id that it had then.
        leaves_as_it_joins: It closes while it waits for others to join, which hear of it once they have.
    """

    def __init__(self, stage: "GroupStage", number: int) -> None:
        settings = member_settings(stage.setting, stage.world.bootstrap_servers, number)
        super().__init__(stage.world, stage.setting.client_rules, settings, f"consumer-{number}")
        self._stage = stage
        self.former_id: str | None = None
        self.replaced_by: StagedApplication | None = None
        self.replaced_id: str | None = None
        self.leaves_as_it_joins = False

    def may_leave(self) -> bool:
        """Whether its group will hear of it."""
        return self._stage.is_known(self) and not self._stage.is_waited_for(self)

    def closes(self) -> None:
        """It is about to leave: only now, as it may have died before."""
        super().closes()
        self.leaves_as_it_joins = self._stage.awaits_join(self)
        self._stage.happened["member-leaves"] += 1

    def ends(self, ending: Ending) -> None:
        """Its process is gone, after those that have ended before it."""
        super().ends(ending)
        self._stage.ended = [*(each for each in self._stage.ended if each is not self), self]
        if ending != "fenced":
            self.former_id = self._stage.id_of(self)
        if ending == "leave" and self._stage.setting.rules.is_static:
            self._stage.restart(self)


class GroupStage(GroupCluster):
    """
    A cluster, and the instances of a group.

    Attributes:
        applications: The instances, and last the one that nobody expects, if there is one.
        happened: How often each kind of fault has happened.
        ended: The instances that have ended, the last one last.
    """

    def __init__(self, setting: GroupSetting, seed: int, *, expects_more: bool = False) -> None:
        rng = Random(seed)
        super().__init__(setting, rng)
        self.applications = [
            StagedApplication(self, number) for number in range(1, setting.members + 1 + int(expects_more))
        ]
        self.happened = Counter[str]()
        self.ended: list[PollingApplication] = []
        self._rng = Random(rng.getrandbits(64))

    def start(self) -> None:
        """The instances start."""
        for application in self.applications[: self.setting.members]:
            self.clock.call_at(self.clock.now_ms + self._rng.randrange(40), application.start)

    def restart(self, application: PollingApplication) -> None:
        """It starts again as soon as the group does not know its last process any more."""

        def look() -> None:
            if application.is_up:
                return
            if self.number(application) in self.known() and not self.may_return(application):
                self.clock.call_at(self.clock.now_ms + LOOKS_MS, look)
            else:
                application.start()

        self.clock.call_at(self.clock.now_ms + LOOKS_MS + self._rng.randrange(LOOKS_MS), look)

    def take_instance_id(self, spare: StagedApplication, of: StagedApplication) -> None:
        """Another process is started with the instance id of one that runs."""
        number = self.number(of) + 1
        spare.settings = member_settings(self.setting, self.world.bootstrap_servers, self.number(spare) + 1, number)
        spare.former_id = of.replaced_id = self.id_of(of)
        of.replaced_by = spare
        spare.start()

    # What is.

    def id_of(self, application: PollingApplication) -> str | None:
        """The id by which the group knows an instance, if it does."""
        return next(
            (each.member_id for each in self.members() if self.place_of(each) == self.number(application)), None
        )

    def place_of(self, member: Member) -> int:
        """The place of the instance that a member is: the one that has its instance id, once that has joined."""
        place = number_of(member.client_id)
        first = self.applications[place]
        if first.replaced_by is None or member.member_id == first.replaced_id:
            return place
        return self.number(first.replaced_by)

    def may_return(self, application: PollingApplication) -> bool:
        """Whether an instance takes the place of its last process, which its group still knows."""
        group, member_id = self.group(), self.id_of(application)
        if not self.setting.rules.is_static or group is None or member_id is None:
            return False
        return isinstance(group, ClassicGroup) or group.members[member_id].epoch == WILL_BE_BACK

    def by_end(self) -> Sequence[int]:
        """The places of the instances: first of those that have not ended, then as they have."""
        return sorted(
            range(len(self.applications)),
            key=lambda number: next((n for n, each in enumerate(self.ended) if each is self.applications[number]), -1),
        )

    def number(self, application: PollingApplication) -> int:
        """Its place among the instances."""
        return next(number for number, each in enumerate(self.applications) if each is application)

    def known(self) -> frozenset[int]:
        """Which instances the group has as members."""
        return frozenset(map(self.place_of, self.members()))

    def is_known(self, application: PollingApplication) -> bool:
        """Whether an instance is a member, knows so and the coordinator."""
        client, process, group = application.client, application.process, self.group()
        if client is None or process is None or group is None or not self.network.reaches_coordinator(process):
            return False
        view = client.view().member
        member = group.members.get(view.member_id)
        if isinstance(member, ClassicMember):
            return view.state != "unjoined"
        return member is not None and view.epoch > 0

    def awaits_join(self, application: PollingApplication) -> bool:
        """Whether the coordinator has a JoinGroup of an instance to answer."""
        group, member_id = self.group(), self.id_of(application)
        member = None if group is None or member_id is None else group.members[member_id]
        return isinstance(member, ClassicMember) and member.awaits_join

    def is_waited_for(self, application: PollingApplication) -> bool:
        """Whether the coordinator has a JoinGroup of a static instance to answer, or is to have its SyncGroup."""
        group, member_id = self.group(), self.id_of(application)
        if not self.setting.rules.is_static or not isinstance(group, ClassicGroup):
            return False
        return self.awaits_join(application) or member_id in group.pending_sync_members

    def is_settled(self, application: PollingApplication) -> bool:
        """Whether it also has its assignment."""
        if application.client is None or not self.is_known(application):
            return False
        view = application.client.view().member
        has_learned = self.is_modern or application.client.group_metadata.generation == view.epoch
        return view.state == "stable" and has_learned

    def is_about_to_leave(self, application: PollingApplication) -> bool:
        """Whether an instance that does not poll leaves its group before it would find another coordinator."""
        process, leaves_ms = application.process, application.polled_ms + POLL_INTERVAL_MS
        if process is None:
            return False
        if process.is_paused:
            return application.resumes_ms > leaves_ms - 3 * HEARTBEAT_MS
        return -LONGEST_POLL_MS <= leaves_ms - self.clock.now_ms <= 3 * HEARTBEAT_MS

    def are_stored(self) -> bool:
        """Whether all members have the ids with which a classic group was last written to its log."""
        group = self.group()
        ids = [] if group is None else [(each.client_id, each.member_id) for each in group.members.values()]
        clients = [(each.name, each.client) for each in self.applications if each.client is not None]
        ids += [(name, client.view().member.member_id) for name, client in clients]
        return all(self.stored.get(name, member_id) == member_id for name, member_id in ids)


def number_of(client_id: str) -> int:
    """The place of the instance whose client has this name."""
    return int(client_id.rpartition("-")[2]) - 1
