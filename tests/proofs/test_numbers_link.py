"""The theorem of numbers is about the producers that are searched, step by step."""

from collections.abc import Iterator
from functools import partial
from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.idempotence import (
    AIOKAFKA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    TRANSACTIONAL_IDEMPOTENCE,
    IdempotenceRules,
)
from ackproof.model.produce.network import Connection
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from ackproof.proofs.case import Case
from ackproof.proofs.logic import Question
from ackproof.proofs.states import unchanged, unknown, values_of
from ackproof.proofs.theorem import Step, proved
from ackproof.proofs.theorems.numbers import Name, State, a_number_names_one_batch, covers, first, invariant, steps
from tests.proofs.linking import Named, Transition, Values, as_seen, is_reached, never_taken, once, transitions

Numbers = tuple[int, int, int]
"""A producer id, an epoch, a sequence."""
Given = frozenset[tuple[Numbers, int]]
"""The name and the record of every batch that was ever given one."""
NOTHING: Given = frozenset()

OF_PRODUCERS = frozenset({"response-lost", "request-lost", "send-timeout", "producer-pause", "producer-crash"})
OF_BROKERS = frozenset({"follower-lag", "response-lost", "send-timeout"})
ALONE = BrokerRules(replication_factor=1, min_insync_replicas=1)
FORGETFUL = attrs.evolve(
    ALONE,
    accepts_any_first_sequence=False,
    names_unknown_producers=True,
    forgets_producers_with_their_records=True,
)


def sending(
    client: ProducerRules,
    brokers: BrokerRules = ALONE,
    kinds: frozenset[str] = OF_PRODUCERS,
    *,
    records: int = 2,
    faults: int = 2,
    is_fine: bool = False,
) -> System:
    return produce_half(client, brokers, records=records, faults=Faults(faults), kinds=kinds, is_fine=is_fine)


def java(in_flight: int = 2, **rules: object) -> ProducerRules:
    changed = attrs.evolve(JAVA_IDEMPOTENCE, **rules)  # type: ignore[arg-type]  # each test names its own
    return ProducerRules(idempotence=changed, max_in_flight=in_flight)


ONE_AT_A_TIME = ProducerRules(
    idempotence=AIOKAFKA_IDEMPOTENCE, max_in_flight=1, expiry="in-queue", on_send_failure="drop"
)
SYSTEMS = {
    "java": sending(java()),
    "java, three records": sending(java(3), records=3),
    "java, that hears of what has expired": sending(java(hears_of_expired=True)),
    "java, and the application sends again": sending(attrs.evolve(java(), on_send_failure="resend", most_resends=1)),
    "in-sync replicas get too few": sending(java(), BrokerRules(replication_factor=2), OF_BROKERS),
    "brokers forget": sending(java(5), FORGETFUL, frozenset({"retention"}), records=6, faults=1),
    "brokers forget, and requests are late": sending(
        java(), FORGETFUL, frozenset({"retention", "request-delayed", "response-lost"}), records=3, faults=2
    ),
    "java, and the application drops what fails": sending(
        attrs.evolve(java(), on_send_failure="drop"), kinds=OF_PRODUCERS | {"request-delayed"}, records=3
    ),
    "aiokafka": sending(ONE_AT_A_TIME, FORGETFUL, OF_PRODUCERS | {"retention"}, records=3),
    "aiokafka, that looks for what is unresolved between two sends": sending(
        ONE_AT_A_TIME, kinds=frozenset({"response-lost", "send-timeout"}), is_fine=True
    ),
    "transactional": sending(
        ProducerRules(idempotence=TRANSACTIONAL_IDEMPOTENCE, max_in_flight=2, on_send_failure="drop"), records=3
    ),
}


def given(past: Given, now: Named) -> Given:
    connection, producer = cast("Connection", now["connection"]), cast("Producer", now["producer"])
    on_wire = [request.attempt for request in connection.requests + connection.broken if request.attempt]
    named = [attempt.batch for attempt in (*on_wire, *producer.queue) if attempt.was_sent]
    return past | {((b.producer_id, b.producer_epoch, b.base_sequence), b.record) for b in named}


def next_name(now: Named) -> Numbers:
    producer = cast("Producer", now["producer"])
    return producer.producer_id, producer.producer_epoch, producer.next_sequence


def known(at: tuple[Named, Given], name: Numbers, when: str = "") -> Values:
    """The state of the theorem, for one name."""
    producer_id, epoch, sequence = next_name(at[0])
    batches = sum(other == name for other, _ in at[1])
    numbers = {"producer_id": producer_id, "producer_epoch": epoch, "next_sequence": sequence, "batches": batches}
    return values_of(State, numbers, when=when)


def named(name: Numbers) -> Values:
    return values_of(
        Name, dict(zip(("producer_id", "producer_epoch", "base_sequence"), name, strict=True)), "the name's"
    )


def seen(step: Transition[Given]) -> Iterator[tuple[Values, Values]]:
    """A transition as the theorem sees it: for each name that was given, and the next one."""
    names = {name for name, _ in step.after[1]} | {next_name(step.after[0])}
    for name in sorted(names):
        yield known(step.before, name) | named(name), known(step.after, name, "after")


def distinct(system: System) -> Iterator[tuple[Transition[Given], Values, Values]]:
    """What the theorem sees of the transitions of *system*, once each."""
    every = ((step, before, after) for step in transitions(system, NOTHING, given) for before, after in seen(step))
    return once(every, as_seen)


def state(when: str = "") -> State:
    return unknown(State, when=when)


def rules_of(system: System) -> IdempotenceRules:
    rules = cast("ProducerRules", system.rules["client"]).idempotence
    assert rules is not None
    return rules


def same(before: Values, after: Values) -> bool:
    """Whether the theorem sees no difference."""
    return all(before[name] == after[f"{name} after"] for name in NUMBERS)


NUMBERS = ("producer id", "producer epoch", "next sequence", "batches")


def at_first(after: Values) -> Values:
    """The values after a step as those of a state by itself."""
    return {name.removesuffix(" after"): value for name, value in after.items()}


LARGE = {"java, three records", "java, and the application sends again", "java, and the application drops what fails"}
NAMES = [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in SYSTEMS]


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_a_producer_is_one_of_the_theorem_and_keeps_its_invariant(name: str) -> None:
    holds, follows = Question(invariant(state())), is_reached(partial(steps, rules_of(SYSTEMS[name])), state)
    for step, before, after in distinct(SYSTEMS[name]):
        assert holds.is_possible_for(before | at_first(after)), step.taken.says
        assert same(before, after) or follows(before | after), step.taken.says


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_producer_begins_as_the_theorem_says(name: str) -> None:
    system = SYSTEMS[name]
    at = (system.named(system.first_state), NOTHING)

    assert Question(first(state())).is_possible_for(known(at, next_name(at[0])))


def changing(rules: IdempotenceRules, before: State, after: State) -> Iterator[Step]:
    """The steps of the theorem, where something changes."""
    for step in steps(rules, before, after):
        yield Step(step.name, step.holds & ~unchanged(before, after))


@pytest.mark.parametrize(
    "client",
    [pytest.param(JAVA_IDEMPOTENCE, marks=pytest.mark.slow), AIOKAFKA_IDEMPOTENCE, TRANSACTIONAL_IDEMPOTENCE],
    ids=["java", "aiokafka", "transactional"],
)
def test_every_step_of_the_theorem_that_changes_anything_is_taken(client: IdempotenceRules) -> None:
    systems = (system for system in SYSTEMS.values() if rules_of(system) == client)
    seen = (before | after for system in systems for _, before, after in distinct(system))

    assert never_taken(partial(changing, client), state, seen) == frozenset()


BROKEN = {
    "later sequences move down": sending(java(on_late_failure="adjust")),
    "sequences start again": sending(java(on_unknown_producer="guess"), FORGETFUL, frozenset({"retention"}), faults=1),
    "a sequence is used up by a success only": sending(java(counts_acknowledged=True)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_where_a_rule_is_broken_steps_of_the_system_are_none_of_the_theorem_and_break_its_invariant(name: str) -> None:
    holds, follows = Question(invariant(state())), is_reached(partial(steps, JAVA_IDEMPOTENCE), state)
    found = [(before, after) for _, before, after in distinct(BROKEN[name])]

    assert not all(same(before, after) or follows(before | after) for before, after in found)
    assert not all(holds.is_possible_for(before | at_first(after)) for before, after in found)


RULES = [
    IdempotenceRules(on_gap=on_gap, on_unknown_producer=on_unknown, after_deadline=after, on_late_failure=late)
    for on_gap in ("bump", "fail")
    for on_unknown in ("gap", "fail")
    for after in ("resolve", "drain", "reset")
    for late in ("bump", "resolve", "nothing")
]


@pytest.mark.slow
@pytest.mark.parametrize("rules", RULES)
def test_whatever_rules_it_covers_it_is_proved_for(rules: IdempotenceRules) -> None:
    assert covers(Case(ProducerRules(idempotence=rules), ALONE, {}, 0))
    assert proved(attrs.evolve(a_number_names_one_batch, sound=(rules,), broken={})).is_proved


@pytest.mark.parametrize("name", BROKEN)
def test_no_broken_rules_are_covered(name: str) -> None:
    assert not covers(Case(cast("ProducerRules", BROKEN[name].rules["client"]), ALONE, {}, 0))
