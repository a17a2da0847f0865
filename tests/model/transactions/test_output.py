"""What the leader of the output partition takes, and what markers make of it."""

import attrs
import pytest

from ackproof.model.transactions import offsets as group_offsets
from ackproof.model.transactions.offsets import Commit, Offsets
from ackproof.model.transactions.output import Entry, Marker, Output, Writer, append, asked_about, mark
from ackproof.model.transactions.request import Request
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1 as ONE
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2 as TWO
from ackproof.model.transactions.rules import Detail

DETAIL = Detail()
BATCH = Request("produce", 0, epoch=1, record=0, sequence=0)
OPEN = Output((Entry(0, 0, fate="open"),), (Writer(1, (0,)), Writer()))
COMMIT = Marker(0, 1, is_commit=True, ended_by=0)


def sent(output: Output, *, epoch: int = 1, sequence: int, is_new_protocol: bool = True) -> tuple[bool, str]:
    """Whether a batch is appended, and the answer."""
    rules = TWO if is_new_protocol else ONE
    after, error = append(rules, DETAIL, output, attrs.evolve(BATCH, epoch=epoch, sequence=sequence, record=1))
    return len(after.entries) > len(output.entries), error


@pytest.mark.parametrize(
    ("epoch", "sequence", "expected"),
    [
        (1, 1, (True, "NONE")),
        (1, 0, (False, "NONE")),
        (1, 2, (False, "OUT_OF_ORDER_SEQUENCE_NUMBER")),
        (0, 1, (False, "INVALID_PRODUCER_EPOCH")),
        (2, 0, (True, "NONE")),
        (2, 1, (False, "OUT_OF_ORDER_SEQUENCE_NUMBER")),
    ],
)
def test_a_batch_of_a_known_producer(epoch: int, sequence: int, expected: tuple[bool, str]) -> None:
    assert sent(OPEN, epoch=epoch, sequence=sequence) == expected


@pytest.mark.parametrize(("is_new_protocol", "expected"), [(False, "NONE"), (True, "OUT_OF_ORDER_SEQUENCE_NUMBER")])
def test_who_is_not_known_starts_with_any_sequence_in_the_old_protocol_only(
    is_new_protocol: bool, expected: str
) -> None:
    assert sent(Output(writers=(Writer(),)), sequence=3, is_new_protocol=is_new_protocol)[1] == expected


def test_nothing_newer_is_taken_while_an_older_batch_was_asked_about() -> None:
    """``VerificationStateEntry.lowestSequence``: until something of the producer is appended."""
    ended = mark(DETAIL, OPEN, COMMIT)
    asked = asked_about(DETAIL, ended, BATCH)

    assert [sent(output, sequence=1, is_new_protocol=False)[1] for output in (ended, asked)] == [
        "NONE",
        "OUT_OF_ORDER_SEQUENCE_NUMBER",
    ]
    assert sent(asked, epoch=2, sequence=0, is_new_protocol=False)[1] == "NONE"
    assert mark(DETAIL, asked, COMMIT) == ended
    assert asked_about(DETAIL, ended, attrs.evolve(BATCH, sequence=1)) == ended
    assert asked_about(DETAIL, ended, attrs.evolve(BATCH, epoch=2)) == ended


def test_a_marker_with_a_higher_epoch_clears_the_sequences() -> None:
    assert mark(DETAIL, OPEN, COMMIT).writers[0] == Writer(1, (0,))
    assert mark(DETAIL, OPEN, attrs.evolve(COMMIT, epoch=2)).writers[0] == Writer(2)


def test_a_marker_ends_the_transaction_of_its_writer_alone() -> None:
    two = Output((*OPEN.entries, Entry(1, 1, fate="open")), (Writer(1, (0,)), Writer(0, (0,))))

    assert [entry.fate for entry in mark(DETAIL, two, COMMIT).entries] == ["committed", "open"]


def test_an_aborted_record_stays_where_somebody_may_have_read_it() -> None:
    abort = attrs.evolve(COMMIT, is_commit=False)

    assert mark(DETAIL, OPEN, abort).entries == ()
    (entry,) = mark(attrs.evolve(DETAIL, keeps_aborted=True), OPEN, abort).entries
    assert entry.fate == "aborted"


def test_the_traces_of_the_last_transaction_go_with_the_next() -> None:
    ended = mark(DETAIL, Output((Entry(0, 0, 1, "open"),), (Writer(1, (0,)),)), attrs.evolve(COMMIT, ended_by=1))
    after, _ = append(TWO, DETAIL, ended, attrs.evolve(BATCH, record=1, sequence=1, serial=2))

    assert ended.entries == (Entry(0, 0, 1, "committed", 1),)
    assert after.entries == (Entry(0), Entry(1, 0, 2, "open"))


def test_of_two_commits_the_later_one_in_the_log_counts() -> None:
    pending = Offsets((Commit(1, writer=0, is_pending=True), Commit(2, writer=1, is_pending=True)), (1, 1))
    second = group_offsets.mark(DETAIL, pending, attrs.evolve(COMMIT, writer=1))
    both = group_offsets.mark(DETAIL, second, COMMIT)

    assert (second.committed, second.is_unstable) == (2, True)
    assert (both.committed, both.is_unstable) == (2, False)


def test_what_a_transaction_has_committed_is_remembered_as_a_copy_of_it_arrives_late() -> None:
    detail = Detail(sends_beside=True)
    copy, other = Commit(1, 0, 0, 1, is_pending=True), Commit(1, 0, 1, 1, ended_by=1)
    late = Offsets((Commit(1, 0, 0, 1, ended_by=1), Commit(1, 0, 1, 1, is_pending=True), copy), (1, 1))

    after = group_offsets.mark(detail, late, Marker(1, 1, is_commit=True, ended_by=1))
    ended = group_offsets.mark(detail, after, attrs.evolve(COMMIT, ended_by=2))

    assert after.commits == (Commit(1, 0, 0, 1, ended_by=1), other, copy)
    assert ended.commits == (Commit(1, 0, 0, 1, ended_by=1), other, Commit(1, 0, 0, 1, ended_by=2))


def test_an_old_epoch_commits_no_offsets() -> None:
    request = Request("commit-offsets", 0, epoch=0, offset=1)

    assert group_offsets.append(DETAIL, Offsets(epochs=(1,)), request)[1] == "INVALID_PRODUCER_EPOCH"


def test_expired_offsets_leave_what_is_pending() -> None:
    offsets = Offsets((Commit(1), Commit(2, writer=0, is_pending=True)), (0,))

    expired = group_offsets.expired(offsets)

    assert (expired.committed, expired.is_unstable) == (None, True)
