"""What takes too long: transactions that are aborted, and transactional ids that nobody uses."""

from collections.abc import Callable, Sequence

from kio.schema.errors import ErrorCode

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Record
from ackproof.reference.transactions.ending import Ending
from ackproof.reference.transactions.settings import TransactionSettings
from ackproof.reference.transactions.states.metadata import NO_TIMEOUT_MS, TransactionMetadata
from ackproof.reference.transactions.states.preparing import prepare_death
from ackproof.reference.transactions.states.state import State
from ackproof.reference.transactions.states.state_manager import Owned, TransactionStateManager
from ackproof.reference.transactions.states.transaction_log import key_of

BATCH_SIZE = 1_000
"""How many ids are forgotten with one append."""


class Expiring:
    """
    Looks for both from time to time.

    Source: ``TransactionCoordinator.abortTimedOutTransactions``,
    ``TransactionStateManager.removeExpiredTransactionalIds``.
    """

    def __init__(
        self, clock: Clock, settings: TransactionSettings, states: TransactionStateManager, ending: Ending
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._states = states
        self._ending = ending

    def start(self) -> None:
        """Begin to do so."""
        settings = self._settings
        self._every(settings.transaction_abort_timed_out_transaction_cleanup_interval_ms, self.abort_timed_out)
        self._every(settings.transaction_remove_expired_transaction_cleanup_interval_ms, self.remove_expired)

    def abort_timed_out(self) -> None:
        """Abort what is open for longer than its producer asked for, and fence that."""
        for metadata in [each for owned in self._states.owned.values() for each in owned.transactions.values()]:
            if self._is_timed_out(metadata) and self._is_here(metadata):
                spawn(self._clock, self._ending.fence(metadata))

    def remove_expired(self) -> None:
        """Forget the ids for which nothing has happened for ``transactional.id.expiration.ms``."""
        before_ms = self._clock.now_ms - self._settings.transactional_id_expiration_ms
        for owned in self._states.owned.values():
            expired = [each for each in owned.transactions.values() if is_expired(each, before_ms)]
            for at in range(0, len(expired), BATCH_SIZE):
                spawn(self._clock, self._remove(owned, expired[at : at + BATCH_SIZE]))

    async def _remove(self, owned: Owned, expired: Sequence[TransactionMetadata]) -> None:
        for metadata in expired:
            prepare_death(metadata)
        tombstones = [Record(None, key_of(each.transactional_id), self._clock.now_ms) for each in expired]
        error = await self._states.written(owned.log, self._settings.request_timeout_ms, *tombstones)
        for metadata in expired:
            metadata.pending = None
            if error is ErrorCode.none:
                del owned.transactions[metadata.transactional_id]

    def _every(self, interval_ms: int, what: Callable[[], None]) -> None:
        def happen() -> None:
            what()
            self._every(interval_ms, what)

        self._clock.call_at(self._clock.now_ms + interval_ms, happen)

    def _is_timed_out(self, metadata: TransactionMetadata) -> bool:
        current = metadata.current
        if metadata.pending is not None or current.state is not State.ONGOING or current.timeout_ms == NO_TIMEOUT_MS:
            return False
        return current.start_ms + current.timeout_ms < self._clock.now_ms

    def _is_here(self, metadata: TransactionMetadata) -> bool:
        try:
            return self._states.find(metadata.transactional_id)[1] is metadata
        except KafkaError:
            return False


def is_expired(metadata: TransactionMetadata, before_ms: int) -> bool:
    """Whether nothing is open, nor has happened since *before_ms*."""
    return metadata.pending is None and metadata.state.is_at_rest and metadata.current.last_update_ms <= before_ms
