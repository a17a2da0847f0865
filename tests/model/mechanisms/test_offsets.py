"""What takes an offset, and what a reader is given."""

import pytest

from ackproof.model.mechanisms.offsets import Entry, OffsetRules, compacted, is_open, messages, offset_system
from ackproof.search.explorer import explore

ABORTED = (Entry(0, "plain"), Entry(1, "transactional"), Entry(2, "abort"), Entry(3, "plain"))


def test_a_marker_takes_an_offset_and_is_given_to_nobody() -> None:
    assert messages(ABORTED, OffsetRules()) == 3


def test_a_read_committed_reader_is_not_given_what_was_aborted() -> None:
    assert messages(ABORTED, OffsetRules(is_read_committed=True)) == 2


def test_compaction_keeps_the_last_record_of_each_key_at_its_offset() -> None:
    log = (Entry(0, "plain", "a"), Entry(1, "plain", "b"), Entry(2, "plain", "a"))

    assert [entry.offset for entry in compacted(log)] == [1, 2]


@pytest.mark.parametrize(("length", "expected"), [(1, False), (2, True), (3, False), (4, False)])
def test_a_transaction_is_open_until_its_marker(length: int, expected: bool) -> None:
    assert is_open(ABORTED[:length]) == expected


@pytest.mark.parametrize(
    ("rules", "states"),
    [(OffsetRules(), 31), (OffsetRules(has_transactions=True), 229), (OffsetRules(is_compacted=True), 63)],
)
def test_a_log_of_four_offsets_has_so_many_states(rules: OffsetRules, states: int) -> None:
    assert explore(offset_system(rules)).distinct_states == states
