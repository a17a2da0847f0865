"""Rows of numbers, found among others: many at once."""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MOST_KEYS = 1 << 62
"""So many keys are told apart by 64 bits with a sign."""


class Index:
    """Finds rows among the different rows that it was made of."""

    def __init__(self, rows: Numbers) -> None:
        # A row becomes one key, column by column. Where that needs too many bits, keys are replaced by their ranks.
        self._sizes: list[int] = (rows.max(axis=0, initial=-1) + 1).tolist()
        self._ranked: list[Numbers | None] = []
        keys, room = np.zeros(len(rows), np.int64), 1
        for column, size in zip(rows.T, self._sizes, strict=True):
            ranked = np.unique(keys) if room * size > MOST_KEYS else None
            if ranked is not None:
                keys, room = np.searchsorted(ranked, keys), len(ranked)
            self._ranked.append(ranked)
            keys, room = keys * size + column, room * size
        self._order = np.argsort(keys)
        self._keys = keys[self._order]

    def find(self, rows: Numbers) -> Numbers:
        """The place of each of *rows* among those of the index; -1 where it is none of them."""
        keys, is_known = np.zeros(len(rows), np.int64), np.ones(len(rows), np.bool_)
        for column, size, ranked in zip(rows.T, self._sizes, self._ranked, strict=True):
            if ranked is not None:
                keys, is_ranked = look_up(ranked, keys)
                is_known &= is_ranked
            is_known &= column < size
            keys = keys * size + column
        places, is_same = look_up(self._keys, keys)
        return np.where(is_known & is_same, np.append(self._order, -1)[places], -1)


def look_up(ascending: Numbers, keys: Numbers) -> tuple[Numbers, Flags]:
    """For each of *keys* the place of the first that is not less, and whether that is equal."""
    places = np.searchsorted(ascending, keys)
    if not len(ascending):
        return places, np.zeros(len(keys), np.bool_)
    return places, ascending[np.minimum(places, len(ascending) - 1)] == keys
