"""Handlers: requests about identity and transactions that wait for their turn, and what their answers mean."""

from enum import IntEnum
from typing import TYPE_CHECKING, Literal

from kio.schema.errors import ErrorCode
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.retriable import RETRIABLE
from ackproof.reference.producer.errors import ProducerError, ProducerFencedError, error_of
from ackproof.reference.producer.transactions.result import Result

if TYPE_CHECKING:
    from ackproof.reference.producer.transactions.transactions import TransactionManager

CoordinatorType = Literal["group", "transaction"]


class Priority(IntEnum):
    """Which request comes first (``TransactionManager.Priority``)."""

    FIND_COORDINATOR = 0
    INIT_PRODUCER_ID = 1
    ADD_PARTITIONS_OR_OFFSETS = 2
    END_TXN = 3
    EPOCH_BUMP = 4


class Handler:
    """
    One request, sent as often as it takes.

    Attributes:
        result: What comes of it.
        priority: When it is its turn.
        coordinator_type: Whom it is for; None for any broker.
        at_most: The newest version that it may be sent in, where that is not the client's.
        is_retry: It was sent before, and waits before it is sent again.
        turn: When it is its turn among those that are as urgent, if that matters.

    Source: ``TransactionManager.TxnRequestHandler``.
    """

    name = "request"
    priority = Priority.ADD_PARTITIONS_OR_OFFSETS
    is_end = False

    def __init__(self, manager: "TransactionManager", result: Result | None = None) -> None:
        self.manager = manager
        self.result = result or manager.new_result(self.name)
        self.is_retry = False
        self.turn = 0
        self.at_most: int | None = None

    @property
    def coordinator_type(self) -> CoordinatorType | None:
        """Whom it is for; None for any broker."""
        return "transaction"

    @property
    def coordinator_key(self) -> str:
        """The transactional id or the group whose coordinator that is."""
        return self.manager.transactional_id or ""

    @property
    def retry_backoff_ms(self) -> int:
        """How long it waits before it is sent again."""
        return self.manager.retry_backoff_ms

    def body(self) -> RequestPayload:
        """The request."""
        raise NotImplementedError

    def handle(self, response: ResponsePayload) -> None:
        """The answer has come."""
        raise NotImplementedError

    def lost(self) -> None:
        """No answer comes: the connection has gone."""
        if self.coordinator_type is not None:
            self.manager.look_up(self.coordinator_type, self.coordinator_key)
        self.try_again()

    def try_again(self) -> None:
        """It is sent once more."""
        self.is_retry = True
        self.manager.enqueue(self)

    def fail(self, error: Exception) -> None:
        """Whoever waits hears of *error*."""
        self.result.fail(error)

    def fatal(self, error: Exception) -> None:
        """The producer cannot go on."""
        self.result.fail(error)
        self.manager.to_fatal_error(error)

    def abortable(self, error: Exception) -> None:
        """The transaction has to be aborted."""
        self.result.fail(error)
        self.manager.to_abortable_error(error)

    def abortable_if_possible(self, error: Exception) -> None:
        """The transaction has to be aborted, if the producer can have a new epoch after that; else it cannot go on."""
        if self.manager.level.can_abort_errors:
            self.manager.want_bump_after_error()
            self.abortable(error)
        else:
            self.fatal(error)

    def handle_error(self, code: ErrorCode) -> None:
        """What most answers of the transaction coordinator mean."""
        match code:
            case ErrorCode.coordinator_not_available | ErrorCode.not_coordinator:
                self.manager.look_up("transaction", self.manager.transactional_id or "")
                self.try_again()
            case _ if code in RETRIABLE:
                self.try_again()
            case ErrorCode.invalid_producer_epoch | ErrorCode.producer_fenced:
                # Older coordinators say the former.
                self.fatal(ProducerFencedError())
            case (
                ErrorCode.transactional_id_authorization_failed
                | ErrorCode.invalid_txn_state
                | ErrorCode.invalid_producer_id_mapping
            ):
                self.fatal(error_of(code))
            case ErrorCode.unknown_producer_id:
                self.abortable_if_possible(error_of(code))
            case ErrorCode.transaction_abortable:
                self.abortable(error_of(code))
            case _:
                self.fatal(self.unexpected(code))

    def unexpected(self, code: ErrorCode) -> ProducerError:
        """What is said of an error that should not come."""
        return ProducerError(f"Unexpected error in {self.name}Response; {code.name.upper()}")
