"""Clusters: a controller, brokers on machines of their own, and what the controller says to them."""

from collections.abc import Mapping, Sequence
from random import Random

from kio.schema.create_topics.v7.request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from kio.schema.errors import ErrorCode
from kio.schema.types import BrokerId

from ackproof.reference.broker.rules import Rules
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.controller.controller import Controller
from ackproof.reference.controller.image import Image
from ackproof.reference.controller.settings import ControllerSettings
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.log.settings import of as log_settings_of
from ackproof.reference.protocol.primitive import TopicName, duration, i16, i32
from ackproof.reference.protocol.request import Address
from ackproof.reference.simulator.machine import Machine, Site, Told
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.process import Process

CONTROLLER = Address("controller", 9093)


def told_nobody(before: Image, after: Image) -> None:
    """Nobody wants to know."""


class Cluster:
    """
    A cluster that starts with all its brokers.

    Attributes:
        machines: By broker id.
    """

    def __init__(
        self,
        clock: VirtualClock,
        network: SimulatedNetwork,
        rng: Random,
        brokers: int,
        properties: Mapping[str, str],
        rules: Rules,
        told: Told = told_nobody,
    ) -> None:
        """
        Start a cluster.

        Args:
            clock: What all processes go by.
            network: What connects them.
            rng: What is drawn from, by the controller and the brokers.
            brokers: How many brokers there are, numbered from 1.
            properties: Settings of brokers and controller by Kafka's keys.
            rules: Variants.
            told: Hears of every decision of the controller.
        """
        self._clock = clock
        self._network = network
        self._told = told
        self._said = Image()
        self._arrived_ms: dict[int, int] = {}
        settings, own_rng = ControllerSettings.of(properties), Random(rng.getrandbits(64))
        self.controller = Controller(
            clock, own_rng, self._publish, settings, rules.brokers, features(rules), log_settings_of
        )
        network.listen(CONTROLLER, "controller", Process(clock, "controller"), self.controller)
        site = Site(clock, network, CONTROLLER, BrokerSettings.of(properties), rules)
        self.machines = {each: Machine(site, each, Random(rng.getrandbits(64))) for each in range(1, brokers + 1)}
        for machine in self.machines.values():
            self.start(machine)

    @property
    def image(self) -> Image:
        """What the controller has decided."""
        return self.controller.image

    @property
    def bootstrap_servers(self) -> str:
        """Where clients begin, as the setting of that name has it."""
        return ",".join(f"{each.address.host}:{each.address.port}" for each in self.machines.values())

    @property
    def is_ready(self) -> bool:
        """Whether all brokers are up and unfenced."""
        return all(machine.is_up and self.image.is_active(each) for each, machine in self.machines.items())

    def start(self, machine: Machine) -> None:
        """The broker of *machine* starts, and hears what the controller has said so far."""
        machine.start()
        machine.hear(self.image, self._network.delay_ms())

    def create_topic(
        self,
        name: str,
        partitions: int,
        replication_factor: int,
        settings: Mapping[str, str],
        assigned: Sequence[Sequence[int]] = (),
    ) -> None:
        """
        Create a topic, as an administrator does.

        Args:
            assigned: The brokers of each partition, its leader first; then neither number is given (-1).

        Raises:
            ValueError: It can not be created.
        """
        places = (
            CreatableReplicaAssignment(partition_index=i32(number), broker_ids=tuple(map(BrokerId, brokers)))
            for number, brokers in enumerate(assigned)
        )
        topic = CreatableTopic(
            name=TopicName(name),
            num_partitions=i32(partitions),
            replication_factor=i16(replication_factor),
            assignments=tuple(places),
            configs=tuple(CreatableTopicConfig(name=key, value=value) for key, value in settings.items()),
        )
        answer = self.controller.create_topics(CreateTopicsRequest(topics=(topic,), timeout=duration(30_000)))
        if answer.topics[0].error_code is not ErrorCode.none:
            raise ValueError(f"{name}: {answer.topics[0].error_message or answer.topics[0].error_code.name}")

    def _publish(self, image: Image) -> None:
        before, self._said = self._said, image
        self._told(before, image)
        for each, machine in self.machines.items():
            # Each broker reads the metadata log in order.
            arrives_ms = max(self._arrived_ms.get(each, 0), self._clock.now_ms + self._network.delay_ms())
            self._arrived_ms[each] = arrives_ms
            machine.hear(image, arrives_ms - self._clock.now_ms)


def features(rules: Rules) -> dict[str, int]:
    """The features of a new cluster with these rules."""
    return {
        "eligible.leader.replicas.version": int(rules.brokers.has_eligible_leader_replicas),
        "group.version": 1,
        "transaction.version": rules.transactions.transaction_version,
    }
