"""
The stage of the consume half: a partition, a group that reads it, and what can go wrong with them.

Where the reference can do in several steps what the model does in one, the stage has it happen at once:

- Commits and SyncGroups take time, all other messages of the group do not, nor commits as nobody of the consumer
  protocol. What is on its way when a member sends JoinGroup or LeaveGroup is there before that, but for the last commit
  of who joins without waiting for it; of more than two of a member (one that its client sends by itself) the oldest is.
- The SyncGroup of a member that keeps reading as it rejoins arrives while it is in poll.
- A process that has died starts again once its session has expired: the model's consumer has one member id. A static
  member of the classic protocol may be back before.
- All instances join before the first generation begins (``group.initial.rebalance.delay.ms``).
- A member leaves while it is stable, knows its coordinator, and has nothing in its hands.
- The coordinator moves, and connections to it break, while the group is stable and all members know so: a new one knows
  a generation by its log, and nothing of who has joined the next one.
- A group of the consumer protocol computes a target at once (``group.consumer.assignment.interval.ms``): meanwhile its
  members would go on towards the one before, which the model's do not.
- Who has heard that a commit is refused asks no more between polls, until it is assigned something.
- Brokers lose power while no classic group rebalances, and nobody does anything until its group is loaded again.
- Retention deletes what no consumer has in its fetch buffer. Who is paused waits for no answer to a commit.
- All instances stop for long while they have nothing in their hands, and that is looked at only once they are back.
- The producer hears of partitions that are added only if the key is to move: it starts again then. That they move, or
  that the next leader hears of them later, makes a classic group rebalance once more.
- The reader of what is added is perfect: the sink keeps how far it is, and who is handed something else seeks that.
"""

from collections.abc import Callable
from random import Random

from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.controller.image import PartitionImage
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.refinement.consume.application import ReadingApplication
from ackproof.reference.refinement.consume.cluster import OFFSETS_TOPIC, cluster_of, create_topics
from ackproof.reference.refinement.consume.listening import is_told
from ackproof.reference.refinement.consume.network import GroupNetwork
from ackproof.reference.refinement.consume.records import ADDED, PLACE, TOPIC
from ackproof.reference.refinement.consume.setting import GROUP, ConsumeSetting, settings_of
from ackproof.reference.refinement.consume.sink import Sink
from ackproof.reference.refinement.staging import pass_one_millisecond, shard_of, wait_until
from ackproof.reference.simulator.applications.producing import ProducingApplication
from ackproof.reference.simulator.history import History
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import ProducerPlan
from ackproof.reference.simulator.world import World

BEGINS_MS = 1_000

LOOKS_MS = 20
"""How often somebody looks whether a process may start again."""


class StagedApplication(ReadingApplication):
    """An instance that asks its stage."""

    def __init__(self, stage: "ConsumeStage", number: int) -> None:
        setting = stage.setting
        settings = settings_of(setting, stage.assignor, stage.world.bootstrap_servers, number)
        super().__init__(stage.world, setting.rules, settings, f"consumer-{number}", stage.sink)
        self._stage = stage

    def may_leave(self) -> bool:
        """Whether its group knows it, and it waits for no assignment."""
        return self._stage.is_settled(self)

    def is_committed(self, offset: int) -> bool:
        """Whether that is what its group has committed."""
        return self._stage.committed == offset

    def has_told(self) -> bool:
        """Whether nothing of it is on its way."""
        return self.process is None or not self._stage.network.under_way(self.process)

    def restarts(self) -> None:
        """It starts again once the group does not know its last process any more."""
        self._stage.restart(self)

    def commits_urgently(self, *, is_urgent: bool) -> None:
        """What it sends from now on takes no time, or does again unless it closes."""
        urgent = self._stage.network.urgent
        if self.process is not None:
            (urgent.add if is_urgent or self.is_closing else urgent.discard)(self.process)


class ConsumeStage:
    """
    Two brokers, a producer that loses nothing, and a group.

    Attributes:
        assignor: That of a group coordinator that assigns; by range it moves what it need not.
        offsets_replicas: How many brokers keep what is committed.
        is_frozen: All instances have stopped for long, which is one step of the model.
        sink: What the instances have processed, in order.
        applications: The instances, and last the one that nobody expects, if there is one.
        watches: What takes a look after each millisecond.
        rng: For what only chance decides.
    """

    offsets_replicas = 2
    watches: tuple[Callable[[], None], ...] = ()

    def __init__(
        self, setting: ConsumeSetting, seed: int, *, expects_more: bool = False, loses_power: bool = False
    ) -> None:
        rng = Random(seed)
        self.setting = setting
        # A timestamp that is asked for, of some time ago, is none below 0, which say something else.
        self.clock = VirtualClock(BEGINS_MS)
        rules = setting.rules
        most = 1 if rules.commit == "auto" else 2
        network_rng = Random(rng.getrandbits(64))
        self.network = GroupNetwork(
            self.clock,
            network_rng,
            most,
            answers_late=rules.commit == "sync",
            looks_up_late=rules.resets_without_answer,
            tells_first=rules.rejoins_in_background,
            only_advances=rules.auto_commit.stores != "nobody",
            joins_behind=not rules.rebalancing.awaits_commits,
            hurries_nobody=rules.rebalancing.is_by_coordinator,
        )
        cluster_rng = Random(rng.getrandbits(64))
        self.cluster = cluster_of(self.clock, self.network, cluster_rng, rules, loses_power=loses_power)
        self.world = World(
            self.clock, self.network, History(), Random(rng.getrandbits(64)), self.cluster.bootstrap_servers
        )
        self.network.committed = lambda: self.committed
        self.network.is_busy = self.is_busy
        self.is_frozen = False
        self._committed: int | None = None
        self.assignor = ("uniform", "range")[seed % 2]
        self.sink = Sink()
        self.applications = [
            StagedApplication(self, number) for number in range(1, rules.instances + 1 + int(expects_more))
        ]
        self.rng = Random(rng.getrandbits(64))
        self.producer = ProducingApplication(
            self.world, ProducerPlan(records=setting.records, interval_ms=10 + self.rng.randrange(150))
        )
        wait_until(lambda: self.cluster.is_ready, self.step)
        create_topics(self.cluster, self.offsets_replicas, apart=loses_power)
        wait_until(self._is_set, self.step)

    def start(self) -> None:
        """The producer starts, and some time later the instances."""
        self.producer.start()
        first_ms = self.clock.now_ms + self.rng.randrange(150)
        for application in self.applications[: self.setting.rules.instances]:
            self.clock.call_at(first_ms + self.rng.randrange(40), application.start)

    def step(self) -> None:
        """Everything that is due next happens: all of one millisecond."""
        pass_one_millisecond(self.clock)
        for watch in self.watches:
            watch()

    def restart(self, application: ReadingApplication) -> None:
        """It starts again as soon as the group does not know its last process any more; static members may before."""
        may_be_in_time = self.setting.rules.is_static and not self.is_modern
        is_in_time = may_be_in_time and bool(self.rng.randrange(2))

        def look() -> None:
            if application.is_up:
                return
            if self.is_frozen or (self.number(application) in self.known() and not is_in_time):
                self.clock.call_at(self.clock.now_ms + LOOKS_MS, look)
            else:
                application.start()

        self.clock.call_at(self.clock.now_ms + LOOKS_MS + self.rng.randrange(LOOKS_MS), look)

    # What is.

    @property
    def is_key_moved(self) -> bool:
        """Whether the partition is there that the key moves to."""
        return self.setting.moves_key and self.cluster.image.partition(*ADDED) is not None

    def members(self) -> list[ReadingApplication]:
        """The instances that have joined, and are not on their way out."""
        known = self.known()
        up = [each for each in self.applications if each.is_up and not each.is_leaving]
        return [each for each in up if self.number(each) in known]

    def is_quiet(self) -> bool:
        """Whether nobody takes part in a rebalance of the classic protocol: a new coordinator would not know of it."""
        group = self.classic_group()
        are_settled = group is not None and group.state == "Stable" and all(map(self.is_settled, self.members()))
        return group is None or group.is_empty or are_settled

    def number(self, application: ReadingApplication) -> int:
        """Its place among the instances."""
        return next(number for number, each in enumerate(self.applications) if each is application)

    def image(self, topic: str) -> PartitionImage:
        """What the controller has decided about the partition of a topic."""
        image = self.cluster.image.partition(topic, 0)
        assert image is not None
        return image

    def led(self, topic: str, number: int = 0) -> Partition | None:
        """A partition of a topic, on its leader."""
        image = self.cluster.image.partition(topic, number)
        machine = None if image is None else self.cluster.machines.get(image.leader)
        broker = None if machine is None else machine.broker
        found = None if broker is None else broker.replicas.find(topic, number)
        return found if found is not None and found.is_leader else None

    def shard(self) -> Shard | None:
        """Where the group is kept; None while no coordinator has loaded it."""
        return shard_of(self.cluster, GROUP)

    def group(self) -> ClassicGroup | ConsumerGroup | None:
        """The group, as its coordinator knows it; None while there is none."""
        shard = self.shard()
        return None if shard is None else shard.groups.get(GROUP)

    def classic_group(self) -> ClassicGroup | None:
        """The same, if it is one of the classic protocol."""
        found = self.group()
        return found if isinstance(found, ClassicGroup) else None

    def consumer_group(self) -> ConsumerGroup | None:
        """The same, if it is one of the consumer protocol."""
        found = self.group()
        return found if isinstance(found, ConsumerGroup) else None

    @property
    def committed(self) -> int | None:
        """What the group, or the sink, has committed; what it had, while nobody has loaded it, or is in it."""
        if self.setting.rules.commit == "with-sink":
            return self.sink.offset
        shard = self.shard()
        if shard is not None:
            offset, keeping = shard.offsets.of(GROUP).get(PLACE), self.setting.rules.keeping
            if offset is not None or self.known() or not keeping.loads_expired:
                self._committed = None if offset is None else offset.offset
        return self._committed

    def known(self) -> frozenset[int]:
        """Which instances the group has as members."""
        group = self.group()
        if group is None:
            return frozenset()
        return frozenset(self.number_of(member.client_id) for member in group.members.values())

    @property
    def is_modern(self) -> bool:
        """Whether the group is one of the consumer protocol."""
        return self.setting.rules.rebalancing.is_by_coordinator

    def is_expected(self, number: int) -> bool:
        """Whether an instance is yet to start for the first time, and does so by itself."""
        return number < self.setting.rules.instances and self.applications[number].last_process is None

    def number_of(self, client_id: str) -> int:
        """The place of the instance whose client has this name."""
        return int(client_id.rpartition("-")[2]) - 1

    def is_settled(self, application: ReadingApplication) -> bool:
        """Whether an instance is a member of the present generation, has its assignment, and knows the coordinator."""
        client, process = application.client, application.process
        if client is None or process is None or not self.network.reaches_coordinator(process):
            return False
        group, view = self.group(), client.view().member
        if group is None or view.state != "stable" or view.member_id not in group.members:
            return False
        if isinstance(group, ConsumerGroup):
            return view.epoch == group.epoch and group.state == "Stable"
        return is_told(client, view) and view.epoch == group.generation and group.state == "Stable"

    def is_idle(self, application: ReadingApplication) -> bool:
        """Whether an instance is settled, and has nothing to do or to wait for."""
        client = application.client
        if client is None or application.process is None or not self.is_settled(application):
            return False
        has_records = bool(application.work or application.batch or client.view().collected)
        has_work = has_records or application.to_commit is not None
        return not has_work and not self.network.under_way(application.process)

    def is_busy(self, process: Process) -> bool:
        """Whether a consumer that keeps the partition as it rejoins can not hear now that it does."""
        if not self.setting.rules.rebalancing.keeps_reading:
            return False
        application = next(each for each in self.applications if process in (each.process, each.last_process))
        is_processing = bool(application.work) and not self.setting.rules.is_handed_off
        return application.is_up and (is_processing or application.to_commit is not None)

    def _is_set(self) -> bool:
        if self.led(TOPIC) is None or self.led(OFFSETS_TOPIC) is None:
            return False
        is_replicated = len(self.image(OFFSETS_TOPIC).in_sync_replicas) == self.offsets_replicas
        return self.shard() is not None and is_replicated
