"""The numbers that an idempotent producer gives its batches."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import cast

import attrs

from ackproof.model.produce.batch import Attempt, Batch
from ackproof.model.produce.deadlines import after_late_failure
from ackproof.model.produce.idempotence import (
    AIOKAFKA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    TRANSACTIONAL_IDEMPOTENCE,
    IdempotenceRules,
)
from ackproof.model.produce.identity import resolved
from ackproof.model.produce.network import Connection, Request
from ackproof.model.produce.producer import Producer, numbered
from ackproof.model.produce.refusals import after_gap, fenced, unknown
from ackproof.model.produce.rules import ProducerRules
from ackproof.proofs.case import Case
from ackproof.proofs.logic import Number, Truth, all_of, constant, number, same
from ackproof.proofs.paths import holds_on_every_path
from ackproof.proofs.theorem import Obligation, theorem

ID = 7
MOST_IN_FLIGHT = 5


@attrs.frozen
class Name:
    """What a batch is known by."""

    producer_id: Number | int
    producer_epoch: Number | int
    base_sequence: Number | int


GIVEN = Name(*(number(f"{part} that was given") for part in ("producer id", "epoch", "sequence")))


def is_before(name: Name, producer: Producer) -> Truth:
    """What every step keeps of each name that was given: the next ones are beyond it."""
    epoch, sequence = as_number(producer.producer_epoch), as_number(producer.next_sequence)
    of_epoch = same(name.producer_epoch, epoch) & (as_number(name.base_sequence) < sequence)
    of_id = same(name.producer_id, producer.producer_id) & ((as_number(name.producer_epoch) < epoch) | of_epoch)
    return (as_number(name.producer_id) < producer.producer_id) | of_id


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

    So a batch that brokers take for a duplicate is one that they have. For any number of records, failures, and
    deadlines that pass. Names grow: a new batch has the next sequence, and what is in flight is numbered anew only in a
    higher epoch, or under a higher producer id. Up to five batches are in flight.
    """
    epoch, sequence = number("epoch"), number("next sequence")
    attempt = Attempt(Batch(0))

    def new() -> tuple[Producer, list[Name]]:
        after, given = numbered(rules, producer_of(epoch, sequence), attempt)
        return after, [name_of(given.batch)]

    yield Obligation("step: a new batch is numbered", told_apart(new, epoch, sequence))
    for count in range(MOST_IN_FLIGHT + 1):
        for why, ask in renumbering(rules, epoch, sequence, count):
            yield Obligation(f"step: {why} with {count} in flight", told_apart(ask, epoch, sequence))


def told_apart(ask: Callable[[], tuple[Producer, list[Name]]], epoch: Number, sequence: Number) -> Truth:
    """Whether new names are neither each other's nor one that was given, and what was given stays below the next."""
    holds = is_before(GIVEN, producer_of(epoch, sequence)) & (sequence >= MOST_IN_FLIGHT) & (epoch >= 0)

    def is_right(result: tuple[Producer, list[Name]]) -> Truth:
        after, names = result
        below = all_of(is_before(name, after) for name in (GIVEN, *names))
        return below & all_of(~is_same(one, other) for one, other in pairwise((GIVEN, *names))) & grow(names)

    return holds_on_every_path(ask, holds, is_right)


def grow(names: Iterable[Name]) -> Truth:
    """Whether names that are given together are none of those given before, and have sequences that rise."""
    together = list(names)
    rise = (as_number(one.base_sequence) < other.base_sequence for one, other in pairwise(together))
    return all_of((*rise, *(~is_same(GIVEN, name) for name in together)))


Ask = Callable[[], tuple[Producer, list[Name]]]


def renumbering(rules: IdempotenceRules, epoch: Number, sequence: Number, count: int) -> Iterator[tuple[str, Ask]]:
    """Whatever may number anew what is in flight, so many batches beside the first one."""
    client = ProducerRules(idempotence=rules, max_in_flight=MOST_IN_FLIGHT)
    flying = tuple(Attempt(Batch(place, ID, 0, place), was_sent=True) for place in range(count))
    producer = attrs.evolve(producer_of(epoch, sequence), queue=flying[1:])
    connection = Connection(tuple(Request(attempt.batch, attempt) for attempt in flying[:1]))

    def all_names(after: tuple[Producer, Connection]) -> tuple[Producer, list[Name]]:
        return after[0], [name_of(batch) for batch in renamed(after, {attempt.batch for attempt in flying})]

    if count:
        unanswered = flying[0]
        late = attrs.evolve(producer, queue=flying[1:])
        yield "a gap", lambda: all_names(after_gap(client, rules, 9, producer, connection))
        yield "an unknown producer", lambda: all_names(unknown(client, rules, 9, producer, connection))
        yield "an old epoch", lambda: all_names(fenced(client, rules, 9, producer, connection))
        yield "a late failure", lambda: all_names(after_late_failure(rules, late, Connection(), unanswered))
    else:
        open_ended = attrs.evolve(producer, unresolved=3)
        yield "a deadline", lambda: (resolved(rules, open_ended, Connection()), [])


def renamed(after: tuple[Producer, Connection], before: set[Batch]) -> Iterator[Batch]:
    """The batches that have another name than before, in the order of sending."""
    producer, connection = after
    on_wire = [request.attempt for request in connection.requests if request.attempt]
    attempts = sorted((*on_wire, *producer.queue), key=lambda attempt: attempt.batch.record)
    yield from (
        attempt.batch for attempt in attempts if attempt.was_sent and not any(attempt.batch is b for b in before)
    )


def producer_of(epoch: Number, sequence: Number) -> Producer:
    """A producer whose epoch and next sequence are not known."""
    return Producer(producer_id=ID, producer_epoch=cast("int", epoch), next_sequence=cast("int", sequence))


def name_of(batch: Batch) -> Name:
    """What it is known by."""
    return Name(batch.producer_id, batch.producer_epoch, batch.base_sequence)


def is_same(one: Name, other: Name) -> Truth:
    """Whether both are the same."""
    return all_of(same(getattr(one, field.name), getattr(other, field.name)) for field in attrs.fields(Name))


def as_number(value: object) -> Number:
    """What stands where the model has an int."""
    return value if isinstance(value, Number) else constant(cast("int", value))


def covers(case: Case) -> bool:
    """Whether the producer numbers batches by such rules, and takes no success for that of another batch."""
    rules = case.client.idempotence
    if rules is None or case.client.max_in_flight > MOST_IN_FLIGHT:
        return False
    keeps = rules.on_late_failure != "adjust" and rules.on_unknown_producer in {"gap", "fail"}
    grows = not (rules.counts_acknowledged or rules.forgets_sequences or rules.acknowledges_before)
    return keeps and grows and rules.on_gap in {"bump", "fail"}
