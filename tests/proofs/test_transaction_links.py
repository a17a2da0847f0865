"""The theorem of late ends is about the transactions that are searched."""

from collections.abc import Iterator
from typing import cast

import pytest

from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.model.transactions.coordinator import Coordinator, Transaction
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.instance import Instances
from ackproof.model.transactions.request import Request
from ackproof.model.transactions.rules import (
    TRANSACTION_VERSION_1,
    TRANSACTION_VERSION_2,
    ApplicationRules,
    TransactionRules,
)
from ackproof.proofs.logic import Number
from ackproof.proofs.theorems.late_end import asked
from tests.proofs.linking import Named, Transition, transitions

KINDS = frozenset({"request-delayed", "response-lost", "producer-crash", "coordinator-failover"})
SEVERAL = 3
"""Steps of the theorem that one step of the system may be: an end, its markers, the next transaction."""


def writing(rules: TransactionRules) -> System:
    alone = ApplicationRules(source="application")
    return transactional(alone, rules, records=2, faults=Faults(1), kinds=KINDS, is_fine=True)


def every_step(rules: TransactionRules) -> Iterator[Transition[None]]:
    return transitions(writing(rules), None, lambda _past, _now: None)


def transaction(now: Named) -> Transaction:
    return cast("Coordinator", now["coordinator"])[0]


def seen(of: Transaction) -> tuple[str, int]:
    """What the theorem is about."""
    return of.state, of.epoch


def reached(rules: TransactionRules, before: Transaction) -> set[tuple[str, int]]:
    """What the theorem lets come after *before*."""
    found, new = {before}, {before}
    for _ in range(SEVERAL):
        epochs = range(max(one.epoch for one in new) + 1)
        new = {ask() for one in new for epoch in epochs for _, ask in asked(rules, one, constant_epoch(epoch))} - found
        found |= new
    return set(map(seen, found))


def constant_epoch(epoch: int) -> Number:
    """A known epoch where the theorem has an unknown one: only the model's functions see it."""
    return cast("Number", cast("object", epoch))


@pytest.mark.parametrize("rules", [TRANSACTION_VERSION_1, TRANSACTION_VERSION_2], ids=["first", "second"])
def test_every_step_of_the_coordinator_is_one_of_the_theorem_and_no_epoch_falls(rules: TransactionRules) -> None:
    known: dict[Transaction, set[tuple[str, int]]] = {}
    for step in every_step(rules):
        before, after = transaction(step.before[0]), transaction(step.after[0])
        if before not in known:
            known[before] = reached(rules, before)

        assert seen(after) in known[before], step.taken.says
        assert after.epoch >= before.epoch


def late_ends(rules: TransactionRules) -> Iterator[tuple[Request, Transition[None]]]:
    """Each end that arrives late while a later transaction is open."""
    for step in every_step(rules):
        if step.taken.action.name != "late":
            continue
        delayed, left = (cast("tuple[Request, ...]", now["delayed"]) for now in (step.before[0], step.after[0]))
        (request,) = set(delayed) - set(left)
        (instance, *_) = cast("Instances", step.before[0]["instances"])
        if request.kind in {"commit", "abort"} and request.serial < instance.serial:
            yield request, step


def test_a_late_end_is_of_a_lower_epoch_and_changes_nothing_with_the_second_protocol() -> None:
    late = list(late_ends(TRANSACTION_VERSION_2))

    assert late
    for request, step in late:
        before = transaction(step.before[0])
        assert before.state != "Ongoing" or request.epoch < before.epoch
        assert before.state != "Ongoing" or transaction(step.after[0]) == before


def test_with_the_first_protocol_a_late_end_ends_the_next_transaction_in_the_system_too() -> None:
    late = [step for _, step in late_ends(TRANSACTION_VERSION_1)]
    open_ones = [step for step in late if transaction(step.before[0]).state == "Ongoing"]

    assert any(transaction(step.after[0]).state != "Ongoing" for step in open_ones)
