"""How long a batch is tried for, and where it goes meanwhile."""

from itertools import pairwise

from kio.schema.errors import ErrorCode

from ackproof.reference.producer.record import ProducerRecord
from tests.reference.producer.fake_kafka import Says
from tests.reference.producer.scene import Scene, errors, offsets


def test_acks_0_is_a_success_without_offset_as_soon_as_it_is_sent() -> None:
    scene = Scene(acks="0")
    scene.ready()
    scene.kafka.meets(Says(ErrorCode.not_leader_or_follower))
    sent = scene.sends(b"a")
    scene.run(10)

    assert offsets(sent) == [-1]
    assert scene.kafka.log().values == [b"first"]


def test_the_delivery_timeout_counts_from_when_the_batch_was_made() -> None:
    scene = Scene(request_timeout_ms=1_000, delivery_timeout_ms=1_500, linger_ms=0)
    scene.ready()
    scene.kafka.servers[1].answers["produce"] = lambda _: None
    begun_ms = scene.clock.now_ms
    told = list[int]()
    sent = scene.producer.send(ProducerRecord("t", b"a"), lambda _, __: told.append(scene.clock.now_ms))
    scene.run(5_000)

    assert errors([sent]) == ["KafkaTimeoutError"]
    assert told == [begun_ms + 1_500]


def test_a_batch_expires_also_while_nobody_can_be_reached() -> None:
    scene = Scene(request_timeout_ms=1_000, delivery_timeout_ms=1_500, linger_ms=0)
    scene.ready()
    scene.kafka.network.servers.clear()
    scene.kafka.servers[1].drop()
    sent = scene.sends(b"a")
    scene.run(3_000)

    assert errors(sent) == ["KafkaTimeoutError"]


def test_a_batch_goes_to_the_new_leader() -> None:
    scene = Scene(brokers=2)
    scene.ready()
    scene.kafka.lead("t", 0, 2)
    sent = scene.sends(b"a")
    scene.run(1_000)

    assert offsets(sent) == [1]
    assert [node_id for _, node_id, _, _ in scene.kafka.produced] == [1, 1, 2]


def test_a_new_leader_is_not_made_to_wait_for_the_back_off() -> None:
    scene = Scene(brokers=2, retry_backoff_ms=50, retry_backoff_max_ms=50)
    scene.ready()
    scene.run(1_000)
    scene.kafka.lead("t", 0, 2)
    scene.kafka.meets("ok", Says(ErrorCode.not_enough_replicas))
    scene.sends(b"a")
    scene.run(1_000)
    times_ms = [at_ms for at_ms, _, _, _ in scene.kafka.produced]

    # The first retry goes out as soon as the leader is known and connected, the second after the back-off.
    assert times_ms[2] - times_ms[1] < 50 <= times_ms[3] - times_ms[2]


def test_retries_wait_longer_each_time() -> None:
    scene = Scene(retry_backoff_ms=100, retry_backoff_max_ms=10_000)
    scene.ready()
    scene.kafka.meets(*[Says(ErrorCode.not_enough_replicas)] * 4)
    scene.sends(b"a")
    scene.run(10_000)
    times_ms = [at_ms for at_ms, _, _, _ in scene.kafka.produced][1:]
    waits = [after - before for before, after in pairwise(times_ms)]

    assert all(0.8 * want <= wait <= 1.2 * want + 5 for wait, want in zip(waits, (100, 200, 400, 800), strict=True))
