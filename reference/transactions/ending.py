"""The end of transactions: decided, logged, answered, and then told to every partition."""

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.transactions.markers import Completion
from ackproof.reference.transactions.marking import Marking
from ackproof.reference.transactions.states.deciding import End, decided
from ackproof.reference.transactions.states.metadata import (
    NO_PRODUCER_EPOCH,
    NO_PRODUCER_ID,
    TransactionMetadata,
    Transition,
)
from ackproof.reference.transactions.states.preparing import prepare_completion, prepare_epoch_fence
from ackproof.reference.transactions.states.state import State
from ackproof.reference.transactions.states.state_manager import Owned, TransactionStateManager
from ackproof.reference.transactions.surroundings import ProducerIds


@attrs.frozen
class Granted:
    """What a producer is told: an error, or its producer id and epoch from now on."""

    error: ErrorCode = ErrorCode.none
    producer_id: int = NO_PRODUCER_ID
    producer_epoch: int = NO_PRODUCER_EPOCH


class Ending:
    """
    Ends transactions, for clients and for the coordinator itself.

    Source: ``TransactionCoordinator.endTransaction``.
    """

    def __init__(
        self, clock: Clock, states: TransactionStateManager, producer_ids: ProducerIds, marking: Marking
    ) -> None:
        self._clock = clock
        self._states = states
        self._producer_ids = producer_ids
        self._marking = marking

    async def end(self, transactional_id: str, end: End) -> Granted:
        """
        End the transaction of *transactional_id*.

        It is over for the client once the decision is durable; markers are written after that.
        """
        try:
            owned, metadata = self._states.find(transactional_id)
            is_fence = metadata.pending is State.PREPARE_EPOCH_FENCE
            after = decided(metadata, end, self._producer_ids.next_producer_id, self._clock.now_ms)
        except KafkaError as refused:
            return Granted(refused.code)
        if after is None:
            return granted(metadata.current, end)
        error = await self._states.append(transactional_id, owned.coordinator_epoch, after)
        if error is ErrorCode.none:
            return granted(self._begin_completion(owned, metadata), end)
        # The old protocol raised the epoch before it was logged: it is not to be raised once more.
        metadata.has_failed_epoch_fence |= is_fence and end.client_version < 2
        return Granted(error)

    async def fence(self, metadata: TransactionMetadata) -> ErrorCode:
        """Abort the open transaction in such a way that its producer is fenced, as the server's protocol has it."""
        fence = prepare_epoch_fence(metadata)
        end = End(
            producer_id=fence.producer_id,
            producer_epoch=fence.producer_epoch,
            is_commit=False,
            is_from_client=False,
            client_version=self._states.transaction_version,
        )
        return (await self.end(metadata.transactional_id, end)).error

    def resume(self, owned: Owned) -> None:
        """What was loaded in the midst of its end goes on."""
        for metadata in owned.transactions.values():
            if metadata.state.is_preparing:
                self._begin_completion(owned, metadata)

    def _begin_completion(self, owned: Owned, metadata: TransactionMetadata) -> Transition:
        after = prepare_completion(metadata, self._clock.now_ms)
        completion = Completion(owned.coordinator_epoch, metadata, after)
        self._clock.call_at(self._clock.now_ms, lambda: self._marking.begin(completion))
        return after


def granted(current: Transition, end: End) -> Granted:
    """What a client is told whose transaction has ended; only the new protocol says more than that."""
    if end.client_version < 2:
        return Granted()
    return Granted(ErrorCode.none, current.producer_id, current.producer_epoch)
