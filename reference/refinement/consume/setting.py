"""What is run beside the model of the consume half, and how its clients are configured."""

from collections.abc import Mapping
from random import Random

import attrs

from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.rules import JAVA, MemberRules
from ackproof.reference.consumer.settings import ConsumerSettings, consumer_settings
from ackproof.reference.protocol.request import Network
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import NEWEST_CONSUMER, QUICK_BROKERS

GROUP = "group"
SESSION_MS, POLL_INTERVAL_MS = 700, 1_000


BROKERS: Mapping[str, str] = {
    **QUICK_BROKERS,
    "default.replication.factor": "1",
    "group.consumer.assignment.interval.ms": "0",
    "group.consumer.heartbeat.interval.ms": "100",
    "group.consumer.min.heartbeat.interval.ms": "100",
    "group.consumer.min.session.timeout.ms": "100",
    "group.consumer.session.timeout.ms": str(SESSION_MS),
    "group.initial.rebalance.delay.ms": "50",
    "group.min.session.timeout.ms": "100",
    "offsets.retention.check.interval.ms": "1000",
    "offsets.retention.minutes": "1",
    "offsets.topic.replication.factor": "2",
}

BROKERS_THAT_ARE_MISSED: Mapping[str, str] = {
    **BROKERS,
    "broker.heartbeat.interval.ms": "20",
    "broker.session.timeout.ms": "100",
}
"""Brokers of which the controller notices soon that one is gone: nobody does anything meanwhile."""


@attrs.frozen
class ConsumeSetting:
    """
    What is run beside the model.

    Attributes:
        at_once: How many records a poll returns at most.
        moves_key: The key of the records moves to a partition that is added.
        forgets_offsets: Committed offsets expire within a minute or so; else only after days.
    """

    rules: ConsumerRules = NEWEST_CONSUMER
    records: int = 4
    at_once: int = 2
    moves_key: bool = False
    forgets_offsets: bool = True

    @property
    def brokers(self) -> Mapping[str, str]:
        """The configuration of the brokers, by Kafka's keys."""
        return BROKERS if self.forgets_offsets else {**BROKERS, "offsets.retention.minutes": "10080"}


def member_rules_of(rules: ConsumerRules) -> MemberRules:
    """What clients do as members of a classic group: those that keep what they lost tell no generation (librdkafka)."""
    if not rules.rebalancing.keeps_what_it_lost:
        return JAVA
    classic = attrs.evolve(
        JAVA.classic, keeps_owned_without_membership=True, gives_up_as_it_syncs=True, claims_heard_generation=False
    )
    return attrs.evolve(JAVA, classic=classic)


def consumer_of(
    process: Process,
    node: Network,
    settings: ConsumerSettings,
    rules: ConsumerRules,
    rng: Random,
    *,
    validates_positions: bool = True,
) -> Consumer:
    """A consumer of an instance, in a *process*."""
    members = member_rules_of(rules)
    return Consumer(process, node, settings, rules, rng, member_rules=members, validates_positions=validates_positions)


def settings_of(setting: ConsumeSetting, assignor: str, bootstrap_servers: str, number: int) -> ConsumerSettings:
    """The configuration of an instance."""
    rules = setting.rules
    classic = {
        "heartbeat.interval.ms": "50",
        "partition.assignment.strategy": "cooperative-sticky" if rules.rebalancing.keeps_reading else "range",
        "session.timeout.ms": str(SESSION_MS),
    }
    modern = {"group.protocol": "consumer", "group.remote.assignor": assignor}
    protocol = modern if rules.rebalancing.is_by_coordinator else classic
    return consumer_settings(
        {
            "bootstrap.servers": bootstrap_servers,
            "client.id": f"consumer-{number}",
            "group.id": GROUP,
            "auto.commit.interval.ms": "30",
            "auto.offset.reset": "by_duration:PT0.05S" if rules.reset == "by_duration" else rules.reset,
            "enable.auto.commit": str(rules.commit == "auto").lower(),
            "fetch.max.wait.ms": "30",
            "max.poll.interval.ms": str(POLL_INTERVAL_MS),
            "max.poll.records": str(setting.at_once),
            "metadata.max.age.ms": "300",
            "reconnect.backoff.max.ms": "5",
            "reconnect.backoff.ms": "5",
            "retry.backoff.max.ms": "5",
            "retry.backoff.ms": "5",
            **({"group.instance.id": f"instance-{number}"} if rules.is_static else {}),
            **protocol,
        }
    )
