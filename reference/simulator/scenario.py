"""Scenarios: what a run consists of, but for its seed."""

from collections.abc import Mapping
from typing import Literal

import attrs

from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2, TransactionRules
from ackproof.reference.simulator.network import Delays

FaultName = Literal[
    "request-lost",
    "response-lost",
    "request-delayed",
    "broker-crash",
    "power-loss",
    "leader-change",
    "follower-lag",
    "coordinator-failover",
    "producer-crash",
    "producer-pause",
    "consumer-crash",
    "consumer-pause",
    "member-joins",
    "member-leaves",
    "partitions-added",
    "retention",
    "offsets-expired",
    "send-timeout",
    "processing-fails",
]
"""Everything that may go wrong, by the names of ``ackproof.model.faults``."""

NEWEST_BROKER = BrokerRules()
NEWEST_CONSUMER = ConsumerRules()
DELAYS = Delays()
NO_SETTINGS: Mapping[str, str] = {}

QUICK_BROKERS: Mapping[str, str] = {
    "broker.heartbeat.interval.ms": "300",
    "broker.session.timeout.ms": "1500",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "1",
    "replica.fetch.backoff.ms": "100",
    "replica.fetch.wait.max.ms": "200",
    "replica.lag.time.max.ms": "2000",
    "transaction.state.log.num.partitions": "1",
}
"""Brokers that notice sooner than by Kafka's defaults what goes wrong: a short run is worth as much as a long one."""


@attrs.frozen
class Fault:
    """
    Something that goes wrong.

    Attributes:
        at_ms: When, counted from the start of the applications; None to leave it to the seed.
        target: Of whom or what, by the name that the history gives it; None to leave it to the seed.
        lasts_ms: How long; None to leave it to the seed. What needs no healing does not care.
    """

    name: FaultName
    at_ms: int | None = None
    target: str | None = None
    lasts_ms: int | None = None


@attrs.frozen
class TopicPlan:
    """A topic that is there before anything else; settings by Kafka's keys."""

    name: str = "input"
    partitions: int = 1
    replication_factor: int = 3
    settings: Mapping[str, str] = NO_SETTINGS


@attrs.frozen
class ProducerPlan:
    """
    An application that sends records, each with a name of its own, and takes note of which are acknowledged.

    Attributes:
        keys: Over how many keys the records are spread.
        properties: Of its client, by Kafka's keys; with a ``transactional.id`` it sends in transactions.
        rules: How its client deals with failures; None for as Java does.
        on_send_failure: What it does when it hears that a send has failed.
        on_restart: What becomes of records whose outcome it did not see before a crash.
        most_resends: How often it sends one record again by itself.
        transaction_records: How many records a transaction holds.
    """

    name: str = "producer"
    topic: str = "input"
    records: int = 20
    interval_ms: int = 20
    keys: int = 1
    properties: Mapping[str, str] = NO_SETTINGS
    rules: ProducerRules | None = None
    on_send_failure: Literal["stop", "drop", "resend"] = "stop"
    on_restart: Literal["forget", "resend"] = "forget"
    most_resends: int = 2
    transaction_records: int = 3

    @property
    def is_transactional(self) -> bool:
        """Whether it sends in transactions."""
        return "transactional.id" in self.properties


@attrs.frozen
class ConsumerPlan:
    """
    An application that reads and processes records, in one or more instances.

    Attributes:
        rules: How it commits and when, what its sink does with repeats, and how its client differs.
        output: A topic for what it makes of each record (consume-process-produce); None for a sink of its own.
        producer_properties: Of the client that writes the output; with a ``transactional.id``, to which each instance
            adds its number, output and offsets are committed together.
        processing_ms: How long it takes for a record.
    """

    name: str = "consumer"
    topic: str = "input"
    group: str = "group"
    properties: Mapping[str, str] = NO_SETTINGS
    rules: ConsumerRules = NEWEST_CONSUMER
    output: str | None = None
    producer_properties: Mapping[str, str] = NO_SETTINGS
    producer_rules: ProducerRules | None = None
    processing_ms: int = 1

    @property
    def is_transactional(self) -> bool:
        """Whether offsets are committed with the output."""
        return "transactional.id" in self.producer_properties


@attrs.frozen
class Scenario:
    """
    What a run consists of, but for its seed.

    Attributes:
        broker_properties: By Kafka's keys, on top of ``QUICK_BROKERS``.
        duration_ms: For how long applications run while things go wrong.
        settling_ms: For how long they run after that.
        keeps_deliveries: Whether the history has every message that arrived.
    """

    brokers: int = 3
    broker_properties: Mapping[str, str] = NO_SETTINGS
    broker_rules: BrokerRules = NEWEST_BROKER
    transaction_rules: TransactionRules = TRANSACTION_VERSION_2
    topics: tuple[TopicPlan, ...] = (TopicPlan(),)
    producers: tuple[ProducerPlan, ...] = (ProducerPlan(),)
    consumers: tuple[ConsumerPlan, ...] = ()
    faults: tuple[Fault, ...] = ()
    delays: Delays = DELAYS
    duration_ms: int = 10_000
    settling_ms: int = 30_000
    keeps_deliveries: bool = True
