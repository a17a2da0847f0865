"""The numbers that an idempotent producer gives its batches."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

import attrs

from ackproof.model.produce.batch import Attempt, Batch
from ackproof.model.produce.deadlines import after_late_failure, expired
from ackproof.model.produce.failing import restarted
from ackproof.model.produce.idempotence import (
    AIOKAFKA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    TRANSACTIONAL_IDEMPOTENCE,
    IdempotenceRules,
)
from ackproof.model.produce.identity import resolved
from ackproof.model.produce.network import Connection, Request
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.refusals import after_gap, fenced, unknown
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.produce.sending import drained
from ackproof.proofs.case import Case
from ackproof.proofs.logic import Number, Truth, all_of, constant, number, one_if, same
from ackproof.proofs.paths import taken
from ackproof.proofs.states import becomes
from ackproof.proofs.states import unknown as unknown_state
from ackproof.proofs.theorem import Obligation, Step, kept, theorem

ID = 7
"""The producer id in a run of the model; what matters is whether a batch has the same one, or what follows."""

MOST_IN_FLIGHT = 5
MANY = 9
"""Records of the application; there are always more."""


Named = tuple[Producer, list[Batch]]
"""A producer, and the batches to which it has just given names."""
Ask = Callable[[], Named]


@attrs.frozen
class Name:
    """What a batch is known by."""

    producer_id: Number
    producer_epoch: Number
    base_sequence: Number


@attrs.frozen
class State:
    """
    What the next batch will be called, and what is called by one name, whichever it is.

    Attributes:
        batches: How many batches have ever been given the one name.
    """

    producer_id: Number
    producer_epoch: Number
    next_sequence: Number
    batches: Number


NAME = unknown_state(Name, of="the name's")


def invariant(at: State) -> Truth:
    """What every step keeps: the name has been given once at most, and what will be given is beyond it if it was."""
    of_epoch = same(NAME.producer_epoch, at.producer_epoch) & (NAME.base_sequence < at.next_sequence)
    of_id = same(NAME.producer_id, at.producer_id) & ((NAME.producer_epoch < at.producer_epoch) | of_epoch)
    is_before = (NAME.producer_id < at.producer_id) | of_id
    return (at.batches >= 0) & (at.batches <= 1) & (at.batches >= 1).implies(is_before)


def first(at: State) -> Truth:
    """A producer that has just got its id, and has given no name."""
    return all_of(same(one, 0) for one in (at.producer_epoch, at.next_sequence, at.batches))


@theorem(
    source="KIP-98, KIP-360; TransactionManager.bumpIdempotentProducerEpoch, "
    "TxnPartitionEntry.startSequencesAtBeginning",
    sound=(JAVA_IDEMPOTENCE, AIOKAFKA_IDEMPOTENCE, TRANSACTIONAL_IDEMPOTENCE),
    broken={
        "later sequences move down after a failure (Java 2.1 to 2.4)": attrs.evolve(
            JAVA_IDEMPOTENCE, on_late_failure="adjust"
        ),
        "sequences start again in the same epoch (Java 1.0 to 2.4, KAFKA-5793)": attrs.evolve(
            JAVA_IDEMPOTENCE, on_unknown_producer="guess"
        ),
        "a sequence is used up by a success only (Java 0.11)": attrs.evolve(JAVA_IDEMPOTENCE, counts_acknowledged=True),
    },
)
def a_number_names_one_batch(rules: IdempotenceRules) -> Iterator[Obligation]:
    """
    An idempotent producer gives no two batches the same producer id, epoch and sequence, whatever fails.

    So a batch that brokers take for a duplicate is one that they have. For any number of records, failures, deadlines
    that pass and processes after each other; a request is not held back until sequences wrap to its own. Names grow: a
    new batch has the next sequence, and what is in flight is numbered anew only in a higher epoch, or under a higher
    producer id. Up to five batches are in flight.
    """
    before, after = unknown_state(State), unknown_state(State, when="after")
    yield Obligation("base", first(before).implies(invariant(before)))
    yield from kept(invariant(before), steps(rules, before, after), invariant(after))


def steps(rules: IdempotenceRules, before: State, after: State) -> Iterator[Step]:
    """Everything that may give a name, or change what the next one is."""
    for what, ask in numbering(rules, before):
        yield Step(what, taken(ask, partial(is_named, before, after)))


def is_named(before: State, after: State, result: Named) -> Truth:
    """Whether *after* is what follows once the producer is as in the *result*, and has given those names."""
    producer, batches = result
    times = sum((has_the_name(before, batch) for batch in batches), start=before.batches)
    return becomes(
        before,
        after,
        producer_id=before.producer_id + (producer.producer_id - ID),
        producer_epoch=as_number(producer.producer_epoch),
        next_sequence=as_number(producer.next_sequence),
        batches=times,
    )


def has_the_name(before: State, batch: Batch) -> Number:
    """1 if *batch* has the one name, else 0."""
    producer_id = before.producer_id + (batch.producer_id - ID)
    names = ((NAME.producer_id, producer_id), (NAME.producer_epoch, batch.producer_epoch))
    is_it = all_of(same(one, other) for one, other in (*names, (NAME.base_sequence, batch.base_sequence)))
    return one_if(is_it)


def numbering(rules: IdempotenceRules, before: State) -> Iterator[tuple[str, Ask]]:
    """What may give names, or change what the next one is, on the model's own functions."""
    producer = producer_of(before)

    client, unresolved = client_of(rules), attrs.evolve(producer, unresolved=3)
    yield "a new batch is sent", lambda: sent(client, producer)
    yield "a new batch is sent, and what became of the one before nobody knows", lambda: sent(client, unresolved)
    yield "nothing is in flight, and so it stays unknown", lambda: (resolved(rules, unresolved, Connection()), [])
    yield "a new process starts", lambda: (restarted(client, producer, Connection()), [])
    for count in range(1, MOST_IN_FLIGHT + 1):
        for why, ask in renumbering(rules, producer, count):
            yield f"{why} with {count} in flight", ask


def sent(client: ProducerRules, producer: Producer) -> Named:
    """A batch that is sent for the first time, while nothing is in flight."""
    after, attempt = next(drained(client, MANY, producer, Connection()))
    return after, [attempt.batch]


def renumbering(rules: IdempotenceRules, producer: Producer, count: int) -> Iterator[tuple[str, Ask]]:
    """Whatever may number anew what is in flight, which is so many batches."""
    client = client_of(rules)
    flying = tuple(Attempt(Batch(place, ID, 0, place), was_sent=True) for place in range(count))
    oldest, waiting = flying[0], attrs.evolve(producer, queue=flying[1:])
    connection = Connection((Request(oldest.batch, oldest),))

    def named(after: tuple[Producer, Connection]) -> Named:
        return after[0], list(renamed(after, {attempt.batch for attempt in flying}))

    yield "a gap", lambda: named(after_gap(client, rules, MANY, waiting, connection))
    yield "an unknown producer", lambda: named(unknown(client, rules, MANY, waiting, connection))
    yield "an old epoch", lambda: named(fenced(client, rules, MANY, waiting, connection))
    yield "a late failure", lambda: named(after_late_failure(rules, waiting, Connection(), oldest))
    again = attrs.evolve(oldest, is_retry=True)
    resent = Connection((Request(oldest.batch, again),))
    yield "a deadline", lambda: named(expired(client, MANY, waiting, resent, again))


def client_of(rules: IdempotenceRules) -> ProducerRules:
    """A client with such *rules*."""
    return ProducerRules(idempotence=rules, max_in_flight=MOST_IN_FLIGHT)


def renamed(after: tuple[Producer, Connection], before: set[Batch]) -> Iterator[Batch]:
    """The batches that have another name than before, in the order of sending."""
    producer, connection = after
    on_wire = [request.attempt for request in connection.requests if request.attempt]
    attempts = sorted((*on_wire, *producer.queue), key=lambda attempt: attempt.batch.record)
    yield from (
        attempt.batch for attempt in attempts if attempt.was_sent and not any(attempt.batch is b for b in before)
    )


def producer_of(state: State) -> Producer:
    """A producer of which nothing is known but what it will call the next batch."""
    epoch, sequence, acked = state.producer_epoch, state.next_sequence, number("last acknowledged sequence")
    return Producer(
        producer_id=ID,
        producer_epoch=cast("int", epoch),
        next_sequence=cast("int", sequence),
        last_acked_sequence=cast("int", acked),
    )


def as_number(value: object) -> Number:
    """What stands where the model has an int."""
    return value if isinstance(value, Number) else constant(cast("int", value))


def covers(case: Case) -> bool:
    """Whether the producer numbers batches by such rules, and takes no success for that of another batch."""
    rules = case.client.idempotence
    if rules is None or case.client.max_in_flight > MOST_IN_FLIGHT or not case.client.mutes_partition:
        return False
    keeps = rules.on_late_failure != "adjust" and rules.on_unknown_producer in {"gap", "fail"}
    grows = not (rules.counts_acknowledged or rules.forgets_sequences or rules.acknowledges_before)
    return keeps and grows and rules.on_gap in {"bump", "fail"}
