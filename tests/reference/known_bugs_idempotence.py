"""Known bugs of what a partition knows of its producers, as a producer meets them that is sent against a real log."""

from collections import defaultdict
from collections.abc import Mapping

import attrs
from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.system import System
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Batch, encode
from tests.reference.known_bugs_producers import is_doubled, is_lost, producing
from tests.reference.known_bugs_rules import Scenario, brokers
from tests.reference.log import logs
from tests.reference.producer.fake_kafka import FakeLog
from tests.reference.producer.other_clients import UNAVAILABLE
from tests.reference.producer.scene import Scene


@attrs.define(eq=False)
class RuledLog(FakeLog):
    """A log that decides as the rules of its broker have it; its batches stay here when retention deletes them."""

    rules: BrokerRules = attrs.field(factory=BrokerRules)
    log: PartitionLog = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.log = logs.new_log(broker_rules=self.rules)

    def append(self, batch: Batch, accepts_any_first: bool = True) -> tuple[ErrorCode, int]:
        """The outcome, and the base offset."""
        del accepts_any_first
        try:
            appended = logs.append(self.log, encode(batch))
        except KafkaError as error:
            return error.code, -1
        if not appended.is_duplicate:
            self.batches.append(attrs.evolve(batch, base_offset=appended.base_offset))
        return ErrorCode.none, appended.base_offset


def ruled(system: System, backoff_ms: int = 10) -> Scene:
    """A producer that has written elsewhere, and a partition that knows nothing of it."""
    rules = brokers(system)
    scene = producing(system, partitions=2, retry_backoff_ms=backoff_ms, retry_backoff_max_ms=backoff_ms)
    scene.kafka.logs = defaultdict(lambda: RuledLog(rules=rules))
    scene.sends(b"elsewhere", partition=1)
    scene.run(50)
    return scene


def real_log(scene: Scene) -> PartitionLog:
    """The log of the partition."""
    found = scene.kafka.log()
    assert isinstance(found, RuledLog)
    return found.log


def kafka_5494(system: System) -> bool:
    """Two batches are stored and their answers are lost; the first is taken for a gap as it comes again."""
    scene = ruled(system)
    scene.kafka.network.delay_ms = 50
    scene.sends(b"a", b"b")
    scene.run(60)
    scene.kafka.servers[1].drop()
    scene.run(2_000)
    return is_doubled(scene, b"a")


def kafka_7190(system: System) -> bool:
    """A batch is stored and its answer is lost, retention deletes it, and its retry is stored again."""
    scene = ruled(system)
    scene.kafka.meets("lose-answer")
    scene.sends(b"a")
    scene.run(100)
    real_log(scene).increase_log_start(1)
    scene.run(2_000)
    return is_doubled(scene, b"a")


def is_overtaken(scene: Scene) -> bool:
    """The first batch is refused, the second one is stored and its answer is lost; whether the first lands behind."""
    scene.kafka.meets(UNAVAILABLE, "drop-after")
    scene.sends(b"a", b"b")
    scene.run(2_000)
    stored = scene.kafka.log().values
    return b"b" in stored and stored.index(b"b") < stored.index(b"a")


def kafka_15591(system: System) -> bool:
    """The second batch of a producer is the first of its partition, and the first one comes behind it."""
    return is_overtaken(ruled(system))


def kafka_19880(system: System) -> bool:
    """The same where another producer has written before."""
    scene = ruled(system)
    logs.append(real_log(scene), logs.numbered(0, producer_id=8))
    return is_overtaken(scene)


def librdkafka_2081(system: System) -> bool:
    """The first batch is refused, the second one is stored, and the client takes that for the success of both."""
    scene = ruled(system, backoff_ms=500)
    scene.kafka.meets(UNAVAILABLE)
    first, _ = scene.sends(b"a", b"b")
    scene.run(5_000)
    return is_lost(scene, b"a", first)


SCENARIOS: Mapping[str, Scenario] = {
    "KAFKA-5494": kafka_5494,
    "KAFKA-7190": kafka_7190,
    "KAFKA-15591": kafka_15591,
    "KAFKA-19880": kafka_19880,
    "librdkafka #2081": librdkafka_2081,
}
