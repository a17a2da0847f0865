import gc
from collections.abc import Iterator
from contextlib import closing

import pytest

from ackproof.reference.records.compression import CODECS
from tests.reference.serving.kafka_python import Clients, OffsetAndMetadata, Polling, TopicPartition, read
from tests.reference.serving.served import served, until

COMMITTED, UNCOMMITTED = "read_committed", "read_uncommitted"


# A connection that the library did not get in time is left to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    topics = dict.fromkeys(CODECS, 1) | {"acks": 1, "group": 4, "transactions": 1, "in": 1, "out": 1}
    with served(topics) as where:
        yield where
    gc.collect()


@pytest.fixture
def clients(address: str) -> Iterator[Clients]:
    with closing(Clients(address)) as opened:
        yield opened


@pytest.mark.parametrize("codec", CODECS)
def test_an_idempotent_producer_is_read_back(clients: Clients, codec: str) -> None:
    client = clients.producer(compression_type=None if codec == "none" else codec, linger_ms=5)
    futures = [client.send(codec, str(number).encode(), partition=0) for number in range(100)]

    offsets = [future.get(60).offset for future in futures]

    assert offsets == list(range(100))
    reader = clients.assigned(codec)
    assert read(reader, 100) == [str(number) for number in range(100)]


def test_acks_0_is_read_back(clients: Clients) -> None:
    client = clients.producer(acks=0, enable_idempotence=False)
    for number in range(20):
        client.send("acks", str(number).encode(), partition=0)
    client.flush()
    reader = clients.assigned("acks")

    assert read(reader, 20) == [str(number) for number in range(20)]


def test_a_group_shares_its_partitions_and_goes_on_from_what_it_committed(clients: Clients) -> None:
    client = clients.producer()
    for partition in range(4):
        client.send("group", b"a", partition=partition).get(60)
    first = clients.subscribed("group", group_id="group")
    assert read(first, 4) == ["a"] * 4
    first.commit()

    one, two = Polling(first), Polling(clients.subscribed("group", group_id="group"))
    until(lambda: len(one.partitions) == len(two.partitions) == 2)
    two.close()
    until(lambda: len(one.partitions) == 4)
    one.close()

    third = clients.subscribed("group", group_id="group")
    for partition in range(4):
        client.send("group", b"b", partition=partition).get(60)
    assert read(third, 4) == ["b"] * 4


def test_of_transactions_only_what_is_committed_is_read(clients: Clients) -> None:
    client = clients.producer(transactional_id="transactions")
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

    committed = clients.assigned("transactions", isolation_level=COMMITTED)
    everything = clients.assigned("transactions", isolation_level=UNCOMMITTED)

    assert read(committed, 2) == ["0", "2"]
    assert committed.poll(200) == {}
    assert read(everything, 5) == ["0", "1", "2", "3", "open"]
    client.abort_transaction()


def test_outputs_and_offsets_of_a_transaction_go_together(clients: Clients) -> None:
    plain = clients.producer()
    plain.send("in", b"a", partition=0).get(60)
    # Such a client asks for offsets that no open transaction may still move; others may hear of those before.
    source = clients.subscribed("in", group_id="both", isolation_level=COMMITTED)
    client = clients.producer(transactional_id="both")
    client.init_transactions()
    values = read(source, 1)

    client.begin_transaction()
    client.send("out", values[0].upper().encode(), partition=0).get(60)
    client.send_offsets_to_transaction({TopicPartition("in", 0): OffsetAndMetadata(1, "", -1)}, source.group_metadata())
    client.commit_transaction()

    assert source.committed(TopicPartition("in", 0)) == 1
    reader = clients.assigned("out", isolation_level=COMMITTED)
    assert read(reader, 1) == ["A"]
