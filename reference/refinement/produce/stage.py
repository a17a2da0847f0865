"""The stage of the produce half: one partition, one producer, and what can go wrong with them."""

from random import Random

import attrs

from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.broker.rules import Rules
from ackproof.reference.controller.image import PartitionImage
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import spawn
from ackproof.reference.protocol.request import Address
from ackproof.reference.refinement.network import Line, StagedNetwork
from ackproof.reference.refinement.produce.records import written_in
from ackproof.reference.refinement.staging import pass_one_millisecond, wait_until
from ackproof.reference.simulator.applications.producing import BytesProducer, ProducingApplication
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.history import History
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import QUICK_BROKERS, ProducerPlan
from ackproof.reference.simulator.world import World

TOPIC = "input"
PLACE, ELSEWHERE = (TOPIC, 0), (TOPIC, 1)
"""The partition, and another one that is not there, but that a producer may have numbers for."""
FOR_EVER_MS = "2147483647"


@attrs.frozen
class ProduceSetting:
    """
    What is run beside the model.

    Attributes:
        delivery_timeout_ms: When a batch is too old, and its request too; None for never.
    """

    client: ProducerRules
    brokers: BrokerRules
    records: int = 3
    delivery_timeout_ms: int | None = None


class StagedApplication(ProducingApplication):
    """An application whose client can be looked at."""

    client: BytesProducer | None = None

    def __init__(self, world: World, plan: ProducerPlan) -> None:
        super().__init__(world, plan)
        self._sent: set[int] = set()

    def producer(self, process: Process) -> BytesProducer:
        """A client for this run of it."""
        self.client = super().producer(process)
        return self.client

    @property
    def is_over(self) -> bool:
        """Whether it sends nothing any more."""
        return self.has_stopped or not self.is_up

    def note_sent(self) -> None:
        """Records that are on the wire have been sent."""
        if self.client is not None:
            self._sent.update(written_in(sent.batch) for sent in self.client.on_wire())

    def resends_after(self, number: int, resends: int) -> int:
        """A record that fails before it is sent is none of the model yet, so that this does not count."""
        self.note_sent()
        return resends - 1 if number in self._sent else resends

    def _failed(self, producer: BytesProducer, number: int, error: Exception) -> None:
        """Who stops closes its producer at once, so that nothing follows what has failed (KIP-15)."""
        was_over = self.has_stopped
        super()._failed(producer, number, error)
        if self.has_stopped and not was_over and self.process is not None:
            spawn(self.process, producer.close(0))

    @property
    def is_through(self) -> bool:
        """Whether it has nothing to do any more, be it that its client is of no use."""
        return super().is_through or (self.client is not None and self.client.state == "fatal error")

    @property
    def resends_left(self) -> dict[int, int]:
        """How often it sends each record again whose outcome it has not seen."""
        return self._resends_left


class ProduceStage:
    """A cluster of as many brokers as the partition has replicas, and a producer, each batch with one record."""

    def __init__(self, setting: ProduceSetting, seed: int) -> None:
        rng = Random(seed)
        self.setting = setting
        self.clock = VirtualClock()
        self.network = StagedNetwork(self.clock, Random(rng.getrandbits(64)))
        rules, factor = setting.brokers, setting.brokers.replication_factor
        self.network.decides_at_once = not rules.asks_controller_to_join
        properties = {**QUICK_BROKERS, "min.insync.replicas": str(rules.min_insync_replicas)}
        if rules.elects_uncleanly:
            properties["unclean.leader.election.enable"] = "true"
        cluster_rng = Random(rng.getrandbits(64))
        self.rules = Rules(rules)
        self.cluster = Cluster(self.clock, self.network, cluster_rng, factor, properties, self.rules)
        self.world = World(
            self.clock, self.network, History(), Random(rng.getrandbits(64)), self.cluster.bootstrap_servers
        )
        self.application = StagedApplication(self.world, plan_of(setting))
        wait_until(lambda: self.cluster.is_ready, self.step)
        flush = {"flush.messages": "1"} if rules.flushes_every_record else {}
        self.cluster.create_topic(TOPIC, 1, factor, flush)
        wait_until(self._is_replicating, self.step)
        self.first_leader = self.image.leader
        self.network.turns_away = self._still_starts
        self.behind_until_ms: dict[int, int] = {}
        self.held_in: dict[int, int] = {}

    def start(self) -> None:
        """The application starts."""
        self.application.start()

    @property
    def image(self) -> PartitionImage:
        """What the controller has decided about the partition."""
        image = self.cluster.image.partition(TOPIC, 0)
        assert image is not None
        return image

    def is_up(self, broker: int) -> bool:
        """Whether a broker runs, and the controller counts on it."""
        return self.cluster.machines[broker].is_up and self.cluster.image.is_active(broker)

    def has_registered(self, broker: int) -> bool:
        """Whether a broker runs, and the controller knows of this run."""
        running = None if broker < 0 else self.cluster.machines[broker].broker
        return running is not None and running.lifecycle.epoch == self.cluster.image.brokers[broker].epoch

    def partition(self, broker: int) -> Partition | None:
        """The replica of a broker that is up."""
        found = self.cluster.machines[broker].broker
        return None if found is None else found.replicas.find(TOPIC, 0)

    @property
    def lines(self) -> list[Line]:
        """The connections of this run of the producer that hold produce requests, the oldest first."""
        process = self.application.process
        return [line for line in self.network.lines.values() if line.letters and line.wire.client.process is process]

    @property
    def acknowledged(self) -> tuple[int, ...]:
        """The records that the application has heard to be there, in that order."""
        facts = (str(event["record"]) for event in self.world.history.of("acknowledged"))
        return tuple(int(record.rpartition("/")[2]) for record in facts)

    def step(self) -> None:
        """Everything that is due next happens: all of one millisecond."""
        pass_one_millisecond(self.clock)
        for line in self.network.lines.values():
            if line.is_broken and not line.is_held:
                line.wire.drop_unserved()
        self.cut_stale_lines()
        self.application.note_sent()

    def cut_stale_lines(self) -> None:
        """Connections to who does not lead, or not yet, break: what they hold would be refused, each by itself."""
        partition = self.cluster.image.partition(TOPIC, 0)
        if partition is None:
            return
        leads = partition.leader if self.has_registered(partition.leader) else None
        for line in self.lines:
            if not line.is_broken and not line.is_held and line.wire.listener.name != f"broker-{leads}":
                line.wire.drop_unserved()
                line.wire.dies()

    def _still_starts(self, address: Address) -> bool:
        """Whether a broker at *address* has yet to register."""
        machines = self.cluster.machines.values()
        return any(machine.address == address and not self.has_registered(machine.broker_id) for machine in machines)

    def _is_replicating(self) -> bool:
        partition = self.cluster.image.partition(TOPIC, 0)
        led = None if partition is None or partition.leader < 0 else self.partition(partition.leader)
        if led is None or led.leadership is None:
            return False
        return all(replica.log_end_offset == 0 for replica in led.leadership.followers.values())


def plan_of(setting: ProduceSetting) -> ProducerPlan:
    """The application and its client: each record is a batch of its own."""
    client = setting.client
    properties = {
        "acks": client.acks,
        "batch.size": "1",
        "linger.ms": "0",
        "enable.idempotence": "false" if client.idempotence is None else "true",
        "max.in.flight.requests.per.connection": str(client.max_in_flight),
        "retries": FOR_EVER_MS if client.retries is None else str(client.retries),
        **deadlines_of(setting),
        "retry.backoff.ms": "5",
        "retry.backoff.max.ms": "5",
        "reconnect.backoff.ms": "5",
        "reconnect.backoff.max.ms": "5",
    }
    return ProducerPlan(
        records=setting.records,
        interval_ms=7,
        properties=properties,
        rules=client,
        on_send_failure=client.on_send_failure,
        on_restart=client.on_restart,
        most_resends=client.most_resends,
    )


def deadlines_of(setting: ProduceSetting) -> dict[str, str]:
    """How long the client waits; a request as long as a batch, as it may not be longer."""
    if setting.delivery_timeout_ms is None:
        return {"delivery.timeout.ms": FOR_EVER_MS, "request.timeout.ms": "600000"}
    timeout_ms = str(setting.delivery_timeout_ms)
    return {"delivery.timeout.ms": timeout_ms, "request.timeout.ms": timeout_ms}
