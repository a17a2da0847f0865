"""The transactional ids that this broker coordinates: loaded from the log, and changed by what is appended to it."""

from collections.abc import Callable

import attrs
from kio.schema.errors import ErrorCode

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import TimedOutError, within
from ackproof.reference.log.state_log import StateLog
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.java import partition_for
from ackproof.reference.records.batch import Record, new_batch
from ackproof.reference.transactions.states.metadata import TransactionMetadata, Transition
from ackproof.reference.transactions.states.transaction_log import key_of, loaded, value_of

UNAVAILABLE = frozenset(
    {
        ErrorCode.unknown_topic_or_partition,
        ErrorCode.not_enough_replicas,
        ErrorCode.not_enough_replicas_after_append,
        ErrorCode.request_timed_out,
    }
)
MOVED = frozenset({ErrorCode.not_leader_or_follower, ErrorCode.kafka_storage_error})
TOO_LARGE = frozenset({ErrorCode.message_too_large, ErrorCode.record_list_too_large})


@attrs.define(eq=False)
class Owned:
    """
    A partition of ``__transaction_state`` that this broker leads.

    Attributes:
        coordinator_epoch: The leader epoch in which it was loaded; markers carry it.
    """

    log: StateLog
    coordinator_epoch: int
    transactions: dict[str, TransactionMetadata]


class TransactionStateManager:
    """
    Keeps the partitions of ``__transaction_state`` that this broker leads.

    Args:
        partition_count: Of ``__transaction_state``.

    Source: ``TransactionStateManager``.
    """

    def __init__(self, clock: Clock, partition_count: int, rules: TransactionRules) -> None:
        self._clock = clock
        self._partition_count = partition_count
        self._rules = rules
        self._loading: dict[int, StateLog] = {}
        self.owned: dict[int, Owned] = {}

    @property
    def transaction_version(self) -> int:
        """The finalized level of the feature ``transaction.version``."""
        return self._rules.transaction_version

    def partition_for(self, transactional_id: str) -> int:
        """The partition of ``__transaction_state`` that keeps *transactional_id*."""
        return partition_for(transactional_id, self._partition_count)

    def load(self, partition: int, log: StateLog, resume: Callable[[Owned], None]) -> None:
        """Load *partition* in the next step, unless it is given up before; then *resume* what it had begun."""
        self._loading[partition] = log
        epoch = log.leader_epoch

        def finish() -> None:
            if self._loading.get(partition) is log:
                owned = Owned(log, epoch, loaded(log.batches()))
                self.owned[partition] = owned
                del self._loading[partition]
                resume(owned)

        self._clock.call_at(self._clock.now_ms, finish)

    def unload(self, partition: int) -> None:
        """Forget *partition*."""
        self._loading.pop(partition, None)
        self.owned.pop(partition, None)

    def owner_of(self, transactional_id: str) -> Owned:
        """
        What keeps *transactional_id* here.

        Raises:
            KafkaError: COORDINATOR_LOAD_IN_PROGRESS, or NOT_COORDINATOR: another broker does.
        """
        partition = self.partition_for(transactional_id)
        if partition in self._loading:
            raise KafkaError(ErrorCode.coordinator_load_in_progress)
        if partition not in self.owned:
            raise KafkaError(ErrorCode.not_coordinator)
        return self.owned[partition]

    def find(self, transactional_id: str) -> tuple[Owned, TransactionMetadata]:
        """
        *transactional_id*, and what keeps it.

        Raises:
            KafkaError: As ``owner_of``; INVALID_PRODUCER_ID_MAPPING: it is not known.
        """
        owned = self.owner_of(transactional_id)
        if transactional_id not in owned.transactions:
            raise KafkaError(ErrorCode.invalid_producer_id_mapping)
        return owned, owned.transactions[transactional_id]

    def held(self, transactional_id: str, coordinator_epoch: int) -> TransactionMetadata:
        """
        *transactional_id*, if it is still kept in this epoch.

        Raises:
            KafkaError: COORDINATOR_LOAD_IN_PROGRESS or NOT_COORDINATOR.
        """
        owned = self.owner_of(transactional_id)
        if owned.coordinator_epoch != coordinator_epoch or transactional_id not in owned.transactions:
            raise KafkaError(ErrorCode.not_coordinator)
        return owned.transactions[transactional_id]

    async def append(
        self,
        transactional_id: str,
        coordinator_epoch: int,
        after: Transition,
        keeps_pending_after: ErrorCode = ErrorCode.none,
    ) -> ErrorCode:
        """
        Log *after*, which takes effect once all in-sync replicas have it; else nothing is pending any more.

        Args:
            keeps_pending_after: The error after which the caller tries again.

        Source: ``TransactionStateManager.appendTransactionToLog``.
        """
        try:
            self.held(transactional_id, coordinator_epoch)
            error = await self._logged(transactional_id, after)
            metadata = self.held(transactional_id, coordinator_epoch)
        except KafkaError as moved:
            return moved.code
        if error is ErrorCode.none:
            metadata.complete(after)
        elif not self._stays_pending(error, keeps_pending_after):
            metadata.pending = None
        return error

    async def _logged(self, transactional_id: str, after: Transition) -> ErrorCode:
        try:
            value = value_of(after, 1 if self.transaction_version >= 1 else 0)
        except KafkaError as refused:
            return refused.code
        record = Record(value, key_of(transactional_id), self._clock.now_ms)
        return await self.written(self.owner_of(transactional_id).log, after.timeout_ms, record)

    async def written(self, log: StateLog, timeout_ms: int, *records: Record) -> ErrorCode:
        """Append *records*; what a client is told if that fails, which does not mean that they are not in the log."""
        try:
            await within(self._clock, log.append(new_batch(records)), timeout_ms)
        except TimedOutError:
            return ErrorCode.coordinator_not_available
        except KafkaError as refused:
            return told(refused.code)
        return ErrorCode.none

    def _stays_pending(self, error: ErrorCode, keeps_pending_after: ErrorCode) -> bool:
        if error is ErrorCode.unsupported_version:
            return self._rules.refusal_keeps_pending
        return error is keeps_pending_after


def told(error: ErrorCode) -> ErrorCode:
    """What a client is told where the log answers *error*."""
    if error in UNAVAILABLE:
        return ErrorCode.coordinator_not_available
    if error in MOVED:
        return ErrorCode.not_coordinator
    return ErrorCode.unknown_server_error if error in TOO_LARGE else error
