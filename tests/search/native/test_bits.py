"""Bits are moved as plain Python moves them, by instructions and by shifts."""

from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from ackproof.search.native.bits import deposited, extracted, lowest, pdep, pext
from ackproof.search.native.lookup import Words

ALL = (1 << 64) - 1
WORDS = st.integers(0, ALL)


@st.composite
def runs_of_ones(draw: st.DrawFn) -> int:
    """A mask of some runs of ones, as components have them."""
    places = sorted(draw(st.lists(st.integers(0, 64), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return sum(((1 << last) - 1) & ~((1 << first) - 1) for first, last in pairs) & ALL


MASKS = st.sampled_from([0, ALL, 1, 1 << 63, ALL >> 1, ALL - 1]) | runs_of_ones() | WORDS


def moved(words: Words, masks: Words, found: Words) -> None:
    """Whatever kernels do with bits, for each word and its mask."""
    for i in range(len(words)):
        found[5 * i] = extracted(words[i], masks[i])
        found[5 * i + 1] = pext(words[i], masks[i])
        found[5 * i + 2] = deposited(words[i], masks[i])
        found[5 * i + 3] = pdep(words[i], masks[i])
        found[5 * i + 4] = lowest(masks[i])


@pytest.fixture(scope="module")
def kernel() -> Callable[[Words, Words, Words], None]:
    return cast("Callable[[Words, Words, Words], None]", njit(moved))


def together(word: int, mask: int) -> int:
    """The bits of *word* under *mask*, moved together at the bottom."""
    places = [place for place in range(64) if mask >> place & 1]
    return sum((word >> place & 1) << number for number, place in enumerate(places))


def apart(number: int, mask: int) -> int:
    """The bits of *number* moved to the places of *mask*."""
    places = [place for place in range(64) if mask >> place & 1]
    return sum((number >> order & 1) << place for order, place in enumerate(places))


@given(st.lists(st.tuples(WORDS, MASKS), min_size=1, max_size=20))
@settings(max_examples=200)
def test_bits_are_moved_together_and_apart(kernel: Callable[..., None], pairs: list[tuple[int, int]]) -> None:
    words, masks = (np.array(column, np.uint64) for column in zip(*pairs, strict=True))
    found = np.zeros(5 * len(pairs), np.uint64)

    kernel(words, masks, found)

    for (word, mask), (*moves, low) in zip(pairs, found.reshape(-1, 5).tolist(), strict=True):
        assert moves == [together(word, mask)] * 2 + [apart(word, mask)] * 2
        assert mask == 0 or low == (mask & -mask).bit_length() - 1
