"""Rules: what differs between Kafka versions, clients and configurations, as values that the actions are handed."""

from collections.abc import Callable
from typing import Literal

import attrs

from ackproof.model.produce.batch import Attempt
from ackproof.model.produce.idempotence import JAVA_IDEMPOTENCE, IdempotenceRules
from ackproof.model.produce.truncation import Truncation, to_end_of_agreement

Requeue = Callable[[tuple[Attempt, ...], tuple[Attempt, ...]], tuple[Attempt, ...]]
"""Where failed batches go in the queue: (queue, failed, oldest first) to the new queue."""

Expiry = Literal["anywhere", "in-queue", "never"]
"""Which batches can pass their deadline."""


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
    return (*sorted([*failed, *again], key=lambda attempt: attempt.place), *new)


@attrs.frozen
class ProducerRules:
    """
    A producer as configured, and the application around it.

    Attributes:
        idempotence: None for a producer that numbers nothing.
        max_in_flight: Requests on the connection at once; 1 also where the client mutes the partition.
        retries: None where only the delivery deadline ends them.
        expiry: Which batches can pass their deadline. ``anywhere``: also those on the wire (Java from 2.1, KIP-91).
            ``in-queue``: only those that wait to be sent. ``never``: ``message.timeout.ms = 0`` of librdkafka.
        deadline_closes_connection: The deadline of a batch on the wire is that of its request, and ends the connection
            (librdkafka).
        mutes_partition: A batch waits until the one before it has its outcome, also where it would go to another
            leader. Asked only where one request is in flight at a time.
        lets_retries_be_overtaken: A batch that waits to be sent again is no obstacle to the next (librdkafka before
            0.11.4).
        on_send_failure: What the application does. ``stop``: nothing is sent that has not been by then, as where each
            send is waited for, or the producer is closed at once. Where what it holds is still sent that is ``drop``.
        most_resends: How often an application that sends again does so for one record: a bound of the model.
    """

    acks: Literal["0", "1", "all"] = "all"
    idempotence: IdempotenceRules | None = JAVA_IDEMPOTENCE
    max_in_flight: int = 5
    retries: int | None = None
    requeue: Requeue = in_send_order
    expiry: Expiry = "anywhere"
    deadline_closes_connection: bool = False
    mutes_partition: bool = True
    lets_retries_be_overtaken: bool = False
    on_send_failure: Literal["stop", "drop", "resend"] = "stop"
    on_restart: Literal["forget", "resend"] = "forget"
    most_resends: int = 2

    @property
    def keeps_message_ids(self) -> bool:
        """Whether what goes back to the queue goes where its message id has it, which its record does not tell."""
        return self.on_send_failure == "resend" and self.idempotence is None and self.requeue is in_send_order


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
        refuses_gap_in_empty_partition: Not so a partition that has never held a record (from 4.5, KAFKA-15591).
        names_unknown_producers: Where a first sequence is refused, whether the answer is UNKNOWN_PRODUCER_ID (1.0 to
            2.4, KAFKA-5793).
        forgets_producers_with_their_records: A producer whose last batch retention has deleted is unknown (before 2.4,
            KAFKA-7190).
        remembered_batches: How many batches of a producer are known again (``ProducerStateEntry``): 5, before 1.0 only
            the last (KAFKA-5494).
        truncation: Where a follower truncates to: as it begins to follow, or where logs agree, while it fetches.
        joins_below_leader_epoch: A follower may be in sync again below the offset at which its leader began to lead
            (before 2.0.1, KAFKA-7128).
        counts_diverging_fetches: A leader takes a follower to have what it has to truncate (2.7.0, 2.7.1, 2.8.0;
            KAFKA-13141).
        takes_high_watermark_before_truncating: A follower that has to truncate first takes the leader's high watermark
            (2.7 to 3.4.0, KAFKA-14704).
        serves_reads_from_followers: ``replica.selector.class`` lets consumers read from followers (KIP-392).
        shows_beyond_high_watermark: A read that races with an append shows what is appended (before 2.5.1, KAFKA-9835).
        misses_quick_restarts: A broker that is back before the controller looks keeps its place (before 2.2;
            KAFKA-1120, KIP-380).
        asks_controller_to_join: A leader asks the controller to let a follower join, and counts it from then on (from
            2.7, KIP-497: AlterPartition). Before, it wrote to ZooKeeper what is in sync.
        checks_broker_epochs: The controller refuses a follower that has restarted since the leader asked (from 3.5;
            KIP-903, KAFKA-14139).
    """

    replication_factor: int = 3
    min_insync_replicas: int = 2
    keeps_high_watermark_below_min_isr: bool = True
    has_eligible_leader_replicas: bool = True
    elects_uncleanly: bool = False
    flushes_every_record: bool = False
    accepts_any_first_sequence: bool = True
    refuses_gap_in_empty_partition: bool = False
    names_unknown_producers: bool = False
    forgets_producers_with_their_records: bool = False
    remembered_batches: int = 5
    truncation: Truncation = to_end_of_agreement
    joins_below_leader_epoch: bool = False
    counts_diverging_fetches: bool = False
    takes_high_watermark_before_truncating: bool = False
    serves_reads_from_followers: bool = False
    shows_beyond_high_watermark: bool = False
    misses_quick_restarts: bool = False
    asks_controller_to_join: bool = True
    checks_broker_epochs: bool = True

    @property
    def truncates_before_fetching(self) -> bool:
        """Whether a replica truncates as it begins to follow, and fetches only then."""
        return self.truncation is not to_end_of_agreement

    @property
    def depends_on_stored_watermarks(self) -> bool:
        """Whether what a replica believes to be committed decides more than when an answer goes out."""
        return (
            self.truncates_before_fetching
            or self.joins_below_leader_epoch
            or self.counts_diverging_fetches
            or self.serves_reads_from_followers
        )
