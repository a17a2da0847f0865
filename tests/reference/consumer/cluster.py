"""A broker that stands alone, on a network with consumers."""

from collections.abc import Coroutine, Mapping
from contextlib import suppress
from random import Random
from typing import Any, TypeVar

from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.broker.standalone import ADDRESS
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.errors import CommitFailedError, RebalanceInProgressError
from ackproof.reference.consumer.listener import RebalanceListener
from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.consumer.rules import JAVA, MemberRules
from ackproof.reference.consumer.settings import consumer_settings
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.producer.producer import Producer, bytes_producer
from ackproof.reference.producer.settings import producer_settings
from ackproof.reference.records.batch import Record, encode, new_batch
from ackproof.reference.simulator.network import Delays, SimulatedNetwork
from ackproof.reference.simulator.process import Process
from tests.reference.awaiting import begun, outcome
from tests.reference.broker.standing import NOW_MS, TOPIC, Standing

T = TypeVar("T")

DEFAULTS = {
    "bootstrap.servers": f"{ADDRESS.host}:{ADDRESS.port}",
    "group.id": "group",
    "auto.offset.reset": "earliest",
    "enable.auto.commit": "false",
}


class Cluster:
    """A broker, a network, and who runs on it."""

    def __init__(self, topics: Mapping[str, int] | None = None, seed: int = 0, **settings: object) -> None:
        self.standing = Standing(topics, settings)
        self.clock = self.standing.clock
        self.network = SimulatedNetwork(self.clock, Random(seed), Delays(1, 3))
        self.processes: list[Process] = []
        self.listen()

    def listen(self) -> None:
        self.broker = Process(self.clock, f"broker-{len(self.processes)}")
        self.processes.append(self.broker)
        self.network.listen(ADDRESS, "broker-1", self.broker, self.standing.broker)

    def consumer(
        self,
        rules: ConsumerRules | None = None,
        process: Process | None = None,
        member_rules: MemberRules = JAVA,
        **settings: object,
    ) -> Consumer:
        given = {key.replace("_", "."): value for key, value in settings.items()}
        process = process or Process(self.clock, f"consumer-{len(self.processes)}")
        self.processes.append(process)
        return Consumer(
            process,
            self.network.node(process),
            consumer_settings({**DEFAULTS, **given}),
            rules or ConsumerRules(),
            Random(len(self.processes)),
            member_rules=member_rules,
        )

    def producer(self, transactional_id: str) -> Producer[bytes, bytes]:
        process = Process(self.clock, f"producer-{len(self.processes)}")
        self.processes.append(process)
        settings = producer_settings(
            {"bootstrap.servers": DEFAULTS["bootstrap.servers"], "transactional.id": transactional_id, "linger.ms": 0}
        )
        return bytes_producer(process, self.network.node(process), settings, Random(len(self.processes)))

    def produce(self, *values: str, partition: int = 0) -> None:
        records = [Record(value.encode(), timestamp_ms=NOW_MS) for value in values]
        self.standing.produce(encode(new_batch(records)), partition=partition)

    def restart_broker(self) -> None:
        """The broker dies and comes back, with what it had written."""
        self.network.vanish(self.broker)
        self.standing.crash()
        self.listen()

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        return begun(self.clock, coroutine)

    def run(self, coroutine: Coroutine[Any, Any, T], patience_ms: int = 600_000) -> T:
        """What *coroutine* comes to."""
        return outcome(self.clock, coroutine, patience_ms)

    def poll(self, consumer: Consumer, timeout_ms: int = 1_000) -> list[str]:
        return values(self.run(consumer.poll(timeout_ms)))

    def poll_until(self, consumer: Consumer, count: int, polls: int = 60) -> list[str]:
        """What is read until there are so many."""
        read: list[str] = []
        for _ in range(polls):
            read += self.poll(consumer)
            if len(read) >= count:
                break
        return read

    def pass_time(self, duration_ms: int) -> None:
        self.clock.run_until(self.clock.now_ms + duration_ms)

    def committed(self, consumer: Consumer, *partitions: TopicPartition) -> list[int | None]:
        told = self.run(consumer.committed(partitions))
        return [offset.offset if (offset := told[partition]) else None for partition in partitions]


def values(records: list[ConsumedRecord]) -> list[str]:
    return [(record.value or b"").decode() for record in records]


class Application:
    """
    Polls, processes what it gets at once, and commits if it is to.

    Attributes:
        read: What it has processed.
        listener: Is told what it reads.
    """

    def __init__(self, cluster: Cluster, process: Process | None = None, commits: bool = True, **settings: Any) -> None:
        self.process = process or Process(cluster.clock, f"application-{len(cluster.processes)}")
        self.consumer = cluster.consumer(process=self.process, **settings)
        self.commits = commits
        self.read: list[str] = []
        self.listener = Owned()
        self.is_running = True
        self.consumer.subscribe([TOPIC], self.listener)
        self.finished = spawn(self.process, self._run())

    async def _run(self) -> None:
        while self.is_running:
            records = await self.consumer.poll(100)
            self.read += values(records)
            if records and self.commits:
                with suppress(CommitFailedError, RebalanceInProgressError):
                    await self.consumer.commit_sync()
        await self.consumer.close()


class Owned(RebalanceListener):
    """What is assigned, as the application is told."""

    def __init__(self) -> None:
        self.partitions: set[TopicPartition] = set()

    async def on_partitions_assigned(self, partitions: tuple[TopicPartition, ...]) -> None:
        assert not self.partitions & set(partitions)
        self.partitions |= set(partitions)

    async def on_partitions_revoked(self, partitions: tuple[TopicPartition, ...]) -> None:
        assert set(partitions) <= self.partitions
        self.partitions -= set(partitions)
