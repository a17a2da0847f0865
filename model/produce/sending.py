"""Actions of the producer: it sends, hears answers, and notices broken connections."""

from collections.abc import Iterator

import attrs

from ackproof.model.produce.batch import Attempt
from ackproof.model.produce.network import (
    Connection,
    Request,
    has_refused_head,
    has_room,
    is_broken,
    is_intact,
    without_head,
)
from ackproof.model.produce.producer import (
    Producer,
    acked,
    bumped,
    first_attempt,
    has_more_to_send,
    in_flight,
    may_send,
    numbered,
    requeued,
    resolved,
    told_failure,
)
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.system import Next, action


@action(when={"producer": has_more_to_send, "connection": has_room})
def send(client: ProducerRules, records: int, producer: Producer, connection: Connection) -> Iterator[Next]:
    """The producer sends its next batch, if the connection has room (``Sender.sendProducerData``)."""
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
    """The batch that the producer may send now on an intact connection, numbered, and the producer after it."""
    rules = client.idempotence
    ready = resolved(rules, producer, connection)
    if rules is not None and rules.drains_only_the_wire and ready.unresolved is not None:
        return
    for attempt, left in waiting(client, records, ready):
        if may_send(ready, connection, attempt):
            yield numbered(left, attempt)


def waiting(client: ProducerRules, records: int, producer: Producer) -> Iterator[tuple[Attempt, Producer]]:
    """
    What may be sent next, and the producer without it.

    A record that the application sends again stands behind those that it had handed over already, so the next new
    record may come first.
    """
    queue = producer.queue
    if queue:
        yield queue[0], attrs.evolve(producer, queue=queue[1:])
    if producer.next_record < records and (not queue or is_sent_again(client, queue[0])):
        attempt = first_attempt(client, producer.next_record)
        yield attempt, attrs.evolve(producer, next_record=producer.next_record + 1)


def is_sent_again(client: ProducerRules, attempt: Attempt) -> bool:
    """Whether *attempt* is one more send of a record whose send has failed, and not a retry of the producer."""
    return client.on_send_failure == "resend" and not attempt.was_sent and attempt.resends_left < client.most_resends


@action(urgent=True, when={"connection": has_refused_head})
def hear_refusal(client: ProducerRules, records: int, producer: Producer, connection: Connection) -> Iterator[Next]:
    """The producer hears an error (``Sender.completeBatch``)."""
    head = connection.requests[0]
    says = f"producer hears {head.error} for {head.sent.name}"
    if head.attempt is None:
        yield Next(f"{says}, which it had given up", connection=without_head(connection))
        return
    after, left = refused(client, records, producer, connection)
    yield Next(says, producer=after, connection=left)


def refused(
    client: ProducerRules, records: int, producer: Producer, connection: Connection
) -> tuple[Producer, Connection]:
    """Producer and connection after an error for the first request, which somebody waits for."""
    head = connection.requests[0]
    assert head.attempt is not None
    if head.error in ("OUT_OF_ORDER_SEQUENCE_NUMBER", "INVALID_PRODUCER_EPOCH"):
        return out_of_order(client, records, producer, connection)
    rest = without_head(connection)
    return failed(client, records, producer, (head.attempt,)), rest


def out_of_order(
    client: ProducerRules, records: int, producer: Producer, connection: Connection
) -> tuple[Producer, Connection]:
    """
    Producer and connection after a refusal of the first request's sequence or epoch.

    It waits for a lower sequence, or the gap is real.

    Source: ``TransactionManager.canRetry``; librdkafka ``rd_kafka_handle_Produce_error``.
    """
    head = connection.requests[0]
    assert head.attempt is not None
    assert client.idempotence is not None
    rest = without_head(connection)
    if head.error == "OUT_OF_ORDER_SEQUENCE_NUMBER" and waits_for_lower(producer, head):
        return failed(client, records, producer, (head.attempt,)), rest
    match client.idempotence.on_gap:
        case "bump" if head.error == "INVALID_PRODUCER_EPOCH":
            return bumped(told_failure(client, producer, records, head.attempt), rest)
        case "bump":
            return bumped(failed(client, records, producer, (head.attempt,)), rest)
        case "end" if producer.unresolved is None:
            return ended(records, producer, rest)
        case "end":
            return bumped(failed(client, records, producer, (head.attempt,)), rest)
        case "fail":
            return told_failure(client, producer, records, head.attempt), rest


def waits_for_lower(producer: Producer, request: Request) -> bool:
    """Whether a refused sequence may be right once lower ones are stored."""
    assert request.attempt is not None
    sequence = request.attempt.batch.base_sequence
    was_rewritten = request.attempt.batch != request.sent
    if producer.unresolved is None:
        return was_rewritten or sequence != producer.last_acked_sequence + 1
    return sequence != producer.unresolved


def ended(records: int, producer: Producer, connection: Connection) -> tuple[Producer, Connection]:
    """A producer with a fatal error sends nothing more, and waits for nothing."""
    given_up = tuple(attrs.evolve(request, attempt=None) for request in connection.requests)
    stopped = attrs.evolve(producer, next_record=records, queue=(), unresolved=None)
    return stopped, attrs.evolve(connection, requests=given_up)


def failed(client: ProducerRules, records: int, producer: Producer, attempts: tuple[Attempt, ...]) -> Producer:
    """*producer* after *attempts* failed, oldest first: tried again while retries are left, else the application's."""
    after = requeued(client, producer, tuple(a for a in attempts if a.retries_left != 0))
    for attempt in attempts:
        if attempt.retries_left == 0:
            after = told_failure(client, after, records, attempt)
    return after


@action(urgent=True, when={"connection": is_broken})
def disconnect(client: ProducerRules, records: int, producer: Producer, connection: Connection) -> Iterator[Next]:
    """The producer notices that requests failed with their connection (``NetworkClient.processDisconnection``)."""
    attempts = tuple(request.attempt for request in connection.broken if request.attempt)
    after = failed(client, records, producer, attempts)
    names = ", ".join(attempt.batch.name for attempt in attempts)
    says = f"producer notices that no answer comes for {names}" if names else "nobody waits for an answer"
    yield Next(says, producer=after, connection=attrs.evolve(connection, broken=()))


def has_deadlines(connection: Connection, client: ProducerRules) -> bool:
    """Whether a batch that has been sent can pass its deadline, while the connection is intact."""
    return is_intact(connection) and (client.idempotence is None or client.idempotence.expires_batches)


@action(fault="send-timeout", when={"connection": has_deadlines})
def send_timeout(client: ProducerRules, records: int, producer: Producer, connection: Connection) -> Iterator[Next]:
    """The oldest batch passes delivery.timeout.ms; what is on the wire stays there (``Sender.failBatch``)."""
    for attempt in expiring(client, producer, connection):
        after, left = expired(client, records, producer, connection, attempt)
        says = f"the send of {attempt.batch.name} fails: delivery.timeout.ms has passed"
        yield Next(says, producer=after, connection=left)


@action(fault="producer-pause", when={"connection": has_deadlines})
def producer_pause(client: ProducerRules, records: int, producer: Producer, connection: Connection) -> Iterator[Next]:
    """The producer stands still past every deadline, so whatever it has sent fails before answers are read."""
    outstanding = in_flight(producer, connection)
    if outstanding:
        for attempt in outstanding:
            producer, connection = expired(client, records, producer, connection, attempt)
        says = "the producer stands still past delivery.timeout.ms; what it had sent fails"
        yield Next(says, producer=producer, connection=connection)


def expiring(client: ProducerRules, producer: Producer, connection: Connection) -> Iterator[Attempt]:
    """Who may pass the deadline first: the oldest; where the application sends again, age is not its number."""
    outstanding = in_flight(producer, connection)
    if client.on_send_failure == "resend":
        yield from outstanding
    elif outstanding:
        yield min(outstanding, key=lambda attempt: attempt.batch.record)


def expired(
    client: ProducerRules, records: int, producer: Producer, connection: Connection, attempt: Attempt
) -> tuple[Producer, Connection]:
    """Producer and connection after the deadline of *attempt*: its sequence may be unresolved from now on."""
    queue = tuple(other for other in producer.queue if other is not attempt)
    requests = tuple(attrs.evolve(r, attempt=None) if r.attempt is attempt else r for r in connection.requests)
    after = told_failure(client, attrs.evolve(producer, queue=queue), records, attempt)
    rules = client.idempotence
    if rules and (attempt.is_retry or rules.unresolved_unless_retried):
        after = attrs.evolve(after, unresolved=max(after.unresolved or 0, attempt.batch.base_sequence + 1))
    return after, attrs.evolve(connection, requests=requests)


def bumps_as_it_breaks(connection: Connection, client: ProducerRules) -> bool:
    """Whether an idempotent producer waits for a request that failed, and numbers anew once its deadline passes."""
    bumps = client.idempotence is not None and client.idempotence.bumps_with_failed_response
    return bumps and any(request.attempt for request in connection.broken)


@action(fault="send-timeout", urgent=True, when={"connection": bumps_as_it_breaks})
def deadline_passes_with_the_connection(
    client: ProducerRules, records: int, producer: Producer, connection: Connection
) -> Iterator[Next]:
    """
    A batch passes its deadline in the same poll in which its connection breaks.

    The failure then counts as certain, so the epoch is bumped at once and what else is in flight is numbered anew:
    it may be stored twice (KAFKA-14034, KAFKA-14397; ``Sender.completeBatch`` with ``adjustSequenceNumbers``).
    """
    oldest = next(request for request in connection.broken if request.attempt)
    assert oldest.attempt is not None
    rest = attrs.evolve(connection, broken=tuple(r for r in connection.broken if r is not oldest))
    after, left = bumped(told_failure(client, producer, records, oldest.attempt), rest)
    says = f"delivery.timeout.ms of {oldest.sent.name} passes as its connection breaks: it fails, the epoch is bumped"
    yield Next(says, producer=after, connection=left)


def answered(producer: Producer, connection: Connection) -> tuple[Producer, Connection]:
    """Producer and connection after a success for the first request."""
    head = connection.requests[0]
    after = producer if producer.producer_id < 0 else acked(producer, head)
    return after, without_head(connection)
