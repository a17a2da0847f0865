import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ackproof.commands.checking import check
from ackproof.histories.recording.record import Sends, Subscribes
from ackproof.recording import Journal, kafka_python
from tests.histories.recording.judged import BROKER, delivered, events, found
from tests.reference.serving.kafka_python import (
    KafkaConsumer,
    KafkaProducer,
    OffsetAndMetadata,
    RangePartitionAssignor,
    TopicPartition,
    library,
)
from tests.reference.serving.served import PATIENCE_S, served, until

# A connection that the library did not get in time is left to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    topics = dict.fromkeys(("once", "early", "in", "out"), 1) | {"shared": 4}
    with served(topics) as where:
        yield where
    gc.collect()


# The library has no types.
def producer(address: str, journal: Journal, name: str = "p", **settings: Any) -> kafka_python.RecordedProducer:
    made: Sends = KafkaProducer(bootstrap_servers=address, **settings)
    return kafka_python.recorded(made, journal, name)


def consumer(address: str, journal: Journal, name: str, *topics: str, **settings: Any) -> kafka_python.RecordedConsumer:
    made = KafkaConsumer(
        *topics,
        bootstrap_servers=address,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        heartbeat_interval_ms=100,
        session_timeout_ms=6_000,
        partition_assignment_strategy=[RangePartitionAssignor],
        **settings,
    )
    for topic in topics:
        # A member that is assigned nothing as it has not heard of the topic yet may stay so for ever.
        made.partitions_for_topic(topic)
    wrapped: Subscribes = made
    return kafka_python.recorded(wrapped, journal, name)


def send(client: kafka_python.RecordedProducer, topic: str, *values: bytes, partition: int = 0) -> None:
    for future in [client.send(topic, value, partition=partition) for value in values]:
        future.get(PATIENCE_S)


def read(client: kafka_python.RecordedConsumer, count: int) -> list[Any]:
    records: list[Any] = []

    def has_enough() -> bool:
        records.extend(record for polled in client.poll(100).values() for record in polled)
        return len(records) >= count

    until(has_enough)
    return records


def test_a_group_that_commits_what_it_has_processed_is_valid(address: str, tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["exactly-once"]) as journal:
        with producer(address, journal) as sender:
            send(sender, "once", b"a", b"b", b"c")
        client = consumer(address, journal, "c", "once", group_id="once")
        for _, record in zip(range(3), client, strict=False):
            client.done(record)
            client.commit()
        client.close()

    finding = check(journal.path)

    assert (finding.answer, found(finding)) == ("valid", [])
    assert "exactly-once" in delivered(finding)
    assert [each.processed for each in finding.deliveries] == [3]


def test_a_commit_before_processing_that_skips_a_record_is_found(address: str, tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["at-least-once"]) as journal:
        with producer(address, journal) as sender:
            send(sender, "early", b"a", b"b", b"c")
        client = consumer(address, journal, "c", "early", group_id="early")
        records = read(client, 3)
        committed: list[object] = []
        client.commit_async(callback=lambda offsets, _: committed.append(offsets))
        until(lambda: client.poll(10) == {} and bool(committed))
        for record in (records[0], records[2]):
            client.done(record)
        client.close()

    finding = check(journal.path)

    assert (finding.answer, found(finding)) == ("invalid", ["not-at-least-once"])
    assert [each.missed for each in finding.deliveries] == [("p.1.1",)]


def test_a_transaction_that_aborts_and_one_that_commits_are_told_apart(address: str, tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["exactly-once"]) as journal:
        with producer(address, journal) as sender:
            send(sender, "in", b"a", b"b")
        source = consumer(address, journal, "c", "in", group_id="both", isolation_level="read_committed")
        client = producer(address, journal, "t", transactional_id="both")
        client.init_transactions()
        for is_good in (False, True):
            records = read(source, 2)
            client.begin_transaction()
            send(client, "out", *(record.value for record in records))
            place = TopicPartition("in", 0)
            client.send_offsets_to_transaction({place: OffsetAndMetadata(2, "", -1)}, source.group_metadata())
            if is_good:
                client.commit_transaction()
                for record in records:
                    source.done(record)
            else:
                client.abort_transaction()
                source.seek(place, 0)
        reader = consumer(address, journal, "r", group_id="out", isolation_level="read_committed")
        reader.assign([TopicPartition("out", 0)])
        reader.seek_to_beginning()
        read(reader, 2)
        for each in (source, client, reader):
            each.close()

    finding = check(journal.path)

    assert (finding.answer, found(finding)) == ("valid", [])
    assert "exactly-once" in delivered(finding)
    assert {each.group: each.processed for each in finding.deliveries} == {"both": 2, "out": 2}


def test_two_members_that_share_a_topic_are_valid(address: str, tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["exactly-once"]) as journal:
        sender = producer(address, journal)
        for partition in range(4):
            send(sender, "shared", b"a", b"b", partition=partition)
        heard = Heard()
        first = consumer(address, journal, "c", group_id="shared")
        first.partitions_for_topic("shared")
        first.subscribe(["shared"], listener=heard)
        process(first, 8)
        second = consumer(address, journal, "d", "shared", group_id="shared")
        until(lambda: [members(each) for each in (first, second)] == [2, 2])
        for partition in range(4):
            send(sender, "shared", b"c", partition=partition)
        process(first, 2)
        process(second, 2)
        for each in (first, second, sender):
            each.close()

    finding = check(journal.path)

    assert (finding.answer, found(finding)) == ("valid", [])
    assert "exactly-once" in delivered(finding)
    assert sum(each.processed for each in finding.deliveries) == 12
    rebalances = [event["what"] for event in events(journal) if event["e"] == "reb" and event["who"] == "c"]
    assert rebalances[:3] == ["assigned", "revoked", "assigned"]
    assert heard.assigned[0] == 4


class Heard(library.ConsumerRebalanceListener):  # type: ignore[misc, name-defined]  # the library has no types
    def __init__(self) -> None:
        self.assigned: list[int] = []

    def on_partitions_assigned(self, assigned: set[object]) -> None:
        self.assigned.append(len(assigned))

    def on_partitions_revoked(self, revoked: set[object]) -> None:
        """It has nothing to clean up."""


def process(client: kafka_python.RecordedConsumer, count: int) -> None:
    for record in read(client, count):
        client.done(record)
    client.commit()


def members(client: kafka_python.RecordedConsumer) -> int:
    """How many partitions it has after it has polled."""
    assert client.poll(50) == {}
    return len(client.assignment())
