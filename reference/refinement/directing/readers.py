"""The stage of a directed run of the consume half: instances that poll, process and commit when they are told to."""

from collections.abc import Sequence
from contextlib import suppress
from random import Random

from ackproof.model.consume.consumer import Held
from ackproof.model.consume.rules import ConsumerRules, collects
from ackproof.reference.broker.rules import Rules
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.consumer import Consumer, Offsets
from ackproof.reference.consumer.errors import (
    LogTruncationError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    WakeupError,
)
from ackproof.reference.consumer.listener import RebalanceListener
from ackproof.reference.consumer.record import ConsumedRecord, OffsetAndMetadata
from ackproof.reference.consumer.settings import ConsumerSettings, consumer_settings
from ackproof.reference.groups.rules import CoordinatorRules
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import sleep, spawn
from ackproof.reference.refinement.consume.cluster import OFFSETS_TOPIC
from ackproof.reference.refinement.consume.records import PLACE, TOPIC, number_of
from ackproof.reference.refinement.consume.setting import GROUP, ConsumeSetting, consumer_of
from ackproof.reference.refinement.consume.sink import Sink
from ackproof.reference.refinement.consume.stage import ConsumeStage
from ackproof.reference.refinement.directing.other_topics import add_beside
from ackproof.reference.refinement.directing.patience import SHORT, USUAL, Patience
from ackproof.reference.refinement.directing.reader_network import ReaderNetwork
from ackproof.reference.refinement.directing.writer import Writer
from ackproof.reference.refinement.staging import wait_until
from ackproof.reference.simulator.applications.application import Application
from ackproof.reference.simulator.applications.consuming import FAILED_COMMITS
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.history import History
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.world import World

MANY, FOR_EVER_MS = 1_000, 1_000_000_000
"""How large batches that are collected may get, and how long that takes."""

NEW_PLACE = (TOPIC, 1)
"""The partition that the topic may get."""

AGE_MS = 200_000
"""How old records may be for a consumer that starts by their age."""


class DirectedReader(Application):
    """
    One instance.

    Attributes:
        client: Its consumer, while it runs.
        in_hand: What it was handed and has not processed, in order.
        handed: All that it was ever handed.
        moved: What it has not processed of the partition that was added.
        polls: It polls, again and again, until it is handed something, or collects it.
        returns_batch: It is handed what was collected, as it polls next.
        to_commit: What it is to commit, and waits for.
        to_commit_last: What it is to commit as it is told that its partition is revoked, if it does so.
        is_to_close: It is to close its consumer.
        topics: What it subscribes to.
        lost: Why poll fails, as its position is beyond what there is.
    """

    def __init__(
        self,
        world: World,
        rules: ConsumerRules,
        settings: ConsumerSettings,
        name: str,
        *,
        validates_positions: bool = True,
    ) -> None:
        super().__init__(world, name, longest_pause_ms=0)
        self.rules = rules
        self.validates_positions = validates_positions
        self.lost: Exception | None = None
        self._epochs: dict[int, int] = {}
        self.settings = settings
        self.client: Consumer | None = None
        self.in_hand: list[Held] = []
        self.moved: list[Held] = []
        self.handed: list[Held] = []
        self.polls = False
        self.returns_batch = False
        self.to_commit: int | None = None
        self.to_commit_last: int | None = None
        self.is_to_close = False
        self.topics = [TOPIC]

    @property
    def is_through(self) -> bool:
        """Never: there may be more to read."""
        return False

    @property
    def collected(self) -> list[Held]:
        """What its client has collected and not returned."""
        found = () if self.client is None else self.client.view().collected
        return [(record.offset, number_of(record)) for record in found]

    @property
    def held(self) -> list[Held]:
        """Everything that it may still process."""
        return [*self.in_hand, *self.collected]

    def start(self) -> None:
        """Its process starts."""
        self.in_hand, self.moved, self.polls, self.to_commit, self.is_to_close = [], [], False, None, False
        self.lost = None
        super().start()

    async def run(self, process: Process) -> None:
        """Do what it is told."""
        node = self.world.network.node(process)
        client = self.client = consumer_of(
            process, node, self.settings, self.rules, self.world.own_rng(), validates_positions=self.validates_positions
        )
        self.subscribe(client)
        while not self.is_to_close:
            if self.to_commit is not None:
                await self._commit(process, client, self.to_commit)
            elif self.polls:
                await self._poll(process, client)
            else:
                await sleep(process, 5)
        await client.close()

    def subscribe(self, client: Consumer) -> None:
        """It subscribes to its topics, and commits as partitions are revoked if it does so."""
        client.subscribe(self.topics, Revoking(self) if self.rules.on_revoke == "commit" else None)

    def offsets_of(self, offset: int) -> Offsets:
        """What a commit of *offset* says: with the epoch of the record before it, as the client's own commits do."""
        return {PLACE: OffsetAndMetadata(offset, leader_epoch=self._epochs.get(offset))}

    async def _commit(self, process: Process, client: Consumer, offset: int) -> None:
        committing = spawn(process, client.commit_sync(self.offsets_of(offset)))
        committing.may_fail()
        while self.rules.rebalancing.accepts_meanwhile and not committing.is_done:
            # librdkafka joins meanwhile, in the background; here it takes a poll.
            await (self._poll(process, client) if self.polls else sleep(process, 5))
        try:
            await committing
        except FAILED_COMMITS as error:
            self.world.note("not-committed", instance=self.name, error=type(error).__name__)
            if self.rules.is_before_processing:
                # It does not process what it could not commit.
                self.in_hand.clear()
        finally:
            self.to_commit = None

    async def _poll(self, process: Process, client: Consumer) -> None:
        try:
            records = await (self._collect(process, client) if collects(self.rules) else client.poll(20))
        except NoOffsetForPartitionError:
            await sleep(process, 20)
            return
        except (LogTruncationError, OffsetOutOfRangeError) as error:
            self.lost = error
            await sleep(process, 20)
            return
        for record in records:
            if record.topic_partition == PLACE and record.leader_epoch is not None:
                self._epochs[record.offset + 1] = record.leader_epoch
            hand = self.moved if record.topic_partition == NEW_PLACE else self.in_hand
            hand.append((record.offset, number_of(record)))
            self.handed.append((record.offset, number_of(record)))
            self.polls = False

    async def _collect(self, process: Process, client: Consumer) -> list[ConsumedRecord]:
        """Collect, as one call goes on while this polls; what is collected is returned when the director says so."""
        if self.returns_batch:
            self.returns_batch = False
            return await client.consume(len(self.collected), 0)
        call = spawn(process, client.consume(MANY, FOR_EVER_MS))
        while self.polls and not call.is_done:
            await sleep(process, 5)
        client.wakeup()
        try:
            return await call
        except WakeupError:
            return []


class Revoking(RebalanceListener):
    """Commits what it is told to, in the end."""

    def __init__(self, reader: DirectedReader) -> None:
        self._reader = reader

    async def on_partitions_revoked(self, partitions: tuple[TopicPartition, ...]) -> None:
        """*partitions* are given up after this returns."""
        client, offset = self._reader.client, self._reader.to_commit_last
        if client is not None and offset is not None and PLACE in partitions:
            with suppress(*FAILED_COMMITS):
                await client.commit_sync(self._reader.offsets_of(offset))

    async def on_partitions_lost(self, partitions: tuple[TopicPartition, ...]) -> None:
        """Nothing can be committed for them."""


class DirectedGroup(ConsumeStage):
    """
    Brokers, a producer that loses nothing, and a group.

    Attributes:
        is_sticky: Who has the partition keeps it as another instance joins.
        beside: Topics without records that all read as well, of which each takes its turn before the partition.
        grows: The first of them gets a partition as this topic does.
        patience: How long its instances wait.
        sessions: How often as long as that the session of each instance is.
        age_ms: How old records may be for a consumer that starts by their age.
    """

    beside: tuple[str, ...] = ()
    grows = False
    patience = SHORT
    age_ms = AGE_MS
    network: ReaderNetwork  # type: ignore[assignment]  # another network, of which the stage asks nothing
    applications: list[DirectedReader]  # type: ignore[assignment]  # other instances

    def __init__(
        self,
        setting: ConsumeSetting,
        instances: int,
        offsets_replicas: int = 2,
        *,
        is_sticky: bool = False,
        beside: int = 0,
        patience: Patience = SHORT,
        sessions: Sequence[int] = (),
    ) -> None:
        self.setting = setting
        self.patience = patience
        self.sessions = sessions or (1,) * instances
        self.is_sticky = is_sticky
        self.offsets_replicas = offsets_replicas
        self.clock = VirtualClock()
        self.network = ReaderNetwork(self.clock, Random(0))
        rules = setting.rules
        coordinator = CoordinatorRules(keeping=rules.keeping, rebalancing=rules.rebalancing)
        # One of which nothing is read answers for topics meanwhile.
        brokers = max(offsets_replicas, 2 if patience in USUAL else 3)
        self.cluster = Cluster(self.clock, self.network, Random(1), brokers, setting.brokers, Rules(groups=coordinator))
        self.world = World(self.clock, self.network, History(), Random(2), self.cluster.bootstrap_servers)
        self._committed = None
        self.sink = Sink()
        wait_until(lambda: self.cluster.is_ready, self.step)
        self.cluster.create_topic(TOPIC, 1, 1, {})
        self.cluster.create_topic(OFFSETS_TOPIC, 1, offsets_replicas, {})
        wait_until(self._is_set, self.step)
        self.beside = add_beside(self, beside)
        self.network.lets_others_pass = bool(beside)
        if rules.reset == "by_duration":
            # There has to be some time so long ago.
            self.clock.run_until(AGE_MS)
        self.writer = Writer(self.world, setting)
        self.applications = [
            DirectedReader(self.world, rules, settings_of(self, number), f"consumer-{number}")
            for number in range(1, instances + 1)
        ]
        for reader in self.applications:
            reader.topics += self.beside
        self.writer.start()


def settings_of(stage: DirectedGroup, number: int) -> ConsumerSettings:
    """The configuration of an instance."""
    rules = stage.setting.rules
    properties = {
        "bootstrap.servers": stage.world.bootstrap_servers,
        "client.id": f"consumer-{number}",
        "group.id": GROUP,
        "auto.commit.interval.ms": str(stage.patience.auto_commit_ms),
        "auto.offset.reset": f"by_duration:PT{stage.age_ms // 1_000}S" if rules.reset == "by_duration" else rules.reset,
        "enable.auto.commit": str(rules.commit == "auto").lower(),
        "fetch.max.wait.ms": "20",
        "metadata.max.age.ms": str(stage.patience.metadata_ms),
        "max.poll.records": str(stage.setting.at_once),
        "reconnect.backoff.max.ms": "5",
        "reconnect.backoff.ms": "5",
        "retry.backoff.max.ms": "5",
        "retry.backoff.ms": "5",
    }
    # Where each record is a batch of its own, no more of them are fetched than handed out.
    properties |= {"max.partition.fetch.bytes": "1"} if stage.setting.at_once == 1 else {}
    properties |= {"group.instance.id": f"instance-{number}"} if rules.is_static else {}
    if rules.rebalancing.is_by_coordinator:
        assignor = "uniform" if stage.is_sticky else "range"
        return consumer_settings({**properties, "group.protocol": "consumer", "group.remote.assignor": assignor})
    assignor = "cooperative-sticky" if rules.rebalancing.keeps_reading else "roundrobin"
    session_ms = stage.patience.session_ms * stage.sessions[number - 1]
    classic = {"heartbeat.interval.ms": "200", "session.timeout.ms": str(session_ms)}
    return consumer_settings({**properties, **classic, "partition.assignment.strategy": assignor})
