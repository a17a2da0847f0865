"""
The stage of groups: a topic without records, the members of a group that reads it, and what can go wrong with them.

Where the reference can do in several steps what the model does in one, the stage has it happen at once:

- SyncGroups take time, and members poll now and then; all else is there at once.
- A process that has died starts again once its session has expired: the model's consumer has one member id. A static
  one takes the place that it had. Who has given up its membership and could not say so joins as somebody else, once;
  or it polls again once its session is over. Under the consumer protocol, where it keeps its id, it is one that has
  died.
- All instances join before the first generation begins (``group.initial.rebalance.delay.ms``); the coordinator does not
  move while that is on its way to them.
- A process is paused or leaves while it is a member and knows so. If its assignment is on its way to it under the
  classic protocol it goes on before its application should have polled.
- Another process is started with the instance id of one that goes on and knows that it is a member, under the classic
  protocol. Until one of them has heard of it nothing else happens to them, but that the first one takes the id back.
- Assignors of a coordinator meet members in one order, as no two ids are in one place of a hash table; or all are.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from random import Random

from ackproof.model.groups.joining import is_remembered
from ackproof.reference.consumer.consumer import Consumer as Client
from ackproof.reference.consumer.modern.member import TAKES_ASSIGNMENTS
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.groups.java import slot_of
from ackproof.reference.groups.modern.member import ConsumerMember
from ackproof.reference.refinement.groups.application import LOOKS_MS, Ending, PollingApplication, has_learned
from ackproof.reference.refinement.groups.cluster import GroupCluster, Member, revoking_members
from ackproof.reference.refinement.groups.setting import GroupSetting, may_have_slot, may_join_beside, member_settings

WILL_BE_BACK = -2
"""The epoch of a static member of the consumer protocol that has stopped."""


class StagedApplication(PollingApplication):
    """
    An instance that asks its stage.

    Attributes:
        has_given_up: It has left under the consumer protocol, and its group has not heard so.
        replaced_by: Who has been started with its instance id; None if nobody has.
        leaves_as_it_joins: It closes while it waits for others to join, which hear of it once they have.
    """

    def __init__(self, stage: "GroupStage", number: int) -> None:
        settings = member_settings(stage.setting, stage.world.bootstrap_servers, number)
        setting = stage.setting
        super().__init__(stage.world, setting.client_rules, setting.member_rules, settings, f"consumer-{number}")
        self._stage = stage
        self.replaced_by: StagedApplication | None = None
        self.leaves_as_it_joins = self.has_given_up = False

    def may_have_slot(self, slot: int) -> bool:
        """Whether a coordinator that assigns has nobody in the same place yet, or is to have all there."""
        ids = [each.member_id for each in self._stage.members()]
        ids += [each.client.view().member.member_id for each in self._stage.applications if each.client is not None]
        return may_have_slot(self._stage.setting.rules, slot, frozenset(map(slot_of, ids)))

    def may_leave(self) -> bool:
        """Whether its group will hear of it."""
        return self._stage.is_known(self)

    def may_poll(self) -> bool:
        """Whether its group does not know it as one that it is no more, or takes it for somebody else."""
        if self._stage.has_left_unheard(self):
            return False
        is_new = self.client is not None and not self.client.view().member.member_id
        is_forgotten = not is_new or self._stage.has_forgotten(self) or self._stage.may_return(self)
        return is_forgotten or self._stage.joins_beside(self)

    def fails(self, consumer: Client) -> None:
        """Who dies of an error does not start again."""
        super().fails(consumer)
        self._stage.happened["consumer-crash"] += not self.is_up

    def closes(self) -> None:
        """It is about to leave: only now, as it may have died before."""
        super().closes()
        self.leaves_as_it_joins = self._stage.awaits_join(self)
        self._stage.happened["member-leaves"] += 1

    def ends(self, ending: Ending) -> None:
        """Its process is gone, after those that have ended before it; who is fenced for its former self is back."""
        ending = "refused" if ending == "fenced" and self._stage.id_of(self) is not None else ending
        super().ends(ending)
        self._stage.ended = [*(each for each in self._stage.ended if each is not self), self]
        if ending != "fenced":
            self.is_known_by(self._stage.id_of(self))
        if ending == "refused" or (ending == "leave" and self._stage.setting.rules.is_static):
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
        self.applications: list[StagedApplication] = []
        self._holders: dict[str, StagedApplication] = {}
        self._former: dict[str, int] = {}
        super().__init__(setting, rng)
        self.applications = [
            StagedApplication(self, number) for number in range(1, setting.members + 1 + int(expects_more))
        ]
        self.happened = Counter[str]()
        self.ended: list[PollingApplication] = []
        self._known_once, self._removed = set[str](), set[str]()
        self._rng = Random(rng.getrandbits(64))

    def start(self) -> None:
        """The instances start."""
        for application in self.applications[: self.setting.members]:
            self.clock.call_at(self.clock.now_ms + self._rng.randrange(40), application.start)

    def step(self) -> None:
        """Everything that is due next happens: all of one millisecond."""
        revoking = revoking_members(self.group())
        self.network.are_refused.clear()
        super().step()
        present = {member.member_id: self.place_of(member) for member in self.members()}
        if self.group() is not None:
            self._removed |= self._known_once - present.keys()
            self._known_once |= present.keys()
            self.happened["consumer-pause"] += self._put_out(revoking - (present.keys() - self.network.are_refused))
        for application in self.applications:
            if application.client is not None and application.client.view().member.member_id:
                application.is_known_by(application.client.view().member.member_id)
            had_given_up, application.has_given_up = application.has_given_up, self.has_left_unheard(application)
            self.happened["consumer-crash"] += application.has_given_up and not had_given_up

    def _put_out(self, member_ids: Collection[str]) -> int:
        """How many of these go on all the same: they have not said that they gave up what they are to."""
        speaking = [each for each in self.applications if not self.has_fallen_silent(each)]
        views = [each.client.view().member for each in speaking if each.client is not None]
        return sum(view.member_id in member_ids and view.state in TAKES_ASSIGNMENTS for view in views)

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

    def pause(self, application: PollingApplication, for_ms: int) -> None:
        """Its process stands still."""
        assert application.process is not None
        application.process.pause()
        self.clock.call_at(self.clock.now_ms + for_ms, application.process.resume)

    def joins_beside(self, application: StagedApplication) -> bool:
        """
        Have an instance join beside who it was before, if there is room; whether there is.

        In the model it is one that has died, and another one that joins, if nothing that it had is told then.
        """
        spares = [number for number, each in enumerate(self.applications) if each.ending is None and not each.is_up]
        former_id = self.id_of(application)
        rules = self.setting.rules
        if not spares or former_id is None or not may_join_beside(rules):
            return False
        place = self.number(application)
        self._former[former_id] = place
        self.applications[place], self.applications[spares[0]] = self.applications[spares[0]], application
        if not is_remembered(rules):
            self.happened.update(["consumer-crash", "member-joins"])
        return True

    def take_instance_id(self, spare: StagedApplication, of: StagedApplication) -> None:
        """Another process is started with the instance id of one that runs."""
        number = self.number(of) + 1
        spare.settings = member_settings(self.setting, self.world.bootstrap_servers, self.number(spare) + 1, number)
        spare.is_known_by(self.id_of(of))
        of.replaced_by = spare
        spare.start()

    # What is.

    def id_of(self, application: PollingApplication) -> str | None:
        """The id by which the group knows an instance, if it does."""
        number = self.number(application)
        return next((each.member_id for each in self.members() if self.place_of(each) == number), None)

    def place_of(self, member: Member) -> int:
        """The place of the instance that a member is, or was: the one that has joined under its instance id."""
        if member.member_id in self._former:
            return self._former[member.member_id]
        if not isinstance(member, ClassicMember) or member.instance_id is None:
            client_ids = [each.settings.client_id for each in self.applications]
            return client_ids.index(member.client_id)
        if member.member_id not in self._holders:
            process = self.network.last_joined[member.instance_id]
            self._holders[member.member_id] = next(each for each in self.applications if each.name == process.name)
        return self.number(self._holders[member.member_id])

    def has_left_unheard(self, application: PollingApplication) -> bool:
        """Whether a member of the consumer protocol has left as its application did not poll, and is known still."""
        client, group = application.client, self.group()
        if not self.is_modern or client is None or group is None or client.view().member.state != "stale":
            return False
        member = group.members.get(client.view().member.member_id)
        return isinstance(member, ConsumerMember) and member.epoch != WILL_BE_BACK

    def is_fenced(self, application: PollingApplication) -> bool:
        """Whether another process has taken the instance id of one that has been a member."""
        group, instance_id = self.group(), application.settings.group_instance_id
        if not isinstance(group, ClassicGroup) or instance_id not in group.static_members:
            return False
        has_been = any(each is application for each in self._holders.values())
        return has_been and self.id_of(application) is None

    def has_forgotten(self, application: PollingApplication) -> bool:
        """Whether the group does not know an instance, or had removed it, with nothing to read, and read that anew."""
        former_id, client = self.id_of(application), application.client
        is_idle = client is None or not client.view().positions
        return former_id is None or (former_id in self._removed and is_idle)

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
        if self.is_silent(application):
            return False
        view = client.view().member
        member = group.members.get(view.member_id)
        if isinstance(member, ClassicMember):
            return view.state != "unjoined"
        return member is not None and view.epoch > 0

    def has_fallen_silent(self, application: PollingApplication) -> bool:
        """Whether an instance sends no heartbeats any more (KAFKA-16215)."""
        return application.client is not None and application.client.view().member.is_silent

    def is_silent(self, application: PollingApplication) -> bool:
        """Whether that is so, or its next one may be its last."""
        may_fall_silent = application.is_up and application.process in self.network.may_fall_silent
        return may_fall_silent or self.has_fallen_silent(application)

    @property
    def is_preparing(self) -> bool:
        """Whether a classic group has its members join again."""
        group = self.group()
        return isinstance(group, ClassicGroup) and group.state == "PreparingRebalance"

    def awaits_join(self, application: PollingApplication) -> bool:
        """Whether the coordinator has a JoinGroup of an instance to answer."""
        group, member_id = self.group(), self.id_of(application)
        member = None if group is None or member_id is None else group.members[member_id]
        return isinstance(member, ClassicMember) and member.awaits_join

    def is_settled(self, application: PollingApplication) -> bool:
        """Whether it also has its assignment, if its group is a classic one."""
        if application.client is None or not self.is_known(application):
            return False
        is_stable = application.client.view().member.state == "stable"
        return self.is_modern or (is_stable and has_learned(application.client))
