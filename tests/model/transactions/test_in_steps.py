"""Transactions where requests and answers are steps of their own."""

from ackproof.model.transactions.client import Client
from ackproof.model.transactions.in_steps import Sent, Wire, producer_crash
from ackproof.model.transactions.instance import Instance
from ackproof.model.transactions.request import Request
from ackproof.model.transactions.rules import ApplicationRules, Detail, TransactionRules

CLIENT = Client(ApplicationRules(), TransactionRules(), Detail(is_fine=True))


def wires_after_a_crash(instance: Instance, *sent: Sent) -> list[object]:
    return [step.changes["wire"] for step in producer_crash.outcomes(CLIENT, (instance,), sent)]


def test_what_a_process_that_dies_as_it_starts_has_asked_for_is_lost_or_seen_all_the_same() -> None:
    starting, asked = Instance("out", "initialising"), Sent(Request("initialise", 0, 0))

    orphan: Wire = (Sent(asked.request, is_orphan=True),)
    assert wires_after_a_crash(starting, asked) == [(), orphan]


def test_a_process_that_starts_and_has_asked_for_nothing_may_as_well_not_die() -> None:
    assert wires_after_a_crash(Instance("out", "initialising")) == []
