"""What is decided on the end of a transaction, under the old protocol and the new one."""

from collections.abc import Callable

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.transactions.states.metadata import (
    EPOCH_MAX,
    NO_PRODUCER_EPOCH,
    NO_PRODUCER_ID,
    TransactionMetadata,
    Transition,
)
from ackproof.reference.transactions.states.preparing import prepare_end
from ackproof.reference.transactions.states.state import State


@attrs.frozen(kw_only=True)
class End:
    """
    The end of a transaction, as it is asked for.

    Attributes:
        is_from_client: Else the coordinator asks, to fence the producer, whose epoch is raised already.
        client_version: 2 if the producer gets its next epoch with the answer (EndTxn 5), else 0.
    """

    producer_id: int
    producer_epoch: int
    is_commit: bool
    is_from_client: bool = True
    client_version: int = 0

    @property
    def decision(self) -> State:
        """The state that says how it ends."""
        return State.PREPARE_COMMIT if self.is_commit else State.PREPARE_ABORT

    @property
    def outcome(self) -> State:
        """The state that says that it has ended so."""
        return State.COMPLETE_COMMIT if self.is_commit else State.COMPLETE_ABORT


def decided(
    metadata: TransactionMetadata, end: End, next_producer_id: Callable[[], int], now_ms: int
) -> Transition | None:
    """
    What is to be logged; None where the transaction has ended as asked.

    Raises:
        KafkaError: It does not end so.

    Source: ``TransactionCoordinator.endTransaction``.
    """
    if end.client_version >= 2:
        return decided_with_next_epoch(metadata, end, next_producer_id, now_ms)
    return decided_with_this_epoch(metadata, end, now_ms)


def decided_with_this_epoch(metadata: TransactionMetadata, end: End, now_ms: int) -> Transition | None:
    """The old protocol. Source: ``TransactionCoordinator.endTransactionWithTV1``."""
    current = metadata.current
    if current.producer_id != end.producer_id:
        raise KafkaError(ErrorCode.invalid_producer_id_mapping)
    is_other = end.producer_epoch != current.producer_epoch
    if end.producer_epoch < current.producer_epoch or (end.is_from_client and is_other):
        raise KafkaError(ErrorCode.producer_fenced)
    refuse_beside_another_change(metadata)
    if current.state is not State.ONGOING:
        refuse_unless_repeated(current.state, end)
        return None
    if metadata.pending is State.PREPARE_EPOCH_FENCE:
        metadata.pending = None
        metadata.current = attrs.evolve(
            current, producer_epoch=end.producer_epoch, last_producer_epoch=NO_PRODUCER_EPOCH
        )
    return prepare_end(metadata, end.decision, 0, NO_PRODUCER_ID, now_ms)


def decided_with_next_epoch(
    metadata: TransactionMetadata, end: End, next_producer_id: Callable[[], int], now_ms: int
) -> Transition | None:
    """The new protocol: who asks with the last epoch has not heard the answer, and who aborts nothing is served."""
    refuse_beside_another_change(metadata)
    if metadata.current.producer_id != end.producer_id and not is_repeat_after_overflow(metadata, end):
        raise KafkaError(ErrorCode.invalid_producer_id_mapping)
    if not has_valid_epoch(metadata, end):
        raise KafkaError(ErrorCode.producer_fenced)
    state = metadata.state
    is_next = state is State.ONGOING or (state.is_at_rest and not is_repeat(metadata, end))
    if not is_next:
        refuse_unless_repeated(state, end)
        return None
    if state is not State.ONGOING and end.is_commit:
        raise KafkaError(ErrorCode.invalid_txn_state)
    if metadata.pending is State.PREPARE_EPOCH_FENCE:
        metadata.pending = None
    producer_id = next_producer_id() if metadata.is_exhausted else NO_PRODUCER_ID
    return prepare_end(metadata, end.decision, end.client_version, producer_id, now_ms)


def refuse_beside_another_change(metadata: TransactionMetadata) -> None:
    """Refuse where something else is about to be logged; the coordinator's own fence is what leads here."""
    if metadata.pending not in {None, State.PREPARE_EPOCH_FENCE}:
        raise KafkaError(ErrorCode.concurrent_transactions)


def has_valid_epoch(metadata: TransactionMetadata, end: End) -> bool:
    """Whether the epoch is that of the present transaction or, once it is decided, the one before."""
    epoch = metadata.current.producer_epoch
    if metadata.pending is State.PREPARE_EPOCH_FENCE:
        return end.producer_epoch == epoch if end.is_from_client else end.producer_epoch >= epoch
    match metadata.state:
        case State.PREPARE_COMMIT | State.PREPARE_ABORT:
            return is_repeat_after_bump(metadata, end)
        case State.COMPLETE_COMMIT | State.COMPLETE_ABORT:
            return is_repeat(metadata, end) or end.producer_epoch == epoch
        case _:
            return end.producer_epoch == epoch


def is_repeat(metadata: TransactionMetadata, end: End) -> bool:
    """Whether it is asked with the epoch before the present one."""
    return is_repeat_after_bump(metadata, end) or is_repeat_after_overflow(metadata, end)


def is_repeat_after_bump(metadata: TransactionMetadata, end: End) -> bool:
    """Whether the epoch has gone up by one since the client asked first."""
    return metadata.current.producer_epoch == end.producer_epoch + 1


def is_repeat_after_overflow(metadata: TransactionMetadata, end: End) -> bool:
    """Whether the producer id has changed since the client asked first, as the epochs of the other had run out."""
    current = metadata.current
    is_first = current.producer_epoch == 0 and current.previous_producer_id == end.producer_id
    return is_first and end.producer_epoch == EPOCH_MAX - 1


def refuse_unless_repeated(state: State, end: End) -> None:
    """
    Refuse to end a transaction that is not open, unless it has ended as asked.

    Raises:
        KafkaError: CONCURRENT_TRANSACTIONS: it is ending so. INVALID_TXN_STATE: it ended otherwise, or never began.
    """
    if state is end.decision:
        raise KafkaError(ErrorCode.concurrent_transactions)
    if state is not end.outcome:
        raise KafkaError(ErrorCode.invalid_txn_state)
