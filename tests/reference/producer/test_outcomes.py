import pytest
from kio.schema.errors import ErrorCode

from ackproof.reference.producer.errors import RecordTooLargeError
from tests.reference.producer.fake_kafka import Fault, Says
from tests.reference.producer.scene import Scene, errors, offsets

RETRIED: tuple[Fault, ...] = (
    Says(ErrorCode.not_leader_or_follower),
    Says(ErrorCode.unknown_topic_or_partition),
    Says(ErrorCode.not_enough_replicas),
    Says(ErrorCode.not_enough_replicas_after_append),
    Says(ErrorCode.request_timed_out),
    Says(ErrorCode.kafka_storage_error),
    Says(ErrorCode.corrupt_message),
    "drop-before",
    "drop-after",
)


@pytest.mark.parametrize("fault", RETRIED, ids=str)
def test_what_may_pass_is_tried_again(fault: Fault) -> None:
    scene = Scene()
    scene.ready()
    scene.kafka.meets(fault)
    sent = scene.sends(b"a")
    scene.run(5_000)

    assert offsets(sent) == [1]
    assert scene.kafka.log().values == [b"first", b"a"]


def test_a_request_that_is_not_answered_is_sent_again_after_its_timeout() -> None:
    scene = Scene(request_timeout_ms=1_000)
    scene.ready()
    scene.kafka.meets("lose-answer")
    sent = scene.sends(b"a")
    scene.run(1_000)

    assert not sent[0].is_done

    scene.run(1_000)

    assert offsets(sent) == [1]
    assert scene.kafka.log().values == [b"first", b"a"]


def test_without_idempotence_a_lost_answer_makes_a_duplicate() -> None:
    scene = Scene(enable_idempotence=False)
    scene.ready()
    scene.kafka.meets("drop-after")
    sent = scene.sends(b"a")
    scene.run(1_000)

    assert offsets(sent) == [2]
    assert scene.kafka.log().values == [b"first", b"a", b"a"]


def test_without_idempotence_two_batches_that_fail_one_after_the_other_keep_their_order_only_by_luck() -> None:
    scene = Scene(enable_idempotence=False, linger_ms=0)
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.not_enough_replicas), "ok")
    sent = scene.sends(b"a", b"b")
    scene.run(1_000)

    assert scene.kafka.log().values == [b"first", b"b", b"a"]
    assert offsets(sent) == [2, 1]


def test_without_idempotence_batches_that_fail_together_are_reversed() -> None:
    scene = Scene(enable_idempotence=False, linger_ms=0)
    scene.ready()
    scene.kafka.meets("lose-request")
    scene.sends(b"a", b"b", b"c")
    scene.run(10)
    scene.kafka.servers[1].drop()
    scene.run(1_000)

    assert scene.kafka.log().values == [b"first", b"c", b"b", b"a"]


def test_one_request_at_a_time_keeps_the_order_without_idempotence() -> None:
    scene = Scene(enable_idempotence=False, linger_ms=0, max_in_flight_requests_per_connection=1)
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.not_enough_replicas), "ok")
    scene.sends(b"a", b"b")
    scene.run(1_000)

    assert scene.kafka.log().values == [b"first", b"a", b"b"]


def test_idempotence_keeps_the_order_of_batches_that_fail_together() -> None:
    scene = Scene(linger_ms=0)
    scene.ready()
    scene.kafka.meets("lose-request")
    sent = scene.sends(b"a", b"b", b"c")
    scene.run(10)
    scene.kafka.servers[1].drop()
    scene.run(2_000)

    assert scene.kafka.log().values == [b"first", b"a", b"b", b"c"]
    assert offsets(sent) == [1, 2, 3]


def test_what_follows_a_batch_that_failed_waits_for_it() -> None:
    scene = Scene(linger_ms=0)
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.not_enough_replicas), "ok", "ok")
    sent = scene.sends(b"a", b"b", b"c")
    scene.run(2_000)

    assert scene.kafka.log().values == [b"first", b"a", b"b", b"c"]
    assert offsets(sent) == [1, 2, 3]


def test_the_same_number_is_kept_when_a_batch_is_sent_again() -> None:
    scene = Scene()
    scene.ready()
    scene.kafka.meets("drop-after", "drop-before")
    scene.sends(b"a")
    scene.run(3_000)

    assert [batch.base_sequence for batch in scene.kafka.log().batches] == [0, 1]
    assert len(scene.kafka.produced) == 4


def test_sequences_count_records() -> None:
    scene = Scene()
    for value in (b"a", b"b", b"c"):
        scene.send(value)
    scene.run(100)
    scene.send(b"d")
    scene.run(100)

    assert [batch.base_sequence for batch in scene.kafka.log().batches] == [0, 3]


def test_a_duplicate_that_the_broker_knows_no_more_of_is_a_success_without_offset() -> None:
    scene = Scene()
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.duplicate_sequence_number))
    sent = scene.sends(b"a")
    scene.run(100)

    assert offsets(sent) == [-1]


def test_retries_that_run_out_are_a_failure() -> None:
    scene = Scene(retries=2)
    scene.ready()
    scene.kafka.meets(*[Says(ErrorCode.not_enough_replicas)] * 3)
    sent = scene.sends(b"a")
    scene.run(5_000)

    assert len(scene.kafka.produced) == 4
    assert sent[0].error is not None
    assert "NOT_ENOUGH_REPLICAS" in str(sent[0].error)


def test_a_refusal_for_good_is_not_tried_again() -> None:
    scene = Scene()
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.invalid_topic_exception))
    sent = scene.sends(b"a")
    scene.run(1_000)

    assert errors(sent) == ["InvalidTopicError"]
    assert len(scene.kafka.produced) == 2


def test_a_refusal_for_good_bumps_the_epoch_as_its_sequence_will_be_missing() -> None:
    scene = Scene()
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.invalid_topic_exception))
    scene.sends(b"a")
    scene.run(100)
    sent = scene.sends(b"b")
    scene.run(100)

    assert offsets(sent) == [1]
    assert [(batch.producer_epoch, batch.base_sequence) for batch in scene.kafka.log().batches] == [(0, 0), (1, 0)]


def test_a_batch_of_one_record_that_is_too_large_fails() -> None:
    scene = Scene()
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.message_too_large))
    sent = scene.sends(b"a")
    scene.run(100)

    assert isinstance(sent[0].error, RecordTooLargeError)


def test_a_batch_of_more_records_that_is_too_large_is_split_and_no_retry_is_spent() -> None:
    scene = Scene(retries=1, batch_size=200)
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.message_too_large))
    sent = [scene.send(b"x" * 50) for _ in range(3)]
    scene.run(1_000)

    assert sorted(offsets(sent)) == [1, 2, 3]
    assert [batch.base_sequence for batch in scene.kafka.log().batches] == [0, 1, 3]


def test_flush_waits_for_the_pieces_of_a_batch_that_was_split() -> None:
    scene = Scene(batch_size=200)
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.message_too_large), "hold-answer")
    sent = [scene.send(b"x" * 50) for _ in range(2)]
    scene.clock.call_at(scene.clock.now_ms + 700, scene.kafka.release)
    scene.done(scene.producer.flush())

    assert all(future.is_done for future in sent)


def test_a_record_that_is_wrong_is_told_apart_from_those_in_its_batch() -> None:
    scene = Scene()
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.invalid_timestamp, record_errors=((1, "too old"),)))
    sent = [scene.send(value) for value in (b"a", b"b")]
    scene.run(100)

    assert "INVALID_TIMESTAMP: too old" in str(sent[1].error)
    assert errors(sent)[0] == "ProducerError"


def test_of_several_wrong_records_each_hears_that_it_is_not_valid() -> None:
    scene = Scene()
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.invalid_timestamp, message="all of it", record_errors=((0, "first"), (1, None))))
    sent = [scene.send(value) for value in (b"a", b"b")]
    scene.run(100)

    assert errors(sent) == ["InvalidRecordError", "InvalidRecordError"]
    assert ["first" in str(sent[0].error), "all of it" in str(sent[1].error)] == [True, True]
