"""What a producer makes of errors that brokers answer."""

from collections.abc import Iterator

import attrs

from ackproof.model.produce.deadlines import after_late_failure, failed_late, unresolved_behind
from ackproof.model.produce.idempotence import IdempotenceRules
from ackproof.model.produce.identity import bumped, from_0, guessed, reset
from ackproof.model.produce.network import Connection, Request, has_refused_head, with_head, without_head
from ackproof.model.produce.producer import Producer, failed, has_old_id, in_flight, requeued, told_failure
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.system import Next, action

OF_SEQUENCES = frozenset({"OUT_OF_ORDER_SEQUENCE_NUMBER", "INVALID_PRODUCER_EPOCH", "UNKNOWN_PRODUCER_ID"})
"""What only idempotent producers hear."""


@action(urgent=True, when={"connection": has_refused_head})
def hear_refusal(client: ProducerRules, records: int, producer: Producer, connection: Connection) -> Iterator[Next]:
    """The producer hears an error (``Sender.completeBatch``)."""
    head = connection.requests[0]
    says = f"producer hears {head.error} for {head.sent.name}"
    if head.attempt is None:
        after, left = failed_late(client, producer, without_head(connection), head)
        yield Next(f"{says}, which it had given up", producer=after, connection=left)
        return
    after, left = refused(client, records, producer, connection)
    yield Next(says, producer=after, connection=left)


def refused(
    client: ProducerRules, records: int, producer: Producer, connection: Connection
) -> tuple[Producer, Connection]:
    """Producer and connection after an error for the first request, which somebody waits for."""
    head = connection.requests[0]
    assert head.attempt is not None
    rest = without_head(connection)
    if head.error not in OF_SEQUENCES:
        return failed(client, records, producer, (head.attempt,)), rest
    assert client.idempotence is not None
    if has_old_id(producer, head.attempt):
        return told_failure(client, producer, records, head.attempt), rest
    match head.error:
        case "UNKNOWN_PRODUCER_ID":
            return unknown(client, client.idempotence, records, producer, connection)
        case "INVALID_PRODUCER_EPOCH":
            return fenced(client, client.idempotence, records, producer, connection)
        case _ if waits_for_lower(client.idempotence, producer, head):
            return after_lower(client, client.idempotence, producer, head), rest
        case _:
            return after_gap(client, client.idempotence, records, producer, connection)


@action(fault="send-timeout", urgent=True, when={"connection": has_refused_head})
def deadline_passes_with_the_answer(
    client: ProducerRules, records: int, producer: Producer, connection: Connection
) -> Iterator[Next]:
    """
    The first batch passes its deadline in the same poll in which the producer hears an error for it.

    It is not tried again, and its failure counts as certain, as with its connection (``Sender.canRetry``).
    """
    head, rules = connection.requests[0], client.idempotence
    attempt = head.attempt
    if attempt is None or rules is None or rules.on_late_failure == "nothing":
        return
    if attempt.retries_left == 0 or has_old_id(producer, attempt) or head.error == "INVALID_PRODUCER_EPOCH":
        return
    if head.error in OF_SEQUENCES:
        last = attrs.evolve(head, attempt=attrs.evolve(attempt, retries_left=0))
        after, left = refused(client, records, producer, with_head(connection, last))
    else:
        told = told_failure(client, producer, records, attempt)
        after, left = after_late_failure(rules, told, without_head(connection), attempt)
    says = f"delivery.timeout.ms of {head.sent.name} passes as producer hears {head.error}: it fails"
    yield Next(says, producer=after, connection=left)


def waits_for_lower(rules: IdempotenceRules, producer: Producer, request: Request) -> bool:
    """
    Whether a refused sequence may be right once lower ones are stored.

    Source: ``TransactionManager.canRetry``; librdkafka ``rd_kafka_handle_idempotent_Produce_error``.
    """
    assert request.attempt is not None
    sequence = request.attempt.batch.base_sequence
    if rules.after_deadline == "drain":
        return sequence != producer.last_acked_sequence + 1
    if request.attempt.retries_left == 0:
        return False
    if producer.unresolved is None:
        return was_rewritten(request) or sequence != producer.last_acked_sequence + 1
    return rules.on_gap == "bump" and sequence != producer.unresolved


def was_rewritten(request: Request) -> bool:
    """Whether the batch was given a number since it was sent (``ProducerBatch.sequenceHasBeenReset``)."""
    return request.attempt is not None and (request.attempt.batch != request.sent or request.attempt.keeps_number)


def after_lower(client: ProducerRules, rules: IdempotenceRules, producer: Producer, head: Request) -> Producer:
    """
    The first batch waits for lower ones: it is tried again, or all are under a new epoch.

    Source of what does not count: librdkafka ``rd_kafka_handle_idempotent_Produce_error``, ``incr_retry = 0``.
    """
    assert head.attempt is not None
    after = unresolved_behind(producer, head.attempt) if rules.bumps_behind_failures else producer
    return requeued(client, after, (head.attempt,), counts=rules.after_deadline != "drain")


def after_gap(
    client: ProducerRules, rules: IdempotenceRules, records: int, producer: Producer, connection: Connection
) -> tuple[Producer, Connection]:
    """Producer and connection once it is clear that the first batch can not be stored under its number."""
    attempt, rest = connection.requests[0].attempt, without_head(connection)
    assert attempt is not None
    match rules.on_gap:
        case "bump":
            return bumped(failed(client, records, producer, (attempt,)), rest)
        case "fail-and-bump":
            return bumped(told_failure(client, producer, records, attempt), rest)
        case "fail-and-reset":
            return reset(told_failure(client, producer, records, attempt)), rest
        case "end":
            return ended(records, producer, rest)
        case "fail":
            return told_failure(client, producer, records, attempt), rest


def unknown(
    client: ProducerRules, rules: IdempotenceRules, records: int, producer: Producer, connection: Connection
) -> tuple[Producer, Connection]:
    """
    Producer and connection once the brokers do not know the producer of the first batch.

    Source: ``TransactionManager.canRetry`` (KAFKA-5793, KIP-360); librdkafka INTRODUCTION.md.
    """
    head, rest = connection.requests[0], without_head(connection)
    assert head.attempt is not None
    may_retry = head.attempt.retries_left != 0
    match rules.on_unknown_producer:
        case "gap" | "guess" if may_retry and was_rewritten(head):
            return requeued(client, producer, (head.attempt,)), rest
        case "guess" if may_retry and producer.last_acked_offset < head.log_start:
            return guessed(rules, requeued(client, producer, (head.attempt,)), rest)
        case "end" if not head.attempt.is_retry and not waits_for_lower(rules, producer, head):
            return requeued(client, unresolved_behind(producer, head.attempt), (head.attempt,), counts=False), rest
        case "fail":
            return told_failure(client, producer, records, head.attempt), rest
        case "restart":
            return from_0(told_failure(client, producer, records, head.attempt), rest, in_flight)
        case _:
            return after_gap(client, rules, records, producer, connection)


def fenced(
    client: ProducerRules, rules: IdempotenceRules, records: int, producer: Producer, connection: Connection
) -> tuple[Producer, Connection]:
    """Producer and connection once the epoch of the first batch is an old one: it fails, and the epoch is a new one."""
    attempt, rest = connection.requests[0].attempt, without_head(connection)
    assert attempt is not None
    told = told_failure(client, producer, records, attempt)
    match rules.on_gap:
        case "bump":
            return bumped(told, rest)
        case "end":
            return unresolved_behind(told, attempt), rest
        case _:
            return after_gap(client, rules, records, producer, connection)


def ended(records: int, producer: Producer, connection: Connection) -> tuple[Producer, Connection]:
    """A producer with a fatal error sends nothing more, and waits for nothing."""
    given_up = tuple(attrs.evolve(request, attempt=None) for request in connection.requests)
    stopped = attrs.evolve(producer, next_record=records, queue=(), unresolved=None)
    return stopped, attrs.evolve(connection, requests=given_up)
