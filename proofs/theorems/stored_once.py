"""An idempotent producer's batches in the log."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.produce.append import SEQUENCES, Appended, Refused, identify
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.proofs.logic import Number, Truth, number, same
from ackproof.proofs.paths import holds_on_every_path
from ackproof.proofs.theorem import Obligation, theorem

PRODUCER, EPOCH = 7, 0


@attrs.frozen
class State:
    """
    A producer and a partition; batches are counted from 0, and their sequences wrap.

    Attributes:
        acked: Every batch below this has succeeded.
        stored: How many are in the log.
        sent: How many have been sent at least once.
    """

    acked: Number
    stored: Number
    sent: Number


def invariant(client: ProducerRules, state: State) -> Truth:
    """What every step keeps: the log holds the first batches, and no more are without an outcome than are in flight."""
    in_order = (state.acked >= 0) & (state.acked <= state.stored) & (state.stored <= state.sent)
    return in_order & (state.sent <= state.acked + client.max_in_flight)


def log_of(state: State, remembered: int) -> tuple[Batch, ...]:
    """The last *remembered* batches of the log; the decision asks for no others."""
    first = state.stored - remembered
    return tuple(batch_of(first + place) for place in range(remembered))


def batch_of(index: Number) -> Batch:
    """The batch with that number, of one record."""
    return Batch(0, PRODUCER, EPOCH, cast("int", index % SEQUENCES))


@attrs.frozen
class Rules:
    """How the producer sends, and what brokers know of it."""

    client: ProducerRules
    brokers: BrokerRules


FIVE = ProducerRules(max_in_flight=5)
FROM_ZERO = BrokerRules(accepts_any_first_sequence=False)


@theorem(
    source="KIP-98; ProducerStateEntry.NUM_BATCHES_TO_RETAIN, ProducerAppendInfo.checkSequence",
    sound=Rules(FIVE, FROM_ZERO),
    broken={
        "six requests in flight": Rules(ProducerRules(max_in_flight=6), FROM_ZERO),
        "a partition that does not know the producer takes any first sequence (KAFKA-15591)": Rules(
            FIVE, BrokerRules()
        ),
    },
)
def an_idempotent_partition_stores_every_batch_once_and_in_order(rules: Rules) -> Iterator[Obligation]:
    """
    With at most five requests in flight, an idempotent partition stores each batch once and in order.

    For any number of records and retries, with 32-bit sequences that wrap; a request is not held back while its
    producer sends 2**31 more. The log holds the first batches in order; a batch that arrives is any that was ever sent,
    again or for the first time. One that is appended is the next one; one that is taken for a duplicate is stored; and
    one that its producer waits for and that is stored is never refused, so the producer never sends it under another
    number.
    """
    client = rules.client
    state = State(number("acked"), number("stored"), number("sent"))
    holds = invariant(client, state)
    start = same(state.acked, 0) & same(state.stored, 0) & same(state.sent, 0)
    yield Obligation("base", start.implies(holds))
    sends = attrs.evolve(state, sent=state.sent + 1)
    has_room = state.sent < state.acked + client.max_in_flight
    yield Obligation("step: a new batch is sent", (holds & has_room).implies(invariant(client, sends)))
    succeeds = attrs.evolve(state, acked=state.acked + 1)
    is_stored = state.acked < state.stored
    yield Obligation("step: the oldest succeeds", (holds & is_stored).implies(invariant(client, succeeds)))
    yield from arrivals(rules, state)


def arrivals(rules: Rules, state: State) -> Iterator[Obligation]:
    """A batch arrives: what the broker makes of it, by how many batches it remembers."""
    client, brokers, arriving = rules.client, rules.brokers, number("arriving")
    was_sent = (arriving >= 0) & (arriving < state.sent) & (state.sent < arriving + SEQUENCES)
    for remembered in range(brokers.remembered_batches + 1):
        is_full = remembered == brokers.remembered_batches
        knows = state.stored >= remembered if is_full else same(state.stored, remembered)
        given = invariant(client, state) & was_sent & knows

        def decision(log: tuple[Batch, ...] = log_of(state, remembered)) -> Refused | Appended:
            return identify(brokers, log, batch_of(arriving))

        kept = holds_on_every_path(decision, given, lambda answer: is_right(client, state, arriving, answer))
        yield Obligation(f"step: a batch arrives where {remembered} are remembered", kept)


def is_right(client: ProducerRules, state: State, arriving: Number, answer: Refused | Appended) -> Truth:
    """Whether the answer is the right one, and what follows from it keeps the invariant."""
    if isinstance(answer, Refused):
        is_waited_for = arriving >= state.acked
        return ~(is_waited_for & (arriving < state.stored))
    if answer.new:
        return same(arriving, state.stored) & invariant(client, attrs.evolve(state, stored=state.stored + 1))
    return arriving < state.stored
