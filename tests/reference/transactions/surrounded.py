"""What surrounds a transaction coordinator in tests: a log that is a list, leaders that note what they are sent."""

from collections.abc import Iterator

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.write_txn_markers.v2.request import WritableTxnMarker, WriteTxnMarkersRequest
from kio.schema.write_txn_markers.v2.response import (
    WritableTxnMarkerPartitionResult,
    WritableTxnMarkerResult,
    WritableTxnMarkerTopicResult,
    WriteTxnMarkersResponse,
)

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import DisconnectedError
from ackproof.reference.records.batch import Batch
from ackproof.reference.transactions.states.metadata import Transition
from ackproof.reference.transactions.states.transaction_log import state_of
from ackproof.reference.transactions.surroundings import TopicPartition

Answer = tuple[ErrorCode, int, int]
"""An error, a producer id, and its epoch."""


class ListLog:
    """
    A partition of ``__transaction_state``.

    Attributes:
        error: What the next append fails with.
        is_held: Whether replication waits for ``release``.
        durable: How much of it is replicated.
    """

    def __init__(self, clock: VirtualClock, stored: list[Batch] | None = None, leader_epoch: int = 0) -> None:
        self._clock = clock
        self._held: list[Future[int]] = []
        self.durable = 0 if stored is None else len(stored)
        self.stored = [] if stored is None else stored
        self.leader_epoch = leader_epoch
        self.error: ErrorCode | None = None
        self.is_held = False

    def append(self, batch: Batch) -> Future[int]:
        future = Future[int](self._clock)
        if self.error is not None:
            future.fail(KafkaError(self.error))
            return future
        self.stored.append(batch)
        if self.is_held:
            self._held.append(future)
        else:
            self.durable = len(self.stored)
            future.resolve(len(self.stored) - 1)
        return future

    def release(self, error: ErrorCode | None = None) -> None:
        """What waits for replication has it, or fails; what comes later does not wait."""
        self.is_held = False
        if error is None and self._held:
            self.durable = len(self.stored)
        for future in self._held:
            if error is None:
                future.resolve(0)
            else:
                future.fail(KafkaError(error))
        self._held.clear()

    def batches(self) -> Iterator[Batch]:
        return iter(list(self.stored))

    def states(self) -> list[Transition]:
        """What the log says, oldest first; without what was forgotten."""
        records = [record.value for batch in self.stored for record in batch.records]
        return [state for value in records if value is not None and (state := state_of(value)) is not None]


@attrs.define
class Leaders:
    """
    Brokers that lead partitions; each partition is led by broker 1 unless said otherwise.

    Attributes:
        answers: What the next markers are answered, partition by partition; NONE if nothing is said.
        is_silent: Nothing is answered; what was asked waits in *unanswered*.
    """

    clock: VirtualClock
    leaders: dict[TopicPartition, int | None] = attrs.Factory(dict[TopicPartition, int | None])
    sent: list[tuple[int, WritableTxnMarker]] = attrs.Factory(list[tuple[int, WritableTxnMarker]])
    answers: dict[TopicPartition, list[ErrorCode]] = attrs.Factory(dict[TopicPartition, list[ErrorCode]])
    is_silent: bool = False
    is_disconnected: bool = False
    unanswered: list[tuple[WriteTxnMarkersRequest, Future[WriteTxnMarkersResponse]]] = attrs.Factory(
        list[tuple[WriteTxnMarkersRequest, Future[WriteTxnMarkersResponse]]]
    )

    def leader_of(self, partition: TopicPartition) -> int | None:
        return self.leaders.get(partition, 1)

    def send(self, broker: int, request: WriteTxnMarkersRequest) -> Future[WriteTxnMarkersResponse]:
        self.sent += [(broker, marker) for marker in request.markers]
        future = Future[WriteTxnMarkersResponse](self.clock)
        if self.is_disconnected:
            future.fail(DisconnectedError())
        elif self.is_silent:
            self.unanswered.append((request, future))
        else:
            future.resolve(self.response(request))
        return future

    def speak(self) -> None:
        """Answer what waits, and what comes."""
        self.is_silent = False
        for request, future in self.unanswered:
            future.resolve(self.response(request))
        self.unanswered.clear()

    def response(self, request: WriteTxnMarkersRequest) -> WriteTxnMarkersResponse:
        return WriteTxnMarkersResponse(markers=tuple(self._answer(marker) for marker in request.markers))

    def _answer(self, marker: WritableTxnMarker) -> WritableTxnMarkerResult:
        return WritableTxnMarkerResult(
            producer_id=marker.producer_id,
            topics=tuple(
                WritableTxnMarkerTopicResult(
                    name=topic.name,
                    partitions=tuple(
                        WritableTxnMarkerPartitionResult(
                            partition_index=index, error_code=self._error(TopicPartition(topic.name, index))
                        )
                        for index in topic.partition_indexes
                    ),
                )
                for topic in marker.topics
            ),
        )

    def _error(self, partition: TopicPartition) -> ErrorCode:
        answers = self.answers.get(partition, [])
        return answers.pop(0) if answers else ErrorCode.none


class Topics:
    """Two partitions of every topic but ``gone``."""

    def partition_count(self, topic: str) -> int | None:
        return None if topic == "gone" else 2


@attrs.define
class Numbers:
    """Producer ids from 100 on."""

    last: int = 99
    error: ErrorCode | None = None

    def next_producer_id(self) -> int:
        if self.error is not None:
            raise KafkaError(self.error)
        self.last += 1
        return self.last
