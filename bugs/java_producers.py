"""Bugs of the Java producer: sequences, epochs and deadlines."""

from typing import Any

import attrs

from ackproof.bugs.bug import bug
from ackproof.config.producers import idempotence_of
from ackproof.config.reading import pipeline_in
from ackproof.config.rules import brokers_of
from ackproof.config.systems import system_for
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.idempotence import JAVA_IDEMPOTENCE, IdempotenceRules
from ackproof.model.produce.rules import BrokerRules, Expiry, ProducerRules, each_to_the_front
from ackproof.model.system import System
from ackproof.properties.liveness import every_send_is_resolved, with_deadlines
from ackproof.properties.produce import (
    acknowledged_records_survive,
    no_record_is_stored_twice,
    records_are_stored_in_order,
)

Kinds = frozenset[str]

ONE_REPLICA = BrokerRules(replication_factor=1, min_insync_replicas=1)
OF_2_3 = attrs.evolve(brokers_of((2, 3, 1)), replication_factor=1, min_insync_replicas=1)
"""One broker that answers UNKNOWN_PRODUCER_ID, and forgets producers with their records."""


def java(*version: int) -> IdempotenceRules:
    """How that Java client is idempotent."""
    return idempotence_of("java", version, version)


def sending(
    idempotence: IdempotenceRules | None, faults: Faults, kinds: Kinds, *, records: int = 2, **others: Any
) -> System:
    """A producer that goes on after a failure, and one broker."""
    client = ProducerRules(idempotence=idempotence, on_send_failure="drop", **others)
    return produce_half(client, ONE_REPLICA, records=records, faults=faults, kinds=kinds)


@bug(
    "KAFKA-5494 (client)",
    "The batch after one that ran out of retries takes its sequence, and is acknowledged as its duplicate",
    affected="0.11 with a finite number of retries",
    fixed_in="1.0",
    source="KAFKA-5494; PR #3743; Sender.java of 0.11.0",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"response-lost": 2},
    had=java(0, 11),
    fixed=java(1, 0),
)
def a_failed_batch_leaves_its_sequence(rules: IdempotenceRules, faults: Faults, kinds: Kinds) -> System:
    """``Sender.completeBatch`` moves the sequence on only after a success, and the failed batch may be stored."""
    return sending(rules, faults, kinds, max_in_flight=1, retries=1, expiry="in-queue")


@bug(
    "KIP-360",
    "A producer that its brokers do not know gives sequences a second time, and a batch passes for an older one",
    affected="1.0 to 2.4",
    fixed_in="2.5",
    source="KIP-360; KAFKA-5793, KAFKA-8805; PR #7389",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"request-delayed": 1, "send-timeout": 1},
    had=java(2, 0),
    fixed=java(2, 5),
)
def sequences_are_given_twice(rules: IdempotenceRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``TransactionManager.canRetry`` takes UNKNOWN_PRODUCER_ID for retention, and starts sequences at the beginning.

    ``startSequencesAtBeginning`` keeps the epoch: what is still on its way has the same numbers. Now the epoch is
    bumped as well.
    """
    client = ProducerRules(idempotence=rules, expiry="in-queue")
    return produce_half(client, OF_2_3, records=3, faults=faults, kinds=kinds)


@bug(
    "KAFKA-8483",
    "Batches in flight get new sequences in another order than they were sent in",
    affected="1.0 to 2.2",
    fixed_in="2.3",
    source="KAFKA-8483; PR #6883",
    breaks="in-order",
    statement=records_are_stored_in_order,
    faults={"retention": 1},
    had=java(2, 2),
    fixed=java(2, 3),
)
def a_heap_is_not_in_order(rules: IdempotenceRules, faults: Faults, kinds: Kinds) -> System:
    """``TransactionManager.startSequencesAtBeginning`` goes through a ``PriorityQueue``: only its head is in order."""
    return produce_half(ProducerRules(idempotence=rules), OF_2_3, records=4, faults=faults, kinds=kinds)


@bug(
    "KAFKA-8805",
    "The batch after one that failed by its deadline takes its sequence, and is acknowledged as its duplicate",
    affected="2.1 to 2.4",
    fixed_in="2.5, where it is KAFKA-14397",
    source="KAFKA-8805; PR #7389; Sender.java and TransactionManager.java of 2.4",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"response-lost": 1, "send-timeout": 1},
    had=java(2, 4),
    fixed=java(2, 5),
)
def later_sequences_move_down(rules: IdempotenceRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``Sender.completeBatch`` asks only whether retries are left to take a failed batch for certainly not stored.

    ``adjustSequencesDueToFailedBatch`` then moves all later sequences down, though it may be stored (KIP-91 added the
    deadline, but not here).
    """
    return sending(rules, faults, kinds)


@bug(
    "KAFKA-14884",
    "The failure of a batch that had failed before makes the producer send the others again in a new epoch",
    affected="2.5 to 3.5",
    fixed_in="3.6",
    source="KAFKA-14884; PR #13787",
    breaks="no-duplicates",
    statement=no_record_is_stored_twice,
    faults={"producer-pause": 1, "response-lost": 1},
    had=java(3, 5),
    fixed=java(3, 6),
)
def a_failure_is_heard_twice(rules: IdempotenceRules, faults: Faults, kinds: Kinds) -> System:
    """``Sender.failBatch`` tells ``TransactionManager.handleFailedBatch`` also of a batch that is done already."""
    return sending(rules, faults, kinds)


@bug(
    "KAFKA-14397",
    "A batch fails by its deadline, and the ones behind it are stored again in a new epoch",
    affected="2.5 and later",
    fixed_in="not yet (PR #12922 was closed)",
    source="KAFKA-14397; PR #12922",
    breaks="no-duplicates",
    statement=no_record_is_stored_twice,
    faults={"response-lost": 1, "send-timeout": 1},
    had=JAVA_IDEMPOTENCE,
    fixed=attrs.evolve(JAVA_IDEMPOTENCE, on_late_failure="nothing"),
)
def a_late_failure_counts_as_certain(rules: IdempotenceRules, faults: Faults, kinds: Kinds) -> System:
    """``Sender.completeBatch`` bumps the epoch for a batch that failed after its deadline, as retries were left."""
    return sending(rules, faults, kinds)


@bug(
    "KAFKA-14034",
    "A new epoch gives a batch that is still on its way another identity, and it is stored under both",
    affected="2.5 and later",
    fixed_in="not yet (PR #13796 was closed)",
    source="KAFKA-14034; PR #13796",
    breaks="no-duplicates",
    statement=no_record_is_stored_twice,
    faults={"request-delayed": 1, "send-timeout": 1},
    had=JAVA_IDEMPOTENCE,
    fixed=attrs.evolve(JAVA_IDEMPOTENCE, on_late_failure="resolve"),
)
def a_bump_renumbers_what_is_in_flight(rules: IdempotenceRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``TransactionManager.bumpIdempotentProducerEpoch`` renumbers batches whose outcome it does not know.

    The change that was proposed waits for them first (``markSequenceUnresolved``).
    """
    return sending(rules, faults, kinds)


@bug(
    "KAFKA-13598",
    "Idempotence is on by default, and is not applied: a retry is stored twice",
    affected="3.0.0, 3.1.0",
    fixed_in="3.0.1, 3.1.1, 3.2.0",
    source="KAFKA-13598; docs/upgrade.html",
    breaks="no-duplicates",
    statement=no_record_is_stored_twice,
    faults={"response-lost": 1},
    had="java 3.0.0",
    fixed="java 3.0.1",
)
def a_default_is_not_applied(client: str, faults: Faults, kinds: Kinds) -> System:
    """``ProducerConfig.postProcessParsedConfig`` overrides the default where no key of idempotence was given."""
    document = {
        "kafka": "3.0",
        "topic": {"replication.factor": 1, "min.insync.replicas": 1},
        "producer": {"client": client},
        "faults": {"at_most": faults.left, "kinds": sorted(kinds)},
        "bounds": {"records": 1},
    }
    return system_for(pipeline_in(document), "produce", "no-duplicates")


@bug(
    "KIP-91",
    "A send that is refused again and again neither succeeds nor fails",
    affected="0.9 to 2.0 with unlimited retries",
    fixed_in="2.1",
    source="KIP-91; KAFKA-5886; PR #5270",
    breaks="completes",
    statement=every_send_is_resolved,
    faults={},
    had="in-queue",
    fixed="anywhere",
    is_goal=True,
)
def nothing_bounds_retries(expiry: Expiry, faults: Faults, kinds: Kinds) -> System:
    """
    ``RecordAccumulator.expiredBatches`` looks only at batches that wait, and measures from their last attempt.

    Here min.insync.replicas asks for more replicas than there are, which is refused before 3.7 (KAFKA-15583).
    """
    client = ProducerRules(idempotence=None, requeue=each_to_the_front, expiry=expiry)
    brokers = attrs.evolve(ONE_REPLICA, min_insync_replicas=2, keeps_high_watermark_below_min_isr=False)
    return with_deadlines(produce_half(client, brokers, records=1, faults=faults, kinds=kinds, is_fine=True))
