"""An application that reads, sends and ends transactions when it is told to."""

from collections.abc import Coroutine
from typing import Any

import attrs

from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.errors import NoOffsetForPartitionError
from ackproof.reference.kernel.future import Future, sleep, spawn
from ackproof.reference.producer.producer import bytes_producer
from ackproof.reference.producer.record import ProducerRecord, RecordMetadata
from ackproof.reference.producer.transactions.offsets import GroupMetadata
from ackproof.reference.refinement.consume.records import number_of, offsets_of
from ackproof.reference.refinement.transactions.setting import (
    INPUT,
    OUTPUT,
    PLACE,
    TRANSACTION_TIMEOUT_MS,
    TransactionSetting,
    consumer_settings_of,
    instance_name,
    producer_settings_of,
)
from ackproof.reference.simulator.applications.application import Application
from ackproof.reference.simulator.applications.content import Content
from ackproof.reference.simulator.applications.producing import BytesProducer
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import NEWEST_CONSUMER
from ackproof.reference.simulator.world import World

FIRST_RANK = 500
"""Of the instance that has the partition at first; all have three digits."""


class DirectedInstance(Application):
    """
    One instance.

    Attributes:
        producer, consumer: Its clients, while it runs.
        in_hand: What it was handed by its consumer and has not put into a transaction: offsets and records.
        polls: It polls, again and again, until it is handed something.
        transactions: How many it has begun.
        transaction: The name of the last one.
        handed: The records that it has sent in it.
        handed_ms: When it has sent each record last.
        outcomes: What becomes of each record that it has sent in its transaction.
        calls: What it has asked its producer for in it.
        ends: What it has asked to become of each of its transactions, by name; "refused" if that was a commit, in vain.
        acknowledged: The records whose transaction it has seen commit.
        delivery_timeout_ms: When a batch of it is too old.
        in_flight: How many batches are on their way at a time.
        rank: Among the members of its group.
    """

    def __init__(
        self,
        world: World,
        setting: TransactionSetting,
        index: int,
        delivery_timeout_ms: int,
        in_flight: int,
        transaction_timeout_ms: int = TRANSACTION_TIMEOUT_MS,
    ) -> None:
        super().__init__(world, instance_name(index), longest_pause_ms=0)
        self._setting = setting
        self._settings = producer_settings_of(
            world.bootstrap_servers, index, delivery_timeout_ms, transaction_timeout_ms, in_flight
        )
        self._consumer_settings = consumer_settings_of(world.bootstrap_servers, index, setting)
        self.producer: BytesProducer | None = None
        self.consumer: Consumer | None = None
        self.in_hand: list[tuple[int, int]] = []
        self.polls = False
        self.transactions = 0
        self.delivery_timeout_ms = delivery_timeout_ms
        self.in_flight = in_flight
        self.transaction = ""
        self.handed: list[int] = []
        self.handed_ms: dict[int, int] = {}
        self.outcomes: dict[int, Future[RecordMetadata]] = {}
        self.calls: dict[str, Future[None]] = {}
        self.ends: dict[str, str] = {}
        self.acknowledged: set[int] = set()
        self.rank = FIRST_RANK

    @property
    def taken(self) -> frozenset[int]:
        """The records of its transaction that is open, sent or not."""
        if self.transaction in self.ends or not self.transaction:
            return frozenset()
        return frozenset([*self.handed, *(record for _, record in self.in_hand[:1])])

    @property
    def has_batch(self) -> bool:
        """Whether it waits for what becomes of a record."""
        return not all(outcome.is_done for outcome in self.outcomes.values())

    @property
    def is_through(self) -> bool:
        """Never: there may be more to do."""
        return False

    def start(self) -> None:
        """Its process starts."""
        self.in_hand, self.polls, self.handed, self.calls, self.outcomes = [], False, [], {}, {}
        self.producer = self.consumer = None
        super().start()

    async def run(self, process: Process) -> None:
        """Initialise its producer, and then do what it is told."""
        self.renew()
        while True:
            if self.polls and self.consumer is not None:
                await self._poll(process, self.consumer)
            else:
                await sleep(process, 5)

    async def _poll(self, process: Process, consumer: Consumer) -> None:
        try:
            records = await consumer.poll(20)
        except NoOffsetForPartitionError:
            await sleep(process, 20)
            return
        if records:
            self.in_hand += [(record.offset, number_of(record)) for record in records]
            self.polls = False

    # What it does.

    def renew(self) -> None:
        """It makes a producer, which initialises transactions; one that it had is closed."""
        process = self._running()
        if self.producer is not None:
            self._call("close", self.producer.close(0))
        self.producer = producer = bytes_producer(
            process,
            self.world.network.node(process),
            self._settings,
            self.world.own_rng(),
            transaction_rules=self._setting.rules,
        )
        self.calls = {}
        self._call("initialise", self._initialise(producer))

    async def _initialise(self, producer: BytesProducer) -> None:
        await producer.init_transactions()
        # What it sends later need not wait until it is known who leads.
        await producer.partition_count(OUTPUT)

    def close(self) -> None:
        """It closes its clients."""
        self.polls = False
        self._call("close", self._close())

    async def _close(self) -> None:
        if self.consumer is not None:
            await self.consumer.close()
        await self._client().close()

    def join(self, rank: int) -> None:
        """It joins its group, under a name by which the lowest *rank* is assigned the partition."""
        process = self._running()
        node, rng = self.world.network.node(process), self.world.own_rng()
        rules = self._setting.rules
        self.rank = rank
        settings = attrs.evolve(self._consumer_settings, client_id=f"{rank}-{self.name}")
        self.consumer = Consumer(process, node, settings, NEWEST_CONSUMER, rng, transactions=rules)
        self.consumer.subscribe([INPUT])
        self.in_hand, self.polls = [], True

    def leave(self) -> None:
        """It leaves its group."""
        assert self.consumer is not None
        self.in_hand, self.polls = [], False
        self._call("leave", self.consumer.close())

    def rewind(self, *, has_fetched: bool = True) -> None:
        """It goes back to what its group has committed, be it that it *has fetched* nothing of that."""
        assert self.consumer is not None
        self.in_hand = []
        self._call("rewind", self._rewind(self.consumer, has_fetched))

    async def _rewind(self, consumer: Consumer, has_fetched: bool) -> None:
        if not has_fetched:
            consumer.seek_to_beginning([PLACE])
            await consumer.poll(20)
        committed = (await consumer.committed([PLACE]))[PLACE]
        if committed is not None:
            consumer.seek(PLACE, committed.offset, committed.leader_epoch)
        elif self._setting.application.reset == "latest":
            consumer.seek_to_end([PLACE])
        else:
            consumer.seek_to_beginning([PLACE])
        self.polls = True

    def begin(self) -> None:
        """It begins a transaction."""
        self.transactions += 1
        self.transaction = f"{self.name}-t{self.transactions}"
        self.handed, self.calls, self.outcomes = [], {}, {}
        self._call("begin", self._client().begin_transaction())

    def hand_over(self, record: int) -> None:
        """It sends what it makes of a record, or a record of its own."""
        made_of = f"producer/{record}" if self._setting.has_group else None
        content = Content(f"{self.name}/{record}", self.transaction, made_of)
        if self._setting.has_group:
            del self.in_hand[0]
        self.handed.append(record)
        self.handed_ms[record] = self.world.clock.now_ms
        message = ProducerRecord(OUTPUT, content.value, b"key", timestamp_ms=self.world.clock.now_ms)
        outcome = self.outcomes[record] = self._client().send(message)
        outcome.then(lambda: None)

    def send_offsets(self, upto: int, group: GroupMetadata) -> None:
        """It sends the offsets of its transaction."""
        offsets = offsets_of(upto)
        self._call("offsets", self._client().send_offsets_to_transaction(offsets, group))

    def end(self, kind: str) -> None:
        """It commits or aborts its transaction."""
        client, name, records = self._client(), self.transaction, tuple(self.handed)
        self.ends[name] = kind
        if kind == "abort":
            self._call("abort", client.abort_transaction())
            return
        outcome = self._call("commit", client.commit_transaction())
        outcome.then(lambda: self._committed(outcome, name, records))

    def _committed(self, outcome: Future[None], name: str, records: tuple[int, ...]) -> None:
        if outcome.error is None:
            self.acknowledged.update(records)
        else:
            self.ends[name] = "refused"

    def _call(self, name: str, call: Coroutine[Any, Any, None]) -> Future[None]:
        outcome = self.calls[name] = spawn(self._running(), call)
        # Whether it fails is seen in what the producer asks for next.
        outcome.then(lambda: None)
        return outcome

    def _client(self) -> BytesProducer:
        assert self.producer is not None
        return self.producer

    def _running(self) -> Process:
        assert self.process is not None
        return self.process
