"""The theorem of the idempotent partition is about the produce half that is searched, step by step."""

from collections.abc import Iterator
from functools import partial
from typing import cast

import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.network import Connection, Delayed
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import Replicas
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.truncation import Log
from ackproof.model.system import Step, System
from ackproof.proofs.case import IN_SYNC_AT_RISK
from ackproof.proofs.logic import Question
from ackproof.proofs.states import unchanged, unknown, values_of
from ackproof.proofs.theorem import Step as Kind
from ackproof.proofs.theorems.stored_once import LOSES_NOTHING, Rules, State, first, invariant, steps
from tests.proofs.linking import Named, Transition, Values, is_reached, never_taken, transitions

OF_REQUESTS = LOSES_NOTHING - IN_SYNC_AT_RISK
ONE_IN_SYNC = BrokerRules(min_insync_replicas=1, replication_factor=2)


def state(when: str = "") -> State:
    return unknown(State, when=when)


def sending(
    in_flight: int, brokers: BrokerRules, kinds: frozenset[str], *, records: int = 3, faults: int = 1
) -> System:
    client = ProducerRules(max_in_flight=in_flight)
    return produce_half(client, brokers, records=records, faults=Faults(faults), kinds=kinds)


SYSTEMS = {
    "requests and answers are lost": sending(5, BrokerRules(), OF_REQUESTS),
    "two faults": sending(5, BrokerRules(), OF_REQUESTS, faults=2),
    "one at a time": sending(1, BrokerRules(), OF_REQUESTS, faults=2),
    "more than five": sending(
        5, BrokerRules(replication_factor=1, min_insync_replicas=1), OF_REQUESTS, records=6, faults=1
    ),
    "a partition takes no first sequence but 0": sending(
        2, BrokerRules(min_insync_replicas=1, accepts_any_first_sequence=False), OF_REQUESTS, faults=2
    ),
    "brokers crash": sending(5, ONE_IN_SYNC, LOSES_NOTHING, faults=2),
}
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in list(SYSTEMS)[1:]]


ELECTS = frozenset({"leader change", "notice", "response lost"})
"""Actions after which another replica leads, or a leader has got more than one batch at once."""


def without_elections(rules: Rules, before: State, after: State) -> Iterator[Kind]:
    yield from (step for step in steps(rules, before, after) if step.name != "another replica leads")


@pytest.mark.parametrize("name", [next(iter(SYSTEMS)), *SLOW])
def test_every_step_of_a_producer_and_its_brokers_is_one_of_the_theorem(name: str) -> None:
    rules = rules_of(SYSTEMS[name])
    holds, follows = Question(invariant(rules.client, state())), is_reached(partial(without_elections, rules), state)
    may_elect = is_reached(partial(steps, rules), state)
    for step in distinct(SYSTEMS[name]):
        before, after = step.before[0], step.after[0]
        by = may_elect if step.taken.action.name in ELECTS else follows

        assert all(sequence <= numbers(before)[1] for sequence in arriving(step.taken, before)), step.taken.says
        assert holds.is_possible_for(known(after)), step.taken.says
        assert is_in_order(after), step.taken.says
        assert numbers(before) == numbers(after) or by(known(before) | known(after, "after")), step.taken.says


def distinct(system: System) -> Iterator[Transition[None]]:
    """The transitions of *system*, one of those that are the same for the theorem."""
    seen: set[tuple[object, ...]] = set()
    for step in transitions(system, None, lambda _past, _now: None):
        before, after = step.before[0], step.after[0]
        arrives = tuple(arriving(step.taken, before))
        key = (step.taken.action.name, numbers(before), numbers(after), is_in_order(after), arrives)
        if key not in seen:
            seen.add(key)
            yield step


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_producer_and_its_brokers_begin_as_the_theorem_says(name: str) -> None:
    assert Question(first(state())).is_possible_for(known(SYSTEMS[name].named(SYSTEMS[name].first_state)))


def changing(rules: Rules, before: State, after: State) -> Iterator[Kind]:
    """The steps of the theorem, where something changes."""
    for step in steps(rules, before, after):
        yield Kind(step.name, step.holds & ~unchanged(before, after))


@pytest.mark.slow
def test_every_step_of_the_theorem_that_changes_anything_is_taken() -> None:
    systems = (SYSTEMS["more than five"], SYSTEMS["requests and answers are lost"])
    seen = (known(step.before[0]) | known(step.after[0], "after") for one in systems for step in distinct(one))

    assert never_taken(partial(changing, rules_of(systems[0])), state, seen) == frozenset()


def test_with_two_in_flight_where_one_is_remembered_the_log_is_not_in_order_in_the_system_too() -> None:
    before_1_0 = BrokerRules(remembered_batches=1, accepts_any_first_sequence=False)
    system = sending(2, before_1_0, frozenset({"response-lost"}))

    assert not all(is_in_order(step.after[0]) for step in distinct(system))


def test_with_six_in_flight_steps_of_the_system_are_none_of_the_theorem_and_break_its_invariant() -> None:
    alone = BrokerRules(replication_factor=1, min_insync_replicas=1)
    system, five = sending(6, alone, frozenset({"response-lost"}), records=6), rules_of(SYSTEMS["more than five"])
    holds, follows = Question(invariant(five.client, state())), is_reached(partial(steps, five), state)
    found = [(known(step.before[0]), known(step.after[0], "after"), step.after[0]) for step in distinct(system)]

    assert not all(holds.is_possible_for(known(now)) and is_in_order(now) for *_, now in found)
    assert not all(list(one.values()) == list(then.values()) or follows(one | then) for one, then, _ in found)


def arriving(step: Step, now: Named) -> Iterator[int]:
    """The sequences of what may arrive as in this step; all before are stored, says ``connection_order``."""
    if step.action.name == "append":
        yield cast("Connection", now["connection"]).requests[0].sent.base_sequence
    if step.action.name == "late":
        yield from (held[0].base_sequence for held in cast("Delayed", now["delayed"]))


def rules_of(system: System) -> Rules:
    client = cast("ProducerRules", system.rules["client"])
    return Rules(client, cast("Leader", system.rules["leader"]).rules, is_never_short=True)


def is_in_order(now: Named) -> bool:
    """Whether each replica has the first batches in order, each under the number that it was first given."""
    producer = cast("Producer", now["producer"])
    logs = [replica.log for replica in cast("Replicas", now["replicas"])]
    return producer.producer_epoch == 0 and all(log == first_batches(len(log)) for log in logs)


def first_batches(count: int) -> Log:
    return tuple(Batch(number, 0, 0, number) for number in range(count))


def numbers(now: Named) -> tuple[int, ...]:
    """What has succeeded, is stored, and has been sent."""
    producer = cast("Producer", now["producer"])
    logs = (replica.log for replica in cast("Replicas", now["replicas"]) if replica.role == "leader")
    acked = producer.last_acked_sequence + 1
    return acked, len(next(logs, first_batches(acked))), producer.next_sequence


def known(now: Named, when: str = "") -> Values:
    return values_of(State, dict(zip(("acked", "stored", "sent"), numbers(now), strict=True)), when=when)
