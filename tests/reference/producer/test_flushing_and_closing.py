import pytest

from ackproof.reference.producer.errors import (
    IllegalStateError,
    ProducerError,
)
from tests.reference.producer.scene import Scene, errors, offsets


def test_flush_does_not_linger() -> None:
    scene = Scene(linger_ms=10_000)
    scene.send()
    scene.done(scene.producer.flush(), within_ms=100)

    assert scene.kafka.log().values == [b"v"]


def test_flush_waits_for_records_that_have_no_place_yet() -> None:
    scene = Scene(linger_ms=0)
    sent = scene.send()

    scene.done(scene.producer.flush())

    assert sent.is_done


def test_flush_waits_for_failures_too() -> None:
    scene = Scene(delivery_timeout_ms=31_000)
    scene.ready()
    scene.kafka.servers[1].answers["produce"] = lambda _: None
    sent = scene.send()
    scene.done(scene.producer.flush())

    assert errors([sent]) == ["KafkaTimeoutError"]


def test_close_sends_what_is_there() -> None:
    scene = Scene(linger_ms=10_000)
    sent = scene.send()
    scene.run(30)
    scene.done(scene.producer.close(), within_ms=200)

    assert offsets([sent]) == [0]
    assert not scene.kafka.servers[1].connections[-1].is_open


def test_what_is_not_sent_in_time_fails_as_the_producer_closes() -> None:
    scene = Scene()
    scene.ready()
    scene.kafka.servers[1].answers["produce"] = lambda _: None
    sent = scene.send()
    begun_ms = scene.clock.now_ms
    scene.done(scene.producer.close(timeout_ms=500))

    assert scene.clock.now_ms == begun_ms + 500
    assert errors([sent]) == ["ProducerError"]


def test_a_producer_closes_at_once_if_it_is_told_to() -> None:
    scene = Scene()
    sent = scene.send()
    scene.done(scene.producer.close(timeout_ms=0), within_ms=20)
    scene.run(0)

    assert errors([sent]) == ["ProducerError"]


def test_who_closes_at_once_sends_nothing_that_waits() -> None:
    scene = Scene(linger_ms=20)
    scene.ready()
    asked: list[object] = []
    scene.kafka.servers[1].answers["produce"] = asked.append
    sent = scene.send()
    scene.done(scene.producer.close(timeout_ms=0))
    scene.run(50)

    assert errors([sent]) == ["ProducerError"]
    assert not asked


def test_a_closed_producer_takes_nothing() -> None:
    scene = Scene()
    scene.done(scene.producer.close())

    with pytest.raises(IllegalStateError):
        scene.send()


def test_a_record_that_waits_for_metadata_fails_as_the_producer_closes() -> None:
    scene = Scene({})
    sent = scene.send()
    scene.run(50)
    scene.done(scene.producer.close(timeout_ms=100))
    scene.run(50)

    assert isinstance(sent.error, ProducerError)
    assert "closed while send in progress" in str(sent.error)
