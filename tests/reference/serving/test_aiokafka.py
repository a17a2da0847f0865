import asyncio
import gc
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from aiokafka import (  # type: ignore[import-untyped]  # it has no types  # pyright: ignore[reportMissingTypeStubs]
    AIOKafkaConsumer,
    AIOKafkaProducer,
    TopicPartition,
)

from ackproof.reference.records.compression import CODECS
from tests.reference.serving.served import PATIENCE_S, served

# A connection that the library did not get in time is left to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    topics = dict.fromkeys(CODECS, 1) | {"acks": 1, "group": 4, "transactions": 1, "in": 1, "out": 1}
    with served(topics) as where:
        yield where
    gc.collect()


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, PATIENCE_S))


# The library has no types.
async def producer(address: str, **settings: Any) -> Any:
    client = AIOKafkaProducer(bootstrap_servers=address, **settings)
    await client.start()
    return client


async def consumer(address: str, *topics: str, **settings: Any) -> Any:
    client = AIOKafkaConsumer(
        *topics, bootstrap_servers=address, auto_offset_reset="earliest", enable_auto_commit=False, **settings
    )
    await client.start()
    return client


async def assigned(address: str, topic: str, **settings: Any) -> Any:
    client = await consumer(address, **settings)
    client.assign([TopicPartition(topic, 0)])
    await client.seek_to_beginning()
    return client


async def read(client: Any, count: int) -> list[str]:
    """The next values."""
    values: list[str] = []
    while len(values) < count:
        for records in (await client.getmany(timeout_ms=100)).values():
            values.extend(record.value.decode() for record in records)
    return values


@pytest.mark.parametrize("codec", CODECS)
def test_an_idempotent_producer_is_read_back_with_each_codec(address: str, codec: str) -> None:
    async def scene() -> None:
        client = await producer(address, enable_idempotence=True, compression_type=None if codec == "none" else codec)
        sent = [await client.send(codec, str(number).encode(), partition=0) for number in range(100)]
        offsets = [(await each).offset for each in sent]
        reader = await assigned(address, codec)
        values = await read(reader, 100)
        await reader.stop()
        await client.stop()

        assert offsets == list(range(100))
        assert values == [str(number) for number in range(100)]

    run(scene())


def test_acks_0_is_read_back(address: str) -> None:
    async def scene() -> None:
        client = await producer(address, acks=0)
        for number in range(20):
            await client.send("acks", str(number).encode(), partition=0)
        await client.stop()
        reader = await assigned(address, "acks")
        values = await read(reader, 20)
        await reader.stop()

        assert values == [str(number) for number in range(20)]

    run(scene())


def test_a_group_shares_its_partitions_and_goes_on_from_what_it_committed(address: str) -> None:
    async def scene() -> None:
        settings = {"group_id": "group", "heartbeat_interval_ms": 100, "session_timeout_ms": 6_000}
        client = await producer(address)
        for partition in range(4):
            await client.send_and_wait("group", b"a", partition=partition)
        first = await consumer(address, "group", **settings)
        assert await read(first, 4) == ["a"] * 4
        await first.commit()
        second = await consumer(address, "group", **settings)
        while [len(each.assignment()) for each in (first, second)] != [2, 2]:
            await asyncio.sleep(0.02)
        await second.stop()
        while len(first.assignment()) != 4:
            await asyncio.sleep(0.02)
        await first.stop()

        third = await consumer(address, "group", **settings)
        for partition in range(4):
            await client.send_and_wait("group", b"b", partition=partition)
        assert await read(third, 4) == ["b"] * 4
        await third.stop()
        await client.stop()

    run(scene())


def test_of_transactions_only_what_is_committed_is_read(address: str) -> None:
    async def scene() -> None:
        client = await producer(address, transactional_id="transactions")
        for number in range(4):
            await client.begin_transaction()
            await client.send_and_wait("transactions", str(number).encode(), partition=0)
            await (client.abort_transaction() if number % 2 else client.commit_transaction())
        await client.begin_transaction()
        await client.send_and_wait("transactions", b"open", partition=0)
        committed = await assigned(address, "transactions", isolation_level="read_committed")
        everything = await assigned(address, "transactions")

        assert await read(committed, 2) == ["0", "2"]
        assert await committed.getmany(timeout_ms=200) == {}
        assert await read(everything, 5) == ["0", "1", "2", "3", "open"]
        await client.abort_transaction()
        for each in (committed, everything, client):
            await each.stop()

    run(scene())


def test_outputs_and_offsets_of_a_transaction_go_together(address: str) -> None:
    async def scene() -> None:
        plain = await producer(address)
        await plain.send_and_wait("in", b"a", partition=0)
        await plain.stop()
        source = await consumer(address, "in", group_id="both", heartbeat_interval_ms=100)
        client = await producer(address, transactional_id="both")
        values = await read(source, 1)
        async with client.transaction():
            await client.send_and_wait("out", values[0].upper().encode(), partition=0)
            await client.send_offsets_to_transaction({TopicPartition("in", 0): 1}, "both")
        reader = await assigned(address, "out", isolation_level="read_committed")

        assert await read(reader, 1) == ["A"]
        # The markers of the offsets may be written after those of the outputs, and aiokafka does not wait for them.
        while await source.committed(TopicPartition("in", 0)) != 1:
            await asyncio.sleep(0.01)
        for each in (reader, source, client):
            await each.stop()

    run(scene())
