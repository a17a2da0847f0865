"""Known bugs of producers, with a small cluster that stores what comes as it should, and what goes wrong on the way."""

from collections.abc import Mapping

from kio.schema.errors import ErrorCode

from ackproof.model.system import System
from ackproof.reference.kernel.future import Future
from ackproof.reference.producer.record import RecordMetadata
from tests.reference.known_bugs_rules import Scenario, client
from tests.reference.producer.fake_kafka import Doing, Says
from tests.reference.producer.other_clients import UNAVAILABLE
from tests.reference.producer.scene import Scene

DEADLINE_MS = 1_500

Late = tuple[Scene, Future[RecordMetadata]]


def producing(system: System, partitions: int = 1, brokers: int = 1, **settings: object) -> Scene:
    """A producer with these rules that gives up after 1.5 seconds; partition n is led by broker n + 1 or the last."""
    rules = client(system)
    given: dict[str, object] = {
        "enable_idempotence": rules.idempotence is not None,
        "linger_ms": 0,
        "request_timeout_ms": 1_000,
        "delivery_timeout_ms": DEADLINE_MS,
        "retry_backoff_ms": 10,
        "retry_backoff_max_ms": 10,
        "max_in_flight_requests_per_connection": rules.max_in_flight,
        **settings,
    }
    leaders = {number: min(number + 1, brokers) for number in range(partitions)}
    return Scene({"t": leaders}, brokers, rules=rules, **given)  # type: ignore[arg-type]  # settings are by name


def is_lost(scene: Scene, value: bytes, sent: Future[RecordMetadata]) -> bool:
    """Whether a record is acknowledged and not there."""
    return sent.is_done and sent.error is None and value not in scene.kafka.log().values


def is_doubled(scene: Scene, value: bytes) -> bool:
    """Whether a record is there twice."""
    return scene.kafka.log().values.count(value) > 1


def kafka_5494_client(system: System) -> bool:
    """A stored batch runs out of retries as its answers are lost, and the next one passes for its duplicate."""
    scene = producing(system, retries=1, delivery_timeout_ms=60_000)
    scene.ready()
    scene.kafka.meets("lose-answer", "lose-answer")
    scene.sends(b"a")
    scene.run(5_000)
    (sent,) = scene.sends(b"b")
    scene.run(5_000)
    return is_lost(scene, b"b", sent)


def kip_360(system: System) -> bool:
    """The broker does not know the producer, which begins from 0, while an older batch is still on its way."""
    scene = producing(system, partitions=2, delivery_timeout_ms=1_000)
    scene.sends(b"elsewhere", partition=1)
    scene.run(50)
    scene.kafka.meets("hold-request", Says(ErrorCode.unknown_producer_id, log_start_offset=0), "hold-request")
    scene.sends(b"a")
    scene.run(500)
    (sent,) = scene.sends(b"b")
    scene.run(600)
    while scene.kafka.held:
        scene.kafka.release()
    scene.run(2_000)
    return is_lost(scene, b"b", sent)


def kafka_8483(system: System) -> bool:
    """Retention makes the broker forget the producer, and what is in flight gets new numbers in another order."""
    scene = producing(system, max_in_flight_requests_per_connection=5)
    scene.ready()
    unknown = Says(ErrorCode.unknown_producer_id, log_start_offset=99)
    scene.kafka.meets("ok", *[unknown] * 4)
    scene.sends(b"1", b"2", b"3", b"4", b"5")
    scene.run(4)
    scene.kafka.log().recent.clear()
    scene.run(1_000)
    stored = scene.kafka.log().values[1:]
    assert sorted(filter(None, stored)) == [b"1", b"2", b"3", b"4", b"5"]
    return stored != sorted(filter(None, stored))


def late_failure(system: System, of_second: Doing, breaks_after_ms: int = DEADLINE_MS) -> Late:
    """A batch is too old when its answer is about to arrive, as is the connection."""
    scene = producing(system, request_timeout_ms=DEADLINE_MS)
    scene.ready()
    begun_ms = scene.clock.now_ms
    scene.kafka.meets("ok", of_second)
    scene.kafka.network.delay_ms = 751
    scene.sends(b"a")
    scene.run(600)
    (second,) = scene.sends(b"b")
    scene.clock.call_at(begun_ms + breaks_after_ms, scene.kafka.servers[1].drop)
    scene.run(901)
    scene.kafka.network.delay_ms = 1
    while scene.kafka.held:
        scene.kafka.release()
    scene.run(2_000)
    return scene, second


def kafka_8805(system: System) -> bool:
    """A stored batch fails by its deadline, and the one behind it gets its sequence."""
    scene, second = late_failure(system, "lose-request")
    return is_lost(scene, b"b", second)


def kafka_14397(system: System) -> bool:
    """A batch fails by its deadline, and the stored one behind it is sent again in a new epoch."""
    scene, _ = late_failure(system, "lose-answer")
    return is_doubled(scene, b"b")


def kafka_14034(system: System) -> bool:
    """A batch fails by its deadline, and the one behind it gets a new epoch while it is on its way."""
    scene, _ = late_failure(system, "hold-request")
    return is_doubled(scene, b"b")


def kafka_14884(system: System) -> bool:
    """A batch is too old, then its connection breaks, and the stored one behind it is sent again in a new epoch."""
    scene, _ = late_failure(system, "lose-answer", DEADLINE_MS + 1)
    return is_doubled(scene, b"b")


def kafka_13598(system: System) -> bool:
    """An answer is lost, and the retry is stored as well."""
    scene = producing(system)
    scene.ready()
    scene.kafka.meets("lose-answer")
    scene.sends(b"a")
    scene.run(2_000)
    return is_doubled(scene, b"a")


def kip_91(system: System) -> bool:
    """A batch is tried again and again, and nothing has come of it when its time is over."""
    scene = producing(system)
    scene.ready()
    scene.kafka.meets(UNAVAILABLE, "hold-answer", "hold-answer")
    (sent,) = scene.sends(b"a")
    scene.run(DEADLINE_MS + 10)
    return not sent.is_done


def librdkafka_1092(system: System) -> bool:
    """A request is refused, and the next one goes before it is sent again."""
    scene = producing(system, retry_backoff_ms=200, retry_backoff_max_ms=200)
    scene.ready()
    scene.kafka.meets(UNAVAILABLE)
    scene.sends(b"a", b"b")
    scene.run(1_000)
    return scene.kafka.log().values == [b"first", b"b", b"a"]


def librdkafka_3672(system: System) -> bool:
    """A topic is missing from the metadata for a moment; the next batch passes for the first of all."""
    scene = producing(system, metadata_max_age_ms=100)
    scene.ready()
    leaders = scene.kafka.leaders["t"]
    scene.kafka.leaders["t"] = ErrorCode.unknown_topic_or_partition
    scene.run(300)
    scene.kafka.leaders["t"] = leaders
    scene.run(300)
    (sent,) = scene.sends(b"a")
    scene.run(1_000)
    return is_lost(scene, b"a", sent)


def librdkafka_4953(system: System) -> bool:
    """A batch of another partition is refused behind a failed one, and a stored one is sent again in a new epoch."""
    scene = producing(system, partitions=2, brokers=2, delivery_timeout_ms=20_000)
    scene.ready()
    scene.sends(b"elsewhere", partition=1)
    scene.run(50)
    scene.kafka.meets("lose-answer", UNAVAILABLE)
    scene.sends(b"a")
    scene.sends(b"x", b"y", partition=1)
    scene.run(10_000)
    assert set(scene.kafka.log(partition=1).values) == {b"elsewhere", b"x", b"y"}
    return is_doubled(scene, b"a")


def kafka_3197(system: System) -> bool:
    """A batch for the new leader overtakes the one that is on its way to the old one."""
    scene = producing(system, brokers=2, metadata_max_age_ms=1, request_timeout_ms=30_000, delivery_timeout_ms=60_000)
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
    return scene.kafka.log().values == [b"first", b"b", b"a"]


def kafka_python_2841(system: System) -> bool:
    """A stored batch fails by its deadline, and the next one gets its sequence."""
    scene = producing(system, request_timeout_ms=DEADLINE_MS)
    scene.ready()
    scene.kafka.meets("lose-answer")
    scene.sends(b"a")
    scene.run(3_000)
    (sent,) = scene.sends(b"b")
    scene.run(3_000)
    return is_lost(scene, b"b", sent)


SCENARIOS: Mapping[str, Scenario] = {
    "KAFKA-5494 (client)": kafka_5494_client,
    "KIP-360": kip_360,
    "KAFKA-8483": kafka_8483,
    "KAFKA-8805": kafka_8805,
    "KAFKA-14397": kafka_14397,
    "KAFKA-14034": kafka_14034,
    "KAFKA-14884": kafka_14884,
    "KAFKA-13598": kafka_13598,
    "KIP-91": kip_91,
    "librdkafka #1092": librdkafka_1092,
    "librdkafka #3672": librdkafka_3672,
    "librdkafka #4953": librdkafka_4953,
    "KAFKA-3197": kafka_3197,
    "kafka-python #2841": kafka_python_2841,
}
