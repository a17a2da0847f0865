"""The producer: what it holds, the sequences that it gives, and what it makes of failures."""

from collections.abc import Callable

import attrs

from ackproof.model.produce.batch import NO_PRODUCER_ID, Attempt, Batch
from ackproof.model.produce.network import Connection, Request
from ackproof.model.produce.rules import IdempotenceRules, ProducerRules


@attrs.frozen(cache_hash=True)
class Producer:
    """
    The application's producer.

    Attributes:
        next_record: The first record that the application has not handed over yet.
        queue: Batches to be sent before that: retries, and what the application sends again.
        producer_id, producer_epoch, next_sequence, last_acked_sequence: Only with idempotence, else -1.
        unresolved: The sequence after a batch that timed out, while nobody knows whether it was stored.
    """

    next_record: int = 0
    queue: tuple[Attempt, ...] = ()
    producer_id: int = NO_PRODUCER_ID
    producer_epoch: int = -1
    next_sequence: int = -1
    last_acked_sequence: int = -1
    unresolved: int | None = None


def new_producer(rules: ProducerRules) -> Producer:
    """A producer that has just started."""
    return Producer() if rules.idempotence is None else Producer(producer_id=0, producer_epoch=0, next_sequence=0)


def has_more_to_send(producer: Producer, records: int) -> bool:
    """Whether anything waits to be sent: a batch in the queue, or a record of the application."""
    return bool(producer.queue) or producer.next_record < records


def in_flight(producer: Producer, connection: Connection) -> list[Attempt]:
    """Batches that were sent and have no outcome yet, by sequence (``TxnPartitionEntry.inflightBatchesBySequence``)."""
    on_wire = [request.attempt for request in connection.requests + connection.broken if request.attempt]
    queued = [attempt for attempt in producer.queue if attempt.was_sent]
    return sorted(on_wire + queued, key=lambda attempt: attempt.batch.place)


def may_send(producer: Producer, connection: Connection, attempt: Attempt) -> bool:
    """
    Whether an idempotent producer may send *attempt* now.

    A retry waits for all lower sequences, a new batch for unresolved ones and for those of an older epoch.

    Source: ``RecordAccumulator.shouldStopDrainBatchesForPartition``.
    """
    if producer.producer_id == NO_PRODUCER_ID:
        return True
    others = in_flight(producer, connection)
    if attempt.was_sent:
        return others[0] == attempt
    return producer.unresolved is None and all(a.batch.producer_epoch == producer.producer_epoch for a in others)


def numbered(producer: Producer, attempt: Attempt) -> tuple[Producer, Attempt]:
    """*attempt* with its identity on its first way to the wire, and the producer after that."""
    if attempt.was_sent:
        return producer, attempt
    if producer.producer_id == NO_PRODUCER_ID:
        return producer, attrs.evolve(attempt, was_sent=True)
    batch = attrs.evolve(
        attempt.batch,
        producer_id=producer.producer_id,
        producer_epoch=producer.producer_epoch,
        base_sequence=producer.next_sequence,
    )
    return (
        attrs.evolve(producer, next_sequence=producer.next_sequence + 1),
        attrs.evolve(attempt, batch=batch, was_sent=True),
    )


def resolved(rules: IdempotenceRules | None, producer: Producer, connection: Connection) -> Producer:
    """
    *producer* once nothing is in flight.

    An unresolved sequence was overtaken by an acknowledged one, or the epoch is bumped.

    Source: ``TransactionManager.maybeResolveSequences``; librdkafka ``rd_kafka_idemp_drain_done``.
    """
    if producer.unresolved is None or rules is None:
        return producer
    if in_flight(attrs.evolve(producer, queue=()) if rules.drains_only_the_wire else producer, connection):
        return producer
    if not rules.drains_only_the_wire and producer.last_acked_sequence + 1 == producer.next_sequence:
        return attrs.evolve(producer, unresolved=None)
    return bumped(producer, connection)[0]


def bumped(producer: Producer, connection: Connection) -> tuple[Producer, Connection]:
    """
    A new epoch: what is in flight is numbered anew from 0, although it may be stored under its old number.

    Source: ``TransactionManager.bumpIdempotentProducerEpoch``, ``TxnPartitionEntry.startSequencesAtBeginning``.
    """
    epoch = producer.producer_epoch + 1
    flying = in_flight(producer, connection)
    new = {attempt: _renumbered(attempt, epoch, number) for number, attempt in enumerate(flying)}
    after = attrs.evolve(
        producer,
        queue=tuple(new.get(attempt, attempt) for attempt in producer.queue),
        producer_epoch=epoch,
        next_sequence=len(flying),
        last_acked_sequence=-1,
        unresolved=None,
    )
    return after, _with_attempts(connection, lambda attempt: new.get(attempt, attempt))


def _renumbered(attempt: Attempt, epoch: int, sequence: int) -> Attempt:
    return attrs.evolve(attempt, batch=attrs.evolve(attempt.batch, producer_epoch=epoch, base_sequence=sequence))


def _with_attempts(connection: Connection, change: Callable[[Attempt], Attempt]) -> Connection:
    def changed(requests: tuple[Request, ...]) -> tuple[Request, ...]:
        return tuple(attrs.evolve(r, attempt=change(r.attempt)) if r.attempt else r for r in requests)

    return Connection(changed(connection.requests), changed(connection.broken))


def acked(producer: Producer, request: Request) -> Producer:
    """
    *producer* after a success; also of a batch that it had given up on.

    Source: ``TransactionManager.handleCompletedBatch``, which takes the number that the batch has now.
    """
    batch = request.attempt.batch if request.attempt else request.sent
    return attrs.evolve(producer, last_acked_sequence=max(producer.last_acked_sequence, batch.base_sequence))


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


def requeued(rules: ProducerRules, producer: Producer, failed: tuple[Attempt, ...]) -> Producer:
    """*producer* with *failed* batches, oldest first, back in the queue."""
    again = tuple(_retry(rules.idempotence, attempt) for attempt in failed)
    return attrs.evolve(producer, queue=rules.requeue(producer.queue, again))


def _retry(idempotence: IdempotenceRules | None, attempt: Attempt) -> Attempt:
    left = None if attempt.retries_left is None else attempt.retries_left - 1
    return attrs.evolve(attempt, retries_left=left, is_retry=idempotence is not None)
