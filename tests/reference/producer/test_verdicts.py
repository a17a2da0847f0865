"""What happens to numbers when things go wrong, in Java's producer."""

from kio.schema.errors import ErrorCode
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse

from ackproof.reference.producer.numbers.identity import (
    EPOCH_MAX,
    SEQUENCE_MAX,
    ProducerIdAndEpoch,
    sequence_after,
    signed,
)
from ackproof.reference.protocol.primitive import duration, i16
from tests.reference.producer.fake_kafka import FakeKafka, Says
from tests.reference.producer.scene import Scene, errors, offsets


def fast(backoff_ms: int = 100) -> Scene:
    """A producer that gives up soon, and knows the topic."""
    scene = Scene(
        linger_ms=0,
        request_timeout_ms=1_000,
        delivery_timeout_ms=1_500,
        retry_backoff_ms=backoff_ms,
        retry_backoff_max_ms=max(backoff_ms, 10) if backoff_ms < 100 else 1_000,
    )
    scene.ready()
    return scene


def stored(kafka: FakeKafka, partition: int = 0) -> list[tuple[bytes | None, int, int]]:
    """Value, epoch and sequence of each batch's first record."""
    return [
        (batch.records[0].value, batch.producer_epoch, batch.base_sequence)
        for batch in kafka.log(partition=partition).batches
    ]


def test_a_real_gap_is_bridged_by_a_new_epoch() -> None:
    scene = Scene(linger_ms=0)
    scene.ready()
    # The broker has forgotten the producer, and does not take any sequence.
    scene.kafka.log().recent.clear()
    scene.kafka.accepts_any_first = False
    sent = scene.sends(b"a", b"b")
    scene.run(3_000)

    assert stored(scene.kafka) == [(b"first", 0, 0), (b"a", 1, 0), (b"b", 1, 1)]
    assert offsets(sent) == [1, 2]


def test_an_unknown_producer_takes_a_new_epoch() -> None:
    scene = Scene(linger_ms=0)
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.unknown_producer_id, log_start_offset=0))
    sent = scene.sends(b"a")
    scene.run(1_000)

    assert stored(scene.kafka) == [(b"first", 0, 0), (b"a", 1, 0)]
    assert offsets(sent) == [1]


def test_an_unknown_producer_tries_again_while_the_log_start_is_not_known() -> None:
    scene = Scene(linger_ms=0)
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.unknown_producer_id, log_start_offset=-1))
    scene.sends(b"a")
    scene.run(1_000)

    assert stored(scene.kafka) == [(b"first", 0, 0), (b"a", 0, 1)]


def test_an_old_epoch_fails_the_batch_and_the_next_one_has_a_new_epoch() -> None:
    scene = Scene(linger_ms=0)
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.invalid_producer_epoch))
    sent = scene.sends(b"a")
    scene.run(1_000)
    sent += scene.sends(b"b")
    scene.run(1_000)

    assert errors(sent) == ["InvalidProducerEpochError", None]
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"b", 1, 0)]


def test_only_the_partition_that_asked_for_a_new_epoch_is_numbered_anew_at_once() -> None:
    scene = Scene({"t": {0: 1, 1: 1}}, linger_ms=0)
    scene.ready()
    scene.sends(b"x", partition=1)
    scene.run(100)
    scene.kafka.meets(Says(ErrorCode.invalid_producer_epoch), "hold-request")
    scene.sends(b"a", partition=0)
    scene.sends(b"y", partition=1)
    scene.run(100)
    numbers = dict(scene.producer.numbers())

    assert scene.producer.identity.epoch == 1
    assert numbers["t", 0].identity.epoch == 1
    assert numbers["t", 1].identity.epoch == 0

    # Nothing new goes there before what has the old epoch is through.
    scene.sends(b"z", partition=1)
    scene.run(100)
    scene.kafka.release()
    scene.run(100)

    assert stored(scene.kafka, 1) == [(b"x", 0, 0), (b"y", 0, 1), (b"z", 1, 0)]


def test_after_the_last_epoch_there_is_a_new_producer_id() -> None:
    scene = Scene(linger_ms=0)
    scene.ready()
    identified = scene.producer._identified  # pyright: ignore[reportPrivateUsage]  # 32767 bumps take too long
    assert identified is not None
    identified.numbering.identity = ProducerIdAndEpoch(1000, EPOCH_MAX)
    scene.kafka.meets(Says(ErrorCode.invalid_producer_epoch))
    scene.sends(b"a")
    scene.run(1_000)

    assert scene.producer.identity == ProducerIdAndEpoch(1001, 0)

    sent = scene.sends(b"b")
    scene.run(1_000)

    assert offsets(sent) == [1]


def test_a_batch_that_expires_in_retry_holds_back_what_is_new_until_all_in_flight_is_known() -> None:
    scene = fast(backoff_ms=10)
    scene.kafka.meets(Says(ErrorCode.not_enough_replicas), "lose-request", "lose-request")
    sent = scene.sends(b"a")
    scene.run(700)
    sent += scene.sends(b"b")
    scene.run(820)
    sent += scene.sends(b"c")
    scene.run(100)

    assert errors(sent) == ["KafkaTimeoutError", None, None]
    assert scene.producer.unresolved == {("t", 0): 2}
    assert [batch.has_sequence for batch in scene.producer.queue(("t", 0))] == [False]

    # The second batch finds that the first one is missing.
    scene.kafka.servers[1].drop()
    scene.run(2_000)

    assert errors(sent) == ["KafkaTimeoutError", None, None]
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"b", 1, 0), (b"c", 1, 1)]


def test_what_stays_unresolved_ends_in_a_new_epoch() -> None:
    scene = fast()
    scene.kafka.meets(Says(ErrorCode.not_enough_replicas), "lose-request", "lose-request")
    sent = scene.sends(b"a")
    scene.run(1_400)
    sent += scene.sends(b"b")
    scene.run(1_400)

    assert errors(sent) == ["KafkaTimeoutError", None]
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"b", 1, 0)]


def test_an_unresolved_sequence_that_was_overtaken_by_a_success_is_resolved() -> None:
    scene = Scene(linger_ms=0, request_timeout_ms=1_000, delivery_timeout_ms=1_500, retry_backoff_ms=1)
    scene.ready()
    # The first attempt fails, so that the second is a retry; it is stored, and its answer comes too late.
    scene.kafka.meets("lose-request", "hold-answer")
    sent = scene.sends(b"a")
    scene.run(700)
    sent += scene.sends(b"b")
    scene.run(850)

    assert errors(sent) == ["KafkaTimeoutError", None]
    assert scene.producer.unresolved == {("t", 0): 2}

    scene.kafka.release()
    scene.run(100)
    sent += scene.sends(b"c")
    scene.run(100)

    assert scene.producer.unresolved == {}
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"a", 0, 1), (b"b", 0, 2), (b"c", 0, 3)]


def test_a_failure_after_the_deadline_rewrites_what_is_in_flight_though_it_may_be_stored() -> None:
    """KAFKA-14397, KAFKA-14034: Java takes a failure after the deadline for certain, and bumps the epoch."""
    scene = Scene(linger_ms=0, request_timeout_ms=1_500, delivery_timeout_ms=1_500)
    scene.ready()
    begun_ms = scene.clock.now_ms
    # The second batch is stored behind the first, and its answer is lost with the connection.
    scene.kafka.meets("ok", "lose-answer")
    scene.kafka.network.delay_ms = 751
    sent = scene.sends(b"b1")
    scene.run(600)
    sent += scene.sends(b"b2")
    # The connection breaks as the first batch is too old, before the producer has looked for that.
    scene.clock.call_at(begun_ms + 1_500, scene.kafka.servers[1].drop)
    scene.run(901)
    scene.kafka.network.delay_ms = 1
    scene.run(2_000)

    assert errors(sent) == ["NetworkError", None]
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"b1", 0, 1), (b"b2", 0, 2), (b"b2", 1, 0)]


def test_after_the_deadline_of_a_first_attempt_the_next_batches_loop_on_the_gap_until_they_are_too_old() -> None:
    scene = Scene(linger_ms=0, request_timeout_ms=1_000, delivery_timeout_ms=1_000)
    scene.ready()
    scene.kafka.meets("lose-request")
    sent = scene.sends(b"a")
    scene.run(1_000)

    assert errors(sent) == ["KafkaTimeoutError"]
    assert scene.producer.unresolved == {}

    sent += scene.sends(b"b")
    scene.run(1_500)
    sent += scene.sends(b"c")
    scene.run(1_000)

    assert errors(sent) == ["KafkaTimeoutError", "KafkaTimeoutError", None]
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"c", 1, 0)]


def test_sequences_begin_at_0_again_after_the_largest() -> None:
    assert sequence_after(SEQUENCE_MAX, 1) == 0
    assert sequence_after(SEQUENCE_MAX - 1, 5) == 3
    assert sequence_after(3, 4) == 7
    assert signed(SEQUENCE_MAX + 1) == -(2**31)


def test_sequences_wrap_on_the_wire() -> None:
    scene = Scene(linger_ms=0)
    scene.ready()
    numbers = dict(scene.producer.numbers())["t", 0]
    numbers.next_sequence = SEQUENCE_MAX
    numbers.last_acked_sequence = SEQUENCE_MAX - 1
    scene.kafka.log().recent.clear()
    scene.sends(b"a", b"b")
    scene.run(1_000)

    assert stored(scene.kafka) == [(b"first", 0, 0), (b"a", 0, SEQUENCE_MAX), (b"b", 0, 0)]


def test_an_authorization_that_comes_later_lets_the_producer_go_on() -> None:
    scene = Scene(linger_ms=0)
    answers = scene.kafka.servers[1].answers
    granted = answers["init_producer_id"]

    def refuse(request: object) -> object:
        del request

        return InitProducerIdResponse(
            throttle_time=duration(0),
            error_code=ErrorCode.cluster_authorization_failed,
            producer_epoch=i16(-1),
        )

    answers["init_producer_id"] = refuse  # type: ignore[assignment]  # it is an answer
    sent = scene.sends(b"a")
    scene.run(30)
    answers["init_producer_id"] = granted
    scene.run(100)
    sent += scene.sends(b"b")
    scene.run(100)

    assert errors(sent) == ["ClusterAuthorizationError", None]
