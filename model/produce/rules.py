"""Rules: what differs between Kafka versions, clients and configurations, as values that the actions are handed."""

from collections.abc import Callable
from typing import Literal

import attrs

from ackproof.model.produce.batch import Attempt

Requeue = Callable[[tuple[Attempt, ...], tuple[Attempt, ...]], tuple[Attempt, ...]]
"""Where failed batches go in the queue: (queue, failed, oldest first) to the new queue."""


def each_to_the_front(queue: tuple[Attempt, ...], failed: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    """
    Each failed batch goes to the front, one after the other: several that fail together are reversed.

    Source: ``RecordAccumulator.reenqueue`` without a transaction manager.
    """
    return failed[::-1] + queue


def in_send_order(queue: tuple[Attempt, ...], failed: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    """
    Failed batches go where they were: by sequence, or by message id.

    Source: ``RecordAccumulator.insertInSequenceOrder``; librdkafka ``rd_kafka_msgq_insert_msgq``.
    """
    again = [attempt for attempt in queue if attempt.was_sent]
    new = [attempt for attempt in queue if not attempt.was_sent]
    return (*sorted([*failed, *again], key=lambda attempt: attempt.batch.place), *new)


@attrs.frozen
class IdempotenceRules:
    """
    How a client's idempotent producer deals with what it cannot know.

    Attributes:
        expires_batches: Whether a batch that has a sequence can time out (aiokafka: never).
        unresolved_unless_retried: Whether a batch that times out on its first attempt leaves its sequence unresolved.
            Java asks only batches in retry (``Sender.sendProducerData``), and may miss the gap.
        bumps_with_failed_response: Whether a failure that arrives after the deadline bumps the epoch at once and
            rewrites what is in flight (KAFKA-14397, KAFKA-14034).
        drains_only_the_wire: After a batch timed out nothing is sent until the requests on the wire are answered; then
            the epoch is bumped, and what waits to be sent again gets new sequences (librdkafka
            ``rd_kafka_idemp_drain_epoch_bump``). Java waits for retries too, and bumps only where a gap is left.
        on_gap: What follows an OUT_OF_ORDER_SEQUENCE_NUMBER for the oldest batch: a new epoch (Java), the end of the
            producer (librdkafka), or the failure of that batch alone (aiokafka).
    """

    expires_batches: bool = True
    unresolved_unless_retried: bool = False
    bumps_with_failed_response: bool = True
    on_gap: Literal["bump", "end", "fail"] = "bump"
    drains_only_the_wire: bool = False


JAVA_IDEMPOTENCE = IdempotenceRules()
"""Java, and kafka-python, which follows it. Source: ``TransactionManager``, ``Sender``."""

LIBRDKAFKA_IDEMPOTENCE = IdempotenceRules(
    unresolved_unless_retried=True, bumps_with_failed_response=False, on_gap="end", drains_only_the_wire=True
)
"""librdkafka drains what is in flight, then bumps the epoch. Source: INTRODUCTION.md, ``rdkafka_idempotence.c``."""

AIOKAFKA_IDEMPOTENCE = IdempotenceRules(expires_batches=False, bumps_with_failed_response=False, on_gap="fail")
"""aiokafka retries an idempotent batch until it knows. Source: ``aiokafka/producer/sender.py``."""


@attrs.frozen
class ProducerRules:
    """
    A producer as configured, and the application around it.

    Attributes:
        idempotence: None for a producer that numbers nothing.
        max_in_flight: Requests on the connection at once; 1 also where the client mutes the partition.
        retries: None where only the delivery deadline ends them.
        most_resends: How often an application that sends again does so for one record: a bound of the model.
    """

    acks: Literal["0", "1", "all"] = "all"
    idempotence: IdempotenceRules | None = JAVA_IDEMPOTENCE
    max_in_flight: int = 5
    retries: int | None = None
    requeue: Requeue = in_send_order
    on_send_failure: Literal["stop", "drop", "resend"] = "stop"
    on_restart: Literal["forget", "resend"] = "forget"
    most_resends: int = 2


@attrs.frozen
class BrokerRules:
    """
    The brokers and the topic as configured.

    Attributes:
        min_insync_replicas: As the partition applies it (``Partition.effectiveMinIsr``).
        keeps_high_watermark_below_min_isr: The high watermark stands still while the in-sync replicas are too few
            (3.7, KAFKA-15583). Before, it moved on and the producer heard NOT_ENOUGH_REPLICAS_AFTER_APPEND.
        has_eligible_leader_replicas: KIP-966, on by default for new clusters from 4.1.
        flushes_every_record: ``flush.messages = 1``: a power loss takes nothing.
        accepts_any_first_sequence: A partition that does not know a producer accepts any first sequence
            (from 2.5; KAFKA-15591).
        remembered_batches: How many batches of a producer are known again (``ProducerStateEntry``).
    """

    replication_factor: int = 3
    min_insync_replicas: int = 2
    keeps_high_watermark_below_min_isr: bool = True
    has_eligible_leader_replicas: bool = True
    elects_uncleanly: bool = False
    flushes_every_record: bool = False
    accepts_any_first_sequence: bool = True
    remembered_batches: int = 5
