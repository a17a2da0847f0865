"""The producer against the reference's own broker."""

from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar

import pytest

from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TRANSACTION_VERSION_2, TransactionRules
from ackproof.reference.broker.standalone import ADDRESS, standalone
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.producer.errors import InvalidProducerEpochError, ProducerError, ProducerFencedError
from ackproof.reference.producer.producer import Producer, bytes_producer
from ackproof.reference.producer.record import ProducerRecord
from ackproof.reference.producer.settings import producer_settings
from ackproof.reference.records.compression import CODECS
from tests.reference.awaiting import outcome
from tests.reference.producer.broker_network import BrokerNetwork
from tests.reference.producer.transacting import Group, Offset

T = TypeVar("T")


class World:
    """A broker of one, with a topic of three partitions."""

    def __init__(self) -> None:
        self.clock = VirtualClock(1_700_000_000_000)
        self.broker = standalone(self.clock, Disk(), topics={"t": 3, "in": 1})
        self.clock.run_until(self.clock.now_ms + 1_000)
        self.network = BrokerNetwork(self.clock, self.broker)

    def producer(self, rules: TransactionRules = TRANSACTION_VERSION_2, **settings: object) -> Producer[bytes, bytes]:
        keys = {key.replace("_", "."): value for key, value in settings.items()}
        given = producer_settings({"bootstrap.servers": (ADDRESS,), **keys})
        return bytes_producer(self.clock, self.network, given, Random(5), transaction_rules=rules)

    def done(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return outcome(self.clock, coroutine, 120_000)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("acks", ["all", "1", "0"])
def test_records_are_stored_in_order(codec: str, acks: str) -> None:
    world = World()
    producer = world.producer(acks=acks, compression_type=codec, batch_size=300)
    sent = [producer.send(ProducerRecord("t", b"%d" % number, partition=1)) for number in range(100)]
    world.done(producer.flush())
    world.done(producer.close())

    assert [future.result().offset for future in sent] == ([-1] * 100 if acks == "0" else list(range(100)))


def test_a_topic_is_made_as_it_is_first_sent_to() -> None:
    world = World()
    producer = world.producer()
    sent = producer.send(ProducerRecord("new", b"v"))
    world.done(producer.flush())

    assert sent.result().offset == 0


@pytest.mark.parametrize("rules", [TRANSACTION_VERSION_1, TRANSACTION_VERSION_2], ids=["version 1", "version 2"])
def test_transactions_are_committed_and_aborted(rules: TransactionRules) -> None:
    world = World()
    producer = world.producer(rules, transactional_id="x")

    async def transact() -> list[int]:
        await producer.init_transactions()
        offsets = list[int]()
        for number in range(4):
            await producer.begin_transaction()
            sent = [producer.send(ProducerRecord("t", b"%d" % number, partition=at)) for at in range(3)]
            await producer.send_offsets_to_transaction({("in", 0): Offset(number)}, Group(generation=-1, member_id=""))
            await (producer.abort_transaction() if number % 2 else producer.commit_transaction())
            offsets.append(sent[0].result().offset if sent[0].error is None else -1)
        await producer.close()
        return offsets

    offsets = world.done(transact())

    # A marker stands behind each transaction that wrote something.
    assert offsets[0] == 0
    assert offsets[2] >= 2


@pytest.mark.parametrize("rules", [TRANSACTION_VERSION_1, TRANSACTION_VERSION_2], ids=["version 1", "version 2"])
def test_the_second_producer_of_a_transactional_id_fences_the_first(rules: TransactionRules) -> None:
    world = World()
    first, second = (world.producer(rules, transactional_id="x") for _ in range(2))

    async def transact() -> None:
        await first.init_transactions()
        await first.begin_transaction()
        await first.send(ProducerRecord("t", b"a"))
        await second.init_transactions()
        first.send(ProducerRecord("t", b"b"))
        await first.commit_transaction()

    with pytest.raises((ProducerFencedError, InvalidProducerEpochError, ProducerError)):
        world.done(transact())
    assert first.state in ("fatal error", "abortable error")
    assert second.state == "ready"


def test_a_transaction_that_takes_too_long_is_aborted_and_the_producer_goes_on() -> None:
    world = World()
    producer = world.producer(transactional_id="x", transaction_timeout_ms=5_000)

    async def transact() -> None:
        await producer.init_transactions()
        await producer.begin_transaction()
        await producer.send(ProducerRecord("t", b"a"))

    world.done(transact())
    world.clock.run_until(world.clock.now_ms + 30_000)
    late = producer.send(ProducerRecord("t", b"b"))
    world.clock.run_until(world.clock.now_ms + 1_000)

    assert isinstance(late.error, InvalidProducerEpochError)
    assert producer.state == "abortable error"

    async def go_on() -> int:
        await producer.abort_transaction()
        await producer.begin_transaction()
        sent = await producer.send(ProducerRecord("t", b"c"))
        await producer.commit_transaction()
        return sent.offset

    assert world.done(go_on()) >= 0
