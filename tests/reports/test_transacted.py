"""The end of a counterexample about transactions in words."""

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.transactions.coordinator import Transaction
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.instance import Instance
from ackproof.model.transactions.offsets import Commit, Offsets
from ackproof.model.transactions.output import MARKER, Entry, Output
from ackproof.model.transactions.rules import (
    TRANSACTION_VERSION_1,
    TRANSACTION_VERSION_2,
    ApplicationRules,
    TransactionRules,
)
from ackproof.properties.claims import IN_TRANSACTIONS
from ackproof.reports.transacted import transacted
from ackproof.search.explorer import explore

LOG = ApplicationRules()
ALONE = ApplicationRules(source="application")


def words(claim: str, rules: TransactionRules, application: ApplicationRules, *kinds: str, records: int) -> list[str]:
    """The ending of a shortest violation."""
    faults = Faults(len(kinds))
    system = transactional(application, rules, records=records, faults=faults, kinds=frozenset(kinds))
    trace = explore(system, IN_TRANSACTIONS[claim][0]).violation
    assert trace is not None
    return list(transacted(claim, trace.last))


def test_a_torn_transaction() -> None:
    assert words("atomic", TRANSACTION_VERSION_1, LOG, "request-delayed", records=2) == [
        "of a transaction only a part is committed",
        "the output holds r1 (committed), r2 (committed)",
        "the group has committed offset 1",
        "the coordinator has the transaction of instance 1 as Ongoing, with output",
    ]


def test_a_lost_output() -> None:
    lines = words("no-loss", TRANSACTION_VERSION_1, LOG, "request-delayed", records=2)

    assert lines[0] == "r2 is lost: the group is past it, and nothing of it is in the output"


def test_a_record_that_is_read_twice() -> None:
    rules = attrs.evolve(TRANSACTION_VERSION_2, sends_group_metadata=False)
    two = attrs.evolve(LOG, instances=2)

    assert words("no-duplicates", rules, two, "consumer-pause", records=1)[0] == "r1 can be read 2 times"


def test_an_aborted_record_that_is_read() -> None:
    application = attrs.evolve(ALONE, isolation="read_uncommitted")

    assert words("no-aborted-reads", TRANSACTION_VERSION_2, application, "producer-crash", records=1) == [
        "r1 can be read, of a transaction that its producer aborts",
        "the output holds r1 (aborted)",
        "the coordinator has the transaction of the producer as CompleteAbort",
    ]


STATE = {
    "output": Output((Entry(1), Entry(0), Entry(MARKER))),
    "offsets": Offsets((Commit(1, writer=0, is_pending=True),)),
    "instances": (Instance(generation=1), Instance("member")),
    "coordinator": (Transaction(), Transaction("Ongoing", is_stuck=True)),
}


def test_a_wrong_order_and_where_everything_stands() -> None:
    assert list(transacted("in-order", STATE)) == [
        "r1 is read for the first time behind later ones",
        "the output holds r2 (committed), r1 (committed)",
        "the group has committed nothing; pending: offset 1",
        "the coordinator has the transaction of instance 2 as Ongoing; something is pending that nothing clears",
    ]


@pytest.mark.parametrize("claim", ["completes", "drains"])
def test_what_does_not_happen_has_no_record_to_blame(claim: str) -> None:
    assert next(iter(transacted(claim, STATE))).startswith("the output holds")


def test_a_lost_record_of_an_application_and_an_empty_output() -> None:
    state = {**STATE, "output": Output(), "instances": (Instance(acknowledged=frozenset({0})),)}

    assert list(transacted("no-loss", state))[:2] == [
        "r1 is lost: its transaction was seen to commit, and it is not in the output",
        "the output holds nothing",
    ]
