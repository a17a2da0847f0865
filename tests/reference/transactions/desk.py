"""A transaction coordinator with everything that it asks."""

from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar

import attrs
from kio.schema.add_offsets_to_txn.v4.request import AddOffsetsToTxnRequest
from kio.schema.add_partitions_to_txn.v5.request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from kio.schema.end_txn.v5.request import EndTxnRequest
from kio.schema.errors import ErrorCode
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.protocol.primitive import (
    GroupId,
    ProducerId,
    TopicName,
    TransactionalId,
    duration,
    i16,
    i32,
)
from ackproof.reference.transactions.coordinator import TransactionCoordinator
from ackproof.reference.transactions.settings import TransactionSettings
from ackproof.reference.transactions.surroundings import TopicPartition
from tests.reference.transactions.surrounded import Leaders, ListLog, Numbers, Topics

T = TypeVar("T")

OUT = TopicPartition("out", 0)
ELSEWHERE = TopicPartition("out", 1)
ONE_PARTITION = TransactionSettings(transaction_state_log_num_partitions=1, offsets_topic_num_partitions=1)

Answer = tuple[ErrorCode, int, int]
"""An error, a producer id, and its epoch."""


class Desk:
    """A coordinator of the transactional id ``t``, and of every other."""

    def __init__(self, rules: TransactionRules | None = None, settings: TransactionSettings = ONE_PARTITION) -> None:
        self.clock = VirtualClock(1_000_000)
        self.leaders = Leaders(self.clock)
        self.numbers = Numbers()
        self.rules = rules
        self.settings = settings
        self.log = ListLog(self.clock)
        self.coordinator = self.built()
        self.coordinator.elected(0, self.log)
        self.settle()

    def built(self) -> TransactionCoordinator:
        coordinator = TransactionCoordinator(
            self.clock, self.settings, Topics(), self.numbers, self.leaders, Random(0), self.rules
        )
        coordinator.start()
        return coordinator

    def fail_over(self) -> None:
        """Another broker coordinates: it has the log, and nothing else."""
        self.coordinator.resigned(0)
        self.log = ListLog(self.clock, self.log.stored, self.log.leader_epoch + 1)
        self.coordinator = self.built()
        self.coordinator.elected(0, self.log)
        self.settle()

    def settle(self) -> None:
        """Whatever is due now happens."""
        self.clock.run_until(self.clock.now_ms)

    def pass_ms(self, duration_ms: int) -> None:
        self.clock.run_until(self.clock.now_ms + duration_ms)

    def ask(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        future = spawn(self.clock, coroutine)
        self.settle()
        return future

    def told(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.ask(coroutine).result()

    def init(
        self,
        name: str | None = "t",
        producer_id: int = -1,
        producer_epoch: int = -1,
        *,
        timeout_ms: int = 60_000,
        version: int = 5,
    ) -> Answer:
        request = initialising(name, producer_id, producer_epoch, timeout_ms)
        answer = self.told(self.coordinator.init_producer_id(request, version))
        return answer.error_code, answer.producer_id, answer.producer_epoch

    def adding(
        self,
        producer_id: int,
        producer_epoch: int,
        *partitions: TopicPartition,
        verify_only: bool = False,
        name: str = "t",
    ) -> AddPartitionsToTxnRequest:
        topics: dict[str, list[i32]] = {}
        for topic, index in partitions:
            topics.setdefault(topic, []).append(i32(index))
        transaction = AddPartitionsToTxnTransaction(
            transactional_id=TransactionalId(name),
            producer_id=ProducerId(producer_id),
            producer_epoch=i16(producer_epoch),
            verify_only=verify_only,
            topics=tuple(
                AddPartitionsToTxnTopic(name=TopicName(topic), partitions=tuple(indexes))
                for topic, indexes in topics.items()
            ),
        )
        return AddPartitionsToTxnRequest(transactions=(transaction,))

    def added(
        self,
        producer_id: int,
        producer_epoch: int,
        *partitions: TopicPartition,
        version: int = 3,
        verify_only: bool = False,
        name: str = "t",
    ) -> list[ErrorCode]:
        request = self.adding(producer_id, producer_epoch, *(partitions or (OUT,)), verify_only=verify_only, name=name)
        answer = self.told(self.coordinator.add_partitions_to_txn(request, version))
        return [
            each.partition_error_code
            for result in answer.results_by_transaction
            for topic in result.topic_results
            for each in topic.results_by_partition
        ]

    def add_offsets(self, producer_id: int, producer_epoch: int, version: int = 4) -> ErrorCode:
        request = AddOffsetsToTxnRequest(
            transactional_id=TransactionalId("t"),
            producer_id=ProducerId(producer_id),
            producer_epoch=i16(producer_epoch),
            group_id=GroupId("g"),
        )
        return self.told(self.coordinator.add_offsets_to_txn(request, version)).error_code

    def end(
        self, producer_id: int, producer_epoch: int, *, commit: bool = True, version: int = 5, name: str = "t"
    ) -> Answer:
        answer = self.told(self.coordinator.end_txn(ending(producer_id, producer_epoch, commit, name), version))
        return answer.error_code, answer.producer_id, answer.producer_epoch

    def state(self, name: str = "t") -> str:
        return self.coordinator.states.find(name)[1].state.name

    def epoch(self, name: str = "t") -> int:
        return self.coordinator.states.find(name)[1].current.producer_epoch

    def set_epoch(self, epoch: int) -> None:
        """The producer of ``t`` is as if it had had that many epochs."""
        metadata = self.coordinator.states.find("t")[1]
        metadata.current = attrs.evolve(metadata.current, producer_epoch=epoch)

    def kinds(self) -> list[bool]:
        """Of each marker that was sent, whether it is a commit."""
        return [marker.transaction_result for _, marker in self.leaders.sent]


def ending(producer_id: int, producer_epoch: int, commit: bool, name: str = "t") -> EndTxnRequest:
    return EndTxnRequest(
        transactional_id=TransactionalId(name),
        producer_id=ProducerId(producer_id),
        producer_epoch=i16(producer_epoch),
        committed=commit,
    )


def initialising(
    name: str | None, producer_id: int = -1, producer_epoch: int = -1, timeout_ms: int = 60_000
) -> InitProducerIdRequest:
    return InitProducerIdRequest(
        transactional_id=None if name is None else TransactionalId(name),
        transaction_timeout=duration(timeout_ms),
        producer_id=ProducerId(producer_id),
        producer_epoch=i16(producer_epoch),
    )
