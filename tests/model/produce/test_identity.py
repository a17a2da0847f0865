"""New epochs, new producer ids, new sequences."""

from ackproof.config.producers import idempotence_of
from ackproof.model.produce.idempotence import JAVA_IDEMPOTENCE
from ackproof.model.produce.identity import adjusted, bumped, guessed, in_heap_order, reset, resolved
from ackproof.model.produce.network import Connection
from ackproof.model.produce.producer import in_flight
from tests.model.produce.batches import attempt, producer, request

JAVA_2_2 = idempotence_of("java", (2, 2), (2, 2))
JAVA_2_4 = idempotence_of("java", (2, 4), (2, 4))


def test_an_unresolved_sequence_is_resolved_by_a_later_acknowledgement_or_bumps() -> None:
    assert resolved(JAVA_IDEMPOTENCE, producer(2, acked=1, unresolved=1), Connection()).unresolved is None
    assert resolved(JAVA_IDEMPOTENCE, producer(2, acked=1, unresolved=1), Connection()).producer_epoch == 0
    assert resolved(JAVA_IDEMPOTENCE, producer(2, acked=0, unresolved=2), Connection()).producer_epoch == 1


def test_an_unresolved_sequence_waits_for_what_is_in_flight() -> None:
    waiting = producer(2, unresolved=1)

    assert resolved(JAVA_IDEMPOTENCE, waiting, Connection((request(1),))) == waiting


def test_before_2_5_an_unresolved_sequence_ends_with_a_new_producer_id() -> None:
    after = resolved(JAVA_2_4, producer(2, acked=0, unresolved=2), Connection())

    assert (after.producer_id, after.producer_epoch, after.unresolved) == (1, 0, None)


def test_what_was_sent_under_an_old_producer_id_keeps_nobody_waiting() -> None:
    after = resolved(JAVA_2_4, producer(0, unresolved=1, producer_id=1), Connection((request(0),)))

    assert after.unresolved is None


def test_a_new_producer_id_leaves_the_numbers_of_what_was_sent() -> None:
    after = reset(producer(3, acked=1, queue=(attempt(2),)))

    assert (after.producer_id, after.next_sequence, after.last_acked_sequence) == (1, 0, -1)
    assert after.queue == (attempt(2),)


def test_a_bump_numbers_what_is_on_the_wire_anew_but_not_its_bytes() -> None:
    after, left = bumped(producer(3, acked=0, queue=(attempt(2),)), Connection((request(1),)))

    assert [(a.batch.producer_epoch, a.batch.base_sequence) for a in in_flight(after, left)] == [(1, 0), (1, 1)]
    assert left.requests[0].sent == attempt(1).batch


def test_a_batch_taken_for_not_stored_gives_its_sequence_to_the_next() -> None:
    after, left = adjusted(producer(3), Connection((request(1), request(2))), attempt(0).batch)

    assert after.next_sequence == 2
    assert [a.batch.base_sequence for a in in_flight(after, left)] == [0, 1]


def test_a_heap_holds_four_in_flight_in_another_order_once_the_first_is_taken_out() -> None:
    def order(*records: int) -> list[int]:
        held = producer(6, queue=tuple(map(attempt, records)))
        return [waiting.batch.record for waiting in in_heap_order(held, Connection())]

    assert (order(), order(1), order(1, 2)) == ([], [1], [1, 2])
    assert order(1, 2, 3) == [1, 3, 2]
    assert order(1, 2, 3, 4) == [1, 3, 2, 4]


def test_a_heap_from_which_nothing_has_been_taken_holds_all_as_they_were_sent() -> None:
    held = producer(3, queue=tuple(map(attempt, (0, 1, 2))))

    assert [waiting.batch.record for waiting in in_heap_order(held, Connection())] == [0, 1, 2]


def test_before_2_3_new_sequences_follow_the_heap() -> None:
    held = producer(4, acked=0, queue=tuple(map(attempt, (1, 2, 3))))

    def numbers(after: tuple[object, ...]) -> dict[int, int]:
        return {a.batch.record: a.batch.base_sequence for a in in_flight(*after)}  # type: ignore[arg-type]  # a pair

    assert numbers(guessed(JAVA_2_2, held, Connection())) == {1: 0, 2: 2, 3: 1}
    assert numbers(guessed(JAVA_2_4, held, Connection())) == {1: 0, 2: 1, 3: 2}
