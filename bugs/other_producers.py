"""Bugs of producers other than Java's."""

import attrs

from ackproof.bugs.bug import bug
from ackproof.config.producers import idempotence_of
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.idempotence import LIBRDKAFKA_IDEMPOTENCE, IdempotenceRules
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import System
from ackproof.properties.produce import (
    acknowledged_records_survive,
    no_record_is_stored_twice,
    records_are_stored_in_order,
)

Kinds = frozenset[str]

ONE_REPLICA = BrokerRules(replication_factor=1, min_insync_replicas=1)
LIBRDKAFKA = ProducerRules(idempotence=LIBRDKAFKA_IDEMPOTENCE, deadline_closes_connection=True)
ONE_AT_A_TIME = ProducerRules(idempotence=None, max_in_flight=1)


@bug(
    "librdkafka #1092",
    "A retry is overtaken although one request is in flight at a time",
    affected="librdkafka before 0.11.4",
    fixed_in="librdkafka 0.11.4",
    source="librdkafka #1092, #623; commit 7f95f095e",
    breaks="in-order",
    statement=records_are_stored_in_order,
    faults={"request-lost": 1},
    had=attrs.evolve(ONE_AT_A_TIME, lets_retries_be_overtaken=True),
    fixed=ONE_AT_A_TIME,
)
def retries_go_to_the_back(client: ProducerRules, faults: Faults, kinds: Kinds) -> System:
    """``rd_kafka_broker_buf_retry`` keeps a request aside for retry.backoff.ms, then puts it behind all others."""
    return produce_half(client, ONE_REPLICA, records=2, faults=faults, kinds=kinds)


@bug(
    "librdkafka #3672",
    "A topic is missing from the metadata for a moment, and what is sent next is acknowledged but not stored",
    affected="librdkafka 1.0 to 1.8",
    fixed_in="librdkafka 1.9.0",
    source="librdkafka #3672; CHANGELOG.md, 1.9.0",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"broker-crash": 1},
    had=idempotence_of("librdkafka", (1, 8), (4, 3)),
    fixed=idempotence_of("librdkafka", (1, 9), (4, 3)),
)
def sequences_are_forgotten(rules: IdempotenceRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``rd_kafka_topic_metadata_update`` drops the partitions of a topic that a starting broker does not know yet.

    When they are back, ``rd_kafka_toppar_new`` counts sequences from 0 in the same epoch: known batches to the leader.
    """
    client = attrs.evolve(LIBRDKAFKA, idempotence=rules)
    return produce_half(client, ONE_REPLICA, records=2, faults=faults, kinds=kinds)


@bug(
    "librdkafka #4953",
    "A batch of another partition makes the producer send a stored batch again in a new epoch",
    affected="librdkafka 1.0 and later",
    fixed_in="not yet (PR #4972)",
    source="librdkafka #4953; PR #4972",
    breaks="no-duplicates",
    statement=no_record_is_stored_twice,
    faults={"leader-change": 1, "response-lost": 1},
    had=LIBRDKAFKA_IDEMPOTENCE,
    fixed=attrs.evolve(LIBRDKAFKA_IDEMPOTENCE, bumps_behind_failures=False),
)
def the_epoch_is_one_for_all_partitions(rules: IdempotenceRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``rd_kafka_handle_idempotent_Produce_error`` bumps the epoch when a batch is refused behind one that failed.

    There is one producer id and epoch for all partitions (``rd_kafka_idemp_drain_epoch_bump``), also for those where a
    batch that may be stored waits for its retry. The change that was proposed tries the refused batch again.
    """
    client = attrs.evolve(LIBRDKAFKA, idempotence=rules)
    return produce_half(client, ONE_REPLICA, records=1, faults=faults, kinds=kinds)


@bug(
    "KAFKA-3197",
    "A batch for the new leader overtakes one for the old leader although one request is in flight at a time",
    affected="Kafka 0.9, kafka-python before 1.2, aiokafka before 0.5",
    fixed_in="Kafka 0.10.0.0, kafka-python 1.2, aiokafka 0.5.0",
    source="KAFKA-3197; kafka-python #698; aiokafka #228, commit 1b069aa9",
    breaks="in-order",
    statement=records_are_stored_in_order,
    faults={"leader-change": 1},
    had=attrs.evolve(ONE_AT_A_TIME, mutes_partition=False, requeue=each_to_the_front),
    fixed=attrs.evolve(ONE_AT_A_TIME, requeue=each_to_the_front),
)
def partitions_are_not_muted(client: ProducerRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``RecordAccumulator.drain`` asks for room on the connection to the leader; another leader has another connection.

    aiokafka had the same in ``MessageAccumulator.drain_by_nodes``. Now a partition is muted while a batch of it is in
    flight.
    """
    brokers = BrokerRules(replication_factor=2, min_insync_replicas=1)
    return produce_half(client, brokers, records=2, faults=faults, kinds=kinds)


@bug(
    "kafka-python #2841",
    "The batch after one that failed by its deadline takes its sequence, and is acknowledged as its duplicate",
    affected="kafka-python 2.2 and 2.3",
    fixed_in="kafka-python 3.0",
    source="kafka-python #2841; Sender._complete_batch of 2.2.15",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"response-lost": 1, "send-timeout": 1},
    had=idempotence_of("kafka-python", (2, 3), (4, 3)),
    fixed=idempotence_of("kafka-python", (3, 0), (4, 3)),
)
def a_failed_batch_leaves_its_sequence(rules: IdempotenceRules, faults: Faults, kinds: Kinds) -> System:
    """``Sender._complete_batch`` moves the sequence on only after a success, and the failed batch may be stored."""
    client = ProducerRules(idempotence=rules, max_in_flight=1, on_send_failure="drop")
    return produce_half(client, ONE_REPLICA, records=2, faults=faults, kinds=kinds)
