"""Rows are found among others, however wide they are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ackproof.search.index import Index, Numbers

WIDE = 1 << 40


def rows(*of: tuple[int, ...], width: int = 2) -> Numbers:
    """Rows as an array."""
    return np.array(of, np.int64).reshape(-1, width)


@given(st.data(), st.sampled_from([3, 1 << 20, WIDE]))
def test_a_row_is_found_where_it_stands_and_nowhere_else(data: st.DataObject, size: int) -> None:
    row = st.tuples(*[st.integers(0, size - 1)] * 4)
    known = data.draw(st.lists(row, unique=True, max_size=8))
    others = data.draw(st.lists(row, max_size=8))
    index = Index(rows(*known, width=4))

    found = index.find(rows(*known, *others, width=4)).tolist()

    assert found == [known.index(row) if row in known else -1 for row in (*known, *others)]


def test_a_larger_number_is_not_taken_for_the_next_column() -> None:
    index = Index(rows((0, 1), (1, 0)))

    assert index.find(rows((0, 2), (1, 0))).tolist() == [-1, 1]


def test_rows_without_columns_are_all_the_same() -> None:
    assert Index(np.zeros((1, 0), np.int64)).find(np.zeros((2, 0), np.int64)).tolist() == [0, 0]
