"""What the coordinator keeps of a transactional id, and how it changes: prepared first, complete once it is logged."""

import attrs

from ackproof.reference.transactions.states.state import MAY_FOLLOW, State
from ackproof.reference.transactions.surroundings import TopicPartition

NO_PRODUCER_ID = -1
NO_PRODUCER_EPOCH = -1
EPOCH_MAX = 2**15 - 1
NO_TIMEOUT_MS = 2**31 - 1
"""The timeout of two-phase commit: none."""


def is_exhausted(epoch: int) -> bool:
    """Whether a producer gets no epoch after this one: the last is kept to fence it."""
    return epoch >= EPOCH_MAX - 1


@attrs.frozen(kw_only=True)
class Transition:
    """
    What a transactional id becomes once this is in the log.

    Attributes:
        previous_producer_id: The one before, which a client may still say where the epochs of that ran out.
        next_producer_id: Decided on with the end of a transaction, where the epochs have run out.
        last_producer_epoch: The one before, if its owner may ask for the present one again.
        start_ms: When the first partition was added; -1 outside a transaction.
        last_update_ms: From here it is reckoned when the id expires.
        client_version: 2 where the client gets its next epoch with EndTxn (KIP-890 part 2), else 0.

    Source: ``TxnTransitMetadata``.
    """

    state: State
    producer_id: int
    producer_epoch: int
    timeout_ms: int
    last_update_ms: int
    previous_producer_id: int = NO_PRODUCER_ID
    next_producer_id: int = NO_PRODUCER_ID
    last_producer_epoch: int = NO_PRODUCER_EPOCH
    partitions: tuple[TopicPartition, ...] = ()
    start_ms: int = -1
    client_version: int = 0


@attrs.define(eq=False)
class TransactionMetadata:
    """
    A transactional id in its coordinator.

    Attributes:
        current: What it is, as the log has it; while Prepare* its partitions are those that still wait for a marker.
        pending: What it is about to become: nothing else may begin before that is settled.
        has_failed_epoch_fence: The epoch was raised to fence a producer, and that could not be logged.

    Source: ``TransactionMetadata``.
    """

    transactional_id: str
    current: Transition
    pending: State | None = None
    has_failed_epoch_fence: bool = False

    @property
    def state(self) -> State:
        """Where it is."""
        return self.current.state

    @property
    def is_exhausted(self) -> bool:
        """Whether the producer id has no further epochs."""
        return is_exhausted(self.current.producer_epoch)

    def prepare(self, after: Transition) -> Transition:
        """
        *after* is what comes next: it is pending from now on.

        Raises:
            ValueError: It may not follow the present state.
        """
        assert self.pending is None
        if self.current.state not in MAY_FOLLOW[after.state]:
            raise ValueError(f"{after.state.name} may not follow {self.current.state.name}")
        self.pending = after.state
        return attrs.evolve(after, previous_producer_id=self.current.producer_id)

    def complete(self, after: Transition) -> None:
        """*after*, which was prepared, is in the log: it takes effect."""
        assert self.pending is after.state
        assert after.producer_epoch >= self.current.producer_epoch or after.producer_id != self.current.producer_id
        self.current = after
        self.pending = None

    def remove(self, partitions: frozenset[TopicPartition]) -> None:
        """*partitions* have their marker, or need none."""
        assert self.current.state.is_preparing
        left = tuple(each for each in self.current.partitions if each not in partitions)
        self.current = attrs.evolve(self.current, partitions=left)


def created(transactional_id: str, producer_id: int, timeout_ms: int, now_ms: int) -> TransactionMetadata:
    """A transactional id that was not seen before: it has no epoch, and is not in the log."""
    first = Transition(
        state=State.EMPTY,
        producer_id=producer_id,
        producer_epoch=NO_PRODUCER_EPOCH,
        timeout_ms=timeout_ms,
        last_update_ms=now_ms,
    )
    return TransactionMetadata(transactional_id, first)
