"""What theorems say of the epochs of transactions is about the transactions that are searched, step by step."""

from collections.abc import Callable, Iterator
from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.model.transactions.coordinator import Coordinator
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Output
from ackproof.model.transactions.rules import (
    TRANSACTION_VERSION_1,
    TRANSACTION_VERSION_2,
    ApplicationRules,
    TransactionRules,
)
from ackproof.proofs.epochs import Epochs, epochs, first, never_falls
from ackproof.proofs.logic import Question
from ackproof.proofs.states import values_of
from ackproof.proofs.theorem import Step
from ackproof.proofs.theorems.commits import steps_of_offsets
from ackproof.proofs.theorems.fencing import steps_of_output
from tests.proofs.linking import Named, Values, as_seen, is_reached, is_same, names_of, once, transitions

Highest = tuple[int, ...]
"""Of each producer the highest epoch that the partition has had."""

NO_PAST: Highest = ()
NOTHING = -1


def in_offsets(now: Named) -> Highest:
    return cast("Offsets", now["offsets"]).epochs


def in_output(now: Named) -> Highest:
    epochs = (writer.epoch for writer in cast("Output", now["output"]).writers)
    return tuple(NOTHING if epoch is None else epoch for epoch in epochs)


@attrs.frozen
class Place:
    """
    Where something of a transaction is written.

    Attributes:
        seen: The epoch that is known there of each producer.
        stepping: What the theorem says of it.
    """

    seen: Callable[[Named], Highest]
    stepping: Callable[[Epochs, Epochs], Iterator[Step]]

    def remember(self, past: Highest, now: Named) -> Highest:
        seen = self.seen(now)
        return tuple(map(max, past or seen, seen))

    def known(self, at: tuple[Named, Highest], writer: int, when: str = "") -> Values:
        """The state of the theorem for one producer."""
        given = cast("Coordinator", at[0]["coordinator"])[writer].epoch
        numbers = {"seen": self.seen(at[0])[writer], "highest": at[1][writer], "given": given}
        return values_of(Epochs, numbers, "epoch", when)


PLACES = {"offsets": Place(in_offsets, steps_of_offsets), "output": Place(in_output, steps_of_output)}
SLOW = ("response-lost", "producer-crash", "consumer-pause", "coordinator-failover")
KINDS = ("request-delayed", *(pytest.param(kind, marks=pytest.mark.slow) for kind in SLOW))


def writing(rules: TransactionRules, *kinds: str) -> System:
    """Two instances where one can take over from the other."""
    application = ApplicationRules(instances=2 if "consumer-pause" in kinds else 1)
    return transactional(application, rules, records=1, faults=Faults(1), kinds=frozenset(kinds), is_fine=True)


PROTOCOLS = {"the first protocol": TRANSACTION_VERSION_1, "the second protocol": TRANSACTION_VERSION_2}


def every_step(place: Place, system: System) -> Iterator[tuple[str, Values, Values]]:
    every = (
        (step.taken.says, place.known(step.before, writer), place.known(step.after, writer, "after"))
        for step in transitions(system, NO_PAST, place.remember)
        for writer in range(len(step.before[1]))
    )
    return once(every, as_seen)


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_step_of_a_transaction_is_one_of_the_theorem_and_keeps_its_invariant(
    where: str, protocol: str, kind: str
) -> None:
    place = PLACES[where]
    holds, follows = Question(never_falls(epochs("after"))), is_reached(place.stepping, epochs, most=2)
    for says, before, after in every_step(place, writing(PROTOCOLS[protocol], kind)):
        assert holds.is_possible_for(after), says
        assert is_same(before, after) or follows(before | after), says


@pytest.mark.parametrize("where", PLACES)
def test_a_transaction_starts_as_the_theorem_does(where: str) -> None:
    place, started = PLACES[where], writing(TRANSACTION_VERSION_2).initial
    base = Question(first(epochs()))

    assert base.is_possible_for(place.known((dict(started), place.remember((), dict(started))), 0))


@pytest.mark.parametrize("where", PLACES)
def test_every_step_of_the_theorem_is_one_of_a_transaction(where: str) -> None:
    place = PLACES[where]
    names = names_of(place.stepping, epochs)
    taken = [
        names(before | after)
        for _, before, after in every_step(place, writing(TRANSACTION_VERSION_2, "producer-crash"))
        if not is_same(before, after)
    ]

    assert frozenset[str]().union(*taken) == {step.name for step in place.stepping(epochs(), epochs("after"))}
