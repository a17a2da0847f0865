"""An idempotent producer's batches in the log."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.produce.append import SEQUENCES, Appended, Refused, identify
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.idempotence import IdempotenceRules
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.proofs.case import IN_SYNC_AT_RISK, Case
from ackproof.proofs.logic import ALWAYS, Number, Truth, all_of, number, same
from ackproof.proofs.paths import Path, paths
from ackproof.proofs.states import becomes, unknown
from ackproof.proofs.theorem import Obligation, Step, kept, theorem
from ackproof.proofs.theorems.connection_order import keeps_order

PRODUCER, EPOCH = 7, 0


@attrs.frozen
class State:
    """
    A producer and a partition; batches are counted from 0, and their sequences wrap.

    Attributes:
        acked: Every batch below this has succeeded.
        stored: How many are in the log of the leader.
        sent: How many have been sent at least once.
    """

    acked: Number
    stored: Number
    sent: Number


@attrs.frozen
class Rules:
    """
    How the producer sends, and what brokers know of it.

    Attributes:
        is_never_short: The in-sync replicas are never too few, so that no request is refused as a whole, and batches
            arrive in order (``connection_order``).
    """

    client: ProducerRules
    brokers: BrokerRules
    is_never_short: bool = False


FIVE = ProducerRules(max_in_flight=5)
SIX = ProducerRules(max_in_flight=6)
FROM_ZERO = BrokerRules(accepts_any_first_sequence=False)


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


@theorem(
    source="KIP-98; ProducerStateEntry.NUM_BATCHES_TO_RETAIN, ProducerAppendInfo.checkSequence",
    sound=(Rules(FIVE, FROM_ZERO), Rules(FIVE, BrokerRules(), is_never_short=True)),
    broken={
        "six requests in flight": Rules(SIX, FROM_ZERO),
        "a partition that does not know the producer takes any first sequence (KAFKA-15591)": Rules(
            FIVE, BrokerRules()
        ),
    },
)
def an_idempotent_partition_stores_every_batch_once_and_in_order(rules: Rules) -> Iterator[Obligation]:
    """
    With at most five requests in flight, an idempotent partition stores each batch once and in order.

    For any number of records, retries and replicas, with 32-bit sequences that wrap; a request is not held back while
    its producer sends 2**31 more. The log holds the first batches in order, also after another replica leads, which has
    what was acknowledged. A batch that arrives is any that was ever sent, again or for the first time; where no request
    is ever refused for want of in-sync replicas, all before it are stored, by a-batch-arrives-when-all-before-it-are-
    stored. One that is appended is the next one; one that is taken for a duplicate is stored; and one that its producer
    waits for, and that is stored or the next one, is never refused, so it is never sent under another number.
    """
    state, after = unknown(State), unknown(State, when="after")
    holds = invariant(rules.client, state)
    yield Obligation("base", first(state).implies(holds))
    yield from kept(holds, of_producer(rules, state, after), invariant(rules.client, after))
    for name, path in arrivals(rules, state):
        follows = invariant(rules.client, next_state(state, path.result))
        right = is_right(state, path.result) & follows
        yield Obligation(f"step: {name}", (holds & path.condition).implies(right))


def first(state: State) -> Truth:
    """Nothing has been sent."""
    return same(state.acked, 0) & same(state.stored, 0) & same(state.sent, 0)


def steps(rules: Rules, before: State, after: State) -> Iterator[Step]:
    """Everything that may happen."""
    yield from of_producer(rules, before, after)
    for name, path in arrivals(rules, before):
        yield Step(name, path.condition & becomes(before, after, stored=next_state(before, path.result).stored))


def of_producer(rules: Rules, before: State, after: State) -> Iterator[Step]:
    """What the producer does, and elections."""
    has_room = before.sent < before.acked + rules.client.max_in_flight
    yield Step("a new batch is sent", has_room & becomes(before, after, sent=before.sent + 1))
    is_stored = before.acked < before.stored
    yield Step("the oldest succeeds", is_stored & becomes(before, after, acked=before.acked + 1))
    has_acknowledged = (after.stored >= before.acked) & (after.stored <= before.sent)
    yield Step("another replica leads", has_acknowledged & becomes(before, after, stored=after.stored))


def arrivals(rules: Rules, state: State) -> Iterator[tuple[str, Path[Refused | Appended]]]:
    """A batch arrives: what the broker makes of it, by how many batches it remembers."""
    brokers, arriving = rules.brokers, number("arriving")
    was_sent = (arriving >= 0) & (arriving < state.sent) & (state.sent < arriving + SEQUENCES)
    in_order = arriving <= state.stored if rules.is_never_short else ALWAYS
    for remembered in range(brokers.remembered_batches + 1):
        is_full = remembered == brokers.remembered_batches
        knows = state.stored >= remembered if is_full else same(state.stored, remembered)
        given = all_of((invariant(rules.client, state), was_sent, in_order, knows))

        def decision(log: tuple[Batch, ...] = log_of(state, remembered)) -> Refused | Appended:
            return identify(brokers, log, batch_of(arriving))

        for path in paths(decision, given):
            condition = all_of((was_sent, in_order, knows, path.condition))
            yield f"a batch arrives where {remembered} are remembered", attrs.evolve(path, condition=condition)


def next_state(state: State, answer: Refused | Appended) -> State:
    """What follows from the answer of the broker."""
    is_new = isinstance(answer, Appended) and bool(answer.new)
    return attrs.evolve(state, stored=state.stored + 1) if is_new else state


def is_right(state: State, answer: Refused | Appended) -> Truth:
    """Whether the answer to the batch that arrives is the right one."""
    arriving = number("arriving")
    if isinstance(answer, Refused):
        is_waited_for = arriving >= state.acked
        return ~(is_waited_for & (arriving <= state.stored))
    return same(arriving, state.stored) if answer.new else arriving < state.stored


LOSES_NOTHING = frozenset({"request-lost", "response-lost", "request-delayed", "leader-change"}) | IN_SYNC_AT_RISK
"""Faults after which a producer goes on with what it has, and whoever leads has what was acknowledged."""


def covers(case: Case) -> bool:
    """Whether the theorem is about such a producer and brokers: every step that they can take is one of its steps."""
    client, brokers = case.client, case.brokers
    rules = client.idempotence
    if rules is None or client.acks != "all" or client.retries is not None or not numbers_once(rules):
        return False
    remembers = not brokers.names_unknown_producers and client.max_in_flight <= brokers.remembered_batches == 5
    is_alike = keeps_order(client) and remembers
    is_in_order = case.kinds <= LOSES_NOTHING and not case.may_lead_again
    return is_alike and is_in_order and case.is_never_short and case.loses_nothing


def numbers_once(rules: IdempotenceRules) -> bool:
    """Whether a batch that is sent keeps its number until it has succeeded, if none is refused and none gives up."""
    renumbers = rules.shares_bumps or rules.forgets_sequences or rules.bumps_behind_failures
    return not (renumbers or rules.counts_acknowledged)
