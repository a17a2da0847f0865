"""The theorem of fenced epochs is about the producers that are searched, step by step."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.idempotence import JAVA_IDEMPOTENCE
from ackproof.model.produce.replica import Replicas, leader_log, records_of
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.truncation import Log
from ackproof.model.system import System
from ackproof.proofs.logic import Question
from ackproof.proofs.states import values_of
from ackproof.proofs.theorems.fencing import NO_EPOCH, State, first, invariant, state, steps
from tests.proofs.linking import Named, Values, as_seen, is_reached, is_same, names_of, once, transitions

DELAYING = frozenset({"response-lost", "send-timeout", "request-delayed"})
ALONE = BrokerRules(replication_factor=1, min_insync_replicas=1)


def sending(
    brokers: BrokerRules = ALONE,
    *,
    kinds: frozenset[str] = DELAYING,
    records: int = 2,
    faults: int = 2,
) -> System:
    client = ProducerRules(idempotence=JAVA_IDEMPOTENCE, max_in_flight=2)
    return produce_half(client, brokers, records=records, faults=Faults(faults), kinds=kinds)


@attrs.frozen
class Epochs:
    """
    The epochs of a producer in the partition, as the theorem sees them.

    Attributes:
        records: Those in the log of who leads, or led last.
    """

    known: int = NO_EPOCH
    batches: int = 0
    highest: int = NO_EPOCH
    committed: int = NO_EPOCH
    records: tuple[int, ...] = ()


def remember(leader: Leader, past: Epochs, now: Named) -> Epochs:
    replicas = cast("Replicas", now["replicas"])
    if (log := leader_log(replicas)) is None:
        return past
    records = records_of(log)
    is_new = records[: len(past.records)] != past.records
    known = next(iter(reversed(epochs_of(log))), NO_EPOCH)
    batches = epochs_of(log).count(known)
    highest = max((NO_EPOCH if is_new else past.highest, *epochs_of(log)))
    below = epochs_of(log[: leader.watermark.committed(leader.rules, replicas)])
    return Epochs(known, batches, highest, max((past.committed, *below)), records)


def epochs_of(log: Log) -> list[int]:
    """Those of the batches of the first producer, whom the brokers have not forgotten."""
    return [batch.producer_epoch for batch in log if batch.producer_id == 0]


def known(at: Epochs, when: str = "") -> Values:
    numbers = {"known": at.known, "batches": at.batches, "highest": at.highest, "committed": at.committed}
    return values_of(State, numbers, "epoch", when)


TWO = BrokerRules(replication_factor=2, min_insync_replicas=1)
SYSTEMS = {
    "requests arrive late": sending(),
    "producers start again": sending(kinds=DELAYING | {"producer-pause", "producer-crash"}),
    "another one leads": sending(TWO, kinds=DELAYING | {"leader-change", "broker-crash"}),
    "three replicas": sending(BrokerRules(), kinds=DELAYING | {"leader-change", "follower-lag"}),
    "more batches than are remembered": sending(TWO, records=7, kinds=frozenset({"leader-change"}), faults=1),
}
STEPPING = partial(steps, ALONE)


@cache
def follows() -> Callable[..., bool]:
    return is_reached(STEPPING, state, most=3)


def every_step(system: System) -> Iterator[tuple[str, Values, Values]]:
    leader = cast("Leader", system.rules["leader"])
    every = (
        (step.taken.says, known(step.before[1]), known(step.after[1], "after"))
        for step in transitions(system, Epochs(), partial(remember, leader))
    )
    return once(every, as_seen)


FAST = ("requests arrive late", "another one leads")
CASES = [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in SYSTEMS]


@pytest.mark.parametrize("name", CASES)
def test_every_step_of_a_producer_is_one_of_the_theorem_and_keeps_its_invariant(name: str) -> None:
    holds = Question(invariant(state("after")))
    for says, before, after in every_step(SYSTEMS[name]):
        assert holds.is_possible_for(after), says
        assert is_same(before, after) or follows()(before | after), says


def test_a_partition_starts_as_the_theorem_does() -> None:
    assert Question(first(state())).is_possible_for(known(Epochs()))


def test_every_step_of_the_theorem_is_one_of_a_producer() -> None:
    names = names_of(STEPPING, state)
    taken = [
        names(before | after)
        for name in ("another one leads", "more batches than are remembered")
        for _, before, after in every_step(SYSTEMS[name])
        if not is_same(before, after)
    ]

    assert frozenset[str]().union(*taken) == {step.name for step in STEPPING(state(), state("after"))}


def test_where_retention_forgets_producers_a_step_is_none_of_the_theorem() -> None:
    forgetful = attrs.evolve(ALONE, forgets_producers_with_their_records=True)
    found = list(every_step(sending(forgetful, kinds=DELAYING | {"retention"}, faults=3)))
    holds = Question(invariant(state("after")))

    assert not all(holds.is_possible_for(after) for _, _, after in found)
    assert not all(is_same(before, after) or follows()(before | after) for _, before, after in found)
