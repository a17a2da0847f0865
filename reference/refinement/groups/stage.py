"""
The stage of groups: a topic without records, the members of a group that reads it, and what can go wrong with them.

Where the reference can do in several steps what the model does in one, the stage has it happen at once:

- SyncGroups take time, and members poll now and then; all else is there at once.
- A process that has died starts again once its session has expired: the model's consumer has one member id. A static
  one takes the place that it had. It stands still as a whole under the classic protocol, where one that does not poll
  forgets who it is while its coordinator does not.
- All instances join before the first generation begins (``group.initial.rebalance.delay.ms``); the coordinator does not
  move while that is on its way to them.
- A process is paused while it is a member that waits for nothing; it leaves while it is one.
- The coordinator moves while nobody is about to leave as its application does not poll, and all members have the ids
  with which it knows them from its log.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from kio.schema.create_partitions.v3.request import CreatePartitionsRequest, CreatePartitionsTopic

from ackproof.model.groups.rules import ConsumerRules
from ackproof.reference.broker.rules import Rules
from ackproof.reference.controller.image import PartitionImage
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.protocol.primitive import TopicName, duration, i32
from ackproof.reference.refinement.groups.application import LONGEST_POLL_MS, Ending, PollingApplication
from ackproof.reference.refinement.groups.network import MemberNetwork
from ackproof.reference.refinement.groups.setting import (
    GROUP,
    HEARTBEAT_MS,
    OFFSETS_TOPIC,
    POLL_INTERVAL_MS,
    TOPIC,
    GroupSetting,
    broker_properties,
    member_settings,
)
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.history import History
from ackproof.reference.simulator.world import World

WILL_BE_BACK = -2
"""The epoch of a static member of the consumer protocol that has stopped."""

LOOKS_MS = 20
"""How often somebody looks whether a process may start again."""


class StagedApplication(PollingApplication):
    """
    An instance that asks its stage.

    Attributes:
        former_id: The member id of its last process, which a static member takes the place of.
    """

    def __init__(self, stage: "GroupStage", number: int) -> None:
        settings = member_settings(stage.setting, stage.world.bootstrap_servers, number)
        super().__init__(stage.world, stage.setting.client_rules, settings, f"consumer-{number}")
        self._stage = stage
        self.former_id: str | None = None

    def may_leave(self) -> bool:
        """Whether its group will hear of it."""
        return self._stage.is_known(self)

    def closes(self) -> None:
        """It is about to leave: only now, as it may have died before."""
        super().closes()
        self._stage.happened["member-leaves"] += 1

    def ends(self, ending: Ending) -> None:
        """Its process is gone, after those that have ended before it."""
        super().ends(ending)
        self._stage.ended = [*(each for each in self._stage.ended if each is not self), self]
        self.former_id = self._stage.id_of(self)
        if ending == "leave" and self._stage.setting.rules.is_static:
            self._stage.restart(self)


class GroupStage:
    """
    Two brokers and a group.

    Attributes:
        applications: The instances, and last the one that nobody expects, if there is one.
        happened: How often each kind of fault has happened.
        ended: The instances that have ended, the last one last.
    """

    def __init__(self, setting: GroupSetting, seed: int, *, expects_more: bool = False) -> None:
        rng = Random(seed)
        self.setting = setting
        self.clock = VirtualClock()
        self.network = MemberNetwork(self.clock, Random(rng.getrandbits(64)))
        rules = Rules(groups=setting.coordinator_rules)
        cluster_rng = Random(rng.getrandbits(64))
        self.cluster = Cluster(self.clock, self.network, cluster_rng, 2, broker_properties(setting), rules)
        world_rng = Random(rng.getrandbits(64))
        self.world = World(self.clock, self.network, History(), world_rng, self.cluster.bootstrap_servers)
        self.applications = [
            StagedApplication(self, number) for number in range(1, setting.members + 1 + int(expects_more))
        ]
        self.happened = Counter[str]()
        self.ended: list[PollingApplication] = []
        self._rng = Random(rng.getrandbits(64))
        self._stored: dict[str, str] = {}
        self._wait_until(lambda: self.cluster.is_ready)
        self.cluster.create_topic(TOPIC, setting.partitions, 1, {})
        self.cluster.create_topic(OFFSETS_TOPIC, 1, 2, {})
        self._wait_until(self._is_set)

    def start(self) -> None:
        """The instances start."""
        for application in self.applications[: self.setting.members]:
            self.clock.call_at(self.clock.now_ms + self._rng.randrange(40), application.start)

    def step(self) -> None:
        """Everything that is due next happens: all of one millisecond."""
        assert self.clock.step()
        now_ms = self.clock.now_ms
        while self.clock.step(now_ms):
            pass
        group = self.group()
        if isinstance(group, ClassicGroup) and group.state in ("Stable", "Empty"):
            self._stored = {member.client_id: member.member_id for member in group.members.values()}

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

    def add_partition(self) -> None:
        """The topic gets one more partition."""
        topic = CreatePartitionsTopic(name=TopicName(TOPIC), count=i32(self.partitions + 1), assignments=None)
        self.cluster.controller.create_partitions(
            CreatePartitionsRequest(topics=(topic,), timeout=duration(1_000), validate_only=False)
        )

    # What is.

    @property
    def partitions(self) -> int:
        """How many the topic has."""
        return len(self.cluster.image.topics[TOPIC].partitions)

    def id_of(self, application: PollingApplication) -> str | None:
        """The id by which the group knows an instance, if it does."""
        group = self.group()
        members = () if group is None else group.members.values()
        return next((each.member_id for each in members if each.client_id == application.name), None)

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

    def image(self, topic: str) -> PartitionImage:
        """What the controller has decided about the first partition of a topic."""
        image = self.cluster.image.partition(topic, 0)
        assert image is not None
        return image

    def shard(self) -> Shard | None:
        """Where the group is kept; None while no coordinator has loaded it."""
        for machine in self.cluster.machines.values():
            found = None if machine.broker is None else machine.broker.coordinators.groups.shard_of(GROUP)
            if found is not None:
                return found
        return None

    def group(self) -> ClassicGroup | ConsumerGroup | None:
        """The group, as its coordinator knows it; None while there is none."""
        shard = self.shard()
        return None if shard is None else shard.groups.get(GROUP)

    def known(self) -> frozenset[int]:
        """Which instances the group has as members."""
        group = self.group()
        if group is None:
            return frozenset()
        return frozenset(number_of(member.client_id) for member in group.members.values())

    @property
    def is_modern(self) -> bool:
        """Whether the group is one of the consumer protocol."""
        return isinstance(self.setting.rules, ConsumerRules)

    def is_known(self, application: PollingApplication) -> bool:
        """Whether an instance is a member, knows so and the coordinator, and does not wait for others to join."""
        client, process, group = application.client, application.process, self.group()
        if client is None or process is None or group is None or not self.network.reaches_coordinator(process):
            return False
        view = client.view().member
        member = group.members.get(view.member_id)
        if isinstance(member, ClassicMember):
            return view.state != "unjoined" and not member.awaits_join
        return member is not None and view.epoch > 0

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

    @property
    def has_stored(self) -> bool:
        """Whether a classic group has been written to its log with members."""
        return bool(self._stored)

    def are_stored(self) -> bool:
        """Whether all members have the ids with which a classic group was last written to its log."""
        group = self.group()
        ids = [] if group is None else [(each.client_id, each.member_id) for each in group.members.values()]
        clients = [(each.name, each.client) for each in self.applications if each.client is not None]
        ids += [(name, client.view().member.member_id) for name, client in clients]
        return all(self._stored.get(name, member_id) == member_id for name, member_id in ids)

    def _is_set(self) -> bool:
        shown = [self.cluster.image.partition(topic, 0) for topic in (TOPIC, OFFSETS_TOPIC)]
        if any(image is None or image.leader < 0 for image in shown):
            return False
        return self.shard() is not None and len(self.image(OFFSETS_TOPIC).in_sync_replicas) == 2

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        for _ in range(100_000):
            if is_so():
                return
            self.step()
        raise AssertionError("the stage is never set")


def number_of(client_id: str) -> int:
    """The place of the instance whose client has this name."""
    return int(client_id.rpartition("-")[2]) - 1
