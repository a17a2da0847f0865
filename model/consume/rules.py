"""Rules: what differs between clients, configurations and applications, as values that the actions are handed."""

from collections.abc import Callable
from typing import Literal

import attrs

from ackproof.model.consume.consumer import Consumer, Consumers, Status, processed_prefix, with_status
from ackproof.model.consume.log import Log

Commit = Literal["auto", "sync", "async"]
When = Literal["after-processing", "before-processing"]
Processing = Literal["in-poll-loop", "handed-off"]
Reset = Literal["earliest", "latest", "none"]


@attrs.frozen
class AutoCommit:
    """
    What a client commits by itself (``enable.auto.commit``).

    Attributes:
        offset: What it commits, given what is committed; None if there is nothing.
        is_in_background: It commits at any time, also while records are being processed; else only in poll.
        stores: Who notes the offset of a record to be committed: the client as it hands the record out, the
            application before or after processing, or nobody, where the position itself is committed.
    """

    offset: Callable[[Consumer, int | None], int | None]
    is_in_background: bool
    stores: Literal["client", "application", "nobody"] = "nobody"


def the_position(consumer: Consumer, committed: int | None) -> int | None:
    """The position, wherever it is."""
    return consumer.position


def the_stored_offset(consumer: Consumer, committed: int | None) -> int | None:
    """
    The stored offset, if it is beyond the committed one.

    Source: librdkafka ``rd_kafka_topic_partition_list_set_offsets``.
    """
    if consumer.stored is None or committed is None:
        return consumer.stored
    return max(consumer.stored, committed)


JAVA = AutoCommit(the_position, is_in_background=False)
"""
In poll, before records are handed out, when rejoining and in close: what earlier polls returned.

Source: ``ClassicKafkaConsumer.poll``; ``ConsumerCoordinator``: ``autoCommitOffsetsAsync``, ``onJoinPrepare``, close.
"""

KAFKA_PYTHON = JAVA
"""The same rule. Source: kafka-python ``ConsumerCoordinator._maybe_auto_commit_offsets_async``."""

AIOKAFKA = AutoCommit(the_position, is_in_background=True)
"""
A background task commits positions, also of records that are being processed.

Source: aiokafka ``GroupCoordinator._coordination_routine``.
"""

LIBRDKAFKA = AutoCommit(the_stored_offset, is_in_background=True, stores="client")
"""
A background thread commits stored offsets, also on revoke and close; stored as the message is handed out.

Source: ``rd_kafka_fetch_op_app_prepare``, ``rdkafka_assignment.c``; ``enable.auto.offset.store=true``.
"""

LIBRDKAFKA_WITHOUT_OFFSET_STORE = attrs.evolve(LIBRDKAFKA, stores="application")
"""The application calls ``rd_kafka_offsets_store``; ``enable.auto.offset.store=false``."""


@attrs.frozen
class ConsumerRules:
    """
    A consumer as configured, and the application around it.

    Attributes:
        auto_commit: What ``commit="auto"`` means with this client.
        commit_when: Of an explicit commit, and of an offset that the application stores.
        processing: In the poll loop, lowest offset first; or handed off to threads that finish in any order.
        rejoins_in_background: The client gives up the partition and rejoins while the application is processing
            (aiokafka ``GroupCoordinator._coordination_routine``); else only in poll.
        reset: ``auto.offset.reset``, also where a client calls it otherwise (librdkafka's error is none).
        sink: What keeps the results; an idempotent one absorbs repeats.
    """

    auto_commit: AutoCommit = JAVA
    commit: Commit = "sync"
    commit_when: When = "after-processing"
    processing: Processing = "in-poll-loop"
    reset: Reset = "earliest"
    sink: Literal["plain", "idempotent"] = "plain"
    instances: int = 1
    rejoins_in_background: bool = False

    @property
    def is_handed_off(self) -> bool:
        """Whether poll is called while records are being processed."""
        return self.processing == "handed-off"

    @property
    def is_before_processing(self) -> bool:
        """Whether the application commits what it has not processed."""
        return self.commit_when == "before-processing"


def is_in_poll(rules: ConsumerRules, consumer: Consumer) -> bool:
    """Whether the application is in poll: it neither processes in the loop nor waits for a commit."""
    is_processing = not rules.is_handed_off and bool(consumer.in_hand or consumer.left_over)
    return consumer.to_commit is None and not is_processing


def in_poll(rules: ConsumerRules, consumers: Consumers, *wanted: Status) -> tuple[int, ...]:
    """Which consumers have one of the *wanted* statuses and are in poll."""
    return tuple(index for index in with_status(consumers, *wanted) if is_in_poll(rules, consumers[index]))


def is_quiet(rules: ConsumerRules, consumer: Consumer) -> bool:
    """
    Whether it can rejoin: in poll unless that happens in the background, and its commits have arrived.

    A JoinGroup request travels behind them on the connection to the coordinator.
    """
    may_rejoin = rules.rejoins_in_background and consumer.to_commit is None
    return (may_rejoin or is_in_poll(rules, consumer)) and not consumer.in_flight


def starting_offset(rules: ConsumerRules, committed: int | None, log: Log) -> int | None:
    """
    Where a consumer without a valid position starts; None if it can not.

    Source: ``OffsetFetcher.resetPositionsIfNeeded``, ``ConsumerConfig.AUTO_OFFSET_RESET_DOC``.
    """
    if committed is not None and log.start <= committed <= log.end:
        return committed
    return {"earliest": log.start, "latest": log.end, "none": None}[rules.reset]


def automatic_offset(rules: ConsumerRules, consumer: Consumer, committed: int | None) -> int | None:
    """What the client commits by itself now: in poll if it does so there only, when rejoining, and in close."""
    return rules.auto_commit.offset(consumer, committed) if rules.commit == "auto" else None


def closing_offset(rules: ConsumerRules, consumer: Consumer, committed: int | None) -> int | None:
    """What is committed in a clean leave, once everything handed off is processed."""
    if commits_prefix(rules):
        return processed_prefix(consumer)
    return automatic_offset(rules, consumer, committed)


def commits_prefix(rules: ConsumerRules) -> bool:
    """Whether the application commits by itself what threads have processed."""
    return rules.commit != "auto" and rules.is_handed_off and not rules.is_before_processing


def stores_at_hand_out(rules: ConsumerRules) -> bool:
    """Whether offsets are stored as records are handed out, or by the application right before it processes them."""
    stores = rules.auto_commit.stores
    return rules.commit == "auto" and (stores == "client" or (stores == "application" and rules.is_before_processing))


def stores_after_processing(rules: ConsumerRules) -> bool:
    """Whether the application stores the offset up to which it has processed."""
    is_by_application = rules.commit == "auto" and rules.auto_commit.stores == "application"
    return is_by_application and not rules.is_before_processing
