"""The last stable offset, and what a read_committed reader gets."""

import pytest

from ackproof.model.beliefs.stable import Entry, Log, is_to_be_read, last_stable_offset, transactional_partition
from ackproof.search.explorer import explore

IN, PLAIN = Entry(0, is_transactional=True), Entry(1)
COMMIT, ABORT = Entry(marker="COMMIT"), Entry(marker="ABORT")


@pytest.mark.parametrize(
    ("log", "offset"),
    [((), 0), ((PLAIN,), 1), ((IN, PLAIN), 0), ((PLAIN, IN), 1), ((IN, COMMIT), 2), ((IN, ABORT, IN), 2)],
)
def test_the_last_stable_offset_is_where_the_open_transaction_begins(log: Log, offset: int) -> None:
    assert last_stable_offset(log) == offset


@pytest.mark.parametrize(
    ("log", "read"), [((IN, COMMIT), [0]), ((IN, ABORT), []), ((IN, PLAIN), [1]), ((IN, ABORT, IN, COMMIT), [2])]
)
def test_markers_and_aborted_records_are_not_read(log: Log, read: list[int]) -> None:
    assert [offset for offset in range(len(log)) if is_to_be_read(log, offset)] == read


def test_distinct_states() -> None:
    assert explore(transactional_partition()).distinct_states == 44
    assert explore(transactional_partition(ends=False)).distinct_states == 11
