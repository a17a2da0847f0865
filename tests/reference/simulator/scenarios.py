"""Scenarios that several tests run."""

from collections.abc import Mapping

import attrs

from ackproof.reference.simulator.scenario import Fault, FaultName, ProducerPlan, Scenario, TopicPlan

MIN_ISR_2 = TopicPlan(settings={"min.insync.replicas": "2"})
QUICK: Mapping[str, str] = {"delivery.timeout.ms": "20000", "request.timeout.ms": "5000"}
"""A producer that notices soon what goes wrong."""

SAFE = Scenario(
    topics=(MIN_ISR_2,),
    producers=(ProducerPlan(records=40, interval_ms=40, properties=QUICK, on_send_failure="drop"),),
    duration_ms=4_000,
)
"""Kafka's own defaults, with two in-sync replicas at least."""

HASTY = attrs.evolve(
    SAFE,
    producers=(
        ProducerPlan(
            records=100,
            interval_ms=7,
            properties={**QUICK, "acks": "1", "linger.ms": "0"},
            on_send_failure="drop",
        ),
    ),
    duration_ms=900,
)
"""A producer that the leader's word is enough for, in a hurry."""

HARMLESS: tuple[FaultName, ...] = (
    "request-lost",
    "response-lost",
    "request-delayed",
    "broker-crash",
    "leader-change",
    "follower-lag",
    "producer-pause",
)
"""Faults that acks=all with two in-sync replicas promises to outlive."""


def with_faults(scenario: Scenario, *names: FaultName) -> Scenario:
    return attrs.evolve(scenario, faults=tuple(Fault(name) for name in names))


def without_deliveries(scenario: Scenario) -> Scenario:
    return attrs.evolve(scenario, keeps_deliveries=False)
