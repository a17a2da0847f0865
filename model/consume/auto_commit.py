"""What clients commit by themselves (``enable.auto.commit``), as values."""

from collections.abc import Callable
from typing import Literal

import attrs

from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.log import Log


def behind_the_last_record(position: int, log: Log) -> int:
    """What is stored as records are handed out: the offset behind the last one, which is the new *position*."""
    return position


def behind_the_last_event(position: int, log: Log) -> int:
    """The same, but at the end of the log an event says so, and is taken for a record (``enable.partition.eof``)."""
    return position + (position == log.end)


@attrs.frozen
class AutoCommit:
    """
    What a client commits by itself (``enable.auto.commit``).

    Attributes:
        offset: What it commits, given what is committed; None if there is nothing.
        is_in_background: It commits at any time, also while records are being processed; else only in poll.
        stores: Who notes the offset of a record to be committed: the client as it hands the record out, the
            application before or after processing, or nobody, where the position itself is committed.
        stored: What the client notes, given the position behind what it hands out.
        collects: The offset is stored as a record joins the batch to be handed out, which a revocation empties.
        is_sent_at_hand_out: Poll sends a commit after it has moved the position and before it returns the records.
        covers_what_is_revoked: The last commit before a revocation covers all that poll has handed out.
        goes_on: What it commits by itself it commits again and again; else it may stop for good.
        pauses: While it rejoins it commits nothing by itself but what it gives up.
    """

    offset: Callable[[Consumer, int | None], int | None]
    is_in_background: bool
    stores: Literal["client", "application", "nobody"] = "nobody"
    stored: Callable[[int, Log], int] = behind_the_last_record
    collects: bool = False
    is_sent_at_hand_out: bool = False
    covers_what_is_revoked: bool = True
    goes_on: bool = True
    pauses: bool = False


def the_position(consumer: Consumer, committed: int | None) -> int | None:
    """The position, wherever it is."""
    return consumer.position


def the_stored_offset(consumer: Consumer, committed: int | None) -> int | None:
    """
    The stored offset, if it is beyond the committed one, which the client knows once it has looked it up.

    Source: librdkafka ``rd_kafka_topic_partition_list_set_offsets``.
    """
    if consumer.stored is None or consumer.position is None or committed is None:
        return consumer.stored
    return max(consumer.stored, committed)


JAVA = AutoCommit(the_position, is_in_background=False)
"""
In poll, before records are handed out, when rejoining and in close: what earlier polls returned.

Source: ``ClassicKafkaConsumer.poll``; ``ConsumerCoordinator``: ``autoCommitOffsetsAsync``, ``onJoinPrepare``, close.
"""

JAVA_ON_ANOTHER_THREAD = AutoCommit(the_position, is_in_background=True)
"""
The positions that the background thread reads, while poll on the application's thread has moved them already.

Source: KAFKA-18641; ``CommitRequestManager.maybeAutoCommitAsync``, ``SubscriptionState.allConsumed``.
"""

JAVA_THAT_STOPS_COMMITTING = attrs.evolve(JAVA_ON_ANOTHER_THREAD, goes_on=False)
"""The same, and a commit of nothing may be the last one. Source: KAFKA-16203, in 3.7."""

KAFKA_PYTHON = JAVA
"""The same rule. Source: kafka-python ``ConsumerCoordinator._maybe_auto_commit_offsets_async``."""

AIOKAFKA = AutoCommit(the_position, is_in_background=True)
"""
A background task commits positions, also of records that are being processed.

Source: aiokafka ``GroupCoordinator._coordination_routine``.
"""

LIBRDKAFKA = AutoCommit(the_stored_offset, is_in_background=True, stores="client", pauses=True)
"""
A background thread commits stored offsets, also on revoke and close; stored as the message is handed out.

Source: ``rd_kafka_fetch_op_app_prepare``, ``rd_kafka_cgrp_offset_commit_tmr_cb``, ``rdkafka_assignment.c``;
``enable.auto.offset.store=true``.
"""

LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES = attrs.evolve(LIBRDKAFKA, pauses=False)
"""Before 1.7.0 the timer went on while a member rejoined. Source: librdkafka, CHANGELOG.md of 1.7.0."""

# Not modelled: before 1.9.0 an offset that threads store for a partition that was given up stays, and is committed once
# the client has that again and has not heard what is committed, or nothing is (before 1.4.2 any: #2782).
# A lag may stay for it (``drains``), and records come again that auto.offset.reset=latest would have passed by.
LIBRDKAFKA_WITHOUT_OFFSET_STORE = attrs.evolve(LIBRDKAFKA, stores="application")
"""The application calls ``rd_kafka_offsets_store``; ``enable.auto.offset.store=false``."""
