"""What a partition leader asks the transaction coordinator before the first write of a transaction (KIP-890)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import attrs
from kio.schema.add_partitions_to_txn.v5.request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from kio.schema.add_partitions_to_txn.v5.response import AddPartitionsToTxnResponse
from kio.schema.errors import ErrorCode

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, TimedOutError, sleep, spawn
from ackproof.reference.protocol.primitive import ProducerId, TopicName, TransactionalId, i16, i32
from ackproof.reference.protocol.request import DisconnectedError
from ackproof.reference.transactions.answering import Errors, errors_of, partitions_of
from ackproof.reference.transactions.settings import TransactionSettings
from ackproof.reference.transactions.states.operation import Operation, understood
from ackproof.reference.transactions.surroundings import TopicPartition


class Coordinators(Protocol):
    """How a partition leader reaches transaction coordinators."""

    def coordinator_of(self, transactional_id: str) -> int | None:
        """The broker that coordinates *transactional_id*, this one perhaps; None where nobody can be reached."""
        ...

    def ask(self, broker: int, request: AddPartitionsToTxnRequest) -> Future[AddPartitionsToTxnResponse]:
        """The answer of *broker*; fails with ``DisconnectedError`` or ``TimedOutError``."""
        ...


@attrs.define(eq=False)
class Asked:
    """What is asked of a coordinator for one transaction, and who waits for it."""

    transaction: AddPartitionsToTxnTransaction
    errors: Future[Errors]

    def fail(self, error: ErrorCode) -> None:
        """All its partitions have the same *error*."""
        self.errors.resolve(dict.fromkeys(partitions_of(self.transaction), error))


@attrs.define(eq=False)
class Round:
    """
    What is asked of one coordinator in one request: once for each transactional id.

    Attributes:
        operation: Of the first; by it all answers are understood.
    """

    operation: Operation
    asked: dict[str, Asked] = attrs.Factory(dict[str, Asked])


class Verifier:
    """
    Asks coordinators in the name of the partitions that this broker leads, in one request to each at a time.

    Source: ``AddPartitionsToTxnManager``.
    """

    def __init__(
        self,
        clock: Clock,
        settings: TransactionSettings,
        coordinators: Coordinators,
        rules: TransactionRules | None = None,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._coordinators = coordinators
        self._rules = rules or TransactionRules()
        self._waiting: dict[int, Round] = {}
        self._busy: set[int] = set()

    def asks(self, transactional_id: str | None, operation: Operation) -> bool:
        """Whether anything is asked at all: else a batch is appended unverified."""
        if transactional_id is None:
            return False
        verifies = self._settings.transaction_partition_verification_enable and self._rules.verifies_partitions
        return verifies or operation is Operation.ADD

    async def verify(
        self,
        transactional_id: str,
        producer_id: int,
        producer_epoch: int,
        partitions: Sequence[TopicPartition],
        operation: Operation,
    ) -> Errors:
        """What is wrong with which of *partitions*, as the coordinator says it; it is asked once."""
        coordinator = self._coordinators.coordinator_of(transactional_id)
        if coordinator is None:
            return dict.fromkeys(partitions, ErrorCode.coordinator_not_available)
        transaction = AddPartitionsToTxnTransaction(
            transactional_id=TransactionalId(transactional_id),
            producer_id=ProducerId(producer_id),
            producer_epoch=i16(producer_epoch),
            verify_only=operation is not Operation.ADD,
            topics=topics_of(partitions),
        )
        asked = Asked(transaction, Future[Errors](self._clock))
        self._add(coordinator, asked, operation)
        return await asked.errors

    async def until_settled(self, attempt: Callable[[], Awaitable[Errors]], operation: Operation) -> Errors:
        """
        The errors of *attempt*, which is made again for a while where the last transaction is still ending.

        Only a partition that is to be added is worth it: else the producer tries again.

        Source: ``ReplicaManager.handleProduceAppend``.
        """
        settings = self._settings
        last_ms = self._clock.now_ms + min(
            settings.add_partitions_to_txn_retry_backoff_max_ms, settings.request_timeout_ms
        )
        while True:
            errors = await attempt()
            is_ending = ErrorCode.concurrent_transactions in errors.values()
            if operation is not Operation.ADD or not is_ending or self._clock.now_ms >= last_ms:
                return errors
            await sleep(self._clock, settings.add_partitions_to_txn_retry_backoff_ms)

    def _add(self, coordinator: int, asked: Asked, operation: Operation) -> None:
        waiting = self._waiting.setdefault(coordinator, Round(operation))
        transactional_id = asked.transaction.transactional_id
        earlier = waiting.asked.get(transactional_id)
        if earlier is not None:
            epoch, earlier_epoch = asked.transaction.producer_epoch, earlier.transaction.producer_epoch
            if epoch < earlier_epoch:
                asked.fail(ErrorCode.invalid_producer_epoch)
                return
            # The same epoch once more: the producer tries again, and is to do so again.
            is_fenced = earlier_epoch < epoch
            earlier.fail(ErrorCode.invalid_producer_epoch if is_fenced else ErrorCode.network_exception)
        waiting.asked[transactional_id] = asked
        # Together with what else is asked at this time.
        self._clock.call_at(self._clock.now_ms, lambda: self._send(coordinator))

    def _send(self, coordinator: int) -> None:
        if coordinator not in self._busy and coordinator in self._waiting:
            self._busy.add(coordinator)
            spawn(self._clock, self._ask(coordinator, self._waiting.pop(coordinator)))

    async def _ask(self, coordinator: int, asked: Round) -> None:
        request = AddPartitionsToTxnRequest(transactions=tuple(each.transaction for each in asked.asked.values()))
        try:
            response = await self._coordinators.ask(coordinator, request)
        except (DisconnectedError, TimedOutError):
            for each in asked.asked.values():
                each.fail(ErrorCode.network_exception)
        else:
            answer(asked, response)
        self._busy.discard(coordinator)
        self._send(coordinator)


def answer(asked: Round, response: AddPartitionsToTxnResponse) -> None:
    """Tell everyone who waits what *response* says."""
    if response.error_code is not ErrorCode.none:
        for each in asked.asked.values():
            each.fail(response.error_code)
        return
    for result in response.results_by_transaction:
        found = errors_of(result)
        told = {partition: understood(error, asked.operation) for partition, error in found.items()}
        asked.asked[result.transactional_id].errors.resolve(told)


def topics_of(partitions: Sequence[TopicPartition]) -> tuple[AddPartitionsToTxnTopic, ...]:
    """*partitions*, topic by topic."""
    indexes: dict[str, list[i32]] = {}
    for topic, partition in partitions:
        indexes.setdefault(topic, []).append(i32(partition))
    return tuple(
        AddPartitionsToTxnTopic(name=TopicName(topic), partitions=tuple(found)) for topic, found in indexes.items()
    )
