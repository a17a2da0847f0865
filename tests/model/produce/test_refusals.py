"""What a producer makes of refusals, by client."""

from typing import cast

import attrs
import pytest

from ackproof.config.producers import idempotence_of
from ackproof.model.produce.append import Error
from ackproof.model.produce.idempotence import (
    AIOKAFKA_IDEMPOTENCE,
    FIRST_JAVA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    KAFKA_PYTHON_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
    IdempotenceRules,
)
from ackproof.model.produce.network import Connection, Request
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.refusals import deadline_passes_with_the_answer, hear_refusal, refused
from ackproof.model.produce.rules import ProducerRules
from tests.model.produce.batches import RECORDS, attempt, producer, request

GAP: Error = "OUT_OF_ORDER_SEQUENCE_NUMBER"
UNKNOWN: Error = "UNKNOWN_PRODUCER_ID"
OLD: Error = "INVALID_PRODUCER_EPOCH"
JAVA = ProducerRules()
JAVA_2_4 = idempotence_of("java", (2, 4), (2, 4))


def heard(rules: IdempotenceRules, sender: Producer, *requests: Request) -> tuple[Producer, Connection]:
    """After the refusal of the first of *requests*."""
    return refused(ProducerRules(idempotence=rules), RECORDS, sender, Connection(requests))


def numbers(sender: Producer) -> list[tuple[int, int]]:
    """Epochs and sequences of what waits to be sent again."""
    return [(waiting.batch.producer_epoch, waiting.batch.base_sequence) for waiting in sender.queue]


def test_a_sequence_that_waits_for_a_lower_one_is_tried_again() -> None:
    after, _ = heard(JAVA_IDEMPOTENCE, producer(2), request(1, GAP))

    assert (after.producer_epoch, numbers(after)) == (0, [(0, 1)])


def test_java_bumps_the_epoch_when_the_gap_is_real() -> None:
    after, _ = heard(JAVA_IDEMPOTENCE, producer(2, acked=0), request(1, GAP))

    assert (after.producer_epoch, after.next_sequence, numbers(after)) == (1, 1, [(1, 0)])


def test_java_bumps_the_epoch_when_no_retry_is_left_to_wait_for_a_lower_sequence() -> None:
    last = attrs.evolve(attempt(1), retries_left=0)

    after, _ = heard(JAVA_IDEMPOTENCE, producer(2), attrs.evolve(request(1, GAP), attempt=last))

    assert (after.producer_epoch, after.queue) == (1, ())


def test_java_bumps_the_epoch_for_the_batch_behind_an_unresolved_one() -> None:
    after, _ = heard(JAVA_IDEMPOTENCE, producer(2, unresolved=1), request(1, GAP))

    assert (after.producer_epoch, after.unresolved) == (1, None)


def test_java_waits_where_a_lower_sequence_is_unresolved() -> None:
    after, _ = heard(JAVA_IDEMPOTENCE, producer(3, unresolved=1), request(2, GAP))

    assert (after.producer_epoch, after.unresolved) == (0, 1)


@pytest.mark.parametrize("rules", [FIRST_JAVA_IDEMPOTENCE, JAVA_2_4])
def test_before_2_5_a_real_gap_fails_the_batch_and_asks_for_a_new_producer_id(rules: IdempotenceRules) -> None:
    after, left = heard(rules, producer(2, acked=0), request(1, GAP), request(2))

    assert (after.producer_id, after.next_sequence, after.queue) == (1, 0, ())
    assert left.requests == (request(2),)


def test_before_2_5_any_gap_is_real_while_a_sequence_is_unresolved() -> None:
    assert heard(JAVA_2_4, producer(3, unresolved=1), request(2, GAP))[0].producer_id == 1


def test_a_refusal_under_an_old_producer_id_fails_the_batch_and_nothing_else() -> None:
    after, _ = heard(JAVA_2_4, producer(0, producer_id=1), request(1, GAP))

    assert (after.producer_id, after.next_record, after.queue) == (1, RECORDS, ())


def test_kafka_python_fails_the_batch_and_bumps_the_epoch() -> None:
    after, _ = heard(KAFKA_PYTHON_IDEMPOTENCE, producer(2, acked=0), request(1, GAP))

    assert (after.producer_epoch, after.next_sequence, after.queue) == (1, 0, ())


def test_librdkafka_ends_with_a_fatal_error() -> None:
    after, left = heard(LIBRDKAFKA_IDEMPOTENCE, producer(2, acked=0), request(1, GAP), request(2))

    assert (after.next_record, after.queue) == (RECORDS, ())
    assert [waiting.attempt for waiting in left.requests] == [None]


def test_librdkafka_drains_and_bumps_behind_a_batch_that_failed() -> None:
    after, _ = heard(LIBRDKAFKA_IDEMPOTENCE, producer(2), request(1, GAP))

    assert (after.producer_epoch, after.unresolved, numbers(after)) == (0, 2, [(0, 1)])

    proposed = attrs.evolve(LIBRDKAFKA_IDEMPOTENCE, bumps_behind_failures=False)
    assert heard(proposed, producer(2), request(1, GAP))[0].unresolved is None


def test_librdkafka_does_not_count_it_as_a_retry_that_a_lower_sequence_is_missing() -> None:
    last = attrs.evolve(attempt(1), retries_left=0)

    after, _ = heard(LIBRDKAFKA_IDEMPOTENCE, producer(2), attrs.evolve(request(1, GAP), attempt=last))

    assert after.queue == (last,)


def test_aiokafka_fails_that_batch_alone() -> None:
    after, left = heard(AIOKAFKA_IDEMPOTENCE, producer(2, acked=0), request(1, GAP))

    assert (after.queue, left.requests, after.next_record) == ((), (), RECORDS)


def test_an_old_epoch_fails_the_batch_and_bumps() -> None:
    after, _ = heard(JAVA_IDEMPOTENCE, producer(2, acked=0), request(1, OLD))
    assert (after.producer_epoch, after.queue) == (1, ())

    after, _ = heard(LIBRDKAFKA_IDEMPOTENCE, producer(2, acked=0), request(1, OLD))
    assert (after.producer_epoch, after.unresolved, after.queue) == (0, 2, ())


def test_other_errors_are_tried_again_in_place() -> None:
    after, left = refused(JAVA, RECORDS, producer(2), Connection((request(0, "NOT_ENOUGH_REPLICAS"), request(1))))

    assert [waiting.is_retry for waiting in after.queue] == [True]
    assert left.requests == (request(1),)


def test_an_error_for_a_batch_that_was_given_up_changes_nothing() -> None:
    given_up = Connection((attrs.evolve(request(0, "NOT_ENOUGH_REPLICAS"), attempt=None),))

    (heard,) = hear_refusal.outcomes(JAVA, RECORDS, producer(1), given_up)

    assert heard.changes == {"producer": producer(1), "connection": Connection()}


def test_an_unknown_producer_makes_java_bump_its_epoch() -> None:
    after, _ = heard(JAVA_IDEMPOTENCE, producer(2, acked=0), request(1, UNKNOWN))

    assert (after.producer_epoch, numbers(after)) == (1, [(1, 0)])


def test_before_2_5_java_starts_again_from_0_in_the_same_epoch_if_retention_seems_to_be_the_reason() -> None:
    deleted = request(1, UNKNOWN, log_start=1)

    after, left = heard(JAVA_2_4, producer(3, acked=0, acked_offset=0), deleted, request(2))

    assert (after.producer_id, after.producer_epoch, numbers(after)) == (0, 0, [(0, 0)])
    assert [waiting.attempt.batch.base_sequence for waiting in left.requests if waiting.attempt] == [1]


def test_before_2_5_java_asks_for_a_new_producer_id_where_what_was_acknowledged_is_still_there() -> None:
    after, _ = heard(JAVA_2_4, producer(2, acked=0, acked_offset=0), request(1, UNKNOWN))

    assert (after.producer_id, after.queue) == (1, ())


@pytest.mark.parametrize("rules", [JAVA_2_4, JAVA_IDEMPOTENCE])
def test_java_just_retries_an_unknown_batch_that_has_a_new_number_already(rules: IdempotenceRules) -> None:
    renumbered = attrs.evolve(request(2, UNKNOWN, log_start=1), attempt=attempt(1))
    after, _ = heard(rules, producer(2, acked_offset=0), renumbered)
    assert numbers(after) == [(0, 1)]

    same = attrs.evolve(request(1, UNKNOWN, log_start=1), attempt=attrs.evolve(attempt(1), keeps_number=True))
    after, _ = heard(rules, producer(2, acked_offset=0), same)
    assert numbers(after) == [(0, 1)]


def test_an_unknown_producer_ends_librdkafka_unless_nothing_else_is_in_doubt() -> None:
    first = request(1, UNKNOWN)
    after, _ = heard(LIBRDKAFKA_IDEMPOTENCE, producer(2, acked=0), first)
    assert (after.unresolved, numbers(after)) == (2, [(0, 1)])

    again = attrs.evolve(first, attempt=attempt(1, is_retry=True))
    after, _ = heard(LIBRDKAFKA_IDEMPOTENCE, producer(2, acked=0), again)
    assert (after.unresolved, after.queue, after.next_record) == (None, (), RECORDS)


def test_kafka_python_fails_an_unknown_batch_and_starts_again_from_0() -> None:
    after, _ = heard(KAFKA_PYTHON_IDEMPOTENCE, producer(2, acked=0), request(1, UNKNOWN))

    assert (after.producer_id, after.producer_epoch, after.next_sequence, after.queue) == (0, 0, 0, ())


@pytest.mark.parametrize("rules", [FIRST_JAVA_IDEMPOTENCE, attrs.evolve(AIOKAFKA_IDEMPOTENCE)])
def test_who_does_not_know_of_unknown_producers_fails_the_batch(rules: IdempotenceRules) -> None:
    after, _ = heard(rules, producer(2, acked=0), request(1, UNKNOWN))

    assert (after.producer_id, after.producer_epoch, after.next_sequence, after.queue) == (0, 0, 2, ())


def late(rules: IdempotenceRules, refusal: Request) -> list[Producer]:
    """The producer after its first batch passed its deadline as it hears a *refusal*, with one more on the wire."""
    client, waiting = ProducerRules(idempotence=rules, on_send_failure="drop"), Connection((refusal, request(1)))
    passed = deadline_passes_with_the_answer.outcomes(client, RECORDS, producer(2), waiting)
    return [cast("Producer", step.changes["producer"]) for step in passed]


@pytest.mark.parametrize(
    ("rules", "error", "identity", "next_sequence"),
    [
        (JAVA_IDEMPOTENCE, "NOT_ENOUGH_REPLICAS", (0, 1), 1),
        (JAVA_IDEMPOTENCE, GAP, (0, 1), 1),
        (JAVA_2_4, "NOT_ENOUGH_REPLICAS", (0, 0), 1),
        (JAVA_2_4, GAP, (1, 0), 0),
    ],
)
def test_a_deadline_that_passes_as_an_error_is_heard_makes_it_a_certain_failure(
    rules: IdempotenceRules, error: Error, identity: tuple[int, int], next_sequence: int
) -> None:
    (after,) = late(rules, request(0, error))

    assert (after.producer_id, after.producer_epoch) == identity
    assert (after.next_sequence, after.queue) == (next_sequence, ())


def test_a_deadline_changes_nothing_where_an_error_fails_the_batch_anyway_or_a_failure_means_nothing() -> None:
    last = attrs.evolve(request(0, GAP), attempt=attrs.evolve(attempt(0), retries_left=0))

    assert late(JAVA_IDEMPOTENCE, last) == late(JAVA_IDEMPOTENCE, request(0, OLD)) == []
    assert late(LIBRDKAFKA_IDEMPOTENCE, request(0, GAP)) == []
    assert late(JAVA_IDEMPOTENCE, attrs.evolve(request(0, GAP), attempt=None)) == []
