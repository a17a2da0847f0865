"""From a producer as configured to the rules of the model, by client and version."""

from collections.abc import Mapping

import attrs

from ackproof.config.clients.library import UNLIMITED, Settings
from ackproof.config.pipeline import Producer
from ackproof.config.versions import Changes, Version, changed, parts
from ackproof.model.produce.idempotence import (
    AIOKAFKA_IDEMPOTENCE,
    FIRST_JAVA_IDEMPOTENCE,
    KAFKA_PYTHON_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
    IdempotenceRules,
)
from ackproof.model.produce.rules import Expiry, ProducerRules, each_to_the_front, in_send_order

FIRST_IDEMPOTENCE: Mapping[str, IdempotenceRules] = {
    "java": FIRST_JAVA_IDEMPOTENCE,
    "librdkafka": attrs.evolve(LIBRDKAFKA_IDEMPOTENCE, forgets_sequences=True),
    "kafka-python": FIRST_JAVA_IDEMPOTENCE,
    "aiokafka": AIOKAFKA_IDEMPOTENCE,
}
"""How each client's producer was idempotent when it first was."""

IDEMPOTENCE_CHANGES: Mapping[str, Changes] = {
    "java": (
        # KAFKA-5494, KAFKA-5793
        ((1, 0), {"on_unknown_producer": "guess", "after_deadline": "resolve", "counts_acknowledged": False}),
        ((2, 1), {"on_late_failure": "adjust", "hears_of_expired": True}),  # KIP-91
        ((2, 3), {"restarts_in_heap_order": False}),  # KAFKA-8483
        ((2, 5), {"on_gap": "bump", "on_unknown_producer": "gap", "on_late_failure": "bump"}),  # KAFKA-8805, KIP-360
        ((3, 6), {"hears_of_expired": False}),  # KAFKA-14884
    ),
    "librdkafka": (
        ((1, 9), {"forgets_sequences": False}),  # #3672
    ),
    "kafka-python": (
        ((2, 3), {"on_unknown_producer": "restart"}),  # #2663
        ((3, 0), attrs.asdict(KAFKA_PYTHON_IDEMPOTENCE)),  # #2841, #2853
    ),
    "aiokafka": (),
}
"""What changed since."""

BUMPS_EPOCH_SINCE: Version = (2, 5)
"""Brokers of which kafka-python asks for a new epoch (KIP-360), and of older ones for a new producer id."""

PRODUCER_CHANGES: Mapping[str, Changes] = {
    "java": (
        ((0,), {"requeue": each_to_the_front, "expiry": "in-queue"}),
        ((2, 1), {"expiry": "anywhere"}),  # KIP-91
    ),
    "librdkafka": (
        ((0,), {"deadline_closes_connection": True, "lets_retries_be_overtaken": True}),
        ((0, 11, 4), {"lets_retries_be_overtaken": False}),  # #1092
    ),
    "kafka-python": (
        ((0,), {"requeue": each_to_the_front, "expiry": "in-queue", "mutes_partition": False}),
        ((1, 2), {"mutes_partition": True}),  # #698, as KAFKA-3197
        ((2, 2), {"expiry": "anywhere"}),  # KIP-91
    ),
    "aiokafka": (
        ((0,), {"requeue": each_to_the_front, "mutes_partition": False}),
        ((0, 5), {"mutes_partition": True}),  # #228
    ),
}
"""What a client does with every batch, idempotent or not, since which version."""


def producer_rules(producer: Producer, faults: int, kafka: Version) -> ProducerRules:
    """
    The rules of the producer.

    Args:
        faults: How many faults there may be: more retries than that are never used up by faults, so they count as
            one more, which keeps the states few.
        kafka: The version of the brokers.
    """
    name, version = producer.client.name, parts(producer.client.version)
    rules = ProducerRules(
        acks=producer.acks,
        idempotence=idempotence_of(name, version, kafka) if producer.is_idempotent else None,
        max_in_flight=producer.max_in_flight,
        retries=None if producer.retries >= UNLIMITED else min(producer.retries, faults + 1),
        # What a producer holds as its application stops is still sent (``close``), and it may hold all that is to come.
        on_send_failure="resend" if producer.on_send_failure == "resend" else "drop",
        on_restart=producer.on_restart,
        most_resends=faults + 1,
    )
    rules = changed(rules, PRODUCER_CHANGES[name], version)
    return attrs.evolve(
        rules,
        requeue=in_send_order if producer.is_idempotent else rules.requeue,
        expiry=expiry_of(producer) or rules.expiry,
    )


def idempotence_of(name: str, version: Version, kafka: Version) -> IdempotenceRules:
    """How that *version* of a client is idempotent with brokers of version *kafka*."""
    rules = changed(FIRST_IDEMPOTENCE[name], IDEMPOTENCE_CHANGES[name], version)
    needs_new_id = rules.on_gap == "fail-and-bump" and kafka < BUMPS_EPOCH_SINCE
    return attrs.evolve(rules, on_gap="fail-and-reset") if needs_new_id else rules


def expiry_of(producer: Producer) -> Expiry | None:
    """Which batches pass their deadline, where that depends on more than the version."""
    if producer.client.name == "librdkafka" and Settings(producer.settings).number("message.timeout.ms") == 0:
        return "never"
    # An idempotent batch expires only before it is sent, while nobody leads (``MessageAccumulator.drain_by_nodes``).
    return "in-queue" if producer.client.name == "aiokafka" and producer.is_idempotent else None
