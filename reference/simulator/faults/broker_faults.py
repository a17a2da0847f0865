"""What goes wrong with brokers and their partitions."""

from collections.abc import Callable, Iterator
from random import Random

from kio.schema.create_partitions.v3.request import CreatePartitionsRequest, CreatePartitionsTopic
from kio.schema.fetch.v12.request import FetchRequest

from ackproof.reference.broker.apis.metadata_cache import INTERNAL_TOPICS
from ackproof.reference.controller.image import PartitionImage
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.protocol.primitive import TopicName, duration, i32
from ackproof.reference.simulator.cluster import Cluster
from ackproof.reference.simulator.faults.striking import Struck, lasts
from ackproof.reference.simulator.machine import Machine
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.scenario import Fault
from ackproof.reference.simulator.wire import Letter

Named = tuple[str, int, PartitionImage]
"""A partition, with topic and index."""


class BrokerFaults:
    """Faults of a cluster."""

    def __init__(self, cluster: Cluster, network: SimulatedNetwork, replica_lag_time_max_ms: int) -> None:
        self._cluster = cluster
        self._network = network
        self._lag_ms = replica_lag_time_max_ms

    def crash(self, fault: Fault, rng: Random) -> Struck | None:
        """A broker's process dies, and starts again later."""
        return self._down(fault, rng, Machine.crash)

    def lose_power(self, fault: Fault, rng: Random) -> Struck | None:
        """A broker loses power, and with it what was not flushed; it starts again later."""
        return self._down(fault, rng, Machine.lose_power)

    def _down(self, fault: Fault, rng: Random, how: Callable[[Machine], None]) -> Struck | None:
        up = [each for each in self._cluster.machines.values() if each.is_up and fault.target in (None, each.name)]
        if not up:
            return None
        machine = rng.choice(up)
        how(machine)
        return Struck(machine.name, lambda: self._cluster.start(machine), lasts(fault, rng, 200, 5_000))

    def move_leader(self, fault: Fault, rng: Random) -> Struck | None:
        """Another replica in sync leads a partition."""
        return self._move(fault, rng, lambda topic: topic not in INTERNAL_TOPICS)

    def move_coordinator(self, fault: Fault, rng: Random) -> Struck | None:
        """A partition that coordinators keep their state in moves, and they with it."""
        return self._move(fault, rng, lambda topic: topic in INTERNAL_TOPICS)

    def _move(self, fault: Fault, rng: Random, is_meant: Callable[[str], bool]) -> Struck | None:
        movable = [each for each in self._partitions(fault) if is_meant(each[0]) and self._others(each[2])]
        if not movable:
            return None
        topic, index, partition = rng.choice(movable)
        self._cluster.controller.move_leader(topic, index, rng.choice(self._others(partition)))
        return Struck(f"{topic}-{index}")

    def slow_follower(self, fault: Fault, rng: Random) -> Struck | None:
        """A follower's fetches take so long that it is in sync no more."""
        led = [each for each in self._partitions(fault) if self._others(each[2])]
        if not led:
            return None
        topic, index, partition = rng.choice(led)
        leader, follower = self._cluster.machines[partition.leader], rng.choice(self._others(partition))
        lasts_ms = lasts(fault, rng, self._lag_ms * 3 // 2, self._lag_ms * 3)

        def strikes(letter: Letter) -> bool:
            is_fetch = isinstance(letter.request.body, FetchRequest)
            ends = (letter.wire.client.name, letter.wire.listener.name)
            return is_fetch and ends == (f"broker-{follower}", leader.name)

        self._network.slow(strikes, self._network.now_ms + lasts_ms)
        return Struck(f"broker-{follower} of {topic}-{index}", lasts_ms=lasts_ms)

    def add_partition(self, fault: Fault, rng: Random) -> Struck | None:
        """A topic gets one more partition."""
        topics = list(dict.fromkeys(topic for topic, _, _ in self._partitions(fault) if topic not in INTERNAL_TOPICS))
        if not topics:
            return None
        topic = rng.choice(topics)
        count = len(self._cluster.image.topics[topic].partitions) + 1
        asked = CreatePartitionsTopic(name=TopicName(topic), count=i32(count), assignments=None)
        request = CreatePartitionsRequest(topics=(asked,), timeout=duration(30_000), validate_only=False)
        self._cluster.controller.create_partitions(request)
        return Struck(topic)

    def delete_old(self, fault: Fault, rng: Random) -> Struck | None:
        """Retention deletes what is committed, be it consumed or not."""
        deletable = [(name, log) for name, log in self._leaders(fault) if log.high_watermark > log.log_start_offset]
        if not deletable:
            return None
        name, log = rng.choice(deletable)
        log.increase_log_start(rng.randint(log.log_start_offset + 1, log.high_watermark))
        return Struck(f"{name} up to {log.log_start_offset}")

    def _leaders(self, fault: Fault) -> Iterator[tuple[str, PartitionLog]]:
        for topic, index, partition in self._partitions(fault):
            machine = self._cluster.machines.get(partition.leader)
            found = machine.broker.replicas.find(topic, index) if machine and machine.broker else None
            if topic not in INTERNAL_TOPICS and found is not None and found.is_leader:
                yield f"{topic}-{index}", found.log

    def _partitions(self, fault: Fault) -> list[Named]:
        """Those that a fault may mean."""
        return [
            (topic.name, index, partition)
            for topic in self._cluster.image.topics.values()
            for index, partition in enumerate(topic.partitions)
            if fault.target in (None, topic.name, f"{topic.name}-{index}")
        ]

    def _others(self, partition: PartitionImage) -> list[int]:
        """Who is in sync beside the leader, and up; nobody if there is none."""
        if partition.leader < 0:
            return []
        members = (each for each in partition.in_sync_replicas if each != partition.leader)
        return [each for each in members if self._cluster.image.is_active(each)]
