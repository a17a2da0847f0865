"""What an idempotent producer calls itself and its batches once its sequences lead no further."""

from collections.abc import Callable, Iterable, Mapping

import attrs

from ackproof.model.produce.batch import Attempt, Batch
from ackproof.model.produce.idempotence import IdempotenceRules
from ackproof.model.produce.network import Connection, Request
from ackproof.model.produce.producer import Producer, has_old_id, in_flight


def resolved(rules: IdempotenceRules | None, producer: Producer, connection: Connection) -> Producer:
    """
    *producer* once nothing is in flight.

    An unresolved sequence was overtaken by an acknowledged one, or the producer takes a new epoch or id.

    Source: ``TransactionManager.maybeResolveSequences``; librdkafka ``rd_kafka_idemp_drain_done``.
    """
    if producer.unresolved is None or rules is None:
        return producer
    drains = rules.after_deadline == "drain"
    waiting = in_flight(attrs.evolve(producer, queue=()) if drains else producer, connection)
    if any(not has_old_id(producer, attempt) for attempt in waiting):
        return producer
    if not drains and producer.last_acked_sequence + 1 == producer.next_sequence:
        return attrs.evolve(producer, unresolved=None)
    return reset(producer) if rules.on_gap == "fail-and-reset" else bumped(producer, connection)[0]


def reset(producer: Producer) -> Producer:
    """
    A new producer id; what was sent under the old one keeps it.

    Source: ``TransactionManager.resetProducerId`` (before 2.5).
    """
    return attrs.evolve(
        producer,
        producer_id=producer.producer_id + 1,
        producer_epoch=0,
        next_sequence=0,
        last_acked_sequence=-1,
        unresolved=None,
        last_acked_offset=-1,
    )


def bumped(producer: Producer, connection: Connection) -> tuple[Producer, Connection]:
    """
    A new epoch: what is in flight is numbered anew from 0, although it may be stored under its old number.

    Source: ``TransactionManager.bumpIdempotentProducerEpoch``, ``TxnPartitionEntry.startSequencesAtBeginning``.
    """
    epoch = producer.producer_epoch + 1
    return from_0(attrs.evolve(producer, producer_epoch=epoch, unresolved=None), connection, in_flight)


def guessed(rules: IdempotenceRules, producer: Producer, connection: Connection) -> tuple[Producer, Connection]:
    """
    The same epoch: what is in flight is numbered anew from 0, as the brokers seem to have forgotten the producer.

    Source: ``TransactionManager.startSequencesAtBeginning`` (1.0 to 2.4).
    """
    return from_0(producer, connection, in_heap_order if rules.restarts_in_heap_order else in_flight)


def from_0(
    producer: Producer, connection: Connection, ordered: Callable[[Producer, Connection], Iterable[Attempt]]
) -> tuple[Producer, Connection]:
    """Sequences from 0 on, also for what is in flight, in that order."""
    flying = [attempt for attempt in ordered(producer, connection) if not has_old_id(producer, attempt)]
    new = {a: renumbered(a, producer.producer_epoch, number) for number, a in enumerate(flying)}
    after = attrs.evolve(producer, next_sequence=len(flying), last_acked_sequence=-1)
    return with_numbers(after, connection, new)


def in_heap_order(producer: Producer, connection: Connection) -> list[Attempt]:
    """
    What is in flight as ``java.util.PriorityQueue`` holds it, if it was sent together with one that has its outcome.

    The last takes the place of the one taken out, and goes down below lower ones: always to the left here. As long as
    all that was sent is in flight nothing has been taken out, and the order is that of sending.
    """
    first_to_last = in_flight(producer, connection)
    if len(first_to_last) in (0, producer.next_record):
        return first_to_last
    heap, place = [*first_to_last[:1], *first_to_last[:-1]], 0
    while 2 * place + 1 < len(heap):
        heap[place], place = heap[2 * place + 1], 2 * place + 1
    heap[place] = first_to_last[-1]
    return heap


def adjusted(producer: Producer, connection: Connection, batch: Batch) -> tuple[Producer, Connection]:
    """
    *batch* is taken for certainly not stored: all later sequences move down by one.

    Source: ``TransactionManager.adjustSequencesDueToFailedBatch`` (before 2.5 also without transactions).
    """
    later = [a for a in in_flight(producer, connection) if a.batch.place[:3] >= batch.place[:3]]
    new = {a: renumbered(a, a.batch.producer_epoch, a.batch.base_sequence - 1) for a in later}
    return with_numbers(attrs.evolve(producer, next_sequence=producer.next_sequence - 1), connection, new)


def renumbered(attempt: Attempt, epoch: int, sequence: int) -> Attempt:
    """*attempt* under another number, which may be the one that it has."""
    batch = attrs.evolve(attempt.batch, producer_epoch=epoch, base_sequence=sequence)
    return attrs.evolve(attempt, batch=batch, keeps_number=batch == attempt.batch)


def with_numbers(
    producer: Producer, connection: Connection, new: Mapping[Attempt, Attempt]
) -> tuple[Producer, Connection]:
    """Producer and connection with *new* numbers for some of what is in flight; the bytes on the wire stay."""

    def changed(requests: tuple[Request, ...]) -> tuple[Request, ...]:
        return tuple(attrs.evolve(r, attempt=new.get(r.attempt, r.attempt)) if r.attempt else r for r in requests)

    queue = tuple(new.get(attempt, attempt) for attempt in producer.queue)
    return attrs.evolve(producer, queue=queue), Connection(changed(connection.requests), changed(connection.broken))
