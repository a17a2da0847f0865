"""Applications that produce in transactions."""

from collections.abc import Sequence

from ackproof.reference.kernel.future import sleep
from ackproof.reference.producer.errors import ProducerError
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.simulator.applications.application import GaveUpError
from ackproof.reference.simulator.applications.producing import BytesProducer, ProducingApplication
from ackproof.reference.simulator.process import Process


class TransactingApplication(ProducingApplication):
    """
    Sends records in transactions.

    After an abort it stops, goes on with the next records, or sends the same ones again. Of a transaction whose end it
    does not know it starts anew; so it does after a crash, unless it forgets those records.
    """

    transactions = 0
    _unseen: Sequence[int] = ()

    async def run(self, process: Process) -> None:
        """Send what is left."""
        producer = self.producer(process)
        await producer.init_transactions()
        if self.plan.on_restart == "resend" and self._unseen:
            await self._transact(process, producer, self._unseen)
        while self.next < self.plan.records and not self.has_stopped:
            first, self.next = self.next, min(self.next + self.plan.transaction_records, self.plan.records)
            await self._transact(process, producer, range(first, self.next))
        await producer.close()

    async def _transact(self, process: Process, producer: BytesProducer, numbers: Sequence[int]) -> None:
        for _ in range(self.plan.most_resends + 1):
            if await self._is_committed(process, producer, numbers):
                return
            if self.plan.on_send_failure != "resend":
                self.has_stopped = self.plan.on_send_failure == "stop"
                return

    async def _is_committed(self, process: Process, producer: BytesProducer, numbers: Sequence[int]) -> bool:
        """Whether a transaction with those records is committed; if not, it is aborted."""
        self.transactions += 1
        transaction = f"{self.name}-t{self.transactions}"
        self._unseen = numbers
        await producer.begin_transaction()
        self.world.note("began", transaction=transaction, application=self.name)
        for number in numbers:
            producer.send(self.message(number, transaction)).may_fail()
            await sleep(process, self.plan.interval_ms)
        try:
            await producer.commit_transaction()
        except (KafkaError, ProducerError) as error:
            await self._abort(producer, transaction, error)
            return False
        self._unseen = ()
        self.world.note("committed", transaction=transaction, application=self.name)
        for number in numbers:
            self.acknowledged(number, transaction)
        return True

    async def _abort(self, producer: BytesProducer, transaction: str, error: Exception) -> None:
        """Abort, where that can be; else it is not known how the transaction ends."""
        if producer.state != "abortable error":
            raise GaveUpError(f"{transaction}: {error}") from error
        await producer.abort_transaction()
        self._unseen = ()
        self.world.note("aborted", transaction=transaction, application=self.name)
