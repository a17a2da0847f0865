"""The states of a producer that has an identity, and which may follow which."""

from collections.abc import Mapping
from typing import Literal, NoReturn

from ackproof.reference.producer.errors import (
    IllegalStateError,
    InvalidProducerEpochError,
    ProducerError,
    ProducerFencedError,
)
from ackproof.reference.producer.numbers.identity import ProducerIdAndEpoch

State = Literal[
    "uninitialized",
    "initializing",
    "ready",
    "in transaction",
    "committing transaction",
    "aborting transaction",
    "abortable error",
    "fatal error",
]

SOURCES: Mapping[State, frozenset[State]] = {
    "uninitialized": frozenset({"ready", "abortable error"}),
    "initializing": frozenset({"uninitialized", "committing transaction", "aborting transaction"}),
    "ready": frozenset({"initializing", "committing transaction", "aborting transaction"}),
    "in transaction": frozenset({"ready"}),
    "committing transaction": frozenset({"in transaction"}),
    "aborting transaction": frozenset({"in transaction", "abortable error"}),
    "abortable error": frozenset({"in transaction", "committing transaction", "abortable error", "initializing"}),
}
"""From where each state can be reached; a fatal error from everywhere."""


class States:
    """
    The present state, and the error that led to it if it is one.

    Source: ``TransactionManager.State``, ``transitionTo``.
    """

    def __init__(self) -> None:
        self.state: State = "uninitialized"
        self.last_error: Exception | None = None

    def go(self, target: State, error: Exception | None = None, *, is_asked_for: bool = False) -> None:
        """
        Go to another state.

        Args:
            target: Which.
            error: Why, where it is one of the error states.
            is_asked_for: The application asks for it, and only hears of it if it cannot be; else the producer is then
                broken for good.

        Raises:
            IllegalStateError: It cannot be reached from here.
        """
        if target != "fatal error" and self.state not in SOURCES[target]:
            impossible = IllegalStateError(f"Invalid transition attempted from state {self.state} to state {target}")
            if not is_asked_for:
                self.state, self.last_error = "fatal error", impossible
            raise impossible
        assert (error is not None) == (target in ("abortable error", "fatal error"))
        self.state, self.last_error = target, error

    @property
    def is_completing(self) -> bool:
        """Whether a transaction is being ended."""
        return self.state in ("committing transaction", "aborting transaction")

    @property
    def has_error(self) -> bool:
        """Whether something has gone wrong that the application has to deal with."""
        return self.state in ("abortable error", "fatal error")

    @property
    def has_ongoing_transaction(self) -> bool:
        """Whether a transaction has been begun and is not over."""
        return self.state in ("in transaction", "abortable error") or self.is_completing

    def complain(self, transactional_id: str | None, identity: ProducerIdAndEpoch) -> NoReturn:
        """
        Say why nothing can be asked for now.

        Raises:
            ProducerFencedError, InvalidProducerEpochError, IllegalStateError, ProducerError: As the last error was.
        """
        who = f"Producer with transactionalId '{transactional_id}' and {identity.producer_id}:{identity.epoch}"
        match self.last_error:
            case ProducerFencedError():
                raise ProducerFencedError(
                    f"{who} has been fenced by another producer with the same transactionalId"
                ) from self.last_error
            case InvalidProducerEpochError():
                raise InvalidProducerEpochError(f"{who} attempted to produce with an old epoch") from self.last_error
            case IllegalStateError():
                raise IllegalStateError(
                    f"{who} cannot execute transactional method because of previous invalid state transition attempt"
                ) from self.last_error
            case _:
                raise ProducerError(
                    "Cannot execute transactional method because we are in an error state"
                ) from self.last_error
