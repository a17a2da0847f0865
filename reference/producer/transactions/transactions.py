"""The transaction manager: a producer's identity, its transaction, and what it has to ask for both."""

from collections.abc import Mapping

from kio.schema.errors import ErrorCode
from kio.static.protocol import ResponsePayload

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.node import Node
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.producer.errors import (
    IllegalStateError,
    ProducerError,
    ProducerFencedError,
    UnsupportedVersionApiError,
)
from ackproof.reference.producer.numbers.identity import ProducerIdAndEpoch
from ackproof.reference.producer.numbers.level import Level
from ackproof.reference.producer.numbers.numbering import Numbering
from ackproof.reference.producer.numbers.states import States
from ackproof.reference.producer.settings import ProducerSettings
from ackproof.reference.producer.transactions.adding import AddPartitionsToTxn
from ackproof.reference.producer.transactions.committing_offsets import TxnOffsetCommit
from ackproof.reference.producer.transactions.ending import EndTxn
from ackproof.reference.producer.transactions.finding import FindCoordinator
from ackproof.reference.producer.transactions.handler import CoordinatorType, Handler
from ackproof.reference.producer.transactions.initializing import InitProducerId
from ackproof.reference.producer.transactions.offsets import GroupMetadata, OffsetAndMetadata
from ackproof.reference.producer.transactions.pending import Pending
from ackproof.reference.producer.transactions.result import Result, Transition
from ackproof.reference.producer.transactions.transaction import Transaction
from ackproof.reference.protocol.errors import KafkaError

FATAL = frozenset(
    {
        ErrorCode.cluster_authorization_failed,
        ErrorCode.transactional_id_authorization_failed,
        ErrorCode.producer_fenced,
        ErrorCode.unsupported_version,
        ErrorCode.invalid_producer_id_mapping,
    }
)
"""Errors of a batch after which a producer cannot go on."""


class TransactionManager:
    """
    What a producer with an identity knows and wants, be it transactional or only idempotent.

    Attributes:
        transactional_id: None for one that is only idempotent.
        is_transactional: Whether it has one.
        rules: What distinguishes releases and clients.
        states: Where it is.
        transaction: What belongs to the transaction.
        coordinators: Who coordinates, as far as that is known.
        pending: Requests that wait for their turn.
        transition: What the application has asked for last.

    Source: ``TransactionManager``.
    """

    def __init__(
        self, clock: Clock, settings: ProducerSettings, rules: TransactionRules, numbering: Numbering, level: Level
    ) -> None:
        self._clock = clock
        self.rules = rules
        self.transactional_id = settings.transactional_id
        self.is_transactional = self.transactional_id is not None
        self.transaction_timeout_ms = settings.transaction_timeout_ms
        self.retry_backoff_ms = settings.retry_backoff_ms
        self.numbering = numbering
        self.level = level
        self.states = States()
        self.pending = Pending(keeps_order=not rules.adds_again_first)
        self.transaction = Transaction()
        self.coordinators: dict[CoordinatorType, Node] = {}
        self.transition: Transition | None = None

    def fail_if_in_error(self) -> None:
        """
        Nothing can be asked for while the producer is in error.

        Raises:
            KafkaError, ProducerError, IllegalStateError: It is.
        """
        if self.states.has_error:
            self.states.complain(self.transactional_id, self.numbering.identity)

    def fail_if_pending(self, operation: str) -> None:
        """
        Nothing can be asked for while the application does not know what came of the last thing it asked for.

        Raises:
            IllegalStateError: It has to ask for the same again.
        """
        if self.transition is not None and not self.transition.result.is_acknowledged:
            raise IllegalStateError(
                f"Cannot attempt operation `{operation}` because the previous call to `{self.transition.operation}` "
                "timed out and must be retried"
            )
        self.transition = None

    def maybe_add_partition(self, place: TopicPartition) -> None:
        """A record was put down for a partition: the transaction has to have it."""
        self.fail_if_in_error()
        self.fail_if_pending("send")
        if not self.is_transactional:
            return
        if not self.numbering.identity.is_valid:
            raise IllegalStateError(f"Cannot add partition {place} before completing a call to initTransactions")
        if self.states.state != "in transaction":
            raise IllegalStateError(f"Cannot add partition {place} to transaction while in state {self.states.state}")
        if self.level.adds_implicitly:
            self.numbering.of(place)
            self.transaction.added((place,))
        elif self.transaction.want(place):
            self.numbering.of(place)

    def is_send_allowed(self, place: TopicPartition) -> bool:
        """Whether a batch of a partition may be sent: the transaction has it."""
        if self.states.state == "fatal error":
            return False
        return not self.is_transactional or place in self.transaction.partitions

    def next_request(self, has_incomplete: bool) -> Handler | None:
        """
        Whose turn it is.

        Args:
            has_incomplete: There are batches without outcome, so that the transaction can not be ended.
        """
        if self.transaction.has_new:
            self.enqueue(AddPartitionsToTxn(self, self.transaction.take_new()))
        handler = self.pending.peek()
        if handler is None or (handler.is_end and has_incomplete):
            return None
        self.pending.take(handler)
        if self._has_to_fail(handler):
            assert self.states.last_error is not None
            handler.fail(self.states.last_error)
            return None
        if handler.is_end and not self.transaction.has_started:
            # Nobody knows of the transaction.
            handler.result.done()
            self._complete()
            handler = self.pending.poll()
        return handler

    def answered(self, handler: Handler, answer: Future[ResponsePayload]) -> None:
        """An answer has come, or will not come."""
        self.pending.in_flight = None
        try:
            if isinstance(answer.error, UnsupportedVersionError):
                handler.fatal(UnsupportedVersionApiError(str(answer.error)))
            elif answer.error is not None:
                handler.lost()
            else:
                handler.handle(answer.result())
        except IllegalStateError:
            # It is broken for good by now.
            assert self.states.state == "fatal error"

    def look_up(self, wanted: CoordinatorType, key: str) -> None:
        """Ask who coordinates, as it is not known any more."""
        self.coordinators.pop(wanted, None)
        self.enqueue(FindCoordinator(self, wanted, key))

    def enqueue(self, handler: Handler) -> None:
        """A request waits for its turn."""
        self.pending.add(handler)

    def new_result(self, name: str) -> Result:
        """What comes of a request."""
        return Result(self._clock, name)

    def commit_offsets(
        self, offsets: Mapping[TopicPartition, OffsetAndMetadata], group: GroupMetadata, result: Result | None
    ) -> Handler:
        """The transaction has the group's offsets, or gets them thereby: commit them."""
        self.transaction.commits(offsets)
        handler = TxnOffsetCommit(self, group, result)
        self.enqueue(handler)
        return handler

    def has_identity(self, identity: ProducerIdAndEpoch, forgets_sequences: bool) -> None:
        """The producer has an id and an epoch."""
        self.numbering.identity = identity
        self.states.go("ready")
        if forgets_sequences:
            self.numbering.forget_all()

    def ended(self, identity: ProducerIdAndEpoch | None) -> None:
        """The transaction is over, and there may be a new epoch."""
        if identity is not None:
            self.numbering.identity = identity
            self.numbering.forget_all()
        self._complete()

    def begin_completing(self, is_commit: bool) -> Result:
        """Ask for the end of the transaction, and for a new epoch if that is needed after it."""
        if self.transaction.has_new and is_commit:
            self.enqueue(AddPartitionsToTxn(self, self.transaction.take_new()))
        self.transaction.give_up_new()
        handler = EndTxn(self, is_commit)
        # The protocol of this transaction stays; the next one may have another, from a new epoch on.
        if self.level.update():
            self.numbering.needs_bump = True
        self.enqueue(handler)
        return self.ask_for_id(self.numbering.identity) if self.numbering.needs_bump else handler.result

    def ask_for_id(self, bumped: ProducerIdAndEpoch | None = None) -> Result:
        """Ask for an id, or for the next epoch of one that is to be *bumped*."""
        handler = InitProducerId(self, bumped)
        self.enqueue(handler)
        return handler.result

    def want_bump_after_error(self) -> None:
        """A new epoch is needed before the next transaction, if it does not come by itself."""
        if self.level.bumps_epoch_by_client or self.rules.ends_after_failed_batch:
            self.numbering.needs_bump = True

    def maybe_to_error_state(self, error: Exception) -> None:
        """A record failed, which a transaction cannot do without (``maybeTransitionToErrorState``)."""
        code = error.code if isinstance(error, KafkaError) else None
        is_fencing = code == ErrorCode.invalid_producer_epoch and not self.rules.fenced_by_timeout_is_abortable
        if is_fencing and self.is_transactional:
            self.to_fatal_error(ProducerFencedError())
        elif code in FATAL:
            self.to_fatal_error(error)
        elif self.is_transactional:
            if not self.states.is_completing or self.rules.bumps_epoch_while_committing:
                self.want_bump_after_error()
            self.to_abortable_error(error)

    def to_abortable_error(self, error: Exception) -> None:
        """The transaction has to be aborted, unless it is being so."""
        if self.states.state != "aborting transaction":
            self.states.go("abortable error", error)

    def to_fatal_error(self, error: Exception) -> None:
        """The producer cannot go on."""
        self.states.go("fatal error", error)
        if self.transition is not None:
            self.transition.result.fail(error)

    def to_uninitialized(self, error: Exception) -> None:
        """The producer may try again to get its id."""
        self.states.go("uninitialized")
        if self.transition is not None:
            self.transition.result.fail(error)

    def fail_pending(self, error: Exception) -> None:
        """Nothing that waits is sent."""
        for handler in self.pending:
            handler.abortable(error)

    def bump_or_ask_for_id(self) -> None:
        """Take the next epoch if one is needed, and ask for an id if there is none; not with transactions."""
        if self.is_transactional:
            return
        if self.numbering.needs_bump:
            self.numbering.bump()
        if not self.numbering.identity.is_valid and self.states.state != "initializing":
            if self.states.state == "ready":
                self.states.go("uninitialized")
            self.states.go("initializing")
            self.ask_for_id()

    def close(self) -> None:
        """Whoever waits hears that the producer was closed."""
        closed = ProducerError("The producer closed forcefully")
        for handler in self.pending:
            handler.fatal(closed)
        if self.transition is not None:
            self.transition.result.fail(closed)

    def _complete(self) -> None:
        needs_bump, self.numbering.needs_bump = self.numbering.needs_bump, False
        self.states.go("initializing" if needs_bump else "ready")
        self.transaction.over()
        if needs_bump and self.rules.ends_after_failed_batch:
            self._fail_bump(UnsupportedVersionApiError("InitProducerId (KIP-360) not supported by broker"))

    def _fail_bump(self, error: Exception) -> None:
        for handler in [handler for handler in self.pending if isinstance(handler, InitProducerId)]:
            self.pending.take(handler)
            handler.fail(error)
        self.to_fatal_error(error)

    def _has_to_fail(self, handler: Handler) -> bool:
        """Whether a request makes no sense any more; to know the coordinator never hurts."""
        is_harmless = self.states.state == "abortable error" and isinstance(handler, FindCoordinator)
        return self.states.has_error and not is_harmless
