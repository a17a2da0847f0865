"""What is run beside the model of transactions, and the names of what takes part."""

from collections.abc import Mapping

import attrs

from ackproof.model.transactions.rules import ApplicationRules, TransactionRules
from ackproof.reference.consumer.settings import ConsumerSettings, consumer_settings
from ackproof.reference.producer.settings import ProducerSettings, producer_settings
from ackproof.reference.simulator.scenario import QUICK_BROKERS

INPUT, OUTPUT = "input", "output"
OFFSETS_TOPIC, STATE_TOPIC = "__consumer_offsets", "__transaction_state"
PLACE, OUTPUT_PLACE = (INPUT, 0), (OUTPUT, 0)
GROUP = "group"

LEADERS: Mapping[str, int] = {STATE_TOPIC: 1, OUTPUT: 2, OFFSETS_TOPIC: 3, INPUT: 3}
"""Transaction coordinator, output leader and group coordinator are three brokers, so that each message is its own."""

SESSION_MS = 10_000
TRANSACTION_TIMEOUT_MS = 120_000
"""Of a directed run; where chance decides it is shorter."""

BROKERS: Mapping[str, str] = {
    **QUICK_BROKERS,
    "auto.leader.rebalance.enable": "false",
    "default.replication.factor": "1",
    "group.min.session.timeout.ms": "100",
    "offsets.topic.replication.factor": "1",
    "replica.fetch.backoff.ms": "5",
    "replica.fetch.wait.max.ms": "20",
    "request.timeout.ms": "600000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "100",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
}

BACK_OFFS: Mapping[str, str] = {
    "reconnect.backoff.max.ms": "5",
    "reconnect.backoff.ms": "5",
    "retry.backoff.max.ms": "5",
    "retry.backoff.ms": "5",
}


@attrs.frozen
class TransactionSetting:
    """
    What is run.

    Attributes:
        application: The application, and who reads what it writes.
        rules: Those of clients and brokers.
        records: In the log, or of the application.
    """

    application: ApplicationRules
    rules: TransactionRules
    records: int = 2

    @property
    def has_group(self) -> bool:
        """Whether transactions are made from a log that a group reads."""
        return self.application.source == "log"


def instance_name(index: int) -> str:
    """The client id of an instance, and its ``transactional.id``."""
    return f"instance-{index + 1}"


def producer_settings_of(
    bootstrap_servers: str,
    index: int,
    delivery_timeout_ms: int,
    transaction_timeout_ms: int = TRANSACTION_TIMEOUT_MS,
    in_flight: int = 1,
) -> ProducerSettings:
    """The producer of an instance: each record is a batch of its own, and so many are on their way at a time."""
    return producer_settings(
        {
            "bootstrap.servers": bootstrap_servers,
            "client.id": instance_name(index),
            "transactional.id": instance_name(index),
            "batch.size": "1",
            "linger.ms": "0",
            "max.block.ms": "100000000",
            "max.in.flight.requests.per.connection": str(in_flight),
            "delivery.timeout.ms": str(delivery_timeout_ms),
            "request.timeout.ms": str(delivery_timeout_ms),
            "transaction.timeout.ms": str(transaction_timeout_ms),
            **BACK_OFFS,
        }
    )


def consumer_settings_of(
    bootstrap_servers: str,
    index: int,
    setting: TransactionSetting,
    session_timeout_ms: int = SESSION_MS,
    most_records: int = 1,
) -> ConsumerSettings:
    """The consumer of an instance, which hands out so many records at a time."""
    return consumer_settings(
        {
            "bootstrap.servers": bootstrap_servers,
            "client.id": instance_name(index),
            "group.id": GROUP,
            "auto.offset.reset": setting.application.reset,
            "enable.auto.commit": "false",
            "fetch.max.wait.ms": "20",
            "heartbeat.interval.ms": str(session_timeout_ms // 20),
            "isolation.level": "read_committed",
            "max.poll.interval.ms": "100000000",
            "max.poll.records": str(most_records),
            "partition.assignment.strategy": "range",
            "session.timeout.ms": str(session_timeout_ms),
            **BACK_OFFS,
        }
    )


def reader_settings_of(bootstrap_servers: str, setting: TransactionSetting) -> ConsumerSettings:
    """Who reads the output from its beginning, without a group."""
    return consumer_settings(
        {
            "bootstrap.servers": bootstrap_servers,
            "client.id": "reader",
            "auto.offset.reset": "earliest",
            "fetch.max.wait.ms": "20",
            "isolation.level": setting.application.isolation,
        }
    )
