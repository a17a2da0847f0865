"""Who leads a partition tells an old epoch by itself."""

import attrs
import pytest

from ackproof.model.transactions.client import Client
from ackproof.model.transactions.coordinator import Transaction
from ackproof.model.transactions.instance import Instance
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Entry, Output, Writer
from ackproof.model.transactions.request import Answer, Request
from ackproof.model.transactions.rules import ApplicationRules, Detail, TransactionRules
from ackproof.model.transactions.serving import appended, committed, told_again

CLIENT = Client(ApplicationRules(), TransactionRules(), Detail(is_fine=True))
ABORTED_BY_TIMEOUT = (Transaction("PrepareAbort", epoch=1, partitions=frozenset({"output", "offsets"})),)
OLD, CONCURRENT = Answer("INVALID_PRODUCER_EPOCH"), Answer("CONCURRENT_TRANSACTIONS")


def test_whether_a_batch_is_of_an_old_epoch_is_asked_before_the_coordinator_is() -> None:
    batch = Request("produce", 0, epoch=0)
    answers = [
        appended(CLIENT, ABORTED_BY_TIMEOUT, Output(writers=(Writer(epoch),)), batch)[2] for epoch in (None, 0, 1)
    ]

    assert answers == [CONCURRENT, CONCURRENT, OLD]


def test_whether_offsets_are_of_an_old_epoch_is_asked_before_the_coordinator_is() -> None:
    request = Request("commit-offsets", 0, epoch=0)
    answers = [
        committed(CLIENT, (Instance(),), ABORTED_BY_TIMEOUT, Offsets(epochs=(epoch,)), request)[2] for epoch in (0, 1)
    ]

    assert answers == [CONCURRENT, OLD]


def test_where_nobody_is_asked_the_group_asks_for_the_member_first() -> None:
    rules = attrs.evolve(CLIENT.rules, adds_partitions_implicitly=False, verifies_partitions=False)
    request, offsets = Request("commit-offsets", 0, epoch=0), Offsets(epochs=(1,))
    out = (Instance("stale"),)

    answer = committed(attrs.evolve(CLIENT, rules=rules), out, (Transaction(),), offsets, request)[2]

    assert answer == Answer("ILLEGAL_GENERATION")


COMMIT, ABORT = Request("commit", 0, 0, serial=2), Request("abort", 0, 0, serial=2)
WHOLE = Detail(tells_transactions_apart=True)


@pytest.mark.parametrize(
    ("request_", "state", "detail", "is_promised"),
    [
        (COMMIT, "CompleteCommit", WHOLE, True),
        (COMMIT, "Ongoing", WHOLE, False),
        (ABORT, "CompleteAbort", WHOLE, False),
        (COMMIT, "CompleteCommit", Detail(tells_transactions_apart=False), False),
    ],
)
def test_who_is_told_again_that_a_transaction_is_committed_has_not_aborted_what_is_open(
    request_: Request, state: str, detail: Detail, is_promised: bool
) -> None:
    client = attrs.evolve(CLIENT, detail=detail)
    before = (Transaction(state),)  # type: ignore[arg-type]  # one of the states
    output = Output((Entry(0, 0, 1, "open"), Entry(1, 0, 2, "open"), Entry(2, 0, 2, "committed", 2)))

    after = told_again(client, before, output, request_, Answer())

    assert [entry.is_promised for entry in after.entries] == [False, is_promised, False]


def test_who_is_told_that_it_is_too_late_is_promised_nothing() -> None:
    output = Output((Entry(1, 0, 2, "open"),))

    assert told_again(CLIENT, (Transaction("CompleteCommit"),), output, COMMIT, OLD) == output
