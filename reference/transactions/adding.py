"""Partitions of a transaction: added to it, or found to be in it."""

from kio.schema.errors import ErrorCode

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.transactions.states.metadata import TransactionMetadata, Transition
from ackproof.reference.transactions.states.preparing import prepare_adding
from ackproof.reference.transactions.states.state import State
from ackproof.reference.transactions.states.state_manager import TransactionStateManager
from ackproof.reference.transactions.surroundings import TopicPartition

Partitions = tuple[TopicPartition, ...]


class Adding:
    """
    Adds partitions to transactions, and says which are in them.

    Source: ``TransactionCoordinator.handleAddPartitionsToTransaction``, ``handleVerifyPartitionsInTransaction``.
    """

    def __init__(self, clock: Clock, states: TransactionStateManager) -> None:
        self._clock = clock
        self._states = states

    async def add(
        self, transactional_id: str, producer_id: int, producer_epoch: int, partitions: Partitions, client_version: int
    ) -> ErrorCode:
        """Add *partitions*, which begins a transaction if none is open; answered once that is logged."""
        if not transactional_id:
            return ErrorCode.invalid_request
        try:
            owned, metadata = self._states.find(transactional_id)
            after = self._prepared(metadata, producer_id, producer_epoch, partitions, client_version)
        except KafkaError as refused:
            return refused.code
        if after is None:
            return ErrorCode.none
        return await self._states.append(transactional_id, owned.coordinator_epoch, after)

    def _prepared(
        self,
        metadata: TransactionMetadata,
        producer_id: int,
        producer_epoch: int,
        partitions: Partitions,
        client_version: int,
    ) -> Transition | None:
        if metadata.pending is not None:
            raise KafkaError(ErrorCode.concurrent_transactions)
        refuse(metadata, producer_id, producer_epoch)
        if metadata.state is State.ONGOING and set(partitions) <= set(metadata.current.partitions):
            return None
        return prepare_adding(metadata, partitions, client_version, self._clock.now_ms)

    def verify(
        self, transactional_id: str, producer_id: int, producer_epoch: int, partitions: Partitions
    ) -> dict[TopicPartition, ErrorCode]:
        """
        Whether each of *partitions* is in the transaction (KIP-890 part 1).

        What is about to be logged does not count: a batch is checked again where it is appended.
        """
        if not transactional_id:
            return dict.fromkeys(partitions, ErrorCode.invalid_request)
        try:
            _, metadata = self._states.find(transactional_id)
            refuse(metadata, producer_id, producer_epoch)
        except KafkaError as refused:
            return dict.fromkeys(partitions, refused.code)
        added = set(metadata.current.partitions)
        return {each: ErrorCode.none if each in added else ErrorCode.transaction_abortable for each in partitions}


def refuse(metadata: TransactionMetadata, producer_id: int, producer_epoch: int) -> None:
    """
    Refuse who is not the present producer, or is too early.

    Raises:
        KafkaError: INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED or CONCURRENT_TRANSACTIONS.
    """
    if metadata.current.producer_id != producer_id:
        raise KafkaError(ErrorCode.invalid_producer_id_mapping)
    if metadata.current.producer_epoch != producer_epoch:
        raise KafkaError(ErrorCode.producer_fenced)
    if metadata.state.is_preparing:
        raise KafkaError(ErrorCode.concurrent_transactions)
