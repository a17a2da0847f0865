import asyncio
import gc
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import (  # type: ignore[import-untyped]  # it has no types  # pyright: ignore[reportMissingTypeStubs]
    AIOKafkaConsumer,
    AIOKafkaProducer,
    TopicPartition,
)

from ackproof.commands.checking import check
from ackproof.histories.recording.record import Sends, Subscribes
from ackproof.recording import Journal, aio
from tests.histories.recording.judged import BROKER, delivered, events, found
from tests.reference.serving.served import PATIENCE_S, served

# A connection that the library did not get in time is left to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    topics = dict.fromkeys(("once", "early", "in", "out"), 1) | {"shared": 4}
    with served(topics) as where:
        yield where
    gc.collect()


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, PATIENCE_S))


# The library has no types.
async def producer(address: str, journal: Journal, name: str = "p", **settings: Any) -> aio.RecordedProducer:
    made: Sends = AIOKafkaProducer(bootstrap_servers=address, **settings)
    client = aio.recorded(made, journal, name, settings)
    await client.start()
    return client


async def consumer(address: str, journal: Journal, name: str, *topics: str, **given: Any) -> aio.RecordedConsumer:
    settings: dict[str, Any] = {
        "auto_offset_reset": "earliest",
        "enable_auto_commit": False,
        "heartbeat_interval_ms": 100,
        **given,
    }
    made: Subscribes = AIOKafkaConsumer(*topics, bootstrap_servers=address, **settings)
    client = aio.recorded(made, journal, name, settings)
    await client.start()
    return client


async def read(client: aio.RecordedConsumer, count: int) -> list[Any]:
    records: list[Any] = []
    while len(records) < count:
        for polled in (await client.getmany(timeout_ms=100)).values():
            records.extend(polled)
    return records


async def send(client: aio.RecordedProducer, topic: str, *values: bytes, partition: int = 0) -> None:
    for value in values:
        await client.send_and_wait(topic, value, partition=partition)


def test_a_group_that_commits_what_it_has_processed_is_valid(address: str, tmp_path: Path) -> None:
    async def scene(journal: Journal) -> None:
        sender = await producer(address, journal, enable_idempotence=True)
        await send(sender, "once", b"a", b"b", b"c")
        client = await consumer(address, journal, "c", "once", group_id="once")
        for _ in range(3):
            client.done(await client.getone())
            await client.commit()
        await client.stop()
        await sender.stop()

    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["exactly-once"]) as journal:
        run(scene(journal))
    finding = check(journal.path)

    assert (finding.answer, found(finding)) == ("valid", [])
    assert "exactly-once" in delivered(finding)
    assert [each.processed for each in finding.deliveries] == [3]


def test_a_commit_before_processing_that_skips_a_record_is_found(address: str, tmp_path: Path) -> None:
    async def scene(journal: Journal) -> None:
        sender = await producer(address, journal)
        await send(sender, "early", b"a", b"b", b"c")
        client = await consumer(address, journal, "c", "early", group_id="early")
        records = await read(client, 3)
        await client.commit()
        client.done(records[0])
        client.done(records[2])
        await client.stop()
        await sender.stop()

    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["at-least-once"]) as journal:
        run(scene(journal))
    finding = check(journal.path)

    assert (finding.answer, found(finding)) == ("invalid", ["not-at-least-once"])
    assert [each.missed for each in finding.deliveries] == [("p.1.1",)]


def test_a_transaction_that_aborts_and_one_that_commits_are_told_apart(address: str, tmp_path: Path) -> None:
    async def scene(journal: Journal) -> None:
        sender = await producer(address, journal)
        await send(sender, "in", b"a", b"b")
        source = await consumer(address, journal, "c", "in", group_id="both", isolation_level="read_committed")
        client = await producer(address, journal, "t", transactional_id="both")
        place = TopicPartition("in", 0)
        for is_good in (False, True):
            records = await read(source, 2)
            try:
                async with client.transaction():
                    await send(client, "out", *(record.value for record in records))
                    await client.send_offsets_to_transaction({place: 2}, "both")
                    if not is_good:
                        raise LookupError("the application gives up")
            except LookupError:
                source.seek(place, 0)
            else:
                for record in records:
                    source.done(record)
        reader = await consumer(address, journal, "r", group_id="out", isolation_level="read_committed")
        reader.assign([TopicPartition("out", 0)])
        await reader.seek_to_beginning()
        await read(reader, 2)
        for each in (source, client, reader, sender):
            await each.stop()

    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["exactly-once"]) as journal:
        run(scene(journal))
    finding = check(journal.path)

    assert (finding.answer, found(finding)) == ("valid", [])
    assert "exactly-once" in delivered(finding)
    assert {each.group: each.processed for each in finding.deliveries} == {"both": 2, "out": 2}


def test_two_members_that_share_a_topic_are_valid(address: str, tmp_path: Path) -> None:
    async def scene(journal: Journal) -> None:
        sender = await producer(address, journal)
        for partition in range(4):
            await send(sender, "shared", b"a", b"b", partition=partition)
        first = await consumer(address, journal, "c", "shared", group_id="shared")
        await process(first, 8)
        second = await consumer(address, journal, "d", "shared", group_id="shared")
        while [len(each.assignment()) for each in (first, second)] != [2, 2]:
            await asyncio.sleep(0.02)
        for partition in range(4):
            await send(sender, "shared", b"c", partition=partition)
        await process(first, 2)
        await process(second, 2)
        for each in (first, second, sender):
            await each.stop()

    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["exactly-once"]) as journal:
        run(scene(journal))
    finding = check(journal.path)

    assert (finding.answer, found(finding)) == ("valid", [])
    assert "exactly-once" in delivered(finding)
    assert sum(each.processed for each in finding.deliveries) == 12
    rebalances = [event["what"] for event in events(journal) if event["e"] == "reb" and event["who"] == "c"]
    assert rebalances[:3] == ["assigned", "revoked", "assigned"]


async def process(client: aio.RecordedConsumer, count: int) -> None:
    for record in await read(client, count):
        client.done(record)
    await client.commit()
