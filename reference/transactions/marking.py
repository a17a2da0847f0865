"""Markers: how every partition of a transaction learns how it ended, and the transaction is complete after that."""

from collections.abc import Iterable
from random import Random

from kio.schema.errors import ErrorCode
from kio.schema.write_txn_markers.v2.response import WriteTxnMarkersResponse

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import TimedOutError, sleep, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import DisconnectedError
from ackproof.reference.transactions.markers import Completion, Marker, errors_of, request_of
from ackproof.reference.transactions.states.state_manager import TransactionStateManager
from ackproof.reference.transactions.surroundings import NO_LEADER, MarkerSender, TopicPartition

RETRY_BACKOFF_MS = 50
"""How long it is waited before a marker, or a completion, is tried again."""

RETRIABLE = frozenset(
    {
        ErrorCode.unknown_topic_or_partition,
        ErrorCode.not_leader_or_follower,
        ErrorCode.not_enough_replicas,
        ErrorCode.not_enough_replicas_after_append,
        ErrorCode.request_timed_out,
        ErrorCode.kafka_storage_error,
    }
)
FENCED = frozenset({ErrorCode.invalid_producer_epoch, ErrorCode.transaction_coordinator_fenced})
WRITTEN = frozenset({ErrorCode.none, ErrorCode.unsupported_for_message_format, ErrorCode.unsupported_version})
"""With those that say that nothing of the transaction can be in the partition."""


class Marking:
    """
    Sends markers, one request to each broker at a time, until every partition has its own.

    Attributes:
        rng: Decides what is lost where rules let a completion be lost.

    Source: ``TransactionMarkerChannelManager``, ``TransactionMarkerRequestCompletionHandler``. Not modelled: the
    pace of its sender thread; what is tried again waits 50 ms.
    """

    def __init__(
        self, clock: Clock, states: TransactionStateManager, sender: MarkerSender, rules: TransactionRules, rng: Random
    ) -> None:
        self._clock = clock
        self._states = states
        self._sender = sender
        self._rules = rules
        self.rng = rng
        self._incomplete: dict[str, Completion] = {}
        self._queues: dict[int, list[Marker]] = {}
        self._busy: set[int] = set()

    def begin(self, completion: Completion) -> None:
        """Send the markers of a transaction whose end is durable, unless it is no longer coordinated here."""
        if self._is_held(completion):
            self._incomplete[completion.transactional_id] = completion
            self._route(completion, completion.metadata.current.partitions)
            self._complete_if_marked(completion)

    def forget(self, partition: int) -> None:
        """Send nothing more for transactions of this *partition* of ``__transaction_state``."""
        for queue in (*self._queues.values(),):
            kept = [each for each in queue if self._states.partition_for(each.transactional_id) != partition]
            for each in queue:
                if each not in kept:
                    self._cancel(each.completion)
            queue[:] = kept

    def _route(self, completion: Completion, partitions: Iterable[TopicPartition]) -> None:
        leaders: dict[int | None, list[TopicPartition]] = {}
        for partition in partitions:
            leaders.setdefault(self._sender.leader_of(partition), []).append(partition)
        for leader, led in leaders.items():
            if leader is None:
                completion.metadata.remove(frozenset(led))
            elif leader == NO_LEADER:
                self._route_later(completion, led)
            else:
                self._queues.setdefault(leader, []).append(Marker(completion, tuple(led)))
                self._send(leader)

    def _route_later(self, completion: Completion, partitions: Iterable[TopicPartition]) -> None:
        def again() -> None:
            if self._incomplete.get(completion.transactional_id) is completion and self._is_held(completion):
                self._route(completion, partitions)
                self._complete_if_marked(completion)

        self._clock.call_at(self._clock.now_ms + RETRY_BACKOFF_MS, again)

    def _send(self, broker: int) -> None:
        if broker not in self._busy:
            self._busy.add(broker)
            spawn(self._clock, self._empty(broker))

    async def _empty(self, broker: int) -> None:
        while markers := self._queues.pop(broker, None):
            try:
                response = await self._sender.send(broker, request_of(markers, self._rules))
            except (DisconnectedError, TimedOutError):
                for marker in markers:
                    self._route_later(marker.completion, marker.partitions)
                await sleep(self._clock, RETRY_BACKOFF_MS)
            else:
                self._take(markers, response)
        self._busy.discard(broker)

    def _take(self, markers: list[Marker], response: WriteTxnMarkersResponse) -> None:
        for marker in markers:
            if self._is_held(marker.completion):
                self._heard(marker, errors_of(marker, response))
            else:
                self._cancel(marker.completion)

    def _heard(self, marker: Marker, errors: dict[TopicPartition, ErrorCode]) -> None:
        completion = marker.completion
        unknown = set(errors.values()) - RETRIABLE - FENCED - WRITTEN
        assert not unknown, unknown
        completion.metadata.remove(frozenset(each for each, error in errors.items() if error in WRITTEN))
        if not FENCED.isdisjoint(errors.values()):
            self._cancel(completion)
        elif again := [each for each, error in errors.items() if error in RETRIABLE]:
            self._route_later(completion, again)
        elif not self._is_missed(completion):
            self._complete_if_marked(completion)

    def _is_missed(self, completion: Completion) -> bool:
        # KAFKA-9777: whether it is noticed depended on which thread held which lock.
        if completion.is_marked and self._rules.loses_completion and self.rng.random() < 0.5:
            self._cancel(completion)
            return True
        return False

    def _complete_if_marked(self, completion: Completion) -> None:
        if completion.is_marked and self._cancel(completion):
            spawn(self._clock, self._complete(completion))

    async def _complete(self, completion: Completion) -> None:
        while True:
            error = await self._states.append(
                completion.transactional_id,
                completion.coordinator_epoch,
                completion.after,
                keeps_pending_after=ErrorCode.coordinator_not_available,
            )
            if error is not ErrorCode.coordinator_not_available:
                return
            await sleep(self._clock, RETRY_BACKOFF_MS)

    def _cancel(self, completion: Completion) -> bool:
        if self._incomplete.get(completion.transactional_id) is not completion:
            return False
        del self._incomplete[completion.transactional_id]
        return True

    def _is_held(self, completion: Completion) -> bool:
        try:
            held = self._states.held(completion.transactional_id, completion.coordinator_epoch)
        except KafkaError:
            return False
        return held is completion.metadata
