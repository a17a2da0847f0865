"""Deadlines: a batch fails to the application while nobody knows whether it is stored."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from ackproof.model.produce.batch import Attempt
from ackproof.model.produce.idempotence import IdempotenceRules
from ackproof.model.produce.identity import adjusted, bumped, reset
from ackproof.model.produce.network import Connection, Request
from ackproof.model.produce.producer import Producer, has_old_id, in_flight, told_failure
from ackproof.model.produce.rules import Expiry, ProducerRules
from ackproof.model.system import Next, action

DEADLINE: Mapping[Expiry, str] = {"anywhere": "delivery.timeout.ms", "in-queue": "request.timeout.ms"}
"""Whose deadline it is; before 2.1, and in aiokafka, that of waiting to be sent."""

FOLLOWING = {
    "bump": ", the epoch is bumped",
    "adjust": ", later sequences move down",
    "resolve": ", nothing new is sent until the others are answered",
    "nothing": "",
}
"""What follows a failure after the deadline, in words."""


@action(fault="send-timeout")
def send_timeout(client: ProducerRules, records: int, producer: Producer, connection: Connection) -> Iterator[Next]:
    """
    The oldest batch passes delivery.timeout.ms; what is on the wire stays there (``Sender.failBatch``).

    The connection may be broken, and the producer not have noticed: batches expire in ``Sender.sendProducerData``,
    before ``NetworkClient.poll``.
    """
    for attempt in expiring(client, producer, connection):
        after, left = expired(client, records, producer, connection, attempt)
        says = f"the send of {attempt.batch.name} fails: {DEADLINE[client.expiry]} has passed"
        yield Next(says, producer=after, connection=left)


@action(fault="producer-pause")
def producer_pause(client: ProducerRules, records: int, producer: Producer, connection: Connection) -> Iterator[Next]:
    """The producer stands still past every deadline, so whatever it has sent fails before answers are read."""
    outstanding = outstanding_batches(client, producer, connection)
    if outstanding:
        producer, connection = all_expired(client, records, producer, connection)
        says = f"the producer stands still past {DEADLINE[client.expiry]}; what it had sent fails"
        yield Next(says, producer=producer, connection=connection)


def all_expired(
    client: ProducerRules, records: int, producer: Producer, connection: Connection
) -> tuple[Producer, Connection]:
    """Producer and connection after the deadline of all that has been sent."""
    for attempt in outstanding_batches(client, producer, connection):
        producer, connection = expired(client, records, producer, connection, attempt)
    return producer, connection


def outstanding_batches(client: ProducerRules, producer: Producer, connection: Connection) -> list[Attempt]:
    """The batches that have been sent and can pass their deadline."""
    if client.expiry == "never":
        return []
    return in_flight(producer, connection if client.expiry == "anywhere" else Connection())


def expiring(client: ProducerRules, producer: Producer, connection: Connection) -> Iterator[Attempt]:
    """
    Who may pass the deadline first: the oldest; where the application sends again, age is not its number.

    What it sends again, also as it has started again, may do so before it is on its way
    (``RecordAccumulator.expiredBatches``).
    """
    outstanding = outstanding_batches(client, producer, connection)
    if client.expiry != "never":
        outstanding += [attempt for attempt in producer.queue if not attempt.was_sent]
    if client.on_send_failure == "resend":
        yield from outstanding
    elif outstanding:
        yield min(outstanding, key=lambda attempt: attempt.batch.record)


def expired(
    client: ProducerRules, records: int, producer: Producer, connection: Connection, attempt: Attempt
) -> tuple[Producer, Connection]:
    """Producer and connection after the deadline of *attempt*: its sequence may be unresolved from now on."""
    rules = client.idempotence
    queue = tuple(other for other in producer.queue if other is not attempt)
    heard_of = attempt if rules and rules.hears_of_expired else None
    requests, broken = (
        tuple(attrs.evolve(r, attempt=None, expired=heard_of) if r.attempt is attempt else r for r in each)
        for each in (connection.requests, connection.broken)
    )
    after = told_failure(client, attrs.evolve(producer, queue=queue), records, attempt)
    if rules and attempt.was_sent and (attempt.is_retry or rules.unresolved_unless_retried):
        after = reset(after) if rules.after_deadline == "reset" else unresolved_behind(after, attempt)
    return after, Connection(requests, broken)


def unresolved_behind(producer: Producer, attempt: Attempt) -> Producer:
    """*producer* while nobody knows whether *attempt* was stored (``TransactionManager.markSequenceUnresolved``)."""
    return attrs.evolve(producer, unresolved=max(producer.unresolved or 0, attempt.batch.base_sequence + 1))


def failed_late(
    client: ProducerRules, producer: Producer, connection: Connection, request: Request
) -> tuple[Producer, Connection]:
    """Producer and connection after a failure of a *request* that had been given up, which may still mean something."""
    rules, attempt = client.idempotence, request.expired
    if rules is None or attempt is None or attempt.retries_left == 0 or has_old_id(producer, attempt):
        return producer, connection
    if attempt.batch.producer_epoch != producer.producer_epoch:
        return producer, connection
    if rules.on_gap == "fail-and-reset" and request.error in ("OUT_OF_ORDER_SEQUENCE_NUMBER", "UNKNOWN_PRODUCER_ID"):
        return reset(producer), connection
    return after_late_failure(rules, producer, connection, attempt)


def after_late_failure(
    rules: IdempotenceRules, producer: Producer, connection: Connection, attempt: Attempt
) -> tuple[Producer, Connection]:
    """What an idempotent producer makes of a failure after the deadline of *attempt*, which tells it nothing."""
    match rules.on_late_failure:
        case "bump":
            return bumped(producer, connection)
        case "adjust":
            return adjusted(producer, connection, attempt.batch)
        case "resolve":
            return unresolved_behind(producer, attempt), connection
        case "nothing":
            return producer, connection


def minds_late_failures(connection: Connection, client: ProducerRules) -> bool:
    """Whether an idempotent producer waits for a request that failed, and a deadline would mean something to it."""
    minds = client.idempotence is not None and client.idempotence.on_late_failure != "nothing"
    return minds and any(request.attempt for request in connection.broken)


@action(fault="send-timeout", urgent=True, when={"connection": minds_late_failures})
def deadline_passes_with_the_connection(
    client: ProducerRules, records: int, producer: Producer, connection: Connection
) -> Iterator[Next]:
    """
    A batch passes its deadline in the same poll in which its connection breaks.

    The failure then counts as certain, so the epoch is bumped at once and what else is in flight is numbered anew:
    it may be stored twice (KAFKA-14034, KAFKA-14397; ``Sender.completeBatch`` with ``adjustSequenceNumbers``).
    Older ones that are sent again, or wait to be, fail as well before there is a connection for them
    (``Sender.sendProducerData``: ``NetworkClient.ready``, then ``RecordAccumulator.expiredBatches``).
    """
    assert client.idempotence is not None
    for first in certain(client, producer, connection)[:1]:
        after, left = failed_with_the_connection(client, client.idempotence, records, producer, connection, (first,))
        older = first.sent.record if client.on_send_failure != "resend" else 0
        for attempt in in_flight(after, left):
            if attempt.batch.record < older:
                after, left = expired(client, records, after, left, attempt)
        yield Next(passing(client.idempotence, first), producer=after, connection=left)


@action(fault="send-timeout", urgent=True, when={"connection": minds_late_failures})
def deadlines_pass_with_the_connection(
    client: ProducerRules, records: int, producer: Producer, connection: Connection
) -> Iterator[Next]:
    """
    As well, of several batches at once, which makes one new epoch: only without reductions.

    An older one that waits to be sent again may be sent in that round and fail only then, if another leader gets it.
    """
    assert client.idempotence is not None
    failing = certain(client, producer, connection)
    for place in range(len(failing)):
        late = failing[: place + 1]
        after, left = failed_with_the_connection(client, client.idempotence, records, producer, connection, late)
        yield Next(passing(client.idempotence, *late), producer=after, connection=left)


def certain(client: ProducerRules, producer: Producer, connection: Connection) -> list[Request]:
    """
    What failed with its connection and is taken to be not stored if its deadline has passed, oldest first.

    Where the application sends again, age is not its number.
    """
    waited_for = (r for r in connection.broken if r.attempt and not has_old_id(producer, r.attempt))
    tried_again = [request for request in waited_for if request.attempt and request.attempt.retries_left != 0]
    return tried_again if client.on_send_failure == "resend" else sorted(tried_again, key=lambda r: r.sent.record)


def failed_with_the_connection(
    client: ProducerRules,
    rules: IdempotenceRules,
    records: int,
    producer: Producer,
    connection: Connection,
    late: Sequence[Request],
) -> tuple[Producer, Connection]:
    """Producer and connection after *late* requests failed with it, past their deadline."""
    left = attrs.evolve(connection, broken=tuple(r for r in connection.broken if all(r is not one for one in late)))
    attempts = [request.attempt for request in late if request.attempt]
    for attempt in attempts:
        producer = told_failure(client, producer, records, attempt)
    # Sequences move down for each, from the highest on; one new epoch is enough for all.
    for attempt in attempts[:1] if rules.on_late_failure == "bump" else reversed(attempts):
        producer, left = after_late_failure(rules, producer, left, attempt)
    return producer, left


def passing(rules: IdempotenceRules, *late: Request) -> str:
    """That deadlines pass with a connection, in words."""
    names = ", ".join(request.sent.name for request in late)
    fail = "it fails" if len(late) == 1 else "they fail"
    return f"delivery.timeout.ms of {names} passes as its connection breaks: {fail}{FOLLOWING[rules.on_late_failure]}"
