"""Rules: what differs between clients, configurations and applications, as values that the actions are handed."""

from typing import Literal

import attrs

from ackproof.model.consume.auto_commit import JAVA, AutoCommit
from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    Status,
    processed_prefix,
    with_status,
)
from ackproof.model.consume.keeping import SOUND, Keeping
from ackproof.model.consume.log import Log
from ackproof.model.consume.rebalancing import EAGER, Rebalancing

Commit = Literal["auto", "sync", "async", "with-sink"]
When = Literal["after-processing", "before-processing"]
Processing = Literal["in-poll-loop", "handed-off"]
Reset = Literal["earliest", "latest", "none", "by_duration"]
OnProcessingFailure = Literal["retry", "skip", "dead-letter", "stop", "crash"]
OnRevoke = Literal["commit", "nothing"]


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
        on_processing_failure: What the application does with a record that it could not process; one that stops closes
            its consumer as it ends, if it closes cleanly.
        on_revoke: Whether the application commits what it has processed as partitions are revoked
            (``ConsumerRebalanceListener.onPartitionsRevoked``).
        resets_without_answer: The client takes a committed offset that it is not told in time for none.
        closes_cleanly: An instance that stops closes its consumer: a last commit, LeaveGroup. Else it just stops, and
            its session expires.
        rebalancing: What a rebalance asks of the owner.
        keeping: What the group coordinator keeps.
        awaits_commits_on_close: A consumer that closes waits for its asynchronous commits (KAFKA-16103).
        is_static: Each instance has a ``group.instance.id`` of its own, by which the group knows it again (KIP-345).
        revokes_on_close: As it closes too the client tells the application that its partitions are revoked; else it
            closes without a word.
        commits_as_nobody: Once its client knows that it is out of the group it commits as nobody in particular, which
            the coordinator of an empty group accepts.
    """

    auto_commit: AutoCommit = JAVA
    commit: Commit = "sync"
    commit_when: When = "after-processing"
    processing: Processing = "in-poll-loop"
    reset: Reset = "earliest"
    sink: Literal["plain", "idempotent"] = "plain"
    instances: int = 1
    rejoins_in_background: bool = False
    on_processing_failure: OnProcessingFailure = "retry"
    on_revoke: OnRevoke = "nothing"
    closes_cleanly: bool = True
    resets_without_answer: bool = False
    rebalancing: Rebalancing = EAGER
    keeping: Keeping = SOUND
    awaits_commits_on_close: bool = True
    is_static: bool = False
    revokes_on_close: bool = True
    commits_as_nobody: bool = False

    @property
    def is_handed_off(self) -> bool:
        """Whether poll is called while records are being processed."""
        return self.processing == "handed-off"

    @property
    def closes_on_failure(self) -> bool:
        """Whether the application closes its consumer as a record that it could not process ends it."""
        return self.on_processing_failure == "stop" and self.closes_cleanly

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


def starting_offsets(rules: ConsumerRules, committed: int | None, log: Log) -> tuple[int, ...]:
    """
    Where a consumer without a valid position may start, lowest offset first; nowhere if it can not.

    Source: ``OffsetFetcher.resetPositionsIfNeeded``, ``ConsumerConfig.AUTO_OFFSET_RESET_DOC``.
    """
    if committed is not None and log.start <= committed <= log.end:
        return (committed,)
    return resets(rules.reset, log.start, log.end, log.aged)


def resets(reset: Reset, start: int, end: int, aged: int = 0) -> tuple[int, ...]:
    """
    Where ``auto.offset.reset`` may lead in a log from *start* to *end*: a duration ago to any record from *aged* on.

    Time only goes on, so that no record is young enough again (``AutoOffsetResetStrategy.timestamp``). If all are older
    than that there is no such offset, and who asks waits for a record that is not.

    Source: ``OffsetFetcherUtils.onSuccessfulResponseForResettingPositions``; ListOffsets answers UNKNOWN_OFFSET.
    """
    by_duration = tuple(range(max(start, aged), end))
    return {"earliest": (start,), "latest": (end,), "none": (), "by_duration": by_duration}[reset]


def aging(rules: ConsumerRules, log: Log, offset: int | None) -> dict[str, Log]:
    """What changes of *log* as somebody starts at *offset*, by the policy and not at what is committed."""
    if rules.reset != "by_duration" or offset is None:
        return {}
    return {"log": attrs.evolve(log, aged=offset)}


def starting_offset(rules: ConsumerRules, committed: int | None, log: Log) -> int | None:
    """The furthest offset that a consumer without a valid position may start at; None if it can not."""
    if rules.reset == "by_duration" and starting_offsets(rules, committed, log) != (committed,):
        # All that there is may be too old.
        return log.end
    return max(starting_offsets(rules, committed, log), default=None)


def automatic_offset(rules: ConsumerRules, consumer: Consumer, committed: int | None) -> int | None:
    """What the client commits by itself now: in poll if it does so there only, when rejoining, and in close."""
    return rules.auto_commit.offset(consumer, committed) if rules.commit == "auto" else None


def revoking_offset(rules: ConsumerRules, consumer: Consumer, committed: int | None) -> int | None:
    """
    What is committed in the end before a partition is given up: by the client itself, or the application as it is told.

    The application has the last word, except with a client that commits what is stored once it has been told.

    Source: ``ConsumerCoordinator.onJoinPrepare``, ``ConsumerRebalanceListener.onPartitionsRevoked``; librdkafka
    ``rd_kafka_assignment_serve_removals``.
    """
    done = offset_done(rules, consumer) if rules.on_revoke == "commit" else None
    if done is not None and (rules.commit != "auto" or rules.auto_commit.stores == "nobody"):
        return done
    by_client = automatic_offset(rules, consumer, committed if done is None else done)
    return by_client if by_client is not None and rules.auto_commit.covers_what_is_revoked else done


def offset_done(rules: ConsumerRules, consumer: Consumer) -> int | None:
    """The offset below which the application counts all as done: processed, or committed before it is."""
    if rules.commit == "with-sink":
        return None
    return consumer.position if rules.is_before_processing else processed_prefix(consumer)


def closing_offset(rules: ConsumerRules, consumer: Consumer, committed: int | None) -> int | None:
    """
    What is committed in a clean leave, once everything handed off is processed: the application may have a last word.

    Source: ``ConsumerCoordinator``: ``close``, ``onLeavePrepare``; ``AsyncKafkaConsumer``:
    ``releaseAssignmentAndLeaveGroup``.
    """
    if commits_prefix(rules):
        return processed_prefix(consumer)
    if rules.on_revoke == "commit" and rules.revokes_on_close:
        return revoking_offset(rules, consumer, committed)
    return automatic_offset(rules, consumer, committed)


def commits_prefix(rules: ConsumerRules) -> bool:
    """Whether the application commits by itself what threads have processed."""
    return rules.commit in ("sync", "async") and rules.is_handed_off and not rules.is_before_processing


def commits_asynchronously(rules: ConsumerRules) -> bool:
    """Whether commits are sent that nobody waits for: by the application, or by a client as it hands records out."""
    return rules.commit == "async" or (rules.commit == "auto" and rules.auto_commit.is_sent_at_hand_out)


def commits_at_hand_out(rules: ConsumerRules) -> bool:
    """Whether such a commit is sent for records that the application has not begun to process."""
    return commits_asynchronously(rules) and (rules.is_before_processing or rules.commit == "auto")


def stores_at_hand_out(rules: ConsumerRules) -> bool:
    """Whether offsets are stored as records are handed out, or by the application right before it processes them."""
    stores = rules.auto_commit.stores
    return rules.commit == "auto" and (stores == "client" or (stores == "application" and rules.is_before_processing))


def collects(rules: ConsumerRules) -> bool:
    """Whether the client stores offsets of records that it has not handed out."""
    return stores_at_hand_out(rules) and rules.auto_commit.collects


def stores_after_processing(rules: ConsumerRules) -> bool:
    """Whether the application stores the offset up to which it has processed."""
    is_by_application = rules.commit == "auto" and rules.auto_commit.stores == "application"
    return is_by_application and not rules.is_before_processing
