"""What passes its deadline, and what the producer makes of it, by client."""

import attrs
import pytest

from ackproof.config.producers import idempotence_of
from ackproof.model.produce.append import Error, Leader
from ackproof.model.produce.batch import Attempt, Batch
from ackproof.model.produce.deadlines import (
    deadline_passes_with_the_connection,
    deadlines_pass_with_the_connection,
    expired,
    expiring,
    failed_late,
    minds_late_failures,
    producer_pause,
    send_timeout,
)
from ackproof.model.produce.idempotence import (
    AIOKAFKA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    KAFKA_PYTHON_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
    IdempotenceRules,
)
from ackproof.model.produce.librdkafka import message_timeout
from ackproof.model.produce.network import Connection, Request
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import first_replicas, leader_log
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.watermark import DERIVED
from ackproof.model.system import Next
from tests.model.produce.batches import RECORDS, attempt, producer, request

JAVA = ProducerRules()
IN_QUEUE = attrs.evolve(JAVA, expiry="in-queue")
LIBRDKAFKA = ProducerRules(idempotence=LIBRDKAFKA_IDEMPOTENCE, deadline_closes_connection=True)


def first(connection: Connection) -> Attempt:
    """The first batch on the wire."""
    found = connection.requests[0].attempt
    assert found is not None
    return found


def test_only_the_oldest_batch_passes_its_deadline_first() -> None:
    connection = Connection((request(0), request(1)))

    assert list(expiring(JAVA, producer(2), connection)) == [attempt(0)]


def test_before_2_1_and_in_aiokafka_only_what_waits_to_be_sent_passes_a_deadline() -> None:
    on_wire, waiting = Connection((request(0),)), attempt(1, is_retry=True)

    assert list(expiring(IN_QUEUE, producer(2, queue=(waiting,)), on_wire)) == [waiting]
    assert list(producer_pause.outcomes(IN_QUEUE, RECORDS, producer(1), on_wire)) == []


def test_librdkafka_without_a_message_timeout_has_no_deadline() -> None:
    patient = attrs.evolve(LIBRDKAFKA, expiry="never", on_send_failure="resend")

    assert list(expiring(patient, producer(2, queue=(Attempt(Batch(1)),)), Connection((request(0),)))) == []


def test_a_batch_that_times_out_in_retry_leaves_its_sequence_unresolved() -> None:
    waiting = attempt(0, is_retry=True)

    after, _ = expired(JAVA, RECORDS, producer(1, queue=(waiting,)), Connection(), waiting)

    assert (after.unresolved, after.queue) == (1, ())


def test_kafka_python_asks_for_a_new_producer_id_when_a_batch_times_out_in_retry() -> None:
    waiting = attempt(0, is_retry=True)
    python = attrs.evolve(JAVA, idempotence=KAFKA_PYTHON_IDEMPOTENCE)

    after, _ = expired(python, RECORDS, producer(1, queue=(waiting,)), Connection(), waiting)

    assert (after.producer_id, after.unresolved, after.queue) == (1, None, ())


def test_java_does_not_mark_a_first_attempt_that_times_out_on_the_wire() -> None:
    connection = Connection((request(0),))

    after, left = expired(JAVA, RECORDS, producer(1), connection, first(connection))

    assert after.unresolved is None
    assert [waiting.attempt for waiting in left.requests] == [None]


def test_a_batch_passes_its_deadline_also_before_it_is_noticed_that_its_connection_is_broken() -> None:
    (passed,) = send_timeout.outcomes(JAVA, RECORDS, producer(1), Connection((), (request(0),)))

    left = passed.changes["connection"]
    assert isinstance(left, Connection)
    assert [lost.attempt for lost in left.broken] == [None]


def test_what_the_application_sends_again_may_pass_its_deadline_before_it_is_sent() -> None:
    again, resending = Attempt(Batch(0), resends_left=1), attrs.evolve(JAVA, on_send_failure="resend")

    after, _ = expired(resending, RECORDS, producer(2, queue=(again, attempt(1))), Connection(), again)

    assert list(expiring(resending, producer(1, queue=(again,)), Connection())) == [again]
    assert after.queue == (attempt(1), attrs.evolve(again, resends_left=0))
    assert after.unresolved is None


def test_what_a_new_process_sends_again_may_pass_its_deadline_before_it_is_sent() -> None:
    older, newer = Attempt(Batch(0)), Attempt(Batch(1))

    assert list(expiring(JAVA, producer(2, queue=(older, newer)), Connection())) == [older]
    assert list(expiring(attrs.evolve(JAVA, expiry="never"), producer(1, queue=(older,)), Connection())) == []


def late(rules: IdempotenceRules, failed: Attempt, error: Error | None = None) -> tuple[Producer, Connection]:
    """After a failure of a batch that had *failed* by its deadline, while one behind it waits."""
    behind = producer(2, queue=(attempt(1, is_retry=True),))
    heard_of = Request(failed.batch, None, error=error, expired=failed)
    return failed_late(ProducerRules(idempotence=rules), behind, Connection(), heard_of)


@pytest.mark.parametrize(("version", "hears"), [((2, 0), False), ((2, 1), True), ((3, 5), True), ((3, 6), False)])
def test_from_2_1_to_3_5_java_remembers_what_failed_by_its_deadline(version: tuple[int, int], hears: bool) -> None:
    client, connection = ProducerRules(idempotence=idempotence_of("java", version, version)), Connection((request(0),))

    _, left = expired(client, RECORDS, producer(1), connection, first(connection))

    assert (left.requests[0].expired is not None) is hears


def test_a_late_failure_moves_later_sequences_down_or_bumps_the_epoch() -> None:
    after, _ = late(idempotence_of("java", (2, 4), (2, 4)), attempt(0))
    assert (after.producer_epoch, after.next_sequence) == (0, 1)
    assert [waiting.batch.base_sequence for waiting in after.queue] == [0]

    after, _ = late(idempotence_of("java", (3, 5), (3, 5)), attempt(0))
    assert (after.producer_epoch, after.next_sequence) == (1, 1)


def test_a_late_failure_says_nothing_once_retries_are_exhausted_or_the_identity_is_another() -> None:
    rules = idempotence_of("java", (3, 5), (3, 5))

    assert late(rules, attrs.evolve(attempt(0), retries_left=0))[0].producer_epoch == 0
    assert late(rules, attempt(0, epoch=-1))[0].producer_epoch == 0
    assert late(rules, attempt(0, producer_id=7))[0].producer_epoch == 0


def test_a_late_gap_makes_java_before_2_5_ask_for_a_new_producer_id() -> None:
    after, _ = late(idempotence_of("java", (2, 4), (2, 4)), attempt(0), "OUT_OF_ORDER_SEQUENCE_NUMBER")

    assert after.producer_id == 1


@pytest.mark.parametrize(
    ("consequence", "epoch", "sequence", "unresolved"),
    [("bump", 1, 0, None), ("adjust", 0, 0, None), ("resolve", 0, 1, 1)],
)
def test_a_deadline_that_passes_as_the_connection_breaks_counts_as_a_certain_failure(
    consequence: str, epoch: int, sequence: int, unresolved: int | None
) -> None:
    rules = attrs.evolve(JAVA_IDEMPOTENCE, on_late_failure=consequence)  # type: ignore[arg-type]  # one of three words
    client, broken = ProducerRules(idempotence=rules), Connection((), (request(0), request(1)))

    (passed,) = deadline_passes_with_the_connection.outcomes(client, RECORDS, producer(2), broken)

    after, left = passed.changes["producer"], passed.changes["connection"]
    assert isinstance(after, Producer)
    assert isinstance(left, Connection)
    assert (after.producer_epoch, after.unresolved) == (epoch, unresolved)
    assert [waiting.attempt.batch.base_sequence for waiting in left.broken if waiting.attempt] == [sequence]


def producer_and_connection(step: Next) -> tuple[Producer, Connection]:
    """What is left of both after a step."""
    after, left = step.changes["producer"], step.changes["connection"]
    assert isinstance(after, Producer)
    assert isinstance(left, Connection)
    return after, left


def test_older_batches_that_wait_to_be_sent_again_fail_before_there_is_a_new_connection() -> None:
    waits = producer(2, queue=(attempt(0, is_retry=True),))
    broken = Connection((), (request(1),))
    sending_again = attrs.evolve(JAVA, on_send_failure="resend")

    for client, left in ((JAVA, ()), (sending_again, (0,))):
        (passed,) = deadline_passes_with_the_connection.outcomes(client, RECORDS, waits, broken)
        after, _ = producer_and_connection(passed)

        assert tuple(waiting.batch.record for waiting in after.queue) == left
        assert (after.producer_epoch, after.unresolved) == (1, None if left else 1)


def test_the_oldest_batch_passes_its_deadline_first_wherever_it_is_on_the_connection() -> None:
    broken = Connection((), (request(1), request(0)))

    (passed,) = deadline_passes_with_the_connection.outcomes(JAVA, RECORDS, producer(2), broken)

    assert passed.says.startswith("delivery.timeout.ms of r1 (sequence 0) passes")


def test_one_new_epoch_is_enough_for_all_that_fail_with_a_connection_while_sequences_move_down_for_each() -> None:
    broken = Connection((), (request(0), request(1), request(2)))
    adjusting = ProducerRules(idempotence=idempotence_of("java", (2, 4), (2, 4)))

    for client, epoch, sequence in ((JAVA, 1, 1), (adjusting, 0, 1)):
        _, two, _ = deadlines_pass_with_the_connection.outcomes(client, RECORDS, producer(3), broken)
        after, left = producer_and_connection(two)

        assert (after.producer_epoch, after.next_sequence) == (epoch, sequence)
        assert [lost.attempt.batch.base_sequence for lost in left.broken if lost.attempt] == [0]


def test_a_batch_without_retries_left_fails_as_any_other_failure_does() -> None:
    last = attrs.evolve(request(0), attempt=attrs.evolve(attempt(0), retries_left=0))

    outcomes = deadline_passes_with_the_connection.outcomes(JAVA, RECORDS, producer(1), Connection((), (last,)))

    assert list(outcomes) == []


def test_only_clients_that_take_a_late_failure_for_certain_mind_it() -> None:
    broken = Connection((), (request(0),))

    assert minds_late_failures(broken, JAVA)
    for rules in (AIOKAFKA_IDEMPOTENCE, LIBRDKAFKA_IDEMPOTENCE, KAFKA_PYTHON_IDEMPOTENCE):
        assert not minds_late_failures(broken, ProducerRules(idempotence=rules))


def test_librdkafka_closes_the_connection_and_the_leader_may_serve_what_was_sent_behind() -> None:
    leader, replicas = Leader(BrokerRules(), DERIVED, "all"), first_replicas(3)
    waiting = Connection((attrs.evolve(request(0), waits_for=1), request(1)))

    outcomes = list(message_timeout.outcomes(leader, LIBRDKAFKA, RECORDS, replicas, producer(2), waiting))

    assert len(outcomes) == 2
    for outcome, stored in zip(outcomes, (0, 1), strict=True):
        left, after = outcome.changes["connection"], outcome.changes["replicas"]
        assert isinstance(left, Connection)
        assert [given_up.attempt is None for given_up in left.broken] == [True, False]
        assert len(leader_log(after) or ()) == stored  # type: ignore[arg-type]  # a component's own type


def test_a_message_that_waits_to_be_sent_leaves_the_connection_of_librdkafka_open() -> None:
    leader, waiting = Leader(BrokerRules(), DERIVED, "all"), attempt(0, is_retry=True)
    queued = producer(1, queue=(waiting,))

    (outcome,) = message_timeout.outcomes(leader, LIBRDKAFKA, RECORDS, first_replicas(3), queued, Connection())

    assert outcome.changes["connection"] == Connection()
