"""What a producer sends next, what it makes of a success, and of a connection that breaks."""

from typing import Literal

import attrs
import pytest

from ackproof.model.produce.batch import Attempt, Batch
from ackproof.model.produce.idempotence import FIRST_JAVA_IDEMPOTENCE, JAVA_IDEMPOTENCE, LIBRDKAFKA_IDEMPOTENCE
from ackproof.model.produce.network import Connection, Request, has_room
from ackproof.model.produce.producer import Producer, failed, first_attempt, may_send
from ackproof.model.produce.rules import ProducerRules, each_to_the_front, in_send_order
from ackproof.model.produce.sending import answered, disconnect, drained, resolve, waiting
from tests.model.produce.batches import RECORDS, attempt, producer, request

JAVA = ProducerRules()
LIBRDKAFKA = ProducerRules(idempotence=LIBRDKAFKA_IDEMPOTENCE, deadline_closes_connection=True)


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


def test_a_retry_waits_for_lower_sequences_and_a_new_batch_for_unresolved_ones() -> None:
    on_wire, both = Connection((request(0),)), producer(2, queue=(attempt(1),))

    assert not may_send(JAVA_IDEMPOTENCE, both, on_wire, attempt(1))
    assert may_send(JAVA_IDEMPOTENCE, both, Connection(), attempt(1))
    assert not may_send(JAVA_IDEMPOTENCE, producer(1, unresolved=1), Connection(), Attempt(Batch(1)))


def test_batches_that_have_come_to_one_sequence_may_all_be_sent() -> None:
    same = attrs.evolve(attempt(1), batch=attrs.evolve(attempt(1).batch, base_sequence=0))

    assert may_send(JAVA_IDEMPOTENCE, producer(2, queue=(attempt(0), same)), Connection(), same)


def test_librdkafka_retries_once_what_was_sent_later_is_answered_and_then_all_together() -> None:
    both = producer(2, queue=(attempt(0), attempt(1)))

    assert not may_send(LIBRDKAFKA_IDEMPOTENCE, both, Connection((request(1),)), attempt(0))
    assert may_send(LIBRDKAFKA_IDEMPOTENCE, both, Connection((request(0),)), attempt(1))


def test_a_batch_under_a_producer_id_that_was_given_up_is_sent_once_more_and_never_retried() -> None:
    old = attempt(0, is_retry=True)
    renewed = producer(1, producer_id=1, queue=(old,))

    assert may_send(JAVA_IDEMPOTENCE, renewed, Connection((request(1),)), old)
    assert failed(JAVA, RECORDS, renewed, (attempt(1),)).queue == (old,)


def test_a_record_that_is_sent_again_stands_behind_those_already_handed_over() -> None:
    rules = attrs.evolve(JAVA, on_send_failure="resend")
    again = Attempt(Batch(0), resends_left=rules.most_resends - 1)

    def next_records(queue: tuple[Attempt, ...]) -> list[int]:
        return [attempt.batch.record for attempt, _ in waiting(rules, RECORDS, producer(1, queue=queue))]

    assert next_records((again,)) == [0, 1]
    assert next_records((attempt(0, is_retry=True),)) == [0]
    assert next_records((first_attempt(rules, 0),)) == [0]


def test_a_retry_that_waits_aside_can_be_overtaken() -> None:
    aside = ProducerRules(idempotence=None, lets_retries_be_overtaken=True)
    retry = Attempt(Batch(0), was_sent=True)

    assert [candidate.batch.record for candidate, _ in waiting(aside, RECORDS, Producer(1, (retry,)))] == [0, 1]


def test_what_the_application_sends_again_overtakes_a_retry_that_waits_aside() -> None:
    aside = ProducerRules(idempotence=None, lets_retries_be_overtaken=True, on_send_failure="resend")
    retry, again, later = Attempt(Batch(1), was_sent=True), Attempt(Batch(0)), Attempt(Batch(2))
    queue = (retry, again, later)

    found = [(candidate, left.queue) for candidate, left in waiting(aside, RECORDS, Producer(RECORDS, queue))]

    assert found == [(retry, (again, later)), (again, (retry, later))]


def test_librdkafka_requeues_by_message_id_also_what_the_application_sends_again() -> None:
    rules = attrs.evolve(LIBRDKAFKA, idempotence=None, on_send_failure="resend")
    on_wire = Attempt(Batch(1), was_sent=True, message_id=1)

    ((after, again),) = drained(
        rules, RECORDS, Producer(RECORDS, (Attempt(Batch(0)),)), Connection((Request(on_wire.batch, on_wire),))
    )

    assert again.message_id == 2
    assert in_send_order(after.queue, (again, on_wire)) == (on_wire, again)


def test_without_a_muted_partition_the_next_batch_does_not_wait_for_a_broken_connection() -> None:
    broken = Connection((), (request(0),))

    assert not has_room(broken, JAVA)
    assert has_room(broken, attrs.evolve(JAVA, mutes_partition=False))


def test_librdkafka_sends_nothing_until_the_wire_is_drained_and_then_bumps() -> None:
    waiting_again = producer(2, unresolved=1, queue=(attempt(1, is_retry=True),))

    assert list(drained(LIBRDKAFKA, RECORDS, waiting_again, Connection((request(0),)))) == []
    ((after, sent),) = drained(LIBRDKAFKA, RECORDS, waiting_again, Connection())
    assert after.producer_epoch == 1
    assert (sent.batch.producer_epoch, sent.batch.base_sequence) == (1, 0)


def test_a_producer_takes_the_next_epoch_before_it_hears_of_what_it_has_given_up() -> None:
    given_up = Connection((attrs.evolve(request(0), attempt=None, waits_for=1),))

    (resolved,) = resolve.outcomes(JAVA, producer(1, unresolved=1), given_up)

    after = resolved.changes["producer"]
    assert isinstance(after, Producer)
    assert (after.producer_epoch, after.next_sequence, after.unresolved) == (1, 0, None)
    assert answered(JAVA, after, given_up)[0].last_acked_sequence == 0
    assert answered(JAVA, producer(1, unresolved=1), given_up)[0].producer_epoch == 0
    assert list(resolve.outcomes(JAVA, producer(2, unresolved=1), Connection((request(1),)))) == []


def test_a_sequence_is_used_up_by_the_first_attempt_or_by_the_success() -> None:
    def sequences(rules: ProducerRules) -> tuple[int, int]:
        ((sent, _),) = drained(rules, RECORDS, Producer(0, (), 0, 0, 0), Connection())
        success = Connection((attrs.evolve(request(0), waits_for=1),))
        return sent.next_sequence, answered(rules, sent, success)[0].next_sequence

    assert sequences(JAVA) == (1, 1)
    assert sequences(attrs.evolve(JAVA, idempotence=FIRST_JAVA_IDEMPOTENCE)) == (0, 1)


def test_the_success_of_a_batch_under_an_old_producer_id_says_nothing_of_sequences() -> None:
    renewed = producer(0, producer_id=1)

    after, _, succeeded = answered(JAVA, renewed, Connection((attrs.evolve(request(1), waits_for=2),)))

    assert after.last_acked_sequence == -1
    assert succeeded == {1}


def test_librdkafka_takes_a_success_for_that_of_all_that_was_sent_before() -> None:
    behind = producer(2, queue=(attempt(0, is_retry=True),))
    success = Connection((attrs.evolve(request(1), waits_for=1),))

    assert answered(LIBRDKAFKA, behind, success)[2] == {0, 1}
    assert answered(LIBRDKAFKA, behind, success)[0].queue == ()
    assert answered(JAVA, behind, success)[2] == {1}


def test_what_was_on_a_broken_connection_goes_back_in_order() -> None:
    (noticed,) = disconnect.outcomes(JAVA, RECORDS, producer(2), Connection((), (request(0), request(1))))

    after = noticed.changes["producer"]
    assert isinstance(after, Producer)
    assert [waiting.batch.record for waiting in after.queue] == [0, 1]
    assert noticed.changes["connection"] == Connection()
