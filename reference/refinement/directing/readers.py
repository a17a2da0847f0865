"""The stage of a directed run of the consume half: instances that poll, process and commit when they are told to."""

from random import Random

from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.fetch.v12.response import FetchResponse
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.consume.consumer import Held
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.broker.rules import Rules
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.errors import NoOffsetForPartitionError
from ackproof.reference.consumer.settings import ConsumerSettings, consumer_settings
from ackproof.reference.groups.rules import CoordinatorRules
from ackproof.reference.kernel.clock import Clock, VirtualClock
from ackproof.reference.kernel.future import sleep
from ackproof.reference.protocol.request import Request
from ackproof.reference.refinement.consume.records import TOPIC, number_of, offsets_of
from ackproof.reference.refinement.consume.setting import BROKERS, GROUP, ConsumeSetting
from ackproof.reference.refinement.consume.sink import Sink
from ackproof.reference.refinement.consume.stage import OFFSETS_TOPIC, ConsumeStage
from ackproof.reference.refinement.directing.network import DirectedNetwork, Waiting
from ackproof.reference.refinement.directing.stage import DirectedApplication
from ackproof.reference.simulator.applications.application import Application
from ackproof.reference.simulator.applications.consuming import FAILED_COMMITS
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.history import History
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import ProducerPlan
from ackproof.reference.simulator.wire import Letter, Wire
from ackproof.reference.simulator.world import World

SESSION_MS, AUTO_COMMIT_MS = 6_000, 2_000
BESIDE = "a-topic-beside"
"""A topic without records, so that a partition can move without another one taking its place (KIP-429)."""

NEW_PLACE = (TOPIC, 1)
"""The partition that the topic may get."""

METADATA_MS = {"producer": 1_000, "consumer": 20_000}
"""After how long clients see by themselves that the topic has more partitions."""

GUARDED = (FetchRequest, OffsetFetchRequest, OffsetCommitRequest, SyncGroupRequest)
"""What consumers send only to find the door closed, unless the director opens it."""


class ReaderNetwork(DirectedNetwork):
    """
    Nothing takes any time, but consumers learn, read and commit offsets only while the director lets them.

    Attributes:
        opened: Kinds of requests that may pass.
        fed: Consumers that have got records since they were let read.
        wires: What carries the commits of each consumer, and all else that it says to its coordinator.
        lagging: Brokers, by name, whose fetches wait.
        reads_from: The broker that consumers are let read from; None for any.
    """

    def __init__(self, clock: Clock, rng: Random) -> None:
        super().__init__(clock, rng)
        self.opened: set[type] = {SyncGroupRequest}
        self.fed: set[str] = set()
        self.wires: dict[int, Wire] = {}
        self.lagging: set[str] = set()
        self.reads_from: str | None = None

    def bars(self, client: str, request: Request) -> bool:
        """Whether a request waits for the director."""
        if client.startswith("consumer-"):
            return isinstance(request.body, GUARDED) and not self._passes(request)
        return client in self.lagging and isinstance(request.body, FetchRequest)

    def _passes(self, request: Request) -> bool:
        return type(request.body) in self.opened

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; it arrives at once."""
        if isinstance(letter.request.body, OffsetFetchRequest | OffsetCommitRequest):
            self.wires[letter.wire.number] = letter.wire
        return super().is_sent(letter)

    def open(self, kind: type) -> None:
        """Requests of a *kind* pass, also those that wait."""
        self.opened.add(kind)
        for waiting in self.of(kind):
            if waiting.client.startswith("consumer-"):
                self._let_in(waiting)

    def catch_up(self, broker: str) -> None:
        """The fetches of a broker pass again, also the one that waits."""
        self.lagging.discard(broker)
        for waiting in self.of(FetchRequest, broker):
            self._let_in(waiting)

    def _let_in(self, waiting: Waiting) -> None:
        if waiting.answer is None:
            waiting.admit()
            assert waiting.answer is not None
            waiting.answer.then(lambda: self.release(waiting))

    def let_one_read(self, client: str) -> None:
        """A consumer's fetches are answered until it gets records."""
        working = {wire.number for wire in self._wires if wire.is_open}
        for waiting in self.of(FetchRequest, client, self.reads_from):
            is_heard = waiting.caller.connection in working
            if waiting.answer is None and client not in self.fed and is_heard:
                waiting.admit()
                assert waiting.answer is not None
                waiting.answer.then(lambda each=waiting: self._feed(each))

    def _feed(self, waiting: Waiting) -> None:
        assert waiting.answer is not None
        response = waiting.answer.result()
        assert isinstance(response, FetchResponse)
        if any(partition.records for topic in response.responses for partition in topic.partitions):
            self.fed.add(waiting.client)
        self.release(waiting)

    def close(self, kind: type) -> None:
        """Requests of a *kind* pass no more."""
        self.opened.discard(kind)


class DirectedReader(Application):
    """
    One instance.

    Attributes:
        client: Its consumer, while it runs.
        in_hand: What it was handed and has not processed, in order.
        moved: The same, of the partition that was added.
        polls: It polls, again and again, until it is handed something.
        to_commit: What it is to commit, and waits for.
        is_to_close: It is to close its consumer.
    """

    def __init__(self, world: World, rules: ConsumerRules, settings: ConsumerSettings, name: str) -> None:
        super().__init__(world, name, longest_pause_ms=0)
        self.rules = rules
        self.settings = settings
        self.client: Consumer | None = None
        self.in_hand: list[Held] = []
        self.moved: list[Held] = []
        self.polls = False
        self.to_commit: int | None = None
        self.is_to_close = False

    @property
    def is_through(self) -> bool:
        """Never: there may be more to read."""
        return False

    def start(self) -> None:
        """Its process starts."""
        self.in_hand, self.moved, self.polls, self.to_commit, self.is_to_close = [], [], False, None, False
        super().start()

    async def run(self, process: Process) -> None:
        """Do what it is told."""
        node = self.world.network.node(process)
        client = self.client = Consumer(process, node, self.settings, self.rules, self.world.own_rng())
        client.subscribe([TOPIC, BESIDE] if self.rules.rebalancing.keeps_reading else [TOPIC])
        while not self.is_to_close:
            if self.to_commit is not None:
                await self._commit(client, self.to_commit)
            elif self.polls:
                await self._poll(process, client)
            else:
                await sleep(process, 5)
        await client.close()

    async def _commit(self, client: Consumer, offset: int) -> None:
        try:
            await client.commit_sync(offsets_of(offset))
        except FAILED_COMMITS as error:
            self.world.note("not-committed", instance=self.name, error=type(error).__name__)
        finally:
            self.to_commit = None

    async def _poll(self, process: Process, client: Consumer) -> None:
        try:
            records = await client.poll(20)
        except NoOffsetForPartitionError:
            await sleep(process, 20)
            return
        for record in records:
            hand = self.moved if record.topic_partition == NEW_PLACE else self.in_hand
            hand.append((record.offset, number_of(record)))
            self.polls = False


class DirectedGroup(ConsumeStage):
    """Brokers, a producer that loses nothing, and a group."""

    network: ReaderNetwork  # type: ignore[assignment]  # another network, of which the stage asks nothing
    applications: list[DirectedReader]  # type: ignore[assignment]  # other instances

    def __init__(self, setting: ConsumeSetting, instances: int, offsets_replicas: int = 2) -> None:
        self.setting = setting
        self.offsets_replicas = offsets_replicas
        self.clock = VirtualClock()
        self.network = ReaderNetwork(self.clock, Random(0))
        rules = setting.rules
        coordinator = CoordinatorRules(keeping=rules.keeping, rebalancing=rules.rebalancing)
        brokers = max(offsets_replicas, 2)
        self.cluster = Cluster(self.clock, self.network, Random(1), brokers, BROKERS, Rules(groups=coordinator))
        self.world = World(self.clock, self.network, History(), Random(2), self.cluster.bootstrap_servers)
        self._committed = None
        self.sink = Sink()
        self._wait_until(lambda: self.cluster.is_ready)
        self.cluster.create_topic(TOPIC, 1, 1, {})
        self.cluster.create_topic(OFFSETS_TOPIC, 1, offsets_replicas, {})
        if rules.rebalancing.keeps_reading:
            self.cluster.create_topic(BESIDE, 1, 1, {})
        self._wait_until(self._is_set)
        self.writer = DirectedApplication(self.world, writer_plan(setting.records))
        self.applications = [
            DirectedReader(self.world, rules, settings_of(self, number), f"consumer-{number}")
            for number in range(1, instances + 1)
        ]
        self.writer.start()


def writer_plan(records: int) -> ProducerPlan:
    """What the producer sends, all of it with one key."""
    return ProducerPlan(records=records, properties={"metadata.max.age.ms": str(METADATA_MS["producer"])})


def settings_of(stage: DirectedGroup, number: int) -> ConsumerSettings:
    """The configuration of an instance."""
    rules = stage.setting.rules
    properties = {
        "bootstrap.servers": stage.world.bootstrap_servers,
        "client.id": f"consumer-{number}",
        "group.id": GROUP,
        "auto.commit.interval.ms": str(AUTO_COMMIT_MS),
        "auto.offset.reset": rules.reset,
        "enable.auto.commit": str(rules.commit == "auto").lower(),
        "fetch.max.wait.ms": "20",
        "metadata.max.age.ms": str(METADATA_MS["consumer"]),
        "max.poll.records": str(stage.setting.at_once),
        "reconnect.backoff.max.ms": "5",
        "reconnect.backoff.ms": "5",
        "retry.backoff.max.ms": "5",
        "retry.backoff.ms": "5",
    }
    if stage.setting.at_once == 1:
        # Each record is a batch of its own, and no more of them are fetched than handed out.
        properties |= {"max.partition.fetch.bytes": "1"}
    if rules.is_static:
        properties["group.instance.id"] = f"instance-{number}"
    if rules.rebalancing.is_by_coordinator:
        return consumer_settings({**properties, "group.protocol": "consumer"})
    assignor = "cooperative-sticky" if rules.rebalancing.keeps_reading else "range"
    classic = {"heartbeat.interval.ms": "200", "session.timeout.ms": str(SESSION_MS)}
    return consumer_settings({**properties, **classic, "partition.assignment.strategy": assignor})
