"""The theorem of the order on a connection is about the producers that are searched, step by step."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.network import Connection, Delayed
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import System
from ackproof.proofs.in_flight import State
from ackproof.proofs.logic import Question
from ackproof.proofs.states import unchanged, unknown, values_of
from ackproof.proofs.theorem import Step
from ackproof.proofs.theorems.connection_order import Rules, first, invariant, keeps_order, steps
from tests.proofs.linking import Named, Transition, Values, as_seen, is_reached, is_same, never_taken, once, transitions
from tests.proofs.test_stored_once_link import OF_REQUESTS, SYSTEMS, arriving, numbers

Chunk = tuple[int, int]
"""The next batch that a stuck connection still holds, and after the last one."""
NONE: Chunk = (0, 0)


@attrs.frozen
class Past:
    """What each stuck connection still holds, by when it got stuck; and how many connections did."""

    held: tuple[tuple[int, tuple[Batch, ...]], ...] = ()
    stuck: int = 0


def remember(past: Past, now: Named) -> Past:
    known, there = Counter(held for _, held in past.held), Counter(cast("Delayed", now["delayed"]))
    new, gone = [*(there - known)], [*(known - there)]
    if new and not gone:
        return Past((*past.held, (past.stuck, new[0])), past.stuck + 1)
    if not there:
        return attrs.evolve(past, held=())
    if gone:
        # One batch of one connection has arrived.
        place = next(place for place, (_, held) in enumerate(past.held) if held == gone[0])
        left = tuple((past.held[place][0], held) for held in new)
        return attrs.evolve(past, held=(*past.held[:place], *left, *past.held[place + 1 :]))
    return past


def chunks(at: tuple[Named, Past]) -> dict[int, Chunk]:
    """What each stuck connection holds."""
    found = dict[int, Chunk]()
    for number, held in at[1].held:
        sequences = [batch.base_sequence for batch in held]
        assert sequences == list(range(sequences[0], sequences[0] + len(held)))
        found[number] = (sequences[0], sequences[0] + len(held))
    return found


def is_laid_out(now: Named) -> bool:
    """Whether what is in flight is where the theorem says."""
    connection, producer = cast("Connection", now["connection"]), cast("Producer", now["producer"])
    requests = [request.sent for request in connection.requests + connection.broken]
    again = [attempt.batch for attempt in producer.queue if attempt.was_sent]
    acked, _, sent = numbers(now)
    return [batch.base_sequence for batch in (*requests, *again)] == list(range(acked, sent))


def known(now: Named, chunk: Chunk, when: str = "") -> Values:
    """The state of the theorem, for one stuck connection."""
    connection, counts = cast("Connection", now["connection"]), numbers(now)
    values = dict(zip(("acked", "stored", "sent"), counts, strict=True)) | {
        "on_wire": len(connection.requests),
        "lost": len(connection.broken),
        "is_served": bool(connection.unserved),
        "held": chunk[0],
        "held_end": chunk[1],
        "is_in_order": is_laid_out(now),
    }
    return values_of(State, values, when=when)


def seen(step: Transition[Past]) -> Iterator[tuple[Values, Values]]:
    """A transition as the theorem sees it: for each stuck connection, and for none."""
    before, after = chunks(step.before), chunks(step.after)
    pairs = {(before.get(number, NONE), after.get(number, NONE)) for number in before | after} | {(NONE, NONE)}
    for one, then in sorted(pairs):
        yield known(step.before[0], one), known(step.after[0], then, "after")


def distinct(system: System) -> Iterator[tuple[Transition[Past], Values, Values]]:
    """What the theorem sees of the transitions of *system*, once each."""
    every = ((step, before, after) for step in transitions(system, Past(), remember) for before, after in seen(step))
    return once(every, as_seen)


def state(when: str = "") -> State:
    return unknown(State, when=when)


def rules_of(system: System) -> Rules:
    return Rules(cast("ProducerRules", system.rules["client"]))


FAST = "requests and answers are lost"
NAMES = [FAST, *(pytest.param(name, marks=pytest.mark.slow) for name in SYSTEMS if name != FAST)]


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_a_producer_and_its_brokers_is_one_of_the_theorem_and_keeps_its_invariant(name: str) -> None:
    holds = Question(invariant(state("after")))
    follows = is_reached(partial(steps, rules_of(SYSTEMS[name])), state)
    for step, before, after in distinct(SYSTEMS[name]):
        assert all(sequence <= numbers(step.before[0])[1] for sequence in arriving(step.taken, step.before[0]))
        assert holds.is_possible_for(after), step.taken.says
        assert is_same(before, after) or follows(before | after), step.taken.says


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_producer_and_its_brokers_begin_as_the_theorem_says(name: str) -> None:
    now = SYSTEMS[name].named(SYSTEMS[name].first_state)

    assert Question(first(state())).is_possible_for(known(now, NONE))


def changing(before: State, after: State) -> Iterator[Step]:
    """The steps of the theorem, where something changes."""
    for step in steps(Rules(), before, after):
        yield Step(step.name, step.holds & ~unchanged(before, after))


@pytest.mark.slow
def test_every_step_of_the_theorem_is_taken() -> None:
    of_all = (
        before | after for name in ("two faults", "brokers crash") for _, before, after in distinct(SYSTEMS[name])
    )

    assert never_taken(changing, state, of_all) == frozenset()


def changed(kinds: frozenset[str], **rules: object) -> System:
    client = attrs.evolve(ProducerRules(), **rules)  # type: ignore[arg-type]  # each test names its own
    return produce_half(client, BrokerRules(replication_factor=2), records=2, faults=Faults(1), kinds=kinds)


BROKEN = {
    "batches that fail together are reversed": changed(OF_REQUESTS, requeue=each_to_the_front),
    "new batches pass those that are to be sent again": changed(OF_REQUESTS, lets_retries_be_overtaken=True),
    "a producer sends on before it notices": changed(OF_REQUESTS, mutes_partition=False),
    "requests are refused for want of in-sync replicas": changed(frozenset({"follower-lag"})),
}


ONE = next(iter(BROKEN))


@pytest.mark.parametrize("name", [ONE, *(pytest.param(name, marks=pytest.mark.slow) for name in BROKEN if name != ONE)])
def test_where_a_rule_is_broken_the_system_leaves_the_steps_and_the_invariant_of_the_theorem(name: str) -> None:
    holds, follows = Question(invariant(state("after"))), is_reached(partial(steps, Rules()), state)
    found = [(before, after) for _, before, after in distinct(BROKEN[name])]

    assert not all(holds.is_possible_for(after) for _, after in found)
    assert not all(is_same(before, after) or follows(before | after) for before, after in found)


@pytest.mark.parametrize("name", list(BROKEN)[:3])
def test_no_such_client_is_covered(name: str) -> None:
    assert keeps_order(ProducerRules())
    assert not keeps_order(rules_of(BROKEN[name]).client)
