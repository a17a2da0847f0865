"""What a transactional producer makes of answers: a batch that fails ends its transaction."""

from kio.schema.errors import ErrorCode

from ackproof.reference.client.retriable import RETRIABLE
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.numbers.numbering import Numbering
from ackproof.reference.producer.numbers.verdicts import unresolved_error
from ackproof.reference.producer.transactions.transactions import TransactionManager


class TransactionalVerdicts:
    """
    Verdicts of Java; no client that is known takes a failed batch for anything but the end of its transaction.

    Source: ``TransactionManager.canRetry``, ``handleFailedBatch``, ``maybeResolveSequences``.
    """

    def __init__(self, numbering: Numbering, manager: TransactionManager) -> None:
        self._numbering = numbering
        self._manager = manager

    def may_send(self, batch: ProducerBatch) -> bool:
        """Whether *batch*, the first of its partition, may be sent now as far as its number is concerned."""
        numbers = self._numbering.of(batch.place)
        if not batch.has_sequence:
            is_free = not len(numbers.in_flight) or not self._numbering.is_stale(batch.place)
            return is_free and batch.place not in self._numbering.unresolved
        first = numbers.in_flight.first()
        return first is None or first.base_sequence == batch.base_sequence

    def may_retry(self, batch: ProducerBatch, code: ErrorCode, log_start_offset: int) -> bool:
        """Whether *batch* is sent again after an error, time and attempts permitting."""
        numbers = self._numbering.of(batch.place)
        match code:
            case ErrorCode.unknown_producer_id if log_start_offset < 0 or batch.has_new_number:
                return True
            case ErrorCode.unknown_producer_id if numbers.last_acked_offset < log_start_offset:
                # What it had written is deleted, so that the broker may well have forgotten it.
                self._numbering.start_from_0(batch.place, self._numbering.identity)
                return True
            case ErrorCode.out_of_order_sequence_number:
                may_come_right = batch.has_new_number or not numbers.is_next(batch.base_sequence)
                return may_come_right and batch.place not in self._numbering.unresolved
            case _:
                return code in RETRIABLE

    def counts(self, code: ErrorCode) -> bool:
        """Whether being sent again after an error counts as one of the retries that a batch has."""
        del code
        return True

    def failed(self, batch: ProducerBatch, code: ErrorCode, is_certain: bool, cause: Exception) -> None:
        """*batch* failed to the application, which has to abort; later ones have to follow without a gap till then."""
        del cause
        self._numbering.forget(batch)
        if code == ErrorCode.unknown_producer_id:
            self._numbering.forget_partition(batch.place)
        elif is_certain:
            self._numbering.adjust(batch)

    def failed_again(self, batch: ProducerBatch, code: ErrorCode, is_certain: bool) -> None:
        """A failure of a *batch* of which the application was told before means nothing."""

    def expired(self, batch: ProducerBatch) -> None:
        """The time of *batch* is over, and perhaps it is stored all the same."""
        if batch.is_in_retry and not self._manager.rules.ends_after_failed_batch:
            self._numbering.mark_unresolved(batch)

    def resolve(self) -> None:
        """What was unresolved is clear once nothing is in flight: it was overtaken, or the transaction has failed."""
        for place in tuple(self._numbering.unresolved):
            numbers = self._numbering.of(place)
            if len(numbers.in_flight):
                continue
            del self._numbering.unresolved[place]
            if numbers.is_next(numbers.next_sequence):
                continue
            if self._manager.level.can_abort_errors:
                self._manager.want_bump_after_error()
                self._manager.to_abortable_error(unresolved_error(True))
            else:
                self._manager.to_fatal_error(unresolved_error(False))

    def topic_vanished(self, topic: str) -> None:
        """Sequences stay."""
