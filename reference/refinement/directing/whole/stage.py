"""The stage of a pipeline in one piece: a replicated partition, its producer, and a group that reads it."""

from collections.abc import Mapping, Sequence
from random import Random

import attrs

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.broker.rules import Rules
from ackproof.reference.consumer.position import Position
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.groups.rules import CoordinatorRules
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.refinement.consume.cluster import OFFSETS_TOPIC
from ackproof.reference.refinement.consume.records import PLACE, TOPIC
from ackproof.reference.refinement.consume.setting import BROKERS as GROUP_BROKERS
from ackproof.reference.refinement.consume.setting import GROUP, ConsumeSetting
from ackproof.reference.refinement.consume.sink import Sink
from ackproof.reference.refinement.directing.other_topics import BESIDE
from ackproof.reference.refinement.directing.reader_network import BATCH_BYTES
from ackproof.reference.refinement.directing.readers import DirectedGroup, DirectedReader, settings_of
from ackproof.reference.refinement.directing.stage import BROKERS, DirectedApplication, DirectedStage, patient_plan
from ackproof.reference.refinement.directing.whole.network import WholeNetwork
from ackproof.reference.refinement.produce.stage import ProduceSetting
from ackproof.reference.refinement.staging import pass_one_millisecond, wait_until
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.history import History
from ackproof.reference.simulator.world import World

PATIENCE_MS = 3_600_000
"""How long consumers wait for answers, and their group for a poll."""

LAG_MS = {True: 300_000, False: 60_000}
"""How long a leader waits for followers, where a request of the producer times out meanwhile, and where none does."""

SESSION_MS = {True: 600_000, False: 150_000}
"""
How long a member may be silent, where a deadline of the producer has to pass, and where not.

While its commit is on its way nothing else of it arrives; what the producer waits for may take minutes.
"""

HEARTBEAT_MS, FETCH_WAIT_MS = 5_000, 200


@attrs.frozen
class WholeSetting:
    """
    What is run beside the model.

    Attributes:
        instances: How many there are, also of those that nobody expects.
        is_sticky: Who has the partition keeps it as another instance joins.
        has_deadlines: A deadline of the producer passes.
        times_out: A leader answers that its followers have not got something in time; they may be in sync after it.
        validates_positions: Consumers ask a new leader whether that has what they read.
    """

    produce: ProduceSetting
    consume: ConsumeSetting
    instances: int
    offsets_replicas: int
    is_sticky: bool
    has_deadlines: bool
    times_out: bool
    validates_positions: bool


class WholeStage:
    """
    Brokers with a replica of the partition each, and apart from them those that keep what is committed.

    So a crash of the former is no crash of the group coordinator, which the model knows by itself.

    Attributes:
        producing: The brokers of the partition, and its producer.
        reading: The group.
        keepers: The names of the brokers that keep what is committed.
    """

    def __init__(self, setting: WholeSetting) -> None:
        self.clock = VirtualClock()
        rules, factor = setting.produce.brokers, setting.produce.brokers.replication_factor
        keepers = range(factor + 1, factor + 1 + max(setting.offsets_replicas, 2))
        self.keepers = frozenset(f"broker-{keeper}" for keeper in keepers)
        self.network = WholeNetwork(self.clock, Random(0), self.keepers)
        consumer = setting.consume.rules
        coordinator = CoordinatorRules(keeping=consumer.keeping, rebalancing=consumer.rebalancing)
        properties = {
            **GROUP_BROKERS,
            **BROKERS,
            "group.consumer.max.session.timeout.ms": str(PATIENCE_MS),
            "group.consumer.session.timeout.ms": str(SESSION_MS[setting.has_deadlines]),
            "offsets.retention.minutes": "10",
            "replica.fetch.wait.max.ms": str(FETCH_WAIT_MS),
            "replica.lag.time.max.ms": str(LAG_MS[setting.times_out]),
        }
        self.cluster = Cluster(
            self.clock, self.network, Random(1), keepers.stop - 1, properties, Rules(rules, groups=coordinator)
        )
        self.world = World(self.clock, self.network, History(), Random(2), self.cluster.bootstrap_servers)
        wait_until(lambda: self.cluster.is_ready, self.step)
        self.create(TOPIC, range(1, factor + 1), settings_of_topic(rules))
        # It is that of the partition's topic that its replicas may be elected uncleanly, and not of this one.
        self.create(OFFSETS_TOPIC, keepers[: setting.offsets_replicas], {"unclean.leader.election.enable": "false"})
        if has_beside(setting):
            self.create(BESIDE, keepers[:1], {})
        self.reading = ReadingSide(self, setting)
        wait_until(self._is_set, self.step)
        self.producing = ProducingSide(self, setting)

    def step(self) -> None:
        """Everything that is due next happens: all of one millisecond."""
        pass_one_millisecond(self.clock)

    def create(self, name: str, replicas: Sequence[int], settings: Mapping[str, str]) -> None:
        """A topic of one partition, on these brokers."""
        self.cluster.create_topic(name, -1, -1, settings, [replicas])

    def _is_set(self) -> bool:
        return self.reading.led(TOPIC) is not None and self.reading.is_kept()


def settings_of_topic(rules: BrokerRules) -> dict[str, str]:
    """The settings of the partition's topic."""
    return {
        "min.insync.replicas": str(rules.min_insync_replicas),
        "unclean.leader.election.enable": str(rules.elects_uncleanly).lower(),
        **({"flush.messages": "1"} if rules.flushes_every_record else {}),
    }


def has_beside(setting: WholeSetting) -> bool:
    """Whether the group reads another topic as well, so that the partition can move by itself."""
    return setting.consume.rules.rebalancing.keeps_reading and not setting.is_sticky


class ProducingSide(DirectedStage):
    """The produce half of a pipeline in one piece."""

    def __init__(self, whole: WholeStage, setting: WholeSetting) -> None:
        self.lag_ms = LAG_MS[setting.times_out]
        self.setting = setting.produce
        self.has_deadlines = setting.has_deadlines
        self.clock, self.network, self.cluster, self.world = whole.clock, whole.network, whole.cluster, whole.world
        self.application = DirectedApplication(
            self.world, patient_plan(self.setting, has_deadlines=setting.has_deadlines)
        )
        self.first_leader = self.image.leader

    @property
    def may_lag(self) -> bool:
        """Never: followers whose heartbeats do not arrive are sooner in sync no more."""
        return False


class ReadingSide(DirectedGroup):
    """
    The consume half of a pipeline in one piece.

    How old records may be for who starts by their age is decided as it does.
    """

    age_ms = 0

    def __init__(self, whole: WholeStage, setting: WholeSetting) -> None:
        self.setting = setting.consume
        self.is_sticky, self.offsets_replicas = setting.is_sticky, setting.offsets_replicas
        self.validates_positions = setting.validates_positions
        self.session_timeout_ms = SESSION_MS[setting.has_deadlines]
        self.sessions = (1,) * setting.instances
        self.clock, self.network, self.cluster, self.world = whole.clock, whole.network, whole.cluster, whole.world
        self.sink = Sink()
        self._told: Position | None = None
        self._ends: dict[int, int] = {}
        self.applications = [self._reader(number) for number in range(1, setting.instances + 1)]
        for reader in self.applications:
            reader.topics += [BESIDE] if has_beside(setting) else []

    def _reader(self, number: int) -> DirectedReader:
        settings = patient(settings_of(self, number), self.session_timeout_ms)
        return DirectedReader(
            self.world,
            self.setting.rules,
            settings,
            f"consumer-{number}",
            validates_positions=self.validates_positions,
        )

    @property
    def committed(self) -> int | None:
        """Where a consumer starts by what the group has committed; what it had, while no coordinator has loaded it."""
        if self.setting.rules.commit == "with-sink":
            return self.sink.offset
        shard = self.shard()
        if shard is not None:
            offset = shard.offsets.of(GROUP).get(PLACE)
            self._told = None if offset is None else Position(offset.offset, offset.leader_epoch)
        return self.validated(self._told)

    def validated(self, position: Position | None) -> int | None:
        """Where a consumer at *position* reads on, once it has asked the leader what of it is left."""
        if position is None:
            return None
        end = self._end_of(position.offset_epoch) if self.validates_positions else None
        if end is None or end >= position.offset:
            return position.offset
        return None if self.setting.rules.reset == "none" else end

    def _end_of(self, epoch: int | None) -> int | None:
        """Where an epoch ends in the log of the leader; while there is none, of the last one who was asked that."""
        if epoch is None or epoch < 0:
            return None
        led = self.led(TOPIC)
        if led is not None:
            self._ends[epoch] = led.log.end_offset_for(epoch).end_offset
        return self._ends.get(epoch)

    def is_kept(self) -> bool:
        """Whether a coordinator keeps the group, on as many brokers as it is to."""
        image = self.cluster.image.partition(OFFSETS_TOPIC, 0)
        if image is None or image.leader < 0:
            return False
        return self.shard() is not None and len(image.in_sync_replicas) == self.offsets_replicas


def patient(settings: ConsumerSettings, session_timeout_ms: int) -> ConsumerSettings:
    """The same of a consumer that waits for long, and fetches no more than it hands out."""
    return attrs.evolve(
        settings,
        heartbeat_interval_ms=HEARTBEAT_MS if settings.is_classic else settings.heartbeat_interval_ms,
        session_timeout_ms=session_timeout_ms if settings.is_classic else settings.session_timeout_ms,
        max_poll_interval_ms=PATIENCE_MS,
        request_timeout_ms=PATIENCE_MS,
        default_api_timeout_ms=PATIENCE_MS,
        max_partition_fetch_bytes=settings.max_poll_records * BATCH_BYTES,
    )
