"""What the transaction coordinator answers, state by state."""

import attrs
import pytest

from ackproof.model.transactions.coordinator import (
    CONCURRENT,
    DONE,
    FENCED,
    Transaction,
    add,
    end,
    fenced,
    initialise,
    loaded,
    marked,
    verify,
)
from ackproof.model.transactions.request import Answer, Kind, Request
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1 as ONE
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2 as TWO
from ackproof.model.transactions.rules import TransactionRules

SHARED = attrs.evolve(ONE, shares_epoch_of_fence=True)
BOTH = frozenset({"output", "offsets"})
ONGOING = Transaction("Ongoing", epoch=3, partitions=BOTH)
COMMITTING = Transaction("PrepareCommit", epoch=3, partitions=BOTH)
ABORTING = Transaction("PrepareAbort", epoch=3, partitions=BOTH)
COMMITTED = Transaction("CompleteCommit", epoch=3)
ABORTED = Transaction("CompleteAbort", epoch=3)
EMPTY = Transaction("Empty", epoch=3)
INVALID = Answer("INVALID_TXN_STATE")


def asked(kind: Kind, epoch: int, serial: int = 0) -> Request:
    """An EndTxn."""
    return Request(kind, 0, epoch, serial)


def test_the_first_partition_begins_a_transaction() -> None:
    assert add(EMPTY, 3, "output") == (Transaction("Ongoing", 3, partitions=frozenset({"output"})), DONE)


def test_a_partition_joins_the_open_transaction() -> None:
    after, answer = add(attrs.evolve(ONGOING, partitions=frozenset({"output"})), 3, "offsets")

    assert (after.partitions, answer) == (BOTH, DONE)


@pytest.mark.parametrize("epoch", [2, 4])
def test_another_epoch_adds_nothing(epoch: int) -> None:
    assert add(ONGOING, epoch, "output") == (ONGOING, FENCED)


def test_nothing_is_added_before_the_last_transaction_is_complete() -> None:
    assert add(COMMITTING, 3, "output") == (COMMITTING, CONCURRENT)


@pytest.mark.parametrize(
    ("transaction", "epoch", "answer"),
    [
        (ONGOING, 3, DONE),
        (ONGOING, 2, FENCED),
        (COMMITTING, 3, CONCURRENT),
        (COMMITTED, 3, Answer("TRANSACTION_ABORTABLE")),
    ],
)
def test_a_partition_is_verified(transaction: Transaction, epoch: int, answer: Answer) -> None:
    assert verify(transaction, epoch, "output") == answer


@pytest.mark.parametrize(
    ("transaction", "kind", "answer"),
    [
        (COMMITTED, "commit", DONE),
        (COMMITTED, "abort", INVALID),
        (ABORTED, "abort", DONE),
        (ABORTED, "commit", INVALID),
        (COMMITTING, "commit", CONCURRENT),
        (COMMITTING, "abort", CONCURRENT),
        (ABORTING, "abort", CONCURRENT),
        (EMPTY, "commit", INVALID),
        (EMPTY, "abort", INVALID),
    ],
)
def test_an_end_with_nothing_to_end_in_the_first_protocol(transaction: Transaction, kind: Kind, answer: Answer) -> None:
    assert end(ONE, transaction, asked(kind, 3)) == (transaction, answer)


@pytest.mark.parametrize(
    ("transaction", "kind", "answer"),
    [
        (COMMITTED, "commit", Answer(epoch=3)),
        (COMMITTED, "abort", INVALID),
        (ABORTED, "abort", Answer(epoch=3)),
        (ABORTED, "commit", INVALID),
        (COMMITTING, "commit", CONCURRENT),
        (COMMITTING, "abort", CONCURRENT),
        (ONGOING, "commit", FENCED),
        (EMPTY, "abort", FENCED),
    ],
)
def test_a_repeated_end_comes_with_the_epoch_before(transaction: Transaction, kind: Kind, answer: Answer) -> None:
    assert end(TWO, transaction, asked(kind, 2)) == (transaction, answer)


def test_an_abort_of_nothing_takes_an_epoch_in_the_second_protocol() -> None:
    assert end(TWO, COMMITTED, asked("abort", 3)) == (Transaction("CompleteAbort", 4), Answer(epoch=4))
    assert end(TWO, COMMITTED, asked("commit", 3)) == (COMMITTED, INVALID)
    assert end(TWO, COMMITTING, asked("abort", 3)) == (COMMITTING, CONCURRENT)


@pytest.mark.parametrize(("rules", "epoch", "answer"), [(ONE, 3, DONE), (TWO, 4, Answer(epoch=4))])
def test_a_commit_is_decided_before_any_marker(rules: TransactionRules, epoch: int, answer: Answer) -> None:
    after, heard = end(rules, ONGOING, asked("commit", 3, serial=7))

    assert after == Transaction("PrepareCommit", epoch, partitions=BOTH, ended_by=7)
    assert heard == answer


def test_a_transaction_is_complete_after_its_last_marker() -> None:
    (first,) = marked(TWO, COMMITTING, "output")
    (second,) = marked(TWO, first, "offsets")

    assert (first.state, second.state) == ("PrepareCommit", "CompleteCommit")


def test_a_lost_completion_is_found_by_the_next_coordinator() -> None:
    _, stuck = marked(attrs.evolve(ONE, loses_completion=True), COMMITTING, *BOTH)

    assert stuck.is_open
    assert add(stuck, 3, "output") == (stuck, CONCURRENT)
    assert loaded(stuck) == COMMITTED


@pytest.mark.parametrize("keeps", [False, True])
def test_a_refused_end_may_stay_pending(keeps: bool) -> None:
    rules = attrs.evolve(ONE, refuses_end=True, refusal_keeps_pending=keeps)

    after, answer = end(rules, ONGOING, asked("commit", 3))

    assert answer == Answer("UNSUPPORTED_VERSION")
    assert (initialise(ONE, after, None)[0] == after) == keeps


def test_a_new_process_first_aborts_what_is_open_and_then_gets_an_epoch_beyond() -> None:
    aborting, first = initialise(TWO, ONGOING, None)
    (complete,) = marked(TWO, aborting, *BOTH)
    empty, second = initialise(TWO, complete, None)

    assert (aborting, first) == (fenced(TWO, ONGOING), CONCURRENT)
    assert (empty.state, second) == ("Empty", Answer(epoch=5))


def test_a_producer_that_goes_on_gets_the_next_epoch_once() -> None:
    after, first = initialise(ONE, ABORTED, 3)

    assert first == Answer(epoch=4)
    assert initialise(ONE, after, 3) == (after, Answer(epoch=4))
    assert initialise(ONE, after, 2) == (after, FENCED)


def test_a_new_coordinator_fences_who_asks_for_its_next_epoch_once_more() -> None:
    """The epoch before is not in the log."""
    after, _ = initialise(ONE, ABORTED, 3)

    assert initialise(ONE, loaded(after), 3) == (loaded(after), FENCED)


def test_a_producer_that_was_timed_out_does_not_go_on_in_the_first_protocol() -> None:
    (complete,) = marked(ONE, fenced(ONE, ONGOING), *BOTH)

    assert initialise(ONE, complete, 3) == (complete, FENCED)
    assert end(ONE, complete, asked("abort", 3)) == (complete, FENCED)


def test_a_producer_that_was_timed_out_is_given_the_epoch_of_its_abort_where_the_cluster_speaks_the_second() -> None:
    (complete,) = marked(SHARED, fenced(SHARED, ONGOING), *BOTH)
    after, answer = initialise(SHARED, complete, 3)

    assert (after.state, after.epoch, answer) == ("Empty", 4, Answer(epoch=4))
    assert end(SHARED, complete, asked("abort", 3)) == (complete, FENCED)
    assert initialise(SHARED, initialise(SHARED, complete, None)[0], 3)[1] == FENCED


def test_who_asks_for_its_epoch_once_more_leaves_nothing_of_its_last_transaction() -> None:
    """The request came before that transaction, and is repeated after it."""
    committed = attrs.evolve(COMMITTED, last_epoch=2)

    after, answer = initialise(ONE, committed, 2)

    assert (after, answer) == (attrs.evolve(committed, state="Empty"), Answer(epoch=3))
    assert end(ONE, after, asked("commit", 3)) == (after, INVALID)


def test_a_producer_that_was_timed_out_takes_the_abort_for_its_own_in_the_second() -> None:
    (complete,) = marked(TWO, fenced(TWO, ONGOING), *BOTH)

    assert end(TWO, complete, asked("abort", 3)) == (complete, Answer(epoch=4))
