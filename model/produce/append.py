"""What a leader does with a batch: the checks in Kafka's order, producer state, the append."""

from typing import Literal

import attrs

from ackproof.model.produce.batch import NO_PRODUCER_ID, Batch
from ackproof.model.produce.replica import Replicas, is_short, leading, replaced
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.truncation import Log
from ackproof.model.produce.watermark import Watermark

SEQUENCES = 2**31
"""Sequences are 32-bit and wrap to 0 (``DefaultRecordBatch.incrementSequence``)."""

Error = Literal[
    "NOT_ENOUGH_REPLICAS",
    "INVALID_PRODUCER_EPOCH",
    "OUT_OF_ORDER_SEQUENCE_NUMBER",
    "UNKNOWN_PRODUCER_ID",
    "REQUEST_TIMED_OUT",
    "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
]


@attrs.frozen
class Refused:
    """
    The leader's answer to a batch that it does not take.

    Attributes:
        log_start: The log start offset, which comes with UNKNOWN_PRODUCER_ID (KAFKA-5793).
    """

    error: Error
    log_start: int = 0


@attrs.frozen
class Appended:
    """The batch is in the leader's log, now or already: its offset, and the batches to append."""

    offset: int
    new: Log


def receive(rules: BrokerRules, replicas: Replicas, log: Log, batch: Batch, *, acks: str) -> Refused | Appended:
    """
    The leader's decision on *batch*.

    Source: ``Partition.appendRecordsToLeader``, ``UnifiedLog.analyzeAndValidateProducerState``,
    ``ProducerAppendInfo.checkSequence``: first the in-sync replicas, then duplicate, epoch, sequence.
    """
    if acks == "all" and is_short(rules, replicas):
        return Refused("NOT_ENOUGH_REPLICAS")
    if batch.producer_id == NO_PRODUCER_ID:
        return Appended(len(log), (batch,))
    return identify(rules, log, batch)


def identify(rules: BrokerRules, log: Log, batch: Batch) -> Refused | Appended:
    """The decision on the batch of an idempotent producer, by what the log knows of that producer."""
    known = [(offset, entry) for offset, entry in enumerate(log) if entry.producer_id == batch.producer_id]
    if not known:
        return first_of_producer(rules, log, batch)
    epoch = known[-1][1].producer_epoch
    remembered = [(offset, entry) for offset, entry in known if entry.producer_epoch == epoch]
    for offset, entry in remembered[-rules.remembered_batches :]:
        if (entry.producer_epoch, entry.base_sequence) == (batch.producer_epoch, batch.base_sequence):
            return Appended(offset, ())
    return in_sequence(log, batch, epoch, remembered[-1][1].base_sequence)


def first_of_producer(rules: BrokerRules, log: Log, batch: Batch) -> Refused | Appended:
    """The decision on a batch of a producer that the partition does not know (any more)."""
    takes_any = rules.accepts_any_first_sequence and not (rules.refuses_gap_in_empty_partition and not log)
    if takes_any or batch.base_sequence == 0:
        return Appended(len(log), (batch,))
    if rules.names_unknown_producers:
        return Refused("UNKNOWN_PRODUCER_ID", log_start(log))
    return Refused("OUT_OF_ORDER_SEQUENCE_NUMBER")


def log_start(log: Log) -> int:
    """The log start offset, as far as it has cost a producer its state: the end of what has no producer any more."""
    return max((offset + 1 for offset, batch in enumerate(log) if batch.producer_id == NO_PRODUCER_ID), default=0)


def in_sequence(log: Log, batch: Batch, epoch: int, last_sequence: int) -> Refused | Appended:
    """The decision on a batch that is not known: its epoch must not be old, its sequence the next one."""
    if batch.producer_epoch < epoch:
        return Refused("INVALID_PRODUCER_EPOCH")
    next_sequence = 0 if batch.producer_epoch > epoch else (last_sequence + 1) % SEQUENCES
    if batch.base_sequence != next_sequence:
        return Refused("OUT_OF_ORDER_SEQUENCE_NUMBER")
    return Appended(len(log), (batch,))


@attrs.frozen
class Leader:
    """
    How the leader of this system takes batches.

    Attributes:
        stores_repeats: False where a claim cannot tell a repeat from its first copy: it is then not appended, but
            stands for that copy. Sound for loss and for order, as a repeat is acknowledged no earlier and lost no
            earlier than its first copy.
        joins_in_two_steps: A leader asks the controller, which agrees later, to let a follower be in sync.
        keeps_held: What the network holds back is still under way to a broker once another one has led; elsewhere it
            is forgotten, as that broker does not lead again.
    """

    rules: BrokerRules
    watermark: Watermark
    acks: str
    stores_repeats: bool = True
    joins_in_two_steps: bool = False
    keeps_held: bool = False


def serve(leader: Leader, replicas: Replicas, batch: Batch) -> tuple[Replicas, Refused | Appended]:
    """*replicas* and the answer after the leader served *batch*; the leader is up."""
    index = leading(replicas)
    log = replicas[index].log
    answer = receive(leader.rules, replicas, log, batch, acks=leader.acks)
    if isinstance(answer, Appended) and not leader.stores_repeats:
        answer = first_copy(log, answer, batch)
    if isinstance(answer, Refused) or not answer.new:
        return replicas, answer
    longer = log + leader.watermark.stamped(replicas[index], answer.new)
    grown = replaced(replicas, index, attrs.evolve(replicas[index], log=longer))
    return leader.watermark.settled(leader.rules, grown), answer


def first_copy(log: Log, answer: Appended, batch: Batch) -> Appended:
    """Instead of a repeat, the first copy of the same record."""
    first = next((offset for offset, entry in enumerate(log) if entry.record == batch.record), None)
    return answer if first is None else Appended(first, ())
