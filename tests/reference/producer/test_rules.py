"""Rules of the model that make the producer an older one."""

import attrs
import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.produce.idempotence import (
    FIRST_JAVA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
)
from ackproof.model.produce.rules import Expiry, ProducerRules, each_to_the_front
from ackproof.reference.producer.numbers.identity import ProducerIdAndEpoch
from tests.reference.producer.fake_kafka import Says
from tests.reference.producer.other_clients import (
    JAVA_2_4,
    OUT_OF_ORDER,
    REFUSED,
    UNAVAILABLE,
    idempotent,
    scene_of,
)
from tests.reference.producer.scene import Scene, errors
from tests.reference.producer.test_verdicts import stored


def test_the_first_java_gives_the_sequence_of_a_failed_batch_to_the_next() -> None:
    scene = idempotent(FIRST_JAVA_IDEMPOTENCE, in_flight=1)
    scene.kafka.meets(REFUSED)
    sent = scene.sends(b"a", b"b")
    scene.run(100)

    assert errors(sent) == ["InvalidTopicError", None]
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"b", 0, 1)]


def test_java_before_2_5_fails_at_a_gap_and_asks_for_another_producer_id() -> None:
    scene = idempotent(JAVA_2_4)
    scene.kafka.meets(OUT_OF_ORDER)
    sent = scene.sends(b"a")
    scene.run(100)
    sent += scene.sends(b"b")
    scene.run(100)

    assert errors(sent) == ["OutOfOrderSequenceError", None]
    assert scene.producer.identity == ProducerIdAndEpoch(1001, 0)


def test_a_client_may_ask_for_another_producer_id_after_a_deadline() -> None:
    scene = idempotent(attrs.evolve(FIRST_JAVA_IDEMPOTENCE, counts_acknowledged=False))
    scene.kafka.meets(UNAVAILABLE, "lose-request", "lose-request")
    sent = scene.sends(b"a")
    scene.run(2_500)

    assert errors(sent) == ["KafkaTimeoutError"]
    assert scene.producer.identity == ProducerIdAndEpoch(1001, 0)


def test_java_before_2_5_guesses_that_retention_has_deleted_its_records() -> None:
    scene = idempotent(JAVA_2_4)
    scene.kafka.log().recent.clear()
    scene.kafka.meets(Says(ErrorCode.unknown_producer_id, log_start_offset=9))
    sent = scene.sends(b"a")
    scene.run(100)

    assert errors(sent) == [None]
    assert stored(scene.kafka)[1:] == [(b"a", 0, 0)]


@pytest.mark.parametrize(("in_heap_order", "numbers"), [(False, [1, 2, 3, 4]), (True, [1, 3, 2, 4])])
def test_java_before_2_3_numbers_batches_anew_in_the_order_of_a_heap(in_heap_order: bool, numbers: list[int]) -> None:
    scene = idempotent(attrs.evolve(JAVA_2_4, restarts_in_heap_order=in_heap_order))
    scene.kafka.meets("hold-answer")
    scene.sends(b"1", b"2", b"3", b"4", b"5")
    scene.run(10)
    in_flight = dict(scene.producer.numbers())["t", 0].in_flight
    batches = list(in_flight)
    # The first has an outcome, so that the heap puts the last in its place.
    in_flight.remove(batches[0])
    identified = scene.producer._identified  # pyright: ignore[reportPrivateUsage]  # what an answer would lead to
    assert identified is not None
    identified.numbering.start_from_0(("t", 0), scene.producer.identity)

    by_number = sorted(batches[1:], key=lambda batch: batch.base_sequence)
    assert [batches.index(batch) for batch in by_number] == numbers


def test_java_before_2_5_moves_later_sequences_down_behind_a_failure() -> None:
    scene = idempotent(JAVA_2_4)
    scene.kafka.meets(REFUSED)
    sent = scene.sends(b"a", b"b")
    scene.run(200)

    assert errors(sent) == ["InvalidTopicError", None]
    assert stored(scene.kafka) == [(b"first", 0, 0), (b"b", 0, 1)]


@pytest.mark.parametrize("hears", [False, True])
def test_java_before_3_6_hears_of_failures_of_what_it_has_given_up(hears: bool) -> None:
    rules = ProducerRules(idempotence=attrs.evolve(JAVA_IDEMPOTENCE, hears_of_expired=hears))
    scene = Scene(rules=rules, linger_ms=0, request_timeout_ms=1_500, delivery_timeout_ms=1_500)
    scene.ready()
    scene.kafka.meets("lose-request")
    sent = scene.sends(b"a")
    scene.run(1_500)

    assert errors(sent) == ["KafkaTimeoutError"]
    assert scene.producer.identity.epoch == 0

    scene.run(100)

    assert scene.producer.identity.epoch == int(hears)


def test_java_sends_retries_one_by_one() -> None:
    scene = idempotent(JAVA_IDEMPOTENCE)
    scene.kafka.meets("drop-before", "hold-request")
    scene.sends(b"a", b"b", b"c")
    scene.run(200)

    assert [sent.base_sequence for sent in scene.producer.on_wire()] == [1]


@pytest.mark.parametrize(
    ("expiry", "outcome"), [("anywhere", "KafkaTimeoutError"), ("in-queue", None), ("never", None)]
)
def test_which_batches_can_be_too_old(expiry: Expiry, outcome: str | None) -> None:
    scene = scene_of(ProducerRules(idempotence=None, expiry=expiry))
    scene.kafka.meets(UNAVAILABLE, UNAVAILABLE, "hold-answer")
    sent = scene.sends(b"a")
    scene.run(900)
    scene.kafka.servers[1].drop()
    scene.kafka.meets("hold-answer")
    scene.run(700)
    scene.kafka.release()
    scene.kafka.release()
    scene.run(100)

    assert errors(sent) == [outcome]


@pytest.mark.parametrize(("expiry", "outcome"), [("in-queue", "KafkaTimeoutError"), ("never", None)])
def test_batches_that_wait_can_be_too_old_unless_none_can(expiry: Expiry, outcome: str | None) -> None:
    scene = scene_of(ProducerRules(idempotence=None, expiry=expiry))
    servers = dict(scene.kafka.network.servers)
    scene.kafka.network.servers.clear()
    scene.kafka.servers[1].drop()
    sent = scene.sends(b"a")
    scene.run(2_000)
    scene.kafka.network.servers.update(servers)
    scene.run(3_000)

    assert errors(sent) == [outcome]
    assert sent[0].is_done


@pytest.mark.parametrize(("mutes", "values"), [(True, [b"a", b"b"]), (False, [b"b", b"a"])])
def test_one_request_per_connection_is_not_one_per_partition_when_the_leader_moves(
    mutes: bool, values: list[bytes]
) -> None:
    rules = ProducerRules(idempotence=None, max_in_flight=1, mutes_partition=mutes, requeue=each_to_the_front)
    scene = Scene(
        brokers=2,
        rules=rules,
        enable_idempotence=False,
        linger_ms=0,
        max_in_flight_requests_per_connection=1,
        metadata_max_age_ms=1,
    )
    scene.ready()
    scene.kafka.meets("hold-request")
    scene.sends(b"a")
    scene.run(100)
    scene.kafka.lead("t", 0, 2)
    scene.run(300)
    scene.sends(b"b")
    scene.run(300)
    scene.kafka.release()
    scene.run(1_000)

    assert scene.kafka.log().values == [b"first", *values]
