"""Applications that produce."""

from ackproof.reference.kernel.future import Future, sleep
from ackproof.reference.producer.errors import ProducerError
from ackproof.reference.producer.producer import Producer, bytes_producer
from ackproof.reference.producer.record import ProducerRecord, RecordMetadata
from ackproof.reference.producer.settings import producer_settings
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.simulator.applications.application import Application, GaveUpError
from ackproof.reference.simulator.applications.content import Content
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import ProducerPlan
from ackproof.reference.simulator.world import World

BytesProducer = Producer[bytes, bytes]


class ProducingApplication(Application):
    """
    Sends records one after the other, and takes note of which are acknowledged.

    It knows which record comes next, as if it read them from a database, and of which it has not seen the outcome.
    """

    errors = (*Application.errors, ProducerError)

    def __init__(self, world: World, plan: ProducerPlan) -> None:
        self.plan = plan
        base = {"bootstrap.servers": world.bootstrap_servers, "client.id": plan.name}
        self.settings = producer_settings({**base, **plan.properties})
        super().__init__(world, plan.name, self.settings.delivery_timeout_ms * 3 // 2)
        self.next = 0
        self.has_stopped = False
        self._resends_left: dict[int, int] = {}

    @property
    def is_through(self) -> bool:
        """Whether it has sent all, or stopped because a send has failed."""
        return (self.has_stopped or self.next == self.plan.records) and not self.is_up

    def producer(self, process: Process) -> BytesProducer:
        """A client for this run of it."""
        node = self.world.network.node(process)
        return bytes_producer(process, node, self.settings, self.world.own_rng(), rules=self.plan.rules)

    def message(self, number: int, transaction: str | None = None) -> ProducerRecord[bytes, bytes]:
        """A record of it; it is noted that it is sent."""
        plan = self.plan
        record, key = f"{plan.name}/{number}", f"key-{number % plan.keys}"
        self.world.note(
            "sent", record=record, application=plan.name, topic=plan.topic, key=key, transaction=transaction
        )
        value = Content(record, transaction).value
        return ProducerRecord(plan.topic, value, key.encode(), timestamp_ms=self.world.clock.now_ms)

    def acknowledged(self, number: int, transaction: str | None = None) -> None:
        """It knows that a record is there."""
        self.world.note(
            "acknowledged", record=f"{self.plan.name}/{number}", application=self.plan.name, transaction=transaction
        )

    async def run(self, process: Process) -> None:
        """Send what is left, and wait for the outcomes."""
        producer = self.producer(process)
        unseen, self._resends_left = sorted(self._resends_left), {}
        for number in unseen if self.plan.on_restart == "resend" else ():
            self._send(producer, number, self.plan.most_resends)
        while self.next < self.plan.records and not self.has_stopped:
            self.next += 1
            self._send(producer, self.next - 1, self.plan.most_resends)
            await sleep(process, self.plan.interval_ms)
            if producer.state == "fatal error":
                raise GaveUpError("the producer is of no use any more")
        while self._resends_left:
            await sleep(process, self.plan.interval_ms)
        await producer.close()

    def _send(self, producer: BytesProducer, number: int, resends: int) -> None:
        self._resends_left[number] = resends
        outcome = producer.send(self.message(number))
        outcome.then(lambda: self._hear(producer, number, outcome))

    def _hear(self, producer: BytesProducer, number: int, outcome: Future[RecordMetadata]) -> None:
        try:
            outcome.result()
        except (KafkaError, ProducerError) as error:
            self._failed(producer, number, error)
        else:
            del self._resends_left[number]
            self.acknowledged(number)

    def _failed(self, producer: BytesProducer, number: int, error: Exception) -> None:
        plan, resends = self.plan, self._resends_left.pop(number)
        self.world.note(
            "not-acknowledged",
            record=f"{plan.name}/{number}",
            application=plan.name,
            error=type(error).__name__,
            reason=str(error),
        )
        if plan.on_send_failure == "stop":
            self.has_stopped = True
        elif plan.on_send_failure == "resend" and resends:
            self._send(producer, number, self.resends_after(number, resends))

    def resends_after(self, number: int, resends: int) -> int:
        """How often it sends a record again from now on, that had so many resends left and has failed."""
        del number
        return resends - 1
