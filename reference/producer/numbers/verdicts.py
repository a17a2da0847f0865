"""What a producer with an identity makes of answers: what is tried again, and what a failure means for numbers."""

from collections.abc import Callable

from kio.schema.errors import ErrorCode

from ackproof.model.produce.idempotence import IdempotenceRules
from ackproof.reference.client.retriable import RETRIABLE
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.errors import ProducerError
from ackproof.reference.producer.numbers.in_flight import rank
from ackproof.reference.producer.numbers.numbering import Numbering
from ackproof.reference.producer.requests.wire import Wire

OF_SEQUENCES = (ErrorCode.out_of_order_sequence_number, ErrorCode.unknown_producer_id)


class Verdicts:
    """
    Verdicts of an idempotent producer without transactions, as *rules* have them: by default those of Java.

    Source: ``TransactionManager.canRetry``, ``handleFailedBatch``, ``maybeResolveSequences``;
    ``RecordAccumulator.shouldStopDrainBatchesForPartition``. Of other clients: ``IdempotenceRules``.
    """

    def __init__(
        self, rules: IdempotenceRules, numbering: Numbering, wire: Wire, end: Callable[[Exception], None]
    ) -> None:
        """
        Nothing has happened yet.

        Args:
            rules: Whose verdicts.
            numbering: The producer's numbers.
            wire: What is on its way.
            end: The producer has a fatal error.
        """
        self._rules = rules
        self._numbering = numbering
        self._wire = wire
        self._end = end

    def may_send(self, batch: ProducerBatch) -> bool:
        """Whether *batch*, the first of its partition, may be sent now as far as its number is concerned."""
        numbering, place = self._numbering, batch.place
        if self._numbering.has_old_id(batch):
            return True
        if self._rules.after_deadline == "drain" and numbering.unresolved:
            return False
        flying = numbering.of(place).in_flight
        if not batch.has_sequence:
            return place not in numbering.unresolved and not (len(flying) and numbering.is_stale(place))
        if self._rules.retries_one_by_one:
            first = flying.first()
            return first is None or first.base_sequence == batch.base_sequence
        place_of_it = rank(batch)
        return all(
            (sent.identity.producer_id, sent.identity.epoch, sent.base_sequence) < place_of_it
            for sent in self._wire.to(place)
        )

    def may_retry(self, batch: ProducerBatch, code: ErrorCode, log_start_offset: int) -> bool:
        """Whether *batch* is sent again after an error, time and attempts permitting; a bump may be requested."""
        if self._numbering.has_old_id(batch):
            return False
        match code:
            case ErrorCode.unknown_producer_id:
                return self._may_retry_unknown(batch, log_start_offset)
            case ErrorCode.out_of_order_sequence_number:
                return self._may_retry_gap(batch)
            case _:
                return code in RETRIABLE

    def counts(self, code: ErrorCode) -> bool:
        """
        Whether being sent again after an error counts as one of the retries that a batch has.

        Source: librdkafka ``rd_kafka_handle_idempotent_Produce_error``, ``incr_retry``.
        """
        return self._rules.after_deadline != "drain" or code not in OF_SEQUENCES

    def failed(self, batch: ProducerBatch, code: ErrorCode, is_certain: bool, cause: Exception) -> None:
        """
        *batch* failed to the application.

        Args:
            batch: Which.
            code: Why.
            is_certain: It had attempts left, and is therefore taken to be not stored, rightly or not.
            cause: What the application hears.
        """
        self._numbering.forget(batch)
        if self._numbering.has_old_id(batch):
            return
        match code:
            case ErrorCode.out_of_order_sequence_number:
                self._after_gap(batch, cause)
            case ErrorCode.unknown_producer_id:
                self._after_unknown(batch, cause)
            case ErrorCode.invalid_producer_epoch:
                self._after_fencing(batch, is_certain, cause)
            case _ if is_certain and code in RETRIABLE:
                self._after_late_failure(batch)
            case _ if is_certain:
                self._after_refusal(batch)
            case _:
                pass

    def failed_again(self, batch: ProducerBatch, code: ErrorCode, is_certain: bool) -> None:
        """A failure of a *batch* of which the application was told before; some clients make something of it."""
        is_current = batch.identity == self._numbering.identity
        if not self._rules.hears_of_expired or not is_certain or not is_current:
            return
        if self._rules.on_gap == "fail-and-reset" and code in OF_SEQUENCES:
            self._numbering.reset()
        else:
            self._after_late_failure(batch)

    def expired(self, batch: ProducerBatch) -> None:
        """The time of *batch* is over, and perhaps it is stored all the same (``Sender.sendProducerData``)."""
        counts = batch.is_in_retry or (self._rules.unresolved_unless_retried and batch.has_sequence)
        if not counts or self._numbering.has_old_id(batch):
            return
        if self._rules.after_deadline == "reset":
            self._numbering.reset()
        else:
            self._numbering.mark_unresolved(batch)

    def resolve(self) -> None:
        """What was unresolved is clear once nothing is in flight: it was overtaken, or a new epoch begins."""
        numbering = self._numbering
        if self._rules.after_deadline == "drain":
            if numbering.unresolved and not len(self._wire):
                for place in tuple(numbering.unresolved):
                    numbering.request_bump(place)
            return
        for place in tuple(numbering.unresolved):
            numbers = numbering.of(place)
            if len(numbers.in_flight):
                continue
            del numbering.unresolved[place]
            if numbers.is_next(numbers.next_sequence):
                continue
            if self._rules.on_gap == "fail-and-reset":
                numbering.reset()
                return
            numbering.request_bump(place)

    def topic_vanished(self, topic: str) -> None:
        """A broker has not heard of *topic*: a client may forget the sequences that it gave there."""
        if self._rules.forgets_sequences:
            for place, numbers in tuple(self._numbering.known()):
                if place[0] == topic and not len(numbers.in_flight):
                    self._numbering.start_from_0(place, numbers.identity)

    def _waits_for_lower(self, batch: ProducerBatch) -> bool:
        """Whether a refused sequence may be right once lower ones are stored."""
        is_next = self._numbering.of(batch.place).is_next(batch.base_sequence)
        if self._rules.after_deadline == "drain":
            return not is_next
        if batch.place not in self._numbering.unresolved:
            return batch.has_new_number or not is_next
        return self._rules.on_gap == "bump" and batch.base_sequence != self._numbering.unresolved[batch.place]

    def _may_retry_gap(self, batch: ProducerBatch) -> bool:
        if self._waits_for_lower(batch):
            if self._rules.bumps_behind_failures:
                self._numbering.mark_unresolved(batch)
            return True
        if self._rules.on_gap == "bump":
            self._numbering.request_bump(batch.place)
        return self._rules.on_gap == "bump"

    def _may_retry_unknown(self, batch: ProducerBatch, log_start_offset: int) -> bool:
        numbering, place = self._numbering, batch.place
        match self._rules.on_unknown_producer:
            case "gap" | "guess" if log_start_offset < 0 or batch.has_new_number:
                return True
            case "guess" if numbering.of(place).last_acked_offset < log_start_offset:
                numbering.start_from_0(place, numbering.identity)
                return True
            case "gap" | "guess":
                if self._rules.on_gap == "bump":
                    numbering.request_bump(place)
                return self._rules.on_gap == "bump"
            case "end" if not batch.is_in_retry and not self._waits_for_lower(batch):
                numbering.mark_unresolved(batch)
                return True
            case _:
                return False

    def _after_gap(self, batch: ProducerBatch, cause: Exception) -> None:
        match self._rules.on_gap:
            case "bump" | "fail-and-bump":
                self._numbering.request_bump(batch.place)
            case "fail-and-reset":
                self._numbering.reset()
            case "end":
                self._end(cause)
            case "fail":
                pass

    def _after_unknown(self, batch: ProducerBatch, cause: Exception) -> None:
        match self._rules.on_unknown_producer:
            case "restart":
                self._numbering.start_from_0(batch.place, self._numbering.identity)
            case "end":
                self._end(cause)
            case "gap" | "guess":
                # An UnknownProducerIdException is an OutOfOrderSequenceException: it is taken for a gap.
                self._after_gap(batch, cause)
            case "fail":
                pass

    def _after_fencing(self, batch: ProducerBatch, is_certain: bool, cause: Exception) -> None:
        match self._rules.on_gap:
            case "bump":
                if is_certain:
                    self._numbering.request_bump(batch.place)
            case "end":
                self._numbering.mark_unresolved(batch)
            case _:
                self._after_gap(batch, cause)

    def _after_late_failure(self, batch: ProducerBatch) -> None:
        """
        A failure that says nothing, after the deadline: Java takes the batch for not stored (KAFKA-14397).

        In librdkafka it goes back to its queue, which is looked through for what is too old afterwards.

        Source: ``Sender.completeBatch``; ``rd_kafka_toppar_retry_msgq``.
        """
        match self._rules.on_late_failure:
            case "bump":
                self._numbering.request_bump(batch.place)
            case "adjust":
                self._numbering.adjust(batch)
            case "resolve":
                self._numbering.mark_unresolved(batch)
            case "nothing" if self._rules.after_deadline == "drain":
                self._numbering.mark_unresolved(batch)
            case "nothing":
                pass

    def _after_refusal(self, batch: ProducerBatch) -> None:
        """The broker will not have the batch, so its sequence is missing: each client fills the gap in its way."""
        if self._rules.after_deadline == "drain":
            self._numbering.mark_unresolved(batch)
        elif self._rules.on_late_failure in ("bump", "adjust"):
            self._after_late_failure(batch)
        elif self._rules.on_gap == "fail-and-bump":
            self._numbering.request_bump(batch.place)


def unresolved_error(is_safe_to_go_on: bool) -> ProducerError:
    """What a transactional producer says of records of which nobody knows whether they are stored."""
    advice = "It is safe to abort the transaction and continue." if is_safe_to_go_on else "It isn't safe to continue."
    return ProducerError(
        "The client hasn't received acknowledgment for some previously sent messages and can no longer retry them. "
        + advice
    )
