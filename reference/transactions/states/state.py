"""The states of a transaction, and which may follow which."""

from enum import IntEnum


class State(IntEnum):
    """
    Where a transactional id is, by the number that the log has for it.

    Source: ``TransactionState``.
    """

    EMPTY = 0
    ONGOING = 1
    PREPARE_COMMIT = 2
    PREPARE_ABORT = 3
    COMPLETE_COMMIT = 4
    COMPLETE_ABORT = 5
    DEAD = 6
    PREPARE_EPOCH_FENCE = 7

    @property
    def is_at_rest(self) -> bool:
        """Whether no transaction is open, so that the id may expire."""
        return self in AT_REST

    @property
    def is_preparing(self) -> bool:
        """Whether it is decided how the transaction ends, and markers are still to be written."""
        return self in {State.PREPARE_COMMIT, State.PREPARE_ABORT}


AT_REST = frozenset({State.EMPTY, State.COMPLETE_COMMIT, State.COMPLETE_ABORT})

MAY_FOLLOW = {
    State.EMPTY: AT_REST,
    State.ONGOING: AT_REST | {State.ONGOING},
    State.PREPARE_COMMIT: {State.ONGOING},
    State.PREPARE_ABORT: AT_REST | {State.ONGOING},
    State.COMPLETE_COMMIT: {State.PREPARE_COMMIT},
    State.COMPLETE_ABORT: {State.PREPARE_ABORT},
    State.DEAD: AT_REST,
    State.PREPARE_EPOCH_FENCE: {State.ONGOING},
}
"""From which states each may be entered. Source: ``TransactionState.VALID_PREVIOUS_STATES``."""
