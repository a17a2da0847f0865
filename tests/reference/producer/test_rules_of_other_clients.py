"""Rules of the model that make the producer another client."""

import attrs
import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.produce.idempotence import (
    AIOKAFKA_IDEMPOTENCE,
    KAFKA_PYTHON_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
)
from ackproof.model.produce.rules import ProducerRules
from ackproof.reference.producer.numbers.identity import ProducerIdAndEpoch
from tests.reference.producer.fake_kafka import Says
from tests.reference.producer.other_clients import (
    LIBRDKAFKA,
    OUT_OF_ORDER,
    UNAVAILABLE,
    idempotent,
    scene_of,
)
from tests.reference.producer.scene import errors, offsets
from tests.reference.producer.test_verdicts import stored


def test_librdkafka_ends_at_a_gap() -> None:
    scene = scene_of(LIBRDKAFKA)
    scene.kafka.meets(OUT_OF_ORDER)
    sent = scene.sends(b"a", b"b")
    scene.run(100)

    assert errors(sent) == ["OutOfOrderSequenceError", "OutOfOrderSequenceError"]
    assert scene.producer.state == "fatal error"


def test_librdkafka_closes_the_connection_of_what_it_gives_up() -> None:
    scene = scene_of(attrs.evolve(LIBRDKAFKA, idempotence=None))
    scene.kafka.meets(UNAVAILABLE, "lose-request", "lose-request")
    connection = scene.kafka.servers[1].connections[-1]
    sent = scene.sends(b"a")
    scene.run(1_480)

    assert scene.kafka.servers[1].connections[-1].is_open

    scene.run(20)

    assert errors(sent) == ["KafkaTimeoutError"]
    assert not scene.kafka.servers[1].connections[-1].is_open
    assert not connection.is_open


def test_librdkafka_drains_all_partitions_and_bumps_the_epoch_of_all_after_a_deadline() -> None:
    scene = scene_of(LIBRDKAFKA, partitions=2)
    scene.sends(b"x", partition=1)
    scene.run(20)
    scene.kafka.meets("lose-request", "lose-request")
    sent = scene.sends(b"a")
    scene.run(1_100)
    sent += scene.sends(b"y", partition=1)
    scene.run(600)

    assert errors(sent) == ["KafkaTimeoutError", None]
    assert stored(scene.kafka, 1) == [(b"x", 0, 0), (b"y", 1, 0)]


def test_librdkafka_sends_retries_together() -> None:
    scene = scene_of(LIBRDKAFKA)
    scene.kafka.meets("drop-before", "hold-request")
    scene.sends(b"a", b"b", b"c")
    scene.run(200)

    # The first is not answered yet.
    assert [sent.base_sequence for sent in scene.producer.on_wire()] == [1, 2, 3]


def test_librdkafka_takes_a_success_for_that_of_earlier_batches_that_wait() -> None:
    scene = scene_of(LIBRDKAFKA, backoff_ms=500)
    scene.kafka.meets("refuse-after")
    sent = scene.sends(b"a", b"b")
    scene.run(20)

    assert offsets(sent) == [-1, 2]
    assert scene.producer.queue(("t", 0)) == ()


def test_librdkafka_bumps_the_epoch_behind_a_failure() -> None:
    scene = scene_of(LIBRDKAFKA)
    scene.kafka.meets(UNAVAILABLE)
    sent = scene.sends(b"a", b"b")
    scene.run(200)

    assert errors(sent) == [None, None]
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"a", 1, 0), (b"b", 1, 1)]


def test_librdkafka_does_not_count_it_as_a_retry_that_a_lower_sequence_is_missing() -> None:
    scene = scene_of(LIBRDKAFKA, retries=1)
    scene.kafka.meets(UNAVAILABLE, "ok", "ok", UNAVAILABLE)
    sent = scene.sends(b"a", b"b")
    scene.run(300)

    assert errors(sent) == [None, None]
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"a", 1, 0), (b"b", 1, 1)]


def test_kafka_python_fails_at_a_gap_and_takes_the_next_epoch() -> None:
    scene = idempotent(KAFKA_PYTHON_IDEMPOTENCE, in_flight=1)
    scene.kafka.meets(OUT_OF_ORDER)
    sent = scene.sends(b"a", b"b")
    scene.run(200)

    assert errors(sent) == ["OutOfOrderSequenceError", None]
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"b", 1, 0)]


def test_kafka_python_begins_from_0_in_the_same_epoch_if_the_broker_does_not_know_it() -> None:
    scene = idempotent(KAFKA_PYTHON_IDEMPOTENCE, in_flight=1)
    scene.kafka.log().recent.clear()
    scene.kafka.meets(Says(ErrorCode.unknown_producer_id))
    sent = scene.sends(b"a", b"b")
    scene.run(200)

    assert errors(sent) == ["UnknownProducerIdError", None]
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"b", 0, 0)]


def test_aiokafka_only_fails_the_batch_at_a_gap() -> None:
    scene = idempotent(AIOKAFKA_IDEMPOTENCE, in_flight=1)
    scene.kafka.meets(OUT_OF_ORDER)
    sent = scene.sends(b"a")
    scene.run(100)

    assert errors(sent) == ["OutOfOrderSequenceError"]
    assert scene.producer.identity == ProducerIdAndEpoch(1000, 0)


def test_librdkafka_before_1_9_forgets_its_sequences_when_a_topic_is_not_known_for_a_moment() -> None:
    scene = scene_of(attrs.evolve(LIBRDKAFKA, idempotence=attrs.evolve(LIBRDKAFKA_IDEMPOTENCE, forgets_sequences=True)))
    leaders = scene.kafka.leaders["t"]
    scene.kafka.leaders["t"] = ErrorCode.unknown_topic_or_partition
    scene.producer._metadata.request_update()  # pyright: ignore[reportPrivateUsage]  # as it does from time to time
    scene.run(300)
    scene.kafka.leaders["t"] = leaders
    sent = scene.sends(b"a")
    scene.run(1_000)

    # Its sequence is that of the first record, so that the broker takes it for a repeat.
    assert offsets(sent) == [0]
    assert scene.kafka.log().values == [b"first"]


@pytest.mark.parametrize(("overtaken", "values"), [(False, [b"first", b"a", b"b"]), (True, [b"first", b"b", b"a"])])
def test_librdkafka_before_0_11_4_lets_the_next_batch_overtake_one_that_waits(
    overtaken: bool, values: list[bytes]
) -> None:
    rules = ProducerRules(idempotence=None, max_in_flight=1, mutes_partition=False, lets_retries_be_overtaken=overtaken)
    scene = scene_of(rules, in_flight=1, backoff_ms=200)
    scene.kafka.meets(UNAVAILABLE)
    scene.sends(b"a", b"b")
    scene.run(1_000)

    assert scene.kafka.log().values == values
