"""The stage of a directed run: brokers and a producer for which time alone decides nothing."""

from collections.abc import Iterable
from random import Random

import attrs

from ackproof.reference.broker.rules import Rules
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.producer.record import RecordMetadata
from ackproof.reference.records.batch import decode
from ackproof.reference.refinement.directing.network import DirectedNetwork
from ackproof.reference.refinement.produce.stage import (
    FOR_EVER_MS,
    PLACE,
    TOPIC,
    ProduceSetting,
    ProduceStage,
    StagedApplication,
    plan_of,
)
from ackproof.reference.refinement.staging import wait_until
from ackproof.reference.simulator.applications.content import content_of
from ackproof.reference.simulator.applications.producing import BytesProducer
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.history import History
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import QUICK_BROKERS, ProducerPlan
from ackproof.reference.simulator.world import World

LAG_MS, SESSION_MS = 100_000, 9_000
REQUEST_TIMEOUT_MS = 240_000
STALLED_MS = 180_000
"""How long the first batch waits to be sent, where a deadline has to pass before its request times out."""

METADATA_MS = 1_000
"""How long it takes the producer to see who leads, once it is to ask."""

RECONNECT_MS, MOST_REFRESHES = 5_000, 6
"""How long it may wait before it connects again, where deadlines pass; in that time it tries to see so often."""

BROKERS = {
    **QUICK_BROKERS,
    "auto.leader.rebalance.enable": "false",
    "broker.heartbeat.interval.ms": "2000",
    "broker.session.timeout.ms": str(SESSION_MS),
    "replica.fetch.backoff.ms": "20",
    "replica.fetch.wait.max.ms": "0",
    "replica.lag.time.max.ms": str(LAG_MS),
    "replica.socket.timeout.ms": "2147483647",
}


class DirectedApplication(StagedApplication):
    """
    An application that sends when it is told to, be it again.

    Attributes:
        offsets: What it was told of where the records are that it knows to be there; -1 if nobody said.
        again: What it is to send again, and how often it may after that.
    """

    next: int

    def __init__(self, world: World, plan: ProducerPlan) -> None:
        super().__init__(world, plan)
        self.offsets: dict[int, int] = {}
        self.again: dict[int, int] = {}
        self._is_told = True

    async def run(self, process: Process) -> None:
        """Send what was not seen to succeed again, if it does so, and then what it is told to."""
        producer = self.producer(process)
        unseen, self._resends_left = sorted(self._resends_left.items()), {}
        self.again.clear()
        for number, resends in unseen:
            if self.plan.on_restart == "resend":
                self._send(producer, number, resends)
        await Future[None](process)

    def _failed(self, producer: BytesProducer, number: int, error: Exception) -> None:
        """Who stops hands nothing more over; what its client sends again it still does, as in the model."""
        super(StagedApplication, self)._failed(producer, number, error)

    def _hear(self, producer: BytesProducer, number: int, outcome: Future[RecordMetadata]) -> None:
        if outcome.error is None:
            self.offsets[number] = outcome.result().offset
        self._is_told = False
        super()._hear(producer, number, outcome)
        self._is_told = True

    def _send(self, producer: BytesProducer, number: int, resends: int) -> None:
        if self._is_told:
            super()._send(producer, number, resends)
        else:
            self._resends_left[number] = self.again[number] = resends

    def send_again(self, number: int) -> None:
        """Send a record whose send has failed, if that is to be sent again."""
        if number in self.again and self.client is not None:
            self._send(self.client, number, self.again.pop(number))

    def hand_over(self) -> None:
        """Send the next record."""
        assert self.client is not None
        self.next += 1
        self._send(self.client, self.next - 1, self.plan.most_resends)


class DirectedStage(ProduceStage):
    """A cluster of as many brokers as the partition has replicas, or some more, and a producer."""

    network: DirectedNetwork
    application: DirectedApplication
    lag_ms = LAG_MS

    def __init__(self, setting: ProduceSetting, *, has_deadlines: bool, spare_brokers: int = 0) -> None:
        rng = Random(0)
        self.setting = setting
        self.has_deadlines = has_deadlines
        self.clock = VirtualClock()
        self.network = DirectedNetwork(self.clock, rng)
        rules, factor = setting.brokers, setting.brokers.replication_factor
        properties = {**BROKERS, "min.insync.replicas": str(rules.min_insync_replicas)}
        if rules.elects_uncleanly:
            properties["unclean.leader.election.enable"] = "true"
        if has_deadlines:
            # Followers fetch only as they are told to, and time goes by.
            properties["replica.lag.time.max.ms"] = FOR_EVER_MS
        self.cluster = Cluster(self.clock, self.network, Random(1), factor + spare_brokers, properties, Rules(rules))
        self.world = World(self.clock, self.network, History(), Random(2), self.cluster.bootstrap_servers)
        self.application = DirectedApplication(self.world, patient_plan(setting, has_deadlines=has_deadlines))
        wait_until(lambda: self.cluster.is_ready, self.step)
        flush = {"flush.messages": "1"} if rules.flushes_every_record else {}
        self.cluster.create_topic(TOPIC, 1, factor, flush)
        wait_until(self._is_led, self.step)
        self.first_leader = self.image.leader

    @property
    def may_lag(self) -> bool:
        """Whether there is time for followers to be behind for so long that they are in sync no more."""
        return not self.has_deadlines

    def cut_stale_lines(self) -> None:
        """Which connections break is the director's business."""

    @property
    def has_learnt(self) -> bool:
        """Whether the producer knows who leads, or there is none."""
        client = self.application.client
        return client is None or client.leader(PLACE) == self.image.leader

    @property
    def left_ms(self) -> int:
        """How long what the producer has on its way may still take."""
        sent_ms = (
            [sent.batch.created_ms for sent in self.application.client.on_wire()] if self.application.client else []
        )
        return REQUEST_TIMEOUT_MS - (self.clock.now_ms - min(sent_ms, default=self.clock.now_ms))

    def let_learn(self) -> None:
        """The producer asks about the topic, be it that it has to wait before it connects to who can tell it."""
        for _ in range(MOST_REFRESHES if self.has_deadlines else 1):
            client = self.application.client
            if client is not None:
                client.metadata.request_update()
            self.clock.run_until(self.clock.now_ms + METADATA_MS + 100)
            # What stands in line behind what is lost is not answered, however long that takes.
            if self.has_learnt or (client is not None and client.on_wire()):
                return

    def _is_led(self) -> bool:
        partition = self.cluster.image.partition(TOPIC, 0)
        led = None if partition is None or partition.leader < 0 else self.partition(partition.leader)
        return led is not None and led.leadership is not None


def patient_plan(setting: ProduceSetting, *, has_deadlines: bool) -> ProducerPlan:
    """The application and its client, which waits for long."""
    plan = plan_of(setting)
    timeouts = {
        # What is asked by the way would take up room behind what waits for its answer.
        "metadata.max.age.ms": FOR_EVER_MS,
        # What has no partition yet fails by this, and not by the deadline of batches.
        "max.block.ms": str(REQUEST_TIMEOUT_MS // 2),
        "request.timeout.ms": str(REQUEST_TIMEOUT_MS),
        # Longer than it takes to connect again.
        "retry.backoff.max.ms": "20",
        "retry.backoff.ms": "20",
    }
    if has_deadlines:
        timeouts |= {
            "delivery.timeout.ms": str(REQUEST_TIMEOUT_MS),
            "reconnect.backoff.max.ms": str(RECONNECT_MS),
        }
    return attrs.evolve(plan, properties={**plan.properties, **timeouts})


def records_in(log: PartitionLog) -> tuple[int, ...]:
    """The numbers of the records whose bytes a log holds, in order."""
    return records_of(log.batches())


def records_of(batches: Iterable[bytes]) -> tuple[int, ...]:
    """The numbers of the records in some batches, in order."""
    return tuple(
        int(content_of(record.value).record.rpartition("/")[2]) for data in batches for record in decode(data).records
    )
