"""What a producer makes of refusals and of deadlines, by client."""

from typing import Literal

import attrs
import pytest

from ackproof.model.produce.append import Error
from ackproof.model.produce.batch import Attempt, Batch
from ackproof.model.produce.network import Connection, Request
from ackproof.model.produce.producer import Producer, bumped, first_attempt, in_flight, may_send, resolved
from ackproof.model.produce.rules import (
    AIOKAFKA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
    IdempotenceRules,
    ProducerRules,
    each_to_the_front,
    in_send_order,
)
from ackproof.model.produce.sending import (
    drained,
    expired,
    expiring,
    failed,
    has_deadlines,
    hear_refusal,
    out_of_order,
    refused,
    waiting,
)

RECORDS = 3
JAVA = ProducerRules()


def attempt(record: int, *, is_retry: bool = False, epoch: int = 0) -> Attempt:
    """The batch of *record*, with its sequence."""
    return Attempt(Batch(record, 0, epoch, record), was_sent=True, is_retry=is_retry)


def request(record: int, error: Error | None = None) -> Request:
    """*record* on the wire."""
    return Request(attempt(record).batch, attempt(record), error=error)


def producer(
    next_record: int, *, acked: int = -1, unresolved: int | None = None, queue: tuple[Attempt, ...] = ()
) -> Producer:
    """A producer that has sent everything below *next_record*."""
    return Producer(next_record, queue, 0, 0, next_record, acked, unresolved)


def on_gap(rules: IdempotenceRules, sender: Producer, *requests: Request) -> tuple[Producer, Connection]:
    """After the first of *requests* was out of order."""
    return out_of_order(ProducerRules(idempotence=rules), RECORDS, sender, Connection(requests))


GAP: Error = "OUT_OF_ORDER_SEQUENCE_NUMBER"


def test_a_sequence_that_waits_for_a_lower_one_is_tried_again() -> None:
    after, _ = on_gap(JAVA_IDEMPOTENCE, producer(2), request(1, GAP))

    assert [waiting.batch.base_sequence for waiting in after.queue] == [1]
    assert after.producer_epoch == 0


def test_java_bumps_the_epoch_when_the_gap_is_real() -> None:
    after, _ = on_gap(JAVA_IDEMPOTENCE, producer(2, acked=0), request(1, GAP))

    assert (after.producer_epoch, after.next_sequence) == (1, 1)
    assert [(waiting.batch.producer_epoch, waiting.batch.base_sequence) for waiting in after.queue] == [(1, 0)]


def test_java_bumps_the_epoch_for_the_batch_behind_an_unresolved_one() -> None:
    after, _ = on_gap(JAVA_IDEMPOTENCE, producer(2, unresolved=1), request(1, GAP))

    assert after.producer_epoch == 1
    assert after.unresolved is None


def test_java_waits_where_a_lower_sequence_is_unresolved() -> None:
    after, _ = on_gap(JAVA_IDEMPOTENCE, producer(3, unresolved=1), request(2, GAP))

    assert (after.producer_epoch, after.unresolved) == (0, 1)


def test_librdkafka_ends_with_a_fatal_error() -> None:
    after, left = on_gap(LIBRDKAFKA_IDEMPOTENCE, producer(2, acked=0), request(1, GAP), request(2))

    assert (after.next_record, after.queue) == (RECORDS, ())
    assert [waiting.attempt for waiting in left.requests] == [None]


def test_librdkafka_drains_and_bumps_behind_a_message_that_timed_out() -> None:
    after, _ = on_gap(LIBRDKAFKA_IDEMPOTENCE, producer(2, unresolved=1), request(1, GAP))

    assert after.producer_epoch == 1


def test_aiokafka_fails_that_batch_alone() -> None:
    after, left = on_gap(AIOKAFKA_IDEMPOTENCE, producer(2, acked=0), request(1, GAP))

    assert (after.queue, left.requests) == ((), ())
    assert after.next_record == RECORDS


def test_an_old_epoch_fails_the_batch_and_bumps() -> None:
    after, _ = on_gap(JAVA_IDEMPOTENCE, producer(2, acked=0), request(1, "INVALID_PRODUCER_EPOCH"))

    assert (after.producer_epoch, after.queue) == (1, ())


def test_other_errors_are_tried_again_in_place() -> None:
    after, left = refused(JAVA, RECORDS, producer(2), Connection((request(0, "NOT_ENOUGH_REPLICAS"), request(1))))

    assert [waiting.is_retry for waiting in after.queue] == [True]
    assert left.requests == (request(1),)


def test_an_error_for_a_batch_that_was_given_up_changes_nothing() -> None:
    given_up = Connection((attrs.evolve(request(0, "NOT_ENOUGH_REPLICAS"), attempt=None),))

    (heard,) = hear_refusal.outcomes(JAVA, RECORDS, producer(1), given_up)

    assert heard.changes == {"connection": Connection()}


@pytest.mark.parametrize(
    ("on_failure", "records_left", "queue"), [("stop", RECORDS, []), ("drop", 1, []), ("resend", 1, [0])]
)
def test_the_application_hears_of_a_failure_when_no_retry_is_left(
    on_failure: Literal["stop", "drop", "resend"], records_left: int, queue: list[int]
) -> None:
    rules = attrs.evolve(JAVA, idempotence=None, retries=0, on_send_failure=on_failure)
    last = Attempt(Batch(0), was_sent=True, retries_left=0, resends_left=1)

    after = failed(rules, RECORDS, Producer(1), (last,))

    assert after.next_record == records_left
    assert [waiting.batch.record for waiting in after.queue] == queue


def test_an_application_sends_again_only_so_often() -> None:
    rules = attrs.evolve(JAVA, idempotence=None, retries=0, on_send_failure="resend")

    assert failed(rules, RECORDS, Producer(1), (Attempt(Batch(0), retries_left=0),)).queue == ()


def test_java_without_idempotence_reverses_what_fails_together() -> None:
    failing = (attempt(0), attempt(1))

    assert each_to_the_front((attempt(2),), failing) == (attempt(1), attempt(0), attempt(2))


def test_with_sequences_what_fails_goes_back_in_order_and_before_new_batches() -> None:
    new = Attempt(Batch(2))

    assert in_send_order((attempt(1), new), (attempt(0),)) == (attempt(0), attempt(1), new)


def test_only_the_oldest_batch_passes_its_deadline_first() -> None:
    connection = Connection((request(0), request(1)))

    assert list(expiring(JAVA, producer(2), connection)) == [attempt(0)]
    assert has_deadlines(connection, JAVA)
    assert not has_deadlines(connection, ProducerRules(idempotence=AIOKAFKA_IDEMPOTENCE))


def test_a_batch_that_times_out_in_retry_leaves_its_sequence_unresolved() -> None:
    waiting = attempt(0, is_retry=True)

    after, _ = expired(JAVA, RECORDS, producer(1, queue=(waiting,)), Connection(), waiting)

    assert (after.unresolved, after.queue) == (1, ())


def test_java_does_not_mark_a_first_attempt_that_times_out_on_the_wire() -> None:
    connection = Connection((request(0),))
    first = connection.requests[0].attempt
    assert first is not None

    after, left = expired(JAVA, RECORDS, producer(1), connection, first)

    assert after.unresolved is None
    assert [waiting.attempt for waiting in left.requests] == [None]


def test_a_retry_waits_for_lower_sequences_and_a_new_batch_for_unresolved_ones() -> None:
    on_wire = Connection((request(0),))

    assert not may_send(producer(2, queue=(attempt(1),)), on_wire, attempt(1))
    assert may_send(producer(2, queue=(attempt(1),)), Connection(), attempt(1))
    assert not may_send(producer(1, unresolved=1), Connection(), Attempt(Batch(1)))


def test_an_unresolved_sequence_is_resolved_by_a_later_acknowledgement_or_bumps() -> None:
    assert resolved(JAVA_IDEMPOTENCE, producer(2, acked=1, unresolved=1), Connection()).unresolved is None
    assert resolved(JAVA_IDEMPOTENCE, producer(2, acked=1, unresolved=1), Connection()).producer_epoch == 0
    assert resolved(JAVA_IDEMPOTENCE, producer(2, acked=0, unresolved=2), Connection()).producer_epoch == 1


def test_a_bump_numbers_what_is_on_the_wire_anew_but_not_its_bytes() -> None:
    after, left = bumped(producer(3, acked=0, queue=(attempt(2),)), Connection((request(1),)))

    assert [(a.batch.producer_epoch, a.batch.base_sequence) for a in in_flight(after, left)] == [(1, 0), (1, 1)]
    assert left.requests[0].sent == attempt(1).batch


def test_a_record_that_is_sent_again_stands_behind_those_already_handed_over() -> None:
    rules = attrs.evolve(JAVA, on_send_failure="resend")
    again = Attempt(Batch(0), resends_left=rules.most_resends - 1)

    def next_records(queue: tuple[Attempt, ...]) -> list[int]:
        return [attempt.batch.record for attempt, _ in waiting(rules, RECORDS, producer(1, queue=queue))]

    assert next_records((again,)) == [0, 1]
    assert next_records((attempt(0, is_retry=True),)) == [0]
    assert next_records((first_attempt(rules, 0),)) == [0]


def test_librdkafka_sends_nothing_until_the_wire_is_drained_and_then_bumps() -> None:
    rules = ProducerRules(idempotence=LIBRDKAFKA_IDEMPOTENCE)
    waiting_again = producer(2, unresolved=1, queue=(attempt(1, is_retry=True),))

    assert list(drained(rules, RECORDS, waiting_again, Connection((request(0),)))) == []
    ((after, sent),) = drained(rules, RECORDS, waiting_again, Connection())
    assert after.producer_epoch == 1
    assert (sent.batch.producer_epoch, sent.batch.base_sequence) == (1, 0)
