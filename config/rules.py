"""From what the user runs to the rules of the model."""

from collections.abc import Mapping

import attrs

from ackproof.config.clients.library import UNLIMITED
from ackproof.config.pipeline import Consumer, Pipeline, Producer
from ackproof.config.topic import CLAMPS_MIN_ISR_SINCE
from ackproof.config.versions import Version, since, version_of
from ackproof.model.consume import rules as consume
from ackproof.model.produce.rules import (
    AIOKAFKA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
    BrokerRules,
    IdempotenceRules,
    ProducerRules,
    Requeue,
    each_to_the_front,
    in_send_order,
)

BEFORE_ALL_CHANGES = BrokerRules(
    keeps_high_watermark_below_min_isr=False, has_eligible_leader_replicas=False, accepts_any_first_sequence=False
)

BROKER_CHANGES: tuple[tuple[Version, Mapping[str, bool]], ...] = (
    ((2, 5), {"accepts_any_first_sequence": True}),  # KAFKA-7190, KIP-360
    ((3, 7), {"keeps_high_watermark_below_min_isr": True}),  # KAFKA-15583
)
"""What brokers do since which version."""

IDEMPOTENCE: Mapping[str, IdempotenceRules] = {
    "java": JAVA_IDEMPOTENCE,
    "librdkafka": LIBRDKAFKA_IDEMPOTENCE,
    "kafka-python": JAVA_IDEMPOTENCE,
    "aiokafka": AIOKAFKA_IDEMPOTENCE,
}

REQUEUE: Mapping[str, Requeue] = {
    "java": each_to_the_front,
    "librdkafka": in_send_order,
    "kafka-python": each_to_the_front,
    "aiokafka": each_to_the_front,
}
"""Where a client without idempotence puts failed batches."""

AUTO_COMMIT: Mapping[tuple[str, bool], consume.AutoCommit] = {
    ("java", True): consume.JAVA,
    ("kafka-python", True): consume.KAFKA_PYTHON,
    ("aiokafka", True): consume.AIOKAFKA,
    ("librdkafka", True): consume.LIBRDKAFKA,
    ("librdkafka", False): consume.LIBRDKAFKA_WITHOUT_OFFSET_STORE,
}
"""What each client commits by itself, with and without storing offsets itself."""

REJOIN_IN_BACKGROUND = frozenset({"aiokafka"})
"""Clients that rejoin their group while the application is processing."""


def broker_rules(pipeline: Pipeline) -> BrokerRules:
    """The rules of the brokers and the topic."""
    version = version_of(pipeline.kafka)
    rules = BEFORE_ALL_CHANGES
    for first, changes in BROKER_CHANGES:
        if version >= first:
            rules = attrs.evolve(rules, **changes)
    topic = pipeline.topic
    clamped = since(version, CLAMPS_MIN_ISR_SINCE)
    return attrs.evolve(
        rules,
        replication_factor=topic.replication_factor,
        min_insync_replicas=min(topic.min_insync_replicas, topic.replication_factor)
        if clamped
        else topic.min_insync_replicas,
        has_eligible_leader_replicas=pipeline.features["eligible.leader.replicas.version"] > 0,
        elects_uncleanly=topic.unclean_leader_election,
        flushes_every_record=topic.flush_messages == 1,
    )


def producer_rules(producer: Producer, faults: int) -> ProducerRules:
    """
    The rules of the producer.

    Args:
        faults: How many faults there may be: more retries than that are never used up by faults, so they count as
            one more, which keeps the states few.
    """
    name = producer.client.name
    idempotence = IDEMPOTENCE[name] if producer.is_idempotent else None
    return ProducerRules(
        acks=producer.acks,
        idempotence=idempotence,
        max_in_flight=producer.max_in_flight,
        retries=None if producer.retries >= UNLIMITED else min(producer.retries, faults + 1),
        requeue=in_send_order if idempotence else REQUEUE[name],
        on_send_failure=producer.on_send_failure,
        on_restart=producer.on_restart,
        most_resends=faults + 1,
    )


def consumer_rules(consumer: Consumer) -> consume.ConsumerRules:
    """
    The rules of the group's members.

    Raises:
        ValueError: They are configured in a way that is not modelled.
    """
    if consumer.commit == "transaction" or consumer.sink == "kafka" or consumer.auto_offset_reset == "by_duration":
        raise ValueError(f"not modelled: {consumer.commit}, {consumer.sink}, {consumer.auto_offset_reset}")
    return consume.ConsumerRules(
        auto_commit=AUTO_COMMIT[consumer.client.name, consumer.stores_offset_itself],
        commit=consumer.commit,
        commit_when=consumer.commit_when,
        processing=consumer.processing,
        reset=consumer.auto_offset_reset,
        sink=consumer.sink,
        instances=consumer.instances,
        rejoins_in_background=consumer.client.name in REJOIN_IN_BACKGROUND,
    )
