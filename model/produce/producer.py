"""The producer: what it holds, the sequences that it gives, and what it makes of failures."""

import attrs

from ackproof.model.produce.batch import NO_PRODUCER_ID, Attempt, Batch
from ackproof.model.produce.idempotence import IdempotenceRules
from ackproof.model.produce.network import Connection
from ackproof.model.produce.rules import ProducerRules


@attrs.frozen(cache_hash=True)
class Producer:
    """
    The application's producer.

    Attributes:
        next_record: The first record that the application has not handed over yet.
        queue: Batches to be sent before that: retries, and what the application sends again.
        producer_id, producer_epoch, next_sequence, last_acked_sequence: Only with idempotence, else -1.
        unresolved: The sequence after a batch that timed out, while nobody knows whether it was stored.
        last_acked_offset: Only where a client compares it with the log start offset, else -1.
    """

    next_record: int = 0
    queue: tuple[Attempt, ...] = ()
    producer_id: int = NO_PRODUCER_ID
    producer_epoch: int = -1
    next_sequence: int = -1
    last_acked_sequence: int = -1
    unresolved: int | None = None
    last_acked_offset: int = -1


def new_producer(rules: ProducerRules) -> Producer:
    """A producer that has just started."""
    return Producer() if rules.idempotence is None else Producer(producer_id=0, producer_epoch=0, next_sequence=0)


def has_more_to_send(producer: Producer, records: int) -> bool:
    """Whether anything waits to be sent: a batch in the queue, or a record of the application."""
    return bool(producer.queue) or producer.next_record < records


def is_unresolved(producer: Producer) -> bool:
    """Whether nobody knows if a batch is stored that has passed its deadline."""
    return producer.unresolved is not None


def in_flight(producer: Producer, connection: Connection) -> list[Attempt]:
    """Batches that were sent and have no outcome yet, by sequence (``TxnPartitionEntry.inflightBatchesBySequence``)."""
    on_wire = [request.attempt for request in connection.requests + connection.broken if request.attempt]
    queued = [attempt for attempt in producer.queue if attempt.was_sent]
    return sorted(on_wire + queued, key=lambda attempt: attempt.batch.place)


def has_old_id(producer: Producer, attempt: Attempt) -> bool:
    """Whether *attempt* was sent under a producer id that the producer has given up: such a batch is never retried."""
    return attempt.batch.producer_id not in (NO_PRODUCER_ID, producer.producer_id)


def may_send(rules: IdempotenceRules | None, producer: Producer, connection: Connection, attempt: Attempt) -> bool:
    """
    Whether an idempotent producer may send *attempt* now.

    A retry waits for all lower sequences, or for what was sent after it; a new batch for unresolved sequences and for
    those of an older epoch.

    Source: ``RecordAccumulator.shouldStopDrainBatchesForPartition``; librdkafka ``rd_kafka_idemp_drain_toppar``.
    """
    if rules is None or has_old_id(producer, attempt):
        return True
    others = [other for other in in_flight(producer, connection) if not has_old_id(producer, other)]
    if attempt.was_sent and rules.retries_one_by_one:
        return others[0].batch.base_sequence == attempt.batch.base_sequence
    if attempt.was_sent:
        return all(request.sent.place < attempt.batch.place for request in connection.requests)
    return producer.unresolved is None and all(a.batch.producer_epoch == producer.producer_epoch for a in others)


def numbered(
    client: ProducerRules, producer: Producer, connection: Connection, attempt: Attempt
) -> tuple[Producer, Attempt]:
    """*attempt* with its identity on its first way to the wire, and the producer after that."""
    rules = client.idempotence
    if attempt.was_sent:
        return producer, attrs.evolve(attempt, keeps_number=False)
    if rules is None:
        message_id = next_message_id(producer, connection) if client.keeps_message_ids else 0
        return producer, attrs.evolve(attempt, was_sent=True, message_id=message_id)
    batch = attrs.evolve(
        attempt.batch,
        producer_id=producer.producer_id,
        producer_epoch=producer.producer_epoch,
        base_sequence=producer.next_sequence,
    )
    after = producer if rules.counts_acknowledged else attrs.evolve(producer, next_sequence=producer.next_sequence + 1)
    return after, attrs.evolve(attempt, batch=batch, was_sent=True)


def next_message_id(producer: Producer, connection: Connection) -> int:
    """
    One more than those of what is in flight: messages are sent first in the order in which they were handed over.

    Source: librdkafka ``rd_kafka_toppar_enq_msg``, ``rd_kafka_msg_cmp_msgid``.
    """
    return 1 + max((attempt.message_id for attempt in in_flight(producer, connection)), default=-1)


def acked(rules: IdempotenceRules | None, producer: Producer, batch: Batch, offset: int) -> Producer:
    """
    *producer* after *batch* was acknowledged at *offset*; also one that it had given up on.

    Source: ``TransactionManager.handleCompletedBatch``, which takes the number that the batch has now.
    """
    if rules is None or batch.producer_id != producer.producer_id:
        return producer
    return attrs.evolve(
        producer,
        next_sequence=producer.next_sequence + rules.counts_acknowledged,
        last_acked_sequence=max(producer.last_acked_sequence, batch.base_sequence),
        last_acked_offset=max(producer.last_acked_offset, offset) if rules.on_unknown_producer == "guess" else -1,
    )


def told_failure(rules: ProducerRules, producer: Producer, records: int, attempt: Attempt) -> Producer:
    """What the application does when it hears that the send of *attempt* failed."""
    match rules.on_send_failure:
        case "stop":
            return attrs.evolve(producer, next_record=records)
        case "resend" if attempt.resends_left:
            again = attrs.evolve(first_attempt(rules, attempt.batch.record), resends_left=attempt.resends_left - 1)
            return attrs.evolve(producer, queue=(*producer.queue, again))
        case _:
            return producer


def first_attempt(rules: ProducerRules, record: int) -> Attempt:
    """The batch of *record* as the application hands it over."""
    resends = rules.most_resends if rules.on_send_failure == "resend" else 0
    return Attempt(Batch(record), retries_left=rules.retries, resends_left=resends)


def failed(client: ProducerRules, records: int, producer: Producer, attempts: tuple[Attempt, ...]) -> Producer:
    """*producer* after *attempts* failed, oldest first: tried again while retries are left, else the application's."""
    again = tuple(attempt for attempt in attempts if attempt.retries_left != 0 and not has_old_id(producer, attempt))
    after = requeued(client, producer, again)
    for attempt in attempts:
        if attempt not in again:
            after = told_failure(client, after, records, attempt)
    return after


def requeued(
    rules: ProducerRules, producer: Producer, failures: tuple[Attempt, ...], *, counts: bool = True
) -> Producer:
    """*producer* with batches that failed, oldest first, back in the queue; whether that counts as a retry of them."""
    again = tuple(_retry(rules.idempotence, attempt) if counts else attempt for attempt in failures)
    return attrs.evolve(producer, queue=rules.requeue(producer.queue, again))


def _retry(idempotence: IdempotenceRules | None, attempt: Attempt) -> Attempt:
    left = None if attempt.retries_left is None else attempt.retries_left - 1
    return attrs.evolve(attempt, retries_left=left, is_retry=idempotence is not None)
