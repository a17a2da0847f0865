import gc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.reference.serving.kafka_python import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from tests.reference.serving.served import served, until

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
COMMITTED, UNCOMMITTED = "read_committed", "read_uncommitted"


# A connection that the library did not get in time is left to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    topics = dict.fromkeys(CODECS, 1) | {"acks": 1, "group": 4, "transactions": 1, "in": 1, "out": 1}
    with served(topics) as where:
        yield where
    gc.collect()


# The library has no types.
def consumer(address: str, **settings: Any) -> Any:
    return KafkaConsumer(bootstrap_servers=address, auto_offset_reset="earliest", enable_auto_commit=False, **settings)


def subscribed(address: str, topic: str, **settings: Any) -> Any:
    client = consumer(address, heartbeat_interval_ms=100, session_timeout_ms=6_000, **settings)
    # A member that is assigned nothing as it has not heard of the topic yet may stay so for ever.
    client.partitions_for_topic(topic)
    client.subscribe([topic])
    return client


def producer(address: str, **settings: Any) -> Any:
    return KafkaProducer(bootstrap_servers=address, **settings)


def read(client: Any, count: int) -> list[str]:
    """The next values."""
    values: list[str] = []

    def has_enough() -> bool:
        for records in client.poll(100).values():
            values.extend(record.value.decode() for record in records)
        return len(values) >= count

    until(has_enough)
    return values


def assigned(address: str, topic: str, **settings: Any) -> Any:
    client = consumer(address, **settings)
    client.assign([TopicPartition(topic, 0)])
    client.seek_to_beginning()
    return client


@pytest.mark.parametrize("codec", CODECS)
def test_an_idempotent_producer_is_read_back(address: str, codec: str) -> None:
    client = producer(address, compression_type=None if codec == "none" else codec, linger_ms=5)
    futures = [client.send(codec, str(number).encode(), partition=0) for number in range(100)]

    offsets = [future.get(60).offset for future in futures]

    assert offsets == list(range(100))
    reader = assigned(address, codec)
    assert read(reader, 100) == [str(number) for number in range(100)]
    reader.close()
    client.close()


def test_acks_0_is_read_back(address: str) -> None:
    client = producer(address, acks=0, enable_idempotence=False)
    for number in range(20):
        client.send("acks", str(number).encode(), partition=0)
    client.close()
    reader = assigned(address, "acks")

    assert read(reader, 20) == [str(number) for number in range(20)]
    reader.close()


def test_a_group_shares_its_partitions_and_goes_on_from_what_it_committed(address: str) -> None:
    client = producer(address)
    for partition in range(4):
        client.send("group", b"a", partition=partition).get(60)
    first = subscribed(address, "group", group_id="group")
    assert read(first, 4) == ["a"] * 4
    first.commit()

    second = subscribed(address, "group", group_id="group")
    until(lambda: polled(first, second) == [2, 2])
    second.close()
    until(lambda: polled(first) == [4])
    first.close()

    third = subscribed(address, "group", group_id="group")
    for partition in range(4):
        client.send("group", b"b", partition=partition).get(60)
    assert read(third, 4) == ["b"] * 4
    third.close()
    client.close()


def polled(*consumers: Any) -> list[int]:
    """How many partitions each has after it has polled."""
    for each in consumers:
        each.poll(50)
    return [len(each.assignment()) for each in consumers]


def test_of_transactions_only_what_is_committed_is_read(address: str) -> None:
    client = producer(address, transactional_id="transactions")
    client.init_transactions()
    for number in range(4):
        client.begin_transaction()
        client.send("transactions", str(number).encode(), partition=0).get(60)
        if number % 2:
            client.abort_transaction()
        else:
            client.commit_transaction()
    client.begin_transaction()
    client.send("transactions", b"open", partition=0).get(60)

    committed = assigned(address, "transactions", isolation_level=COMMITTED)
    everything = assigned(address, "transactions", isolation_level=UNCOMMITTED)

    assert read(committed, 2) == ["0", "2"]
    assert committed.poll(200) == {}
    assert read(everything, 5) == ["0", "1", "2", "3", "open"]
    client.abort_transaction()
    for each in (committed, everything, client):
        each.close()


def test_outputs_and_offsets_of_a_transaction_go_together(address: str) -> None:
    plain = producer(address)
    plain.send("in", b"a", partition=0).get(60)
    plain.close()
    source = subscribed(address, "in", group_id="both")
    client = producer(address, transactional_id="both")
    client.init_transactions()
    values = read(source, 1)

    client.begin_transaction()
    client.send("out", values[0].upper().encode(), partition=0).get(60)
    client.send_offsets_to_transaction({TopicPartition("in", 0): OffsetAndMetadata(1, "", -1)}, source.group_metadata())
    client.commit_transaction()

    assert source.committed(TopicPartition("in", 0)) == 1
    reader = assigned(address, "out", isolation_level=COMMITTED)
    assert read(reader, 1) == ["A"]
    for each in (reader, source, client):
        each.close()
