from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

from ackproof.reference.records.compression import CODECS
from tests.reference.serving.served import PATIENCE_S, served, until


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    topics = {f"codec-{codec}": 1 for codec in CODECS} | {
        "acks": 1,
        "group": 4,
        "consumer-group": 4,
        "transactions": 1,
        "open": 1,
        "in": 1,
        "out": 1,
    }
    with served(topics, {"group.consumer.heartbeat.interval.ms": 5_000}) as where:
        yield where


def producer(address: str, **settings: object) -> Producer:
    return Producer({"bootstrap.servers": address, **{key.replace("_", "."): each for key, each in settings.items()}})


def consumer(address: str, group: str, **settings: object) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": address,
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            **{key.replace("_", "."): each for key, each in settings.items()},
        }
    )


def sent(client: Producer, topic: str, *values: str, partition: int = 0) -> list[int]:
    """The offsets of these values."""
    offsets: list[int] = []

    def heard(error: object, message: Message) -> None:
        assert error is None
        offsets.append(message.offset() or 0)

    for value in values:
        client.produce(topic, value.encode(), partition=partition, on_delivery=heard)
    assert client.flush(PATIENCE_S) == 0
    return offsets


def read(client: Consumer, count: int) -> list[str]:
    """The next values."""
    values: list[str] = []

    def has_enough() -> bool:
        message = client.poll(0.1)
        if message is not None:
            assert message.error() is None
            values.append((message.value() or b"").decode())
        return len(values) == count

    until(has_enough)
    return values


@pytest.mark.parametrize("codec", CODECS)
def test_an_idempotent_producer_is_read_back_with_each_codec(address: str, codec: str) -> None:
    values = [f"{number}-{'x' * 100}" for number in range(200)]
    client = producer(address, enable_idempotence=True, compression_type=codec)

    offsets = sent(client, f"codec-{codec}", *values)

    reader = consumer(address, "codecs")
    reader.assign([TopicPartition(f"codec-{codec}", 0, 0)])
    assert offsets == list(range(200))
    assert read(reader, 200) == values
    reader.close()


def test_acks_0_is_read_back(address: str) -> None:
    client = producer(address, acks=0)
    for number in range(50):
        client.produce("acks", str(number).encode(), partition=0)
    client.flush(PATIENCE_S)
    reader = consumer(address, "acks")
    reader.assign([TopicPartition("acks", 0, 0)])

    assert read(reader, 50) == [str(number) for number in range(50)]
    reader.close()


@pytest.mark.parametrize(
    ("topic", "settings"),
    [
        ("group", {"heartbeat_interval_ms": 100, "session_timeout_ms": 6_000}),
        pytest.param("consumer-group", {"group_protocol": "consumer"}, marks=pytest.mark.slow),
    ],
)
def test_a_group_shares_its_partitions_and_goes_on_from_what_it_committed(
    address: str, topic: str, settings: dict[str, object]
) -> None:
    client = producer(address)
    for partition in range(4):
        sent(client, topic, "a", "b", partition=partition)
    first, second = consumer(address, topic, **settings), consumer(address, topic, **settings)
    first.subscribe([topic])
    assert len(read(first, 8)) == 8
    first.commit(asynchronous=False)

    second.subscribe([topic])
    until(lambda: polled(first, second) == [2, 2])
    second.close()
    until(lambda: polled(first) == [4])
    first.close()

    third = consumer(address, topic, **settings)
    third.subscribe([topic])
    for partition in range(4):
        sent(client, topic, "c", partition=partition)
    assert read(third, 4) == ["c"] * 4
    third.close()


def polled(*consumers: Consumer) -> list[int]:
    """How many partitions each has after it has polled."""
    for each in consumers:
        message = each.poll(0.05)
        assert message is None or message.error() is None
    return [len(each.assignment()) for each in consumers]


def test_of_transactions_only_what_is_committed_is_read(address: str) -> None:
    client = producer(address, transactional_id="transactions")
    client.init_transactions(PATIENCE_S)
    for number in range(4):
        client.begin_transaction()
        sent(client, "transactions", f"{number}-a", f"{number}-b")
        if number % 2:
            client.abort_transaction(PATIENCE_S)
        else:
            client.commit_transaction(PATIENCE_S)

    reader = consumer(address, "transactions", isolation_level="read_committed")
    reader.assign([TopicPartition("transactions", 0, 0)])
    assert read(reader, 4) == ["0-a", "0-b", "2-a", "2-b"]
    everything = consumer(address, "transactions", isolation_level="read_uncommitted")
    everything.assign([TopicPartition("transactions", 0, 0)])
    assert len(read(everything, 8)) == 8
    reader.close()
    everything.close()


def test_an_open_transaction_holds_readers_back_until_it_ends(address: str) -> None:
    client, plain = producer(address, transactional_id="open"), producer(address)
    client.init_transactions(PATIENCE_S)
    sent(plain, "open", "before")
    client.begin_transaction()
    sent(client, "open", "within")
    sent(plain, "open", "after")
    reader = consumer(address, "open", isolation_level="read_committed", fetch_wait_max_ms=20)
    reader.assign([TopicPartition("open", 0, 0)])

    seen = read(reader, 1)
    nothing = [reader.poll(0.05) for _ in range(10)]
    client.commit_transaction(PATIENCE_S)

    assert (seen, nothing) == (["before"], [None] * 10)
    assert read(reader, 2) == ["within", "after"]
    reader.close()


def test_outputs_and_offsets_of_a_transaction_go_together(address: str) -> None:
    sent(producer(address), "in", "a", "b", "c")
    source = consumer(address, "both", heartbeat_interval_ms=100, session_timeout_ms=6_000)
    source.subscribe(["in"])
    client = producer(address, transactional_id="both")
    client.init_transactions(PATIENCE_S)

    for ends in (client.abort_transaction, client.commit_transaction):
        values = read(source, 3)
        client.begin_transaction()
        sent(client, "out", *(value.upper() for value in values))
        client.send_offsets_to_transaction(
            source.position(source.assignment()), source.consumer_group_metadata(), PATIENCE_S
        )
        ends(PATIENCE_S)
        committed = source.committed([TopicPartition("in", 0)], PATIENCE_S)[0].offset
        if ends == client.abort_transaction:
            assert committed < 0
            source.seek(TopicPartition("in", 0, 0))
    assert committed == 3
    source.close()

    reader = consumer(address, "out", isolation_level="read_committed")
    reader.assign([TopicPartition("out", 0, 0)])
    assert read(reader, 3) == ["A", "B", "C"]
    reader.close()


def test_a_second_producer_of_the_same_id_fences_the_first(address: str) -> None:
    first, second = (producer(address, transactional_id="fenced") for _ in range(2))
    first.init_transactions(PATIENCE_S)
    first.begin_transaction()
    second.init_transactions(PATIENCE_S)

    first.produce("out", b"late", partition=0)
    with pytest.raises(KafkaException) as caught:
        first.commit_transaction(PATIENCE_S)

    assert caught.value.args[0].fatal()
