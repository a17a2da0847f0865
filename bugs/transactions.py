"""Bugs of transactions: late requests, zombies, markers, and readers of what they wrote."""

import attrs

from ackproof.bugs.bug import bug
from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.rules import (
    TRANSACTION_VERSION_1,
    TRANSACTION_VERSION_2,
    ApplicationRules,
    TransactionRules,
)
from ackproof.properties.transactions import (
    every_record_is_written_or_can_still_be,
    every_transaction_ends,
    no_record_is_read_twice,
    nothing_of_an_aborted_transaction_is_read,
    transactions_are_atomic,
    what_was_written_can_be_read,
)

Kinds = frozenset[str]

UNVERIFIED = attrs.evolve(TRANSACTION_VERSION_1, verifies_partitions=False)
"""Brokers before 3.6."""

PRODUCING = ApplicationRules(source="application")
DROPPING = ApplicationRules(source="application", on_send_failure="drop")
RESENDING = ApplicationRules(source="application", on_send_failure="resend")
PROCESSING = ApplicationRules()
TWO = ApplicationRules(instances=2)


@bug(
    "KAFKA-14402",
    "A batch that arrives after its transaction was aborted opens one that nobody ends",
    affected="0.11 to 3.5",
    fixed_in="3.6",
    source="KIP-890 part 1, KAFKA-14402, KIP-664",
    breaks="drains",
    statement=what_was_written_can_be_read,
    is_goal=True,
    faults={"request-delayed": 1, "send-timeout": 1},
    had=UNVERIFIED,
    fixed=TRANSACTION_VERSION_1,
)
def partitions_are_not_verified(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """``ReplicaManager.appendRecords`` does not ask the coordinator whether the transaction is open."""
    return transactional(PRODUCING, rules, records=1, faults=faults, kinds=kinds)


@bug(
    "KIP-890 (part 2)",
    "A batch of an aborted transaction arrives in the next one and is committed with it",
    affected="0.11 to 3.9, and later with transaction.version below 2",
    fixed_in="4.0 (transaction.version=2)",
    source="KIP-890 part 2; TransactionManager.maybeTransitionToErrorState",
    breaks="no-aborted-reads",
    statement=nothing_of_an_aborted_transaction_is_read,
    faults={"request-delayed": 1, "send-timeout": 1},
    had=TRANSACTION_VERSION_1,
    fixed=TRANSACTION_VERSION_2,
)
def the_epoch_stays_from_transaction_to_transaction(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """``TransactionMetadata.prepareAbortOrCommit`` keeps the epoch, so a late batch looks like one of the next."""
    return transactional(RESENDING, rules, records=1, faults=faults, kinds=kinds)


@bug(
    "KIP-890 (sequences)",
    "A transaction takes a sequence that a failed batch has left behind, is committed, and its record is lost",
    affected="Java from 2.1 with transaction.version below 2, today's client included",
    fixed_in="4.0 (transaction.version=2)",
    source="KAFKA-8805 and KIP-360 without transactions; no ticket is known; tried with 2.8.2 and 4.3.1 on Kafka 4.3.1",
    breaks="no-loss",
    statement=every_record_is_written_or_can_still_be,
    faults={"send-timeout": 1},
    had=TRANSACTION_VERSION_1,
    fixed=TRANSACTION_VERSION_2,
)
def a_sequence_is_left_to_the_next_transaction(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``Sender.completeBatch`` takes a batch that fails with its connection, past its deadline, for one that is not there.

    ``TransactionManager.adjustSequencesDueToFailedBatch`` gives its sequence to the next transaction. That has the same
    epoch, as ``maybeTransitionToErrorState`` asks for no other one while the application commits.
    """
    return transactional(PROCESSING, rules, records=2, faults=faults, kinds=kinds)


@bug(
    "librdkafka (abort)",
    "A transaction takes a sequence that an aborted one has left behind, is committed, and its record is lost",
    affected="librdkafka 1.4 to 2.16, today's included",
    fixed_in="not fixed",
    source="rdkafka_txnmgr.c, rdkafka_partition.c of 1.8.2 and 2.15.0; no ticket is known",
    breaks="no-loss",
    statement=every_record_is_written_or_can_still_be,
    faults={"response-lost": 1, "consumer-pause": 1},
    had=attrs.evolve(TRANSACTION_VERSION_1, reuses_sequences_after_abort=True),
    fixed=TRANSACTION_VERSION_1,
)
def an_abort_drops_what_may_be_stored(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``rd_kafka_abort_transaction`` purges the queues of its partitions, with a batch that waits to be sent again.

    ``rd_kafka_toppar_purge_queues`` moves ``eos.epoch_base_msgid`` so that the next batch gets the sequence of that
    one, which may be stored: the broker takes the next one for its repeat.
    """
    return transactional(PROCESSING, rules, records=1, faults=faults, kinds=kinds)


@bug(
    "KAFKA-17754",
    "A delayed EndTxn ends the next transaction, and commits its outputs without its offsets",
    affected="0.11 to 3.9, and later with transaction.version below 2 or an older client",
    fixed_in="4.0 (transaction.version=2)",
    source="KAFKA-17754; Jepsen: Bufstream 0.1.0; KIP-890 part 2",
    breaks="atomic",
    statement=transactions_are_atomic,
    faults={"request-delayed": 1},
    had=attrs.evolve(TRANSACTION_VERSION_1, fences_late_markers=True),
    fixed=TRANSACTION_VERSION_2,
)
def an_end_of_transaction_fits_the_next(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """``TransactionCoordinator.endTransaction`` tells transactions by producer id and epoch, which the next has too."""
    return transactional(PROCESSING, rules, records=2, faults=faults, kinds=kinds, keeps_order=False)


@bug(
    "KAFKA-19446",
    "A marker that comes a second time ends the next transaction, and commits its outputs without its offsets",
    affected="4.0 to 4.1 with transaction.version=2, and every version of the older protocol",
    fixed_in="4.2 (KIP-1228)",
    source="KAFKA-19446; PR #20857, PR #20868",
    breaks="atomic",
    statement=transactions_are_atomic,
    faults={"request-delayed": 1},
    had=attrs.evolve(TRANSACTION_VERSION_2, fences_late_markers=False),
    fixed=TRANSACTION_VERSION_2,
)
def a_marker_fits_the_next_transaction(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``ProducerAppendInfo.checkProducerEpoch`` takes a marker whose epoch is the one that it knows.

    The coordinator sends a marker again after a disconnect (``TransactionMarkerRequestCompletionHandler.onComplete``),
    and the end of a transaction carries the epoch of the next one.
    """
    return transactional(PROCESSING, rules, records=2, faults=faults, kinds=kinds, keeps_order=False)


@bug(
    "KIP-447",
    "An instance that was put out of its group commits what the new owner processes again",
    affected="0.11 to 2.4",
    fixed_in="2.5",
    source="KIP-447; ClassicGroup.validateOffsetCommit",
    breaks="no-duplicates",
    statement=no_record_is_read_twice,
    faults={"consumer-pause": 1},
    had=attrs.evolve(UNVERIFIED, sends_group_metadata=False),
    fixed=UNVERIFIED,
)
def zombies_are_not_fenced_by_generation(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """``KafkaProducer.sendOffsetsToTransaction`` says a group id only, not which member of which generation it is."""
    return transactional(TWO, rules, records=1, faults=faults, kinds=kinds, keeps_order=False)


@bug(
    "KIP-447 (pending offsets)",
    "A new owner starts from an offset that a transaction is about to move",
    affected="0.11 to 2.4",
    fixed_in="2.5",
    source="KIP-447: UNSTABLE_OFFSET_COMMIT; OffsetFetch 7",
    breaks="no-duplicates",
    statement=no_record_is_read_twice,
    faults={"consumer-pause": 1},
    had=attrs.evolve(UNVERIFIED, requires_stable_offsets=False),
    fixed=UNVERIFIED,
)
def pending_offsets_are_passed_over(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """``GroupMetadataManager.getOffsets`` answers with the committed offset, though a transaction has one pending."""
    return transactional(TWO, rules, records=1, faults=faults, kinds=kinds, keeps_order=False)


@bug(
    "KAFKA-9777",
    "A transaction whose markers are all written stays in PrepareCommit for ever",
    affected="0.11 to 2.5",
    fixed_in="2.6",
    source="KAFKA-9777; PR #8389",
    breaks="completes",
    statement=every_transaction_ends,
    is_goal=True,
    faults={},
    had=attrs.evolve(UNVERIFIED, loses_completion=True),
    fixed=UNVERIFIED,
)
def the_last_marker_passes_unnoticed(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """``DelayedOperation.maybeTryComplete`` of the markers gives up when somebody else has the lock of the state."""
    return transactional(PRODUCING, rules, records=1, faults=faults, kinds=kinds)


@bug(
    "EndTxn 5",
    "An EndTxn that is refused as too new blocks its transactional id and the last stable offset",
    affected="4.3.1 with transaction.version=0; others not tried",
    fixed_in="not yet; a new coordinator clears it",
    source="tried on Kafka 4.3.1; no ticket is known",
    breaks="completes",
    statement=every_transaction_ends,
    is_goal=True,
    faults={},
    had=attrs.evolve(TRANSACTION_VERSION_1, refuses_end=True, refusal_keeps_pending=True),
    fixed=attrs.evolve(TRANSACTION_VERSION_1, refuses_end=True),
)
def a_refused_end_stays_pending(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """``TransactionCoordinator.endTransaction`` sets the pending state, then refuses the version and leaves it set."""
    return transactional(PRODUCING, rules, records=1, faults=faults, kinds=kinds)


@bug(
    "KAFKA-9807",
    "A read_committed consumer is given records above the last stable offset, which are aborted later",
    affected="0.11 to 2.4",
    fixed_in="later releases of 2.4 and 2.5, and 2.6",
    source="KAFKA-9807; PR #8418",
    breaks="no-aborted-reads",
    statement=nothing_of_an_aborted_transaction_is_read,
    faults={"producer-crash": 1},
    had=attrs.evolve(UNVERIFIED, reads_stop_at_last_stable_offset=False),
    fixed=UNVERIFIED,
)
def the_high_watermark_is_read_twice(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """``Log.fetchLastStableOffsetMetadata`` reads the high watermark again, which is then past an open transaction."""
    return transactional(PRODUCING, rules, records=1, faults=faults, kinds=kinds)


@bug(
    "librdkafka 1.7.0",
    "After an aborted transaction without records a consumer is given those of the next aborted one",
    affected="librdkafka before 1.7.0",
    fixed_in="librdkafka 1.7.0",
    source="librdkafka CHANGELOG 1.7.0; commit 140eb116927",
    breaks="no-aborted-reads",
    statement=nothing_of_an_aborted_transaction_is_read,
    faults={"send-timeout": 2},
    had=attrs.evolve(TRANSACTION_VERSION_1, reader_pops_any_abort=True),
    fixed=TRANSACTION_VERSION_1,
)
def any_abort_marker_ends_the_next_aborted_transaction(rules: TransactionRules, faults: Faults, kinds: Kinds) -> System:
    """``rd_kafka_aborted_txns_pop_offset`` pops the next aborted transaction, even if it starts behind the marker."""
    return transactional(DROPPING, rules, records=2, faults=faults, kinds=kinds)
