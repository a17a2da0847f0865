"""Known bugs of members of consumer groups (KIP-848), which a broker coordinates."""

from collections.abc import Mapping
from typing import Any

from kio.schema.create_partitions.v3.request import CreatePartitionsRequest, CreatePartitionsTopic
from kio.schema.create_partitions.v3.response import CreatePartitionsResponse

from ackproof.model.system import System
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.protocol.primitive import TopicName, duration, i32
from tests.reference.broker.standing import TOPIC
from tests.reference.consumer.cluster import Application, Cluster
from tests.reference.known_bugs_rules import Scenario, members

SESSION_MS, HEARTBEAT_MS = 1_000, 100
BROKER = {
    "group.consumer.assignment.interval.ms": 0,
    "group.consumer.heartbeat.interval.ms": HEARTBEAT_MS,
    "group.consumer.min.heartbeat.interval.ms": HEARTBEAT_MS,
    "group.consumer.min.session.timeout.ms": SESSION_MS,
    "group.consumer.session.timeout.ms": SESSION_MS,
}


class Reconciling(Cluster):
    """A group whose members have the rules of a bug."""

    def __init__(self, system: System) -> None:
        super().__init__({TOPIC: 2}, **BROKER)
        self._rules = members(system)

    def starts(self) -> Application:
        """A member that polls all the time."""
        return Application(self, member_rules=self._rules, group_protocol="consumer")

    def starts_to_be_busy(self, **settings: Any) -> Consumer:
        """A member that only polls when it is told to."""
        consumer = self.consumer(member_rules=self._rules, group_protocol="consumer", **settings)
        consumer.subscribe([TOPIC])
        return consumer

    def polls(self, member: Consumer, times: int = 1) -> None:
        """A busy *member* polls now and then."""
        for _ in range(times):
            self.run(member.poll(0))
            self.pass_time(2 * HEARTBEAT_MS)

    def add_partition(self, count: int) -> None:
        """The topic has *count* partitions from now on."""
        topic = CreatePartitionsTopic(name=TopicName(TOPIC), count=i32(count), assignments=None)
        request = CreatePartitionsRequest(topics=(topic,), timeout=duration(1_000), validate_only=False)
        self.standing.ask(CreatePartitionsResponse, request)


def kafka_16185(system: System) -> bool:
    """A busy member is told to take a partition, and not to: it does not say that it has not, and nobody gets it."""
    scene = Reconciling(system)
    busy = scene.starts_to_be_busy(enable_auto_commit=True)
    scene.polls(busy, 5)
    other = scene.starts()
    scene.polls(busy, 5)
    assert (busy.assignment, other.consumer.assignment) == (((TOPIC, 0),), ((TOPIC, 1),))
    other.is_running = False
    scene.pass_time(SESSION_MS)
    heir = scene.starts()
    scene.pass_time(SESSION_MS)
    scene.polls(busy, 10)
    return heir.consumer.assignment == ()


def kafka_16215(system: System) -> bool:
    """A member that has stood still is told that the group has put it out, and never comes back."""
    scene = Reconciling(system)
    member = scene.starts()
    scene.pass_time(SESSION_MS)
    member.process.pause()
    scene.pass_time(2 * SESSION_MS)
    member.process.resume()
    scene.pass_time(5 * SESSION_MS)
    return member.consumer.assignment == ()


def kip_848(system: System) -> bool:
    """A busy member takes a partition that it was told to and then not to, and another one has got it since."""
    scene = Reconciling(system)
    busy = scene.starts_to_be_busy()
    scene.polls(busy)
    scene.add_partition(3)
    scene.pass_time(SESSION_MS)
    other = scene.starts()
    while other.consumer.view().member.epoch < 0:
        scene.pass_time(1)
    # It takes what it was told first, and begins with what it was told next. Then it hears that there is another one.
    scene.run(busy.poll(0))
    scene.pass_time(1)
    scene.polls(busy, 3)
    return bool(set(busy.assignment) & set(other.consumer.assignment))


SCENARIOS: Mapping[str, Scenario] = {
    "KAFKA-16185": kafka_16185,
    "KAFKA-16215": kafka_16215,
    "KIP-848 reconciliation": kip_848,
}
