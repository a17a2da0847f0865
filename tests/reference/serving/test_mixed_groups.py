"""Members of one group that are different clients, and of different protocols while the group moves to the new one."""

import asyncio
import gc
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from aiokafka import (  # type: ignore[import-untyped]  # it has no types  # pyright: ignore[reportMissingTypeStubs]
    AIOKafkaConsumer,
)
from aiokafka.coordinator.assignors.range import (  # type: ignore[import-untyped]  # it has no types  # pyright: ignore[reportMissingTypeStubs]
    RangePartitionAssignor as AiokafkaRange,
)
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from tests.reference.serving.kafka_python import Clients, Polling, RangePartitionAssignor
from tests.reference.serving.served import PATIENCE_S, served, until

# A connection that a library did not get in time is left to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

PARTITIONS = 6
HEARTBEAT_MS, SESSION_MS = 100, 6_000


class Reader(Protocol):
    """A member of a group."""

    @property
    def partitions(self) -> set[int]:
        """What it has."""
        ...

    def poll(self) -> list[str]:
        """The next values, if there are any."""
        ...

    def close(self) -> None:
        """Leave."""
        ...


class Confluent:
    """A member that is confluent-kafka's, of the classic protocol or, by *settings*, of the new one."""

    def __init__(self, address: str, topic: str, **settings: object) -> None:
        classic = {"heartbeat.interval.ms": HEARTBEAT_MS, "session.timeout.ms": SESSION_MS}
        own = {key.replace("_", "."): value for key, value in settings.items()} or classic
        common = {"bootstrap.servers": address, "group.id": topic, "auto.offset.reset": "earliest"}
        self._client = Consumer({**common, **own})
        self._client.subscribe([topic])

    @property
    def partitions(self) -> set[int]:
        return {each.partition for each in self._client.assignment()}

    def poll(self) -> list[str]:
        message = self._client.poll(0.02)
        if message is None:
            return []
        assert message.error() is None
        return [(message.value() or b"").decode()]

    def close(self) -> None:
        self._client.close()


def kafka_python(address: str, topic: str) -> Polling:
    """A member that is kafka-python's."""
    return Polling(
        Clients(address).subscribed(
            topic, group_id=topic, partition_assignment_strategy=[RangePartitionAssignor], enable_auto_commit=True
        )
    )


class Aiokafka:
    """
    A member that is aiokafka's, on a loop in a thread of its own.

    It joins and reads there, as it waits for the other members as long as the group rebalances, whoever asks.
    """

    def __init__(self, address: str, topic: str) -> None:
        self._values = deque[str]()
        self._client: Any = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._reading = asyncio.run_coroutine_threadsafe(self._read(address, topic), self._loop)

    async def _read(self, address: str, topic: str) -> None:
        self._client = AIOKafkaConsumer(
            topic,
            bootstrap_servers=address,
            group_id=topic,
            auto_offset_reset="earliest",
            heartbeat_interval_ms=HEARTBEAT_MS,
            session_timeout_ms=SESSION_MS,
            partition_assignment_strategy=[AiokafkaRange],
        )
        await self._client.start()
        while True:
            record = await self._client.getone()
            self._values.append(record.value.decode())

    @property
    def partitions(self) -> set[int]:
        return {each.partition for each in self._client.assignment()} if self._client else set()

    def poll(self) -> list[str]:
        time.sleep(0.02)
        return [self._values.popleft() for _ in range(len(self._values))]

    def close(self) -> None:
        self._reading.cancel()
        asyncio.run_coroutine_threadsafe(self._client.stop(), self._loop).result(PATIENCE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()


def type_of(address: str, group: str) -> str:
    """Which protocol a group is of."""
    admin: Any = AdminClient({"bootstrap.servers": address})  # what it answers has no types
    groups = admin.list_consumer_groups(request_timeout=PATIENCE_S).result()
    (found,) = (each.type.name for each in groups.valid if each.group_id == group)
    return str(found)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    settings = {
        "group.consumer.min.heartbeat.interval.ms": HEARTBEAT_MS,
        "group.consumer.heartbeat.interval.ms": HEARTBEAT_MS,
        "group.consumer.assignment.interval.ms": 0,
    }
    with served(dict.fromkeys(("classic", "upgraded", "downgraded"), PARTITIONS), settings) as where:
        yield where
    gc.collect()


def shared(*readers: Reader) -> list[str]:
    """What is read until everybody has as many partitions, and nobody has another's."""
    values: list[str] = []

    def is_shared() -> bool:
        for each in readers:
            values.extend(each.poll())
        has_even_shares = {len(each.partitions) for each in readers} == {PARTITIONS // len(readers)}
        owned: list[int] = sorted(partition for each in readers for partition in each.partitions)
        return has_even_shares and owned == list(range(PARTITIONS))

    until(is_shared)
    return values


def read(count: int, *readers: Reader) -> list[str]:
    """The next values of them all together."""
    values: list[str] = []

    def has_enough() -> bool:
        for each in readers:
            values.extend(each.poll())
        return len(values) >= count

    until(has_enough)
    return sorted(values)


def send(address: str, topic: str, name: str) -> list[str]:
    """A value to each partition."""
    values = [f"{name}-{partition}" for partition in range(PARTITIONS)]
    client = Producer({"bootstrap.servers": address})
    for partition, value in enumerate(values):
        client.produce(topic, value.encode(), partition=partition)
    assert client.flush(PATIENCE_S) == 0
    return values


def test_three_clients_share_a_classic_group_and_take_over_from_each_other(address: str) -> None:
    one, two, three = kafka_python(address, "classic"), Confluent(address, "classic"), Aiokafka(address, "classic")
    shared(one, two, three)
    first = send(address, "classic", "first")
    assert read(PARTITIONS, one, two, three) == first

    two.close()
    shared(one, three)
    second = send(address, "classic", "second")
    assert read(PARTITIONS, one, three) == second

    one.close()
    shared(three)
    third = send(address, "classic", "third")
    assert read(PARTITIONS, three) == third
    three.close()


def test_a_classic_group_moves_to_the_consumer_protocol_while_it_reads(address: str) -> None:
    old = Confluent(address, "upgraded")
    shared(old)
    first = send(address, "upgraded", "first")
    assert read(PARTITIONS, old) == first

    new = Confluent(address, "upgraded", group_protocol="consumer")
    shared(old, new)
    assert type_of(address, "upgraded") == "CONSUMER"
    second = send(address, "upgraded", "second")
    assert read(PARTITIONS, old, new) == second

    old.close()
    shared(new)
    third = send(address, "upgraded", "third")
    assert read(PARTITIONS, new) == third
    new.close()


def test_a_group_is_classic_again_once_only_classic_members_are_left(address: str) -> None:
    new = Confluent(address, "downgraded", group_protocol="consumer")
    shared(new)
    old = Aiokafka(address, "downgraded")
    shared(new, old)

    assert type_of(address, "downgraded") == "CONSUMER"
    new.close()
    shared(old)
    assert type_of(address, "downgraded") == "CLASSIC"
    another = Confluent(address, "downgraded")
    shared(old, another)

    values = send(address, "downgraded", "all")
    assert read(PARTITIONS, old, another) == values
    another.close()
    old.close()
