"""Producers of other clients, and of older versions."""

from kio.schema.errors import ErrorCode

from ackproof.model.produce.idempotence import (
    LIBRDKAFKA_IDEMPOTENCE,
    IdempotenceRules,
)
from ackproof.model.produce.rules import ProducerRules
from tests.reference.producer.fake_kafka import Says
from tests.reference.producer.scene import Scene

OUT_OF_ORDER = Says(ErrorCode.out_of_order_sequence_number)

REFUSED = Says(ErrorCode.invalid_topic_exception)

UNAVAILABLE = Says(ErrorCode.not_enough_replicas)

JAVA_2_4 = IdempotenceRules(
    on_gap="fail-and-reset", on_unknown_producer="guess", on_late_failure="adjust", hears_of_expired=True
)

LIBRDKAFKA = ProducerRules(idempotence=LIBRDKAFKA_IDEMPOTENCE, deadline_closes_connection=True)


def scene_of(
    rules: ProducerRules, partitions: int = 1, backoff_ms: int = 10, in_flight: int = 5, retries: int = 100
) -> Scene:
    """A producer of these *rules* that gives up after 1.5 seconds, and knows the topic."""
    scene = Scene(
        {"t": dict.fromkeys(range(partitions), 1)},
        rules=rules,
        enable_idempotence=rules.idempotence is not None,
        linger_ms=0,
        request_timeout_ms=1_000,
        delivery_timeout_ms=1_500,
        retries=retries,
        retry_backoff_ms=backoff_ms,
        retry_backoff_max_ms=backoff_ms,
        max_in_flight_requests_per_connection=in_flight,
    )
    scene.ready()
    return scene


def idempotent(rules: IdempotenceRules, **others: int) -> Scene:
    """A producer of these rules of idempotence."""
    return scene_of(ProducerRules(idempotence=rules), **others)
