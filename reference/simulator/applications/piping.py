"""Applications that consume, process and produce."""

from collections.abc import Sequence

from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.kernel.future import Future, all_of
from ackproof.reference.producer.errors import ProducerError
from ackproof.reference.producer.producer import bytes_producer
from ackproof.reference.producer.record import ProducerRecord, RecordMetadata
from ackproof.reference.producer.settings import producer_settings
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.simulator.applications.application import GaveUpError
from ackproof.reference.simulator.applications.consuming import ConsumingInstance, next_offsets
from ackproof.reference.simulator.applications.content import Content, content_of
from ackproof.reference.simulator.applications.producing import BytesProducer
from ackproof.reference.simulator.applications.sink import Sink
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import ConsumerPlan
from ackproof.reference.simulator.world import World


class PipingInstance(ConsumingInstance):
    """
    One process of an application that writes what it makes of each record to another topic.

    Offsets are committed with the output in a transaction, or afterwards by the consumer. Producer and consumer are one
    process, and start anew together.
    """

    errors = (*ConsumingInstance.errors, ProducerError)

    def __init__(self, world: World, plan: ConsumerPlan, number: int, sink: Sink) -> None:
        super().__init__(world, plan, number, sink)
        given = dict(plan.producer_properties)
        if plan.is_transactional:
            given["transactional.id"] = f"{given['transactional.id']}-{number}"
        base = {"bootstrap.servers": world.bootstrap_servers, "client.id": self.name}
        self._producer_settings = producer_settings({**base, **given})
        self._producer: BytesProducer | None = None
        self._transactions = 0
        self._made = 0

    async def run(self, process: Process) -> None:
        """Read, process and write until it is to leave."""
        self._producer = bytes_producer(
            process,
            self.world.network.node(process),
            self._producer_settings,
            self.world.own_rng(),
            rules=self.plan.producer_rules,
        )
        if self.plan.is_transactional:
            await self._producer.init_transactions()
        await super().run(process)
        await self._producer.close()

    async def handle(self, process: Process, consumer: Consumer, records: Sequence[ConsumedRecord]) -> None:
        """Process *records*, write what they make, and commit."""
        if self.plan.is_transactional:
            await self._transact(process, consumer, records)
        else:
            await super().handle(process, consumer, records)

    async def process_one(self, process: Process, record: ConsumedRecord) -> None:
        """Process a record and write what it makes, outside of any transaction."""
        producer = self._producer
        assert producer is not None
        await super().process_one(process, record)
        await producer.send(self._output(record, None))

    def keep(self, record: ConsumedRecord) -> None:
        """The output is the sink."""

    def _output(self, record: ConsumedRecord, transaction: str | None) -> ProducerRecord[bytes, bytes]:
        assert self.plan.output is not None
        self._made += 1
        made = f"{self.name}/{self._made}"
        content = Content(made, transaction, made_of=content_of(record.value).record)
        key = (record.key or b"").decode()
        self.world.note(
            "sent", record=made, application=self.name, topic=self.plan.output, key=key, transaction=transaction
        )
        return ProducerRecord(self.plan.output, content.value, record.key, timestamp_ms=self.world.clock.now_ms)

    async def _transact(self, process: Process, consumer: Consumer, records: Sequence[ConsumedRecord]) -> None:
        producer = self._producer
        assert producer is not None
        self._transactions += 1
        transaction = f"{self.name}-t{self._transactions}"
        await producer.begin_transaction()
        self.world.note("began", transaction=transaction, application=self.name)
        try:
            sent: list[Future[RecordMetadata]] = []
            for record in records:
                await super().process_one(process, record)
                sent.append(producer.send(self._output(record, transaction)))
                sent[-1].may_fail()
            await producer.send_offsets_to_transaction(next_offsets(records), consumer.group_metadata)
            await producer.commit_transaction()
            await all_of(sent)
        except (KafkaError, ProducerError) as error:
            await self._abort(producer, consumer, transaction, error)
        else:
            self.world.note("committed", transaction=transaction, application=self.name)

    async def _abort(self, producer: BytesProducer, consumer: Consumer, transaction: str, error: Exception) -> None:
        """Abort and go back to what is committed; where that can not be, start anew."""
        if producer.state != "abortable error":
            raise GaveUpError(f"{transaction}: {error}") from error
        await producer.abort_transaction()
        self.world.note("aborted", transaction=transaction, application=self.name)
        for partition, committed in (await consumer.committed(consumer.assignment)).items():
            if committed is None:
                consumer.seek_to_beginning([partition])
            else:
                consumer.seek(partition, committed.offset, committed.leader_epoch)
