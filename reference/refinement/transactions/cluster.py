"""A cluster for transactions: who coordinates them, who leads the output, and who has the group are brokers apart."""

from collections.abc import Callable, Iterator, Mapping
from random import Random

from kio.schema.create_topics.v7.request import CreatableReplicaAssignment, CreatableTopic, CreateTopicsRequest
from kio.schema.errors import ErrorCode

from ackproof.reference.broker.broker import Broker
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.broker.rules import Rules
from ackproof.reference.controller.image import NO_LEADER, PartitionImage
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.rules import CoordinatorRules
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i16, i32
from ackproof.reference.refinement.staging import pass_one_millisecond, wait_until
from ackproof.reference.refinement.transactions.setting import (
    BROKERS,
    GROUP,
    INPUT,
    LEADERS,
    OFFSETS_TOPIC,
    OUTPUT,
    PLACE,
    STATE_TOPIC,
    TransactionSetting,
)
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.history import History
from ackproof.reference.simulator.machine import Machine
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.world import World
from ackproof.reference.transactions.states.metadata import TransactionMetadata
from ackproof.reference.transactions.states.state import State

ASSIGNED = -1
"""How many partitions and replicas: as many as are assigned."""


class TransactionCluster:
    """
    Three brokers, with the topics that transactions need, each of one partition, and of one replica or three.

    Attributes:
        coordinators: How many brokers coordinate transactions; of three replicas only one does.
    """

    def __init__(
        self,
        setting: TransactionSetting,
        clock: VirtualClock,
        network: SimulatedNetwork,
        rng: Random,
        *,
        is_replicated: bool = False,
        coordinators: int = 1,
        spare_brokers: int = 0,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        self.setting = setting
        self.clock = clock
        self.coordinators = coordinators
        groups = CoordinatorRules(expires_beside_pending=setting.rules.expires_beside_pending)
        rules = Rules(transactions=setting.rules, groups=groups)
        of_topics = len(set(LEADERS.values())) + coordinators - 1
        known = {**BROKERS, "transaction.state.log.num.partitions": str(coordinators), **(properties or {})}
        self.cluster = Cluster(clock, network, Random(rng.getrandbits(64)), of_topics + spare_brokers, known, rules)
        self.world = World(clock, network, History(), Random(rng.getrandbits(64)), self.cluster.bootstrap_servers)
        self.wait_until(lambda: self.cluster.is_ready)
        for topic, leader in LEADERS.items():
            beside = range(of_topics + 2 - coordinators, of_topics + 1) if topic == STATE_TOPIC else ()
            # Spare ones, which come last, are the first to take over: who leads something else then would do both.
            everywhere = list(reversed(self.cluster.machines)) if is_replicated else []
            self._create(
                topic, *((first, *(each for each in everywhere if each != first)) for first in (leader, *beside))
            )
        self.wait_until(self._is_set)

    # Time.

    def step(self) -> None:
        """Everything that is due next happens: all of one millisecond."""
        pass_one_millisecond(self.clock)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """
        Time passes until something is so.

        Raises:
            AssertionError: It does not come to that.
        """
        wait_until(is_so, self.step)

    # What is.

    def leader(self, topic: str, index: int = 0) -> Machine | None:
        """Who leads a partition of a topic, and coordinates what it is about; None if nobody does."""
        image = self.cluster.image.partition(topic, index)
        return None if image is None or image.leader == NO_LEADER else self.cluster.machines[image.leader]

    def image(self, topic: str, index: int = 0) -> PartitionImage:
        """What the controller knows of a partition."""
        image = self.cluster.image.partition(topic, index)
        assert image is not None
        return image

    def led(self, topic: str) -> Partition | None:
        """The partition of a topic, on its leader."""
        broker = self._leading(topic)
        found = None if broker is None else broker.replicas.find(topic, 0)
        return found if found is not None and found.is_leader else None

    def is_replicating(self) -> bool:
        """Whether a log has something that is not committed yet: in the model all of it is at once."""
        return any(map(self.has_uncommitted, (INPUT, OUTPUT, OFFSETS_TOPIC)))

    def has_uncommitted(self, topic: str) -> bool:
        """Whether the leader of a topic has something that is not committed yet."""
        led = self.led(topic)
        return led is not None and led.log.high_watermark < led.log.log_end_offset

    def _leading(self, topic: str, index: int = 0) -> Broker | None:
        machine = self.leader(topic, index)
        return None if machine is None else machine.broker

    def log(self, topic: str) -> PartitionLog:
        """The log of a topic, on its leader."""
        led = self.led(topic)
        assert led is not None
        return led.log

    def followers(self, topic: str) -> Iterator[PartitionLog]:
        """The logs of a topic on those that run and do not lead it."""
        leader = self.led(topic)
        for machine in self.cluster.machines.values():
            found = None if machine.broker is None else machine.broker.replicas.find(topic, 0)
            if found is not None and found is not leader:
                yield found.log

    def metadata(self, transactional_id: str) -> TransactionMetadata | None:
        """What the coordinator keeps of a transactional id; None while it knows nothing of it."""
        return next((each for each in self._known() if each.transactional_id == transactional_id), None)

    def transactional_ids(self) -> dict[int, str]:
        """The transactional id that has each producer id."""
        return {each.current.producer_id: each.transactional_id for each in self._known()}

    def shard(self) -> Shard | None:
        """Where the group is kept."""
        broker = self._leading(OFFSETS_TOPIC)
        return None if broker is None else broker.coordinators.groups.shard_of(GROUP)

    def group(self) -> ClassicGroup | None:
        """The group; None while there is none."""
        shard = self.shard()
        found = None if shard is None else shard.groups.get(GROUP)
        return found if isinstance(found, ClassicGroup) else None

    @property
    def committed(self) -> int | None:
        """What the group has committed."""
        shard = self.shard()
        offset = None if shard is None else shard.offsets.of(GROUP).get(PLACE)
        return None if offset is None else offset.offset

    def _known(self) -> Iterator[TransactionMetadata]:
        for index in range(self.coordinators):
            broker = self._leading(STATE_TOPIC, index)
            owned = {} if broker is None else broker.coordinators.transactions.states.owned
            if index in owned:
                yield from owned[index].transactions.values()

    # How it begins.

    def _create(self, topic: str, *partitions: tuple[int, ...]) -> None:
        assignments = tuple(
            CreatableReplicaAssignment(partition_index=i32(index), broker_ids=tuple(map(BrokerId, replicas)))
            for index, replicas in enumerate(partitions)
        )
        asked = CreatableTopic(
            name=TopicName(topic),
            num_partitions=i32(ASSIGNED),
            replication_factor=i16(ASSIGNED),
            assignments=assignments,
            configs=(),
        )
        answer = self.cluster.controller.create_topics(CreateTopicsRequest(topics=(asked,), timeout=duration(30_000)))
        assert answer.topics[0].error_code is ErrorCode.none, answer.topics[0]

    def _is_set(self) -> bool:
        coordinating = (self._leading(STATE_TOPIC, index) for index in range(self.coordinators))
        owned = [{} if each is None else each.coordinators.transactions.states.owned for each in coordinating]
        is_coordinated = all(index in kept for index, kept in enumerate(owned))
        return is_coordinated and self.shard() is not None and self.led(OUTPUT) is not None


def state_name(state: State) -> str:
    """The name of a state of the coordinator, as Kafka and the model have it."""
    return "".join(word.capitalize() for word in state.name.split("_"))
