"""An application around a transactional producer, as the model has it: where it is in its transaction."""

from contextlib import suppress
from functools import partial

from ackproof.model.transactions.rules import ApplicationRules, TransactionRules
from ackproof.reference.kernel.future import Future, sleep
from ackproof.reference.producer.errors import IllegalStateError, ProducerError
from ackproof.reference.producer.producer import bytes_producer
from ackproof.reference.producer.record import ProducerRecord, RecordMetadata
from ackproof.reference.producer.settings import ProducerSettings
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.refinement.transactions.setting import OUTPUT
from ackproof.reference.simulator.applications.application import Application
from ackproof.reference.simulator.applications.content import Content
from ackproof.reference.simulator.applications.producing import BytesProducer
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.world import World

NAP_MS = 12
"""How long it does nothing now and then, at most."""

FAILURES = (KafkaError, ProducerError, IllegalStateError)


class StagedProducer(Application):
    """
    An application that sends its records in transactions.

    Attributes:
        producer: Its client, while it runs.
        serial: How many transactions it has begun.
        position: Where the next one starts.
        first, upto: Where the last one starts and ends.
        next: The first of its records that is not known to be there.
        is_in_transaction, is_initialising, has_stopped: Where it is.
        has_sent_offsets: The offsets are in the transaction.
        acknowledged: The records whose transaction it has seen commit.
        begins: Whether it may begin a transaction.
        is_replaced: Another process has taken its place with its ``transactional.id``, and it has yet to find out.
    """

    errors = (*Application.errors, ProducerError)

    def __init__(
        self,
        world: World,
        application: ApplicationRules,
        rules: TransactionRules,
        settings: ProducerSettings,
        records: int,
    ) -> None:
        super().__init__(world, str(settings.client_id), longest_pause_ms=0)
        self.application = application
        self.rules = rules
        self.settings = settings
        self.records = records
        self.producer: BytesProducer | None = None
        self.serial = self.position = self.first = self.next = self.upto = 0
        self.is_in_transaction = self.has_sent_offsets = self.has_stopped = self.begins = False
        self.is_initialising = True
        self.is_replaced = False
        self.acknowledged: frozenset[int] = frozenset()
        self._rng = world.own_rng()

    @property
    def is_through(self) -> bool:
        """Never: it may have to start again."""
        return False

    def crash(self) -> None:
        """Its process dies, and remembers nothing but which records it has to send again."""
        self.position = self.position_after_a_crash
        self.is_in_transaction, self.is_initialising, self.producer = False, True, None
        super().crash()

    @property
    def position_after_a_crash(self) -> int:
        """Where a new process starts."""
        if not self.is_in_transaction:
            return self.position
        return self.first if self.application.on_restart == "resend" else self.upto

    def replace(self, former: "StagedProducer") -> None:
        """It takes the place of another one that stands still, as if that had died."""
        former.is_replaced = True
        self.serial, self.acknowledged = former.serial, former.acknowledged
        self.first, self.next, self.upto = former.first, former.next, former.upto
        self.position, self.begins, self.has_stopped = former.position_after_a_crash, former.begins, former.has_stopped

    async def run(self, process: Process) -> None:
        """Send what is left, with another producer whenever one is of no use any more, unless it was replaced."""
        while not self.is_replaced:
            producer = self.producer = bytes_producer(
                process,
                self.world.network.node(process),
                self.settings,
                self.world.own_rng(),
                transaction_rules=self.rules,
            )
            await producer.init_transactions()
            self.is_initialising = False
            while not self.is_initialising:
                await self._nap(process)
                if not self.has_stopped:
                    await self.work(process, producer)
                self.is_initialising |= self.is_replaced
            # It hears what becomes of what it has sent, as the model's does.
            while producer.on_wire():
                await self._nap(process)
            await producer.close(0)

    async def work(self, process: Process, producer: BytesProducer) -> None:
        """Begin a transaction if there are records."""
        if self.begins and self.position < self.records:
            most = self.records - self.position
            await self.transact(process, producer, self.position, self.position + 1 + self._rng.randrange(most))

    async def _nap(self, process: Process) -> None:
        await sleep(process, 1 + self._rng.randrange(NAP_MS))

    async def transact(self, process: Process, producer: BytesProducer, first: int, upto: int) -> None:
        """A transaction with the records from *first* to before *upto*."""
        self.first, self.next, self.upto = first, first, upto
        self.serial += 1
        self.is_in_transaction, self.has_sent_offsets = True, False
        try:
            await producer.begin_transaction()
            for record in range(first, upto):
                self._send(producer, record)
                await self._nap(process)
            await self.finish(producer)
            await producer.commit_transaction()
        except FAILURES:
            await self._abort(producer)
        else:
            self.committed()
            self.over(upto)

    async def finish(self, producer: BytesProducer) -> None:
        """What belongs to a transaction beside its records."""

    def committed(self) -> None:
        """The transaction is committed, and it knows."""
        self.acknowledged |= frozenset(range(self.first, self.upto))

    def content(self, record: int) -> Content:
        """What it sends for a record."""
        return Content(f"{self.name}/{record}", f"{self.name}-t{self.serial}")

    def _send(self, producer: BytesProducer, record: int) -> None:
        value = self.content(record).value
        outcome = producer.send(ProducerRecord(OUTPUT, value, b"key", timestamp_ms=self.world.clock.now_ms))
        outcome.then(partial(self._heard, producer, outcome, self.serial))

    def _heard(self, producer: BytesProducer, outcome: Future[RecordMetadata], serial: int) -> None:
        goes_on = producer.state in ("in transaction", "committing transaction")
        if outcome.error is None and goes_on and serial == self.serial:
            self.next += 1

    async def _abort(self, producer: BytesProducer) -> None:
        """Abort, where that can be; else another producer is needed."""
        if producer.state == "abortable error":
            with suppress(*FAILURES):
                await producer.abort_transaction()
        self.given_up()
        self.is_initialising = producer.state == "fatal error" and not self.has_stopped

    def given_up(self) -> None:
        """The transaction is aborted, or will be."""
        self.has_stopped = self.application.on_send_failure == "stop"
        self.over(self.first if self.application.on_send_failure == "resend" else self.upto)

    def over(self, position: int) -> None:
        """The transaction is over, and the next one starts at *position*."""
        self.position, self.is_in_transaction = position, False
