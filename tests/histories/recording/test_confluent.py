import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from ackproof.commands.checking import check
from ackproof.histories.recording.librdkafka import Message
from ackproof.recording import Journal, confluent
from tests.histories.recording.judged import BROKER, delivered, events, found
from tests.reference.serving.served import PATIENCE_S, served, until

PAGE = Path(__file__).parents[3] / "docs" / "histories.md"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    topics = dict.fromkeys(("once", "early", "in", "out", "loose", "names", "lag", "orders", "auto"), 1) | {"shared": 4}
    with served(topics) as where:
        yield where


def producer(address: str, journal: Journal, name: str = "p", **settings: object) -> confluent.RecordedProducer:
    conf = {"bootstrap.servers": address, "enable.idempotence": True, **named(settings)}
    return confluent.recorded(Producer(conf), journal, name, conf)


def consumer(address: str, journal: Journal, name: str, group: str, **settings: object) -> confluent.RecordedConsumer:
    conf = {
        "bootstrap.servers": address,
        "group.id": group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "heartbeat.interval.ms": 100,
        "session.timeout.ms": 6_000,
        "on_commit": confluent.on_commit(journal, name),
        **named(settings),
    }
    return confluent.recorded(Consumer(conf), journal, name, conf)


def named(settings: dict[str, object]) -> dict[str, object]:
    return {key.replace("_", "."): each for key, each in settings.items()}


def send(client: confluent.RecordedProducer, topic: str, *values: str, partition: int = -1) -> None:
    for value in values:
        client.produce(topic, value, partition=partition)
    assert client.flush(PATIENCE_S) == 0


def read(client: confluent.RecordedConsumer, count: int) -> list[Message]:
    messages: list[Message] = []

    def has_enough() -> bool:
        message = client.poll(0.1)
        if message is not None:
            assert message.error() is None
            messages.append(message)
        return len(messages) == count

    until(has_enough)
    return messages


def test_a_group_that_commits_what_it_has_processed_is_valid(address: str, tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["exactly-once"]) as journal:
        send(producer(address, journal), "once", "a", "b", "c")
        client = consumer(address, journal, "c", "once")
        client.subscribe(["once"])
        for message in read(client, 3):
            client.done(message)
            client.commit(message, asynchronous=False)
        client.close()

    finding = check(journal.path)

    assert (finding.answer, found(finding), delivered(finding)) == (
        "valid",
        [],
        {"at-most-once", "at-least-once", "exactly-once"},
    )
    assert [each.processed for each in finding.deliveries] == [3]


def test_a_commit_before_processing_that_skips_a_record_is_found(address: str, tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["at-least-once"]) as journal:
        send(producer(address, journal), "early", "a", "b", "c")
        client = consumer(address, journal, "c", "early")
        client.subscribe(["early"])
        for message in read(client, 3):
            client.commit(message, asynchronous=False)
            if message.value() != b"b":
                client.done(message)
        client.close()

    finding = check(journal.path)

    assert (finding.answer, found(finding)) == ("invalid", ["not-at-least-once"])
    assert [each.missed for each in finding.deliveries] == [("p.1.1",)]


def test_a_transaction_that_aborts_and_one_that_commits_are_told_apart(address: str, tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["exactly-once"]) as journal:
        send(producer(address, journal), "in", "a", "b")
        source = consumer(address, journal, "c", "both")
        source.subscribe(["in"])
        client = producer(address, journal, "t", transactional_id="both")
        client.init_transactions(PATIENCE_S)
        for is_good in (False, True):
            messages = read(source, 2)
            client.begin_transaction()
            send(client, "out", *(str(message.value()) for message in messages))
            client.send_offsets_to_transaction(
                source.position(source.assignment()), source.consumer_group_metadata(), PATIENCE_S
            )
            if is_good:
                client.commit_transaction(PATIENCE_S)
                for message in messages:
                    source.done(message)
            else:
                client.abort_transaction(PATIENCE_S)
                source.seek(TopicPartition("in", 0, 0))
        source.close()
        reader = consumer(address, journal, "r", "out")
        reader.assign([TopicPartition("out", 0, 0)])
        read(reader, 2)
        reader.close()

    finding = check(journal.path)

    assert (finding.answer, found(finding)) == ("valid", [])
    assert "exactly-once" in delivered(finding)
    assert {each.group: each.processed for each in finding.deliveries} == {"both": 2, "out": 2}


def test_two_members_that_share_a_topic_are_valid(address: str, tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["exactly-once"]) as journal:
        sender = producer(address, journal)
        for partition in range(4):
            send(sender, "shared", "a", "b", partition=partition)
        first, second = (consumer(address, journal, name, "shared") for name in "cd")
        first.subscribe(["shared"])
        process(first, 8)
        second.subscribe(["shared"])
        until(lambda: [members(each) for each in (first, second)] == [2, 2])
        for partition in range(4):
            send(sender, "shared", "c", partition=partition)
        process(first, 2)
        process(second, 2)
        first.close()
        second.close()

    finding = check(journal.path)

    assert (finding.answer, found(finding)) == ("valid", [])
    assert "exactly-once" in delivered(finding)
    assert sum(each.processed for each in finding.deliveries) == 12
    assert [(event["who"], event["what"]) for event in events(journal) if event["e"] == "reb"][:3] == [
        ("c", "assigned"),
        ("c", "revoked"),
        ("c", "assigned"),
    ]


def process(client: confluent.RecordedConsumer, count: int) -> None:
    for message in read(client, count):
        client.done(message)
    client.commit(asynchronous=False)


def members(client: confluent.RecordedConsumer) -> int:
    """How many partitions it has after it has polled."""
    assert client.poll(0.05) is None
    return len(client.assignment())


def test_a_record_that_is_read_before_its_delivery_was_heard_of_is_no_phantom(address: str, tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl", broker=BROKER) as journal:
        sender = producer(address, journal)
        sender.produce("lag", "a")
        reader = consumer(address, journal, "r", "lag")
        reader.assign([TopicPartition("lag", 0, 0)])
        read(reader, 1)
        reader.close()

    assert check(journal.path).answer == "valid"
    assert [event["e"] for event in events(journal) if event.get("op") == 0] == ["inv"]
    sender.flush(PATIENCE_S)


def test_records_are_known_by_what_the_application_says_identifies_them(address: str, tmp_path: Path) -> None:
    conf = {"bootstrap.servers": address, "group.id": "names", "auto.offset.reset": "earliest"}
    with Journal(tmp_path / "history.jsonl", broker=BROKER) as journal:
        sender = confluent.recorded(Producer(conf), journal, "p", conf, identify=by_key)
        sender.produce("names", "a", key="k-1")
        sender.flush(PATIENCE_S)
        reader = confluent.recorded(Consumer(conf), journal, "c", conf, identify=by_key)
        reader.subscribe(["names"])
        (message,) = read(reader, 1)
        reader.close()

    assert check(journal.path).answer == "valid"
    assert message.headers() is None
    assert '"id":["k-1"]' in journal.path.read_text()


def by_key(key: object, _value: object, _headers: object) -> str:
    return key.decode() if isinstance(key, bytes) else str(key)


def test_a_record_that_nobody_recorded_sent_is_a_phantom(address: str, tmp_path: Path) -> None:
    sender = Producer({"bootstrap.servers": address})
    sender.produce("loose", "a")
    sender.flush(PATIENCE_S)
    with Journal(tmp_path / "history.jsonl", broker=BROKER) as journal:
        reader = consumer(address, journal, "r", "loose")
        reader.assign([TopicPartition("loose", 0, 0)])
        read(reader, 1)
        reader.close()

    assert found(check(journal.path)) == ["phantom-read"]


def test_the_example_of_the_documentation_records_a_valid_history(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = re.findall(
        r"<!-- recording -->\n```python\n(.*?)```\n<!-- /recording -->", PAGE.read_text(), re.DOTALL
    )
    monkeypatch.chdir(tmp_path)

    exec(example.replace("localhost:9092", address), {})

    finding = check(tmp_path / "history.jsonl")
    assert (finding.answer, found(finding)) == ("valid", [])
    assert [(each.group, each.processed) for each in finding.deliveries] == [("ledger", 1)]


def test_automatic_commits_are_recorded_where_they_are_listened_to(address: str, tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl", broker=BROKER, expect=["at-least-once"]) as journal:
        send(producer(address, journal), "auto", "a", "b")
        client = consumer(address, journal, "c", "auto", enable_auto_commit=True)
        client.subscribe(["auto"])
        client.done(read(client, 2)[0])
        client.close()

    finding = check(journal.path)

    assert found(finding) == ["not-at-least-once"]
    assert [each.missed for each in finding.deliveries] == [("p.1.1",)]
