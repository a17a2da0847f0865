"""Actions of the producer: it sends, hears that it succeeded, and notices broken connections."""

from collections.abc import Iterator

import attrs

from ackproof.model.produce.batch import Attempt
from ackproof.model.produce.deadlines import failed_late
from ackproof.model.produce.identity import resolved
from ackproof.model.produce.network import Connection, Request, has_room, is_broken, is_intact, without_head
from ackproof.model.produce.producer import (
    Producer,
    acked,
    failed,
    first_attempt,
    has_more_to_send,
    is_unresolved,
    may_send,
    numbered,
)
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.system import Next, action


@action(when={"producer": has_more_to_send, "connection": has_room})
def send(client: ProducerRules, records: int, producer: Producer, connection: Connection) -> Iterator[Next]:
    """
    The producer sends its next batch, if the connection has room (``Sender.sendProducerData``).

    Also while nobody leads, where it waits and may pass its deadline unsent (``RecordAccumulator.ready``,
    ``expiredBatches``): to what is stored, that comes to the same as sending once somebody leads.
    """
    for after, attempt in drained(client, records, producer, connection):
        request = Request(attempt.batch, attempt)
        again = " again" if attempt.is_retry or attempt in producer.queue else ""
        yield Next(f"producer sends {attempt.batch.name}{again}", producer=after, connection=put(connection, request))


@action(when={"producer": has_more_to_send, "connection": is_intact})
def send_and_forget(
    client: ProducerRules,
    records: int,
    producer: Producer,
    connection: Connection,
    acknowledged: frozenset[int],
    remembers_acknowledged: bool,
) -> Iterator[Next]:
    """With acks=0 a send has succeeded once it is on the socket; such requests never fill the connection."""
    for after, attempt in drained(client, records, producer, connection):
        done = acknowledged | {attempt.batch.record} if remembers_acknowledged else acknowledged
        yield Next(
            f"producer sends {attempt.batch.name}; with acks=0 that is a success",
            producer=after,
            connection=put(connection, Request(attempt.batch, None)),
            acknowledged=done,
        )


def put(connection: Connection, request: Request) -> Connection:
    """*connection* with one more request."""
    return attrs.evolve(connection, requests=(*connection.requests, request))


def drained(
    client: ProducerRules, records: int, producer: Producer, connection: Connection
) -> Iterator[tuple[Producer, Attempt]]:
    """The batch that the producer may send now, numbered, and the producer after it."""
    rules = client.idempotence
    ready = resolved(rules, producer, connection)
    if rules is not None and rules.after_deadline == "drain" and ready.unresolved is not None:
        return
    for attempt, left in waiting(client, records, ready):
        if may_send(rules, ready, connection, attempt):
            yield numbered(client, left, connection, attempt)


def waiting(client: ProducerRules, records: int, producer: Producer) -> Iterator[tuple[Attempt, Producer]]:
    """
    What may be sent next, and the producer without it.

    A record that the application sends again stands behind those that it had handed over already, so the next new
    record may come first.
    """
    queue = producer.queue
    for place in may_be_next(client, queue):
        yield queue[place], attrs.evolve(producer, queue=queue[:place] + queue[place + 1 :])
    if producer.next_record < records and (not queue or lets_pass(client, queue[0])):
        attempt = first_attempt(client, producer.next_record)
        yield attempt, attrs.evolve(producer, next_record=producer.next_record + 1)


def may_be_next(client: ProducerRules, queue: tuple[Attempt, ...]) -> Iterator[int]:
    """The places in the queue of what may be sent next: the first, and who overtakes it if that is a retry."""
    if queue:
        yield 0
    if queue and queue[0].was_sent and client.lets_retries_be_overtaken:
        yield from [place for place, attempt in enumerate(queue) if not attempt.was_sent][:1]


def lets_pass(client: ProducerRules, attempt: Attempt) -> bool:
    """Whether the next new record may go out before *attempt*, the first in the queue."""
    return client.lets_retries_be_overtaken if attempt.was_sent else is_sent_again(client, attempt)


def is_sent_again(client: ProducerRules, attempt: Attempt) -> bool:
    """Whether *attempt* is one more send of a record whose send has failed, and not a retry of the producer."""
    return client.on_send_failure == "resend" and not attempt.was_sent and attempt.resends_left < client.most_resends


@action(when={"producer": is_unresolved})
def resolve(client: ProducerRules, producer: Producer, connection: Connection) -> Iterator[Next]:
    """
    The producer sees that nothing is in flight, so that what is unresolved stays so.

    As it sends it does so anyway: before that it matters only where it may yet hear of what it has given up, so with
    reductions it does so only there.

    Source: ``TransactionManager.maybeResolveSequences``, first thing in ``Sender.runOnce``.
    """
    after = resolved(client.idempotence, producer, connection)
    if after != producer:
        yield Next("the producer sees that nothing is in flight", producer=after)


@action(urgent=True, when={"connection": is_broken})
def disconnect(client: ProducerRules, records: int, producer: Producer, connection: Connection) -> Iterator[Next]:
    """The producer notices that requests failed with their connection (``NetworkClient.processDisconnection``)."""
    names = ", ".join(request.attempt.batch.name for request in connection.broken if request.attempt)
    after, left = given_back(client, records, producer, connection)
    says = f"producer notices that no answer comes for {names}" if names else "nobody waits for an answer"
    yield Next(says, producer=after, connection=left)


def given_back(
    client: ProducerRules, records: int, producer: Producer, connection: Connection
) -> tuple[Producer, Connection]:
    """Producer and connection after it noticed; also what it had given up on may mean something to it."""
    for request in connection.broken:
        producer, connection = failed_late(client, producer, connection, request)
    attempts = tuple(request.attempt for request in connection.broken if request.attempt)
    return failed(client, records, producer, attempts), attrs.evolve(connection, broken=())


def answered(
    client: ProducerRules, producer: Producer, connection: Connection
) -> tuple[Producer, Connection, frozenset[int]]:
    """Producer and connection after a success for the first request, and the records that have succeeded."""
    head = connection.requests[0]
    attempt = head.attempt or head.expired
    batch = attempt.batch if attempt else head.sent
    after = acked(client.idempotence, producer, batch, (head.waits_for or 0) - 1)
    if head.attempt is None:
        return after, without_head(connection), frozenset()
    earlier = acknowledged_with(client, after, head)
    queue = tuple(attempt for attempt in after.queue if attempt not in earlier)
    succeeded = frozenset({head.sent.record, *(attempt.batch.record for attempt in earlier)})
    return attrs.evolve(after, queue=queue), without_head(connection), succeeded


def acknowledged_with(client: ProducerRules, producer: Producer, head: Request) -> tuple[Attempt, ...]:
    """
    The batches that wait to be sent again, and of which a client takes the success of a later one as theirs.

    Source: librdkafka ``rd_kafka_dr_implicit_ack``.
    """
    if client.idempotence is None or not client.idempotence.acknowledges_before:
        return ()
    return tuple(a for a in producer.queue if a.was_sent and a.batch.place < head.sent.place)
