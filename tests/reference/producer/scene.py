"""A producer, a small cluster and a clock."""

from collections.abc import Coroutine, Mapping
from random import Random
from typing import Any, TypeVar

from ackproof.model.produce.rules import ProducerRules
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2, TransactionRules
from ackproof.reference.client.versions import NEWEST
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.producer.partitioners.partitioners import Partitioner
from ackproof.reference.producer.producer import Producer, bytes_producer
from ackproof.reference.producer.record import ProducerRecord, RecordMetadata
from ackproof.reference.producer.settings import producer_settings
from tests.reference.awaiting import outcome
from tests.reference.producer.fake_kafka import FakeKafka

T = TypeVar("T")

ONE: Mapping[str, Mapping[int, int]] = {"t": {0: 1}}


class Scene:
    """One cluster and one producer; keys of settings are Kafka's with ``_`` for ``.``."""

    def __init__(
        self,
        leaders: Mapping[str, Mapping[int, int]] = ONE,
        brokers: int = 1,
        *,
        rules: ProducerRules | None = None,
        transaction_rules: TransactionRules = TRANSACTION_VERSION_2,
        versions: Mapping[str, int] = NEWEST,
        partitioner: Partitioner | None = None,
        kafka: FakeKafka | None = None,
        **settings: object,
    ) -> None:
        self.kafka = kafka or FakeKafka(VirtualClock(1_000_000), leaders, brokers)
        self.clock = self.kafka.clock
        keys = {key.replace("_", "."): value for key, value in settings.items()}
        self.settings = producer_settings({"bootstrap.servers": self.kafka.bootstrap, **keys})
        self.producer: Producer[bytes, bytes] = bytes_producer(
            self.clock,
            self.kafka.network,
            self.settings,
            Random(7),
            rules=rules,
            transaction_rules=transaction_rules,
            versions=versions,
            partitioner=partitioner,
        )

    def send(self, value: bytes = b"v", topic: str = "t", partition: int | None = 0) -> Future[RecordMetadata]:
        """Send a record."""
        return self.producer.send(ProducerRecord(topic, value, partition=partition))

    def sends(self, *values: bytes, partition: int = 0) -> list[Future[RecordMetadata]]:
        """Send records, each of which becomes a batch of its own if nothing lingers."""
        sent = list[Future[RecordMetadata]]()
        for value in values:
            sent.append(self.send(value, partition=partition))
            self.run(0)
        return sent

    def run(self, for_ms: int) -> None:
        """Time goes by."""
        self.clock.run_until(self.clock.now_ms + for_ms)

    def ready(self) -> None:
        """The producer is connected, knows the topic and who it is."""
        future = self.send(b"first")
        self.run(50)
        future.result()

    def done(self, coroutine: Coroutine[Any, Any, T], within_ms: int = 100_000) -> T:
        """What comes of *coroutine*."""
        return outcome(self.clock, coroutine, within_ms)


def errors(futures: list[Future[RecordMetadata]]) -> list[str | None]:
    """The names of what they failed with; None for those that did not."""
    return [None if future.error is None else type(future.error).__name__ for future in futures]


def offsets(futures: list[Future[RecordMetadata]]) -> list[int]:
    """Where the records are."""
    return [future.result().offset for future in futures]
