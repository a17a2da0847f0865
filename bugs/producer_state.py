"""Bugs of producer state: what a partition knows of the producers that write to it."""

import attrs

from ackproof.bugs.bug import bug
from ackproof.config.producers import idempotence_of
from ackproof.config.rules import brokers_of
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.idempotence import LIBRDKAFKA_IDEMPOTENCE
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from ackproof.properties.produce import (
    acknowledged_records_survive,
    no_record_is_stored_twice,
    records_are_stored_in_order,
)

Kinds = frozenset[str]

NOW = BrokerRules()
STRICT = attrs.evolve(NOW, accepts_any_first_sequence=False)
NEXT = attrs.evolve(NOW, refuses_gap_in_empty_partition=True)


@bug(
    "KAFKA-5494",
    "A retry is taken for a gap, because only the last batch of a producer is remembered",
    affected="0.11",
    fixed_in="1.0",
    source="KAFKA-5494; PR #3743",
    breaks="no-duplicates",
    statement=no_record_is_stored_twice,
    faults={"response-lost": 1},
    had=attrs.evolve(NOW, remembered_batches=1),
    fixed=NOW,
)
def only_the_last_batch_is_remembered(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``ProducerIdEntry.isDuplicate`` compares with one batch, so idempotence needed one request in flight.

    A client that has two in flight hears OUT_OF_ORDER_SEQUENCE_NUMBER for the first; one that bumps its epoch then
    (from 2.5 on) sends both again under new numbers. ``ProducerStateEntry`` remembers five.
    """
    alone = attrs.evolve(rules, replication_factor=1, min_insync_replicas=1)
    return produce_half(ProducerRules(), alone, records=2, faults=faults, kinds=kinds)


@bug(
    "KAFKA-7190",
    "A retry is stored again, because retention deleted the producer with its last record",
    affected="0.11 to 2.3",
    fixed_in="2.4",
    source="KAFKA-7190; PR #7388",
    breaks="no-duplicates",
    statement=no_record_is_stored_twice,
    faults={"response-lost": 1, "retention": 1},
    had=brokers_of((2, 3, 1)),
    fixed=brokers_of((2, 4, 1)),
)
def retention_deletes_producers(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``ProducerStateManager.truncateHead`` evicts every producer whose last offset is below the new log start offset.

    A live one is told UNKNOWN_PRODUCER_ID, unless its retry begins with sequence 0: that looks like a new producer.
    """
    client = ProducerRules(idempotence=idempotence_of("java", (2, 3), (2, 3)))
    alone = attrs.evolve(rules, replication_factor=1, min_insync_replicas=1)
    return produce_half(client, alone, records=1, faults=faults, kinds=kinds)


@bug(
    "KAFKA-15591",
    "A batch overtakes the first one of its producer on a new partition",
    affected="2.5 to 4.4",
    fixed_in="4.5",
    source="KAFKA-15591, KAFKA-14312; PR #23234",
    breaks="in-order",
    statement=records_are_stored_in_order,
    faults={"follower-lag": 1, "request-delayed": 1},
    had=NOW,
    fixed=NEXT,
)
def any_first_sequence_is_accepted(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``ProducerAppendInfo.checkSequence`` takes any first sequence of a producer that the partition does not know.

    The first batch is refused, the second accepted; once the second is in doubt as well, the first looks like a gap,
    and a new epoch lets it in behind the other. With a quiet second batch it is refused until its deadline.
    """
    return produce_half(ProducerRules(), of_two(rules), records=2, faults=faults, kinds=kinds)


@bug(
    "KAFKA-19880",
    "A batch overtakes the first one of its producer on a partition that others have written to",
    affected="2.5 and later",
    fixed_in="not yet (PR #22619)",
    source="KAFKA-19880; PR #22619",
    breaks="in-order",
    statement=records_are_stored_in_order,
    faults={"follower-lag": 1, "producer-crash": 1, "response-lost": 1},
    had=NEXT,
    fixed=STRICT,
)
def any_first_sequence_behind_others(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``ProducerAppendInfo.checkSequence`` asks for sequence 0 only while the partition has never held a record.

    Here a producer wrote to it, crashed, and started again under a new producer id.
    """
    return produce_half(ProducerRules(), of_two(rules), records=3, faults=faults, kinds=kinds)


@bug(
    "librdkafka #2081",
    "A success of a later batch is taken for that of an earlier one that was refused",
    affected="librdkafka 1.0 and later with brokers 2.5 to 4.4",
    fixed_in="brokers 4.5, for partitions that nobody has written to (KAFKA-15591)",
    source="librdkafka #2081; KAFKA-15591; rd_kafka_handle_idempotent_Produce_success in rdkafka_request.c of 2.8.0",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"follower-lag": 1},
    had=NOW,
    fixed=NEXT,
)
def a_later_success_proves_nothing(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``rd_kafka_dr_implicit_ack``: what a leader stored in sequence proves all lower sequences stored.

    Not so on brokers that take any first sequence: the first batch was refused (NOT_ENOUGH_REPLICAS), and is never
    sent again. Found in the source, not in a report.
    """
    client = ProducerRules(idempotence=LIBRDKAFKA_IDEMPOTENCE, deadline_closes_connection=True)
    return produce_half(client, of_two(rules), records=2, faults=faults, kinds=kinds)


def of_two(rules: BrokerRules) -> BrokerRules:
    """Two replicas that both have to be in sync: one that lags makes the leader refuse."""
    return attrs.evolve(rules, replication_factor=2, min_insync_replicas=2)
