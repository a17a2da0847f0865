"""Outcomes: what becomes of batches that were sent."""

from collections.abc import Callable
from typing import Protocol

from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import ProducerRules
from ackproof.reference.client.retriable import REFRESHES_METADATA, RETRIABLE
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.producer.batches.accumulator import RecordAccumulator
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.errors import (
    IllegalStateError,
    InvalidRecordError,
    KafkaTimeoutError,
    ProducerError,
    error_of,
)
from ackproof.reference.producer.numbers.in_flight import rank
from ackproof.reference.producer.numbers.numbering import Numbering
from ackproof.reference.producer.record import NO_OFFSET, NO_TIMESTAMP_MS
from ackproof.reference.producer.requests.answer import Answer
from ackproof.reference.producer.requests.wire import Wire
from ackproof.reference.producer.settings import ProducerSettings
from ackproof.reference.producer.transactions.transactions import TransactionManager
from ackproof.reference.protocol.errors import KafkaError


class Judge(Protocol):
    """What a producer with an identity makes of answers: ``Verdicts``, ``TransactionalVerdicts``."""

    def may_send(self, batch: ProducerBatch) -> bool:
        """Whether *batch*, the first of its partition, may be sent now."""
        ...

    def may_retry(self, batch: ProducerBatch, code: ErrorCode, log_start_offset: int) -> bool:
        """Whether *batch* is sent again after an error."""
        ...

    def counts(self, code: ErrorCode) -> bool:
        """Whether being sent again after an error counts as one of the retries that a batch has."""
        ...

    def failed(self, batch: ProducerBatch, code: ErrorCode, is_certain: bool, cause: Exception) -> None:
        """*batch* failed to the application."""
        ...

    def failed_again(self, batch: ProducerBatch, code: ErrorCode, is_certain: bool) -> None:
        """A failure of a *batch* of which the application was told before."""
        ...

    def expired(self, batch: ProducerBatch) -> None:
        """The time of *batch* is over."""
        ...

    def resolve(self) -> None:
        """See whether what was unresolved is clear by now."""
        ...

    def topic_vanished(self, topic: str) -> None:
        """A broker has not heard of *topic*."""
        ...


class Identified:
    """What only a producer with an identity has."""

    def __init__(self, manager: TransactionManager, numbering: Numbering, judge: Judge) -> None:
        self.manager = manager
        self.numbering = numbering
        self.judge = judge


class Outcomes:
    """
    Decides what an answer means for its batch.

    Source: ``Sender.completeBatch``, ``failBatch``, ``canRetry``.
    """

    def __init__(
        self,
        clock: Clock,
        settings: ProducerSettings,
        rules: ProducerRules,
        accumulator: RecordAccumulator,
        wire: Wire,
        request_metadata: Callable[[], object],
        identified: Identified | None,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._rules = rules
        self._accumulator = accumulator
        self._wire = wire
        self._request_metadata = request_metadata
        self._identified = identified

    def heard(self, batch: ProducerBatch, answer: Answer) -> None:
        """There is an answer for *batch*, or something in its place."""
        self._wire.take(batch)
        batch.is_on_wire = False
        if answer.code == ErrorCode.none:
            self._succeed(batch, answer)
        elif answer.code == ErrorCode.message_too_large and batch.record_count > 1 and not batch.is_done:
            self._split(batch)
        else:
            self._has_failed(batch, answer)
        if batch.is_done:
            self._accumulator.forget(batch)
        self._accumulator.muted.pop(batch.place, None)

    def expire(self, batch: ProducerBatch) -> None:
        """The time of *batch* is over, and the application hears so; it may yet be stored if it was ever sent."""
        waited_ms = self._clock.now_ms - batch.created_ms
        error = KafkaTimeoutError(
            f"Expiring {batch.record_count} record(s) for {batch.topic}-{batch.partition}:"
            f"{waited_ms} ms has passed since batch creation"
        )
        self._fail(batch, error, lambda _: error, is_certain=False)
        if self._identified is not None:
            self._identified.judge.expired(batch)

    def _has_failed(self, batch: ProducerBatch, answer: Answer) -> None:
        if self._may_retry(batch, answer):
            self._accumulator.reenqueue(batch, counts=self._counts(answer))
        elif answer.code == ErrorCode.duplicate_sequence_number:
            # It is stored, and the broker does not know any more where.
            self._succeed(batch, answer)
        else:
            cause = error_of(answer.code, answer.message)
            errors = record_errors_of(answer, cause)
            self._fail(batch, cause, errors, is_certain=batch.retries < self._settings.retries)
        if answer.code in REFRESHES_METADATA:
            self._request_metadata()

    def _may_retry(self, batch: ProducerBatch, answer: Answer) -> bool:
        is_late = batch.has_expired(self._settings.delivery_timeout_ms, self._clock.now_ms)
        is_used_up = batch.retries >= self._settings.retries and self._counts(answer)
        if (is_late and self._rules.expiry == "anywhere") or is_used_up or batch.is_done:
            return False
        if self._identified is None:
            return answer.code in RETRIABLE
        return self._identified.judge.may_retry(batch, answer.code, answer.log_start_offset)

    def _counts(self, answer: Answer) -> bool:
        return self._identified is None or self._identified.judge.counts(answer.code)

    def _succeed(self, batch: ProducerBatch, answer: Answer) -> None:
        if self._identified is not None:
            self._identified.numbering.acknowledged(batch, answer.base_offset)
            self._acknowledge_before(batch)
        batch.succeed(answer.base_offset, answer.log_append_time_ms)

    def _acknowledge_before(self, batch: ProducerBatch) -> None:
        """A client may take it for the success of earlier ones that wait (``rd_kafka_dr_implicit_ack``)."""
        rules = self._rules.idempotence
        if rules is None or not rules.acknowledges_before or self._identified is None:
            return
        queue = self._accumulator.queues.of(batch.place)
        for earlier in [other for other in queue if other.has_sequence and rank(other) < rank(batch)]:
            queue.remove(earlier)
            self._identified.numbering.forget(earlier)
            earlier.succeed(NO_OFFSET, NO_TIMESTAMP_MS)
            self._accumulator.forget(earlier)

    def _split(self, batch: ProducerBatch) -> None:
        if self._identified is not None:
            self._identified.numbering.forget(batch)
        for piece in self._accumulator.split_and_reenqueue(batch):
            if self._identified is not None:
                self._identified.numbering.of(piece.place).in_flight.add(piece)
        self._accumulator.forget(batch)

    def _fail(
        self, batch: ProducerBatch, cause: KafkaError, errors: Callable[[int], Exception], is_certain: bool
    ) -> None:
        is_news = batch.fail(errors)
        if self._identified is None:
            pass
        elif is_news:
            self._take_note(self._identified, batch, cause, is_certain)
        else:
            self._identified.judge.failed_again(batch, cause.code, is_certain)
        self._accumulator.forget(batch)

    def _take_note(self, identified: Identified, batch: ProducerBatch, cause: KafkaError, is_certain: bool) -> None:
        """What a failure means for the transaction and for numbers (``TransactionManager.handleFailedBatch``)."""
        try:
            identified.manager.maybe_to_error_state(cause)
            identified.numbering.forget(batch)
            if identified.manager.states.state != "fatal error":
                identified.judge.failed(batch, cause.code, is_certain, cause)
        except IllegalStateError:
            # It is broken for good by now.
            assert identified.manager.states.state == "fatal error"


def record_errors_of(answer: Answer, cause: KafkaError) -> Callable[[int], Exception]:
    """
    What each record of a batch hears (KIP-467).

    Source: ``Sender.failBatch``.
    """
    errors = answer.record_errors
    if not errors:
        return lambda _: cause

    def error_of_record(index: int) -> Exception:
        if index not in errors:
            return ProducerError(
                "Failed to append record because it was part of a batch which had one more more invalid records"
            )
        message = errors[index] or answer.message
        # Only if it is the one record that is wrong, the error of the batch is known to be its own.
        return error_of(answer.code, message) if len(errors) == 1 else InvalidRecordError(message)

    return error_of_record
