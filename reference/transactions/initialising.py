"""InitProducerId: a producer gets the epoch that fences every earlier one with its transactional id."""

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.transactions.ending import Ending, Granted
from ackproof.reference.transactions.states.metadata import (
    NO_PRODUCER_EPOCH,
    TransactionMetadata,
    Transition,
    created,
    is_exhausted,
)
from ackproof.reference.transactions.states.preparing import prepare_next_epoch, prepare_next_producer_id
from ackproof.reference.transactions.states.state import State
from ackproof.reference.transactions.states.state_manager import Owned, TransactionStateManager
from ackproof.reference.transactions.surroundings import ProducerIds


@attrs.frozen
class Identity:
    """The producer id and epoch that a producer says it has (KIP-360)."""

    producer_id: int
    producer_epoch: int


class Initialising:
    """
    Hands out producer ids and epochs.

    Source: ``TransactionCoordinator.handleInitProducerId``.
    """

    def __init__(
        self,
        clock: Clock,
        timeout_max_ms: int,
        states: TransactionStateManager,
        producer_ids: ProducerIds,
        ending: Ending,
    ) -> None:
        self._clock = clock
        self._timeout_max_ms = timeout_max_ms
        self._states = states
        self._producer_ids = producer_ids
        self._ending = ending

    async def initialise(self, transactional_id: str | None, timeout_ms: int, expected: Identity | None) -> Granted:
        """The identity that a producer is to have; what it has open is aborted first, and it asks again."""
        try:
            if transactional_id is None:
                return Granted(ErrorCode.none, self._producer_ids.next_producer_id(), 0)
            if not transactional_id:
                return Granted(ErrorCode.invalid_request)
            if not 0 < timeout_ms <= self._timeout_max_ms:
                return Granted(ErrorCode.invalid_transaction_timeout)
            return await self._transactional(transactional_id, timeout_ms, expected)
        except KafkaError as refused:
            return Granted(refused.code)

    async def _transactional(self, transactional_id: str, timeout_ms: int, expected: Identity | None) -> Granted:
        owned = self._states.owner_of(transactional_id)
        metadata = self._known(owned, transactional_id, timeout_ms)
        refuse(metadata, expected)
        if metadata.state is State.ONGOING:
            error = await self._ending.fence(metadata)
            return Granted(ErrorCode.concurrent_transactions if error is ErrorCode.none else error)
        after = self._prepared(metadata, timeout_ms, expected)
        error = await self._states.append(transactional_id, owned.coordinator_epoch, after)
        return (
            Granted(error) if error is not ErrorCode.none else Granted(error, after.producer_id, after.producer_epoch)
        )

    def _known(self, owned: Owned, transactional_id: str, timeout_ms: int) -> TransactionMetadata:
        if transactional_id not in owned.transactions:
            producer_id = self._producer_ids.next_producer_id()
            new = created(transactional_id, producer_id, timeout_ms, self._clock.now_ms)
            owned.transactions[transactional_id] = new
        return owned.transactions[transactional_id]

    def _prepared(self, metadata: TransactionMetadata, timeout_ms: int, expected: Identity | None) -> Transition:
        now_ms = self._clock.now_ms
        expected_epoch = None if expected is None else expected.producer_epoch
        if metadata.is_exhausted and expected_epoch in {None, metadata.current.producer_epoch}:
            producer_id = self._producer_ids.next_producer_id()
            return prepare_next_producer_id(
                metadata, producer_id, timeout_ms, now_ms, keeps_last_epoch=expected is not None
            )
        return prepare_next_epoch(metadata, timeout_ms, expected_epoch, now_ms)


def refuse(metadata: TransactionMetadata, expected: Identity | None) -> None:
    """
    Refuse a producer that has been fenced, or has to wait.

    Raises:
        KafkaError: CONCURRENT_TRANSACTIONS or PRODUCER_FENCED.
    """
    if metadata.pending is not None:
        raise KafkaError(ErrorCode.concurrent_transactions)
    if expected is not None and not has_valid_producer_id(metadata, expected):
        raise KafkaError(ErrorCode.producer_fenced)
    if metadata.state.is_preparing:
        raise KafkaError(ErrorCode.concurrent_transactions)


def has_valid_producer_id(metadata: TransactionMetadata, expected: Identity) -> bool:
    """
    Whether a producer says its producer id, or the one before where the epochs of that ran out.

    Where the transactional id is new, it may say anything.
    """
    current = metadata.current
    if current.producer_epoch == NO_PRODUCER_EPOCH or expected.producer_id == current.producer_id:
        return True
    return expected.producer_id == current.previous_producer_id and is_exhausted(expected.producer_epoch)
