"""What an application asks of a transactional producer."""

from collections.abc import Callable, Mapping

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.producer.errors import IllegalStateError
from ackproof.reference.producer.transactions.adding import AddOffsetsToTxn
from ackproof.reference.producer.transactions.offsets import GroupMetadata, OffsetAndMetadata
from ackproof.reference.producer.transactions.result import Result, Transition
from ackproof.reference.producer.transactions.transactions import TransactionManager


class Calls:
    """
    Calls of the application, each of which it may have to make again if it did not wait long enough.

    Source: ``TransactionManager.initializeTransactions``, ``beginTransaction``, ``beginCommit``, ``beginAbort``,
    ``sendOffsetsToTransaction``, ``handleCachedTransactionRequestResult``.
    """

    def __init__(self, manager: TransactionManager) -> None:
        self._manager = manager

    def initialize(self) -> Result:
        """Get an id and an epoch, in which whatever the last one with this ``transactional.id`` began is over."""

        def ask() -> Result:
            self._manager.states.go("initializing", is_asked_for=True)
            return self._manager.ask_for_id()

        self._manager.fail_if_in_error()
        return self._cached("initTransactions", ask)

    def begin(self) -> None:
        """Begin a transaction; nobody is asked."""
        self._ensure_transactional()
        self._manager.fail_if_pending("beginTransaction")
        self._manager.fail_if_in_error()
        self._manager.states.go("in transaction", is_asked_for=True)

    def commit(self) -> Result:
        """Commit the transaction, once all is sent."""

        def begin() -> Result:
            self._manager.fail_if_in_error()
            self._manager.states.go("committing transaction", is_asked_for=True)
            return self._manager.begin_completing(True)

        return self._cached("commitTransaction", begin)

    def abort(self) -> Result:
        """Abort the transaction."""

        def begin() -> Result:
            if self._manager.states.state != "abortable error":
                self._manager.fail_if_in_error()
            self._manager.states.go("aborting transaction", is_asked_for=True)
            return self._manager.begin_completing(False)

        return self._cached("abortTransaction", begin)

    def send_offsets(self, offsets: Mapping[TopicPartition, OffsetAndMetadata], group: GroupMetadata) -> Result:
        """Commit offsets with the transaction."""
        self._ensure_transactional()
        self._manager.fail_if_pending("sendOffsetsToTransaction")
        self._manager.fail_if_in_error()
        if self._manager.states.state != "in transaction":
            raise IllegalStateError("Cannot send offsets if a transaction is not in progress")
        if self._manager.level.adds_implicitly:
            return self._manager.commit_offsets(offsets, group, None).result
        handler = AddOffsetsToTxn(self._manager, offsets, group)
        self._manager.enqueue(handler)
        return handler.result

    def _ensure_transactional(self) -> None:
        if not self._manager.is_transactional:
            raise IllegalStateError("Transactional method invoked on a non-transactional producer.")

    def _cached(self, operation: str, begin: Callable[[], Result]) -> Result:
        """What comes of *begin*; the application that gave up waiting asks for the same again."""
        self._ensure_transactional()
        before = self._manager.transition
        if before is not None and before.operation == operation and not before.result.is_acknowledged:
            return before.result
        self._manager.fail_if_pending(operation)
        result = begin()
        self._manager.transition = Transition(result, operation)
        return result
