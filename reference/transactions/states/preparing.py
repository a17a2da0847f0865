"""What a transactional id is to become next: decided here, and in effect once it is logged."""

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
from ackproof.reference.transactions.states.state import State
from ackproof.reference.transactions.surroundings import TopicPartition


def prepare_epoch_fence(metadata: TransactionMetadata) -> Transition:
    """The epoch goes up, so that the present producer is fenced; always followed by the abort of what it has open."""
    epoch = metadata.current.producer_epoch
    stays = metadata.has_failed_epoch_fence or epoch == EPOCH_MAX
    after = attrs.evolve(
        metadata.current, state=State.PREPARE_EPOCH_FENCE, producer_epoch=epoch if stays else epoch + 1
    )
    return metadata.prepare(after)


def prepare_next_epoch(
    metadata: TransactionMetadata, timeout_ms: int, expected_epoch: int | None, now_ms: int
) -> Transition:
    """
    A producer gets its next epoch; or, where it says the last one, the answer again that it has not heard.

    Raises:
        KafkaError: PRODUCER_FENCED: it says another epoch. UNKNOWN_SERVER_ERROR: there are no further epochs, which
            Kafka does not expect of a producer that says an epoch.
    """
    if metadata.is_exhausted:
        raise KafkaError(ErrorCode.unknown_server_error)
    epoch, last_epoch = epochs(metadata.current, expected_epoch)
    return metadata.prepare(
        attrs.evolve(
            metadata.current,
            state=State.EMPTY,
            producer_epoch=epoch,
            last_producer_epoch=last_epoch,
            timeout_ms=timeout_ms,
            partitions=(),
            start_ms=-1,
            last_update_ms=now_ms,
        )
    )


def epochs(current: Transition, expected: int | None) -> tuple[int, int]:
    """The epoch that a producer is to have, and the one before, if it may ask for the present one again."""
    if expected is None:
        return current.producer_epoch + 1, NO_PRODUCER_EPOCH
    if current.producer_epoch in {NO_PRODUCER_EPOCH, expected}:
        return current.producer_epoch + 1, current.producer_epoch
    if expected == current.last_producer_epoch:
        return current.producer_epoch, current.last_producer_epoch
    raise KafkaError(ErrorCode.producer_fenced)


def prepare_next_producer_id(
    metadata: TransactionMetadata, producer_id: int, timeout_ms: int, now_ms: int, *, keeps_last_epoch: bool
) -> Transition:
    """The epochs of a producer have run out: it gets another producer id."""
    last_epoch = metadata.current.producer_epoch if keeps_last_epoch else NO_PRODUCER_EPOCH
    return metadata.prepare(
        attrs.evolve(
            metadata.current,
            state=State.EMPTY,
            producer_id=producer_id,
            producer_epoch=0,
            last_producer_epoch=last_epoch,
            timeout_ms=timeout_ms,
            partitions=(),
            start_ms=-1,
            last_update_ms=now_ms,
        )
    )


def prepare_adding(
    metadata: TransactionMetadata, partitions: tuple[TopicPartition, ...], client_version: int, now_ms: int
) -> Transition:
    """*partitions* come into the transaction, which begins with them if none is open."""
    current = metadata.current
    added = tuple(each for each in dict.fromkeys(partitions) if each not in current.partitions)
    return metadata.prepare(
        attrs.evolve(
            current,
            state=State.ONGOING,
            partitions=current.partitions + added,
            start_ms=now_ms if current.state.is_at_rest else current.start_ms,
            last_update_ms=now_ms,
            client_version=client_version,
        )
    )


def prepare_end(
    metadata: TransactionMetadata, state: State, client_version: int, next_producer_id: int, now_ms: int
) -> Transition:
    """
    It is decided how the transaction ends; with the next epoch, in the new protocol.

    Raises:
        KafkaError: UNKNOWN_SERVER_ERROR: there is no next epoch, which Kafka does not expect.
    """
    current = metadata.current
    epoch, last_epoch = current.producer_epoch, current.last_producer_epoch
    if client_version >= 2:
        # An epoch that has run out by mistake is left as it is, so that an abort can heal it.
        if epoch == EPOCH_MAX and state is State.PREPARE_COMMIT:
            raise KafkaError(ErrorCode.unknown_server_error)
        epoch, last_epoch = min(epoch + 1, EPOCH_MAX), epoch
    return metadata.prepare(
        attrs.evolve(
            current,
            state=state,
            producer_epoch=epoch,
            last_producer_epoch=last_epoch,
            next_producer_id=next_producer_id,
            # An abort where no transaction is open has no other time to begin at.
            start_ms=now_ms if current.state.is_at_rest else current.start_ms,
            last_update_ms=now_ms,
            client_version=client_version,
        )
    )


def prepare_completion(metadata: TransactionMetadata, now_ms: int) -> Transition:
    """What follows once every partition has its marker: also the next producer id, where the epochs have run out."""
    metadata.has_failed_epoch_fence = False
    current = metadata.current
    is_new = current.client_version >= 2 and current.next_producer_id != NO_PRODUCER_ID
    return metadata.prepare(
        attrs.evolve(
            current,
            state=State.COMPLETE_COMMIT if current.state is State.PREPARE_COMMIT else State.COMPLETE_ABORT,
            producer_id=current.next_producer_id if is_new else current.producer_id,
            producer_epoch=0 if is_new else current.producer_epoch,
            next_producer_id=NO_PRODUCER_ID,
            partitions=(),
            last_update_ms=now_ms,
        )
    )


def prepare_death(metadata: TransactionMetadata) -> Transition:
    """The id has expired, and is forgotten."""
    return metadata.prepare(attrs.evolve(metadata.current, state=State.DEAD, partitions=()))
