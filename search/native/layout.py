"""Packing: each component owns a set of bits of a state, and gets one more at the top when it has more values."""

from functools import cache

import numpy as np
import numpy.typing as npt

from ackproof.search.exploration import Rows, TooWideError
from ackproof.search.native.lookup import Numbers, Words

U = np.uint64
ALL_ONES = 0xFFFFFFFFFFFFFFFF
MOST_WORDS = 2
"""What kernels handle."""
WORD_BITS = 63
"""Of 64, so that a state plus one is not zero."""


class Layout:
    """
    Where the components of a state are.

    Attributes:
        words: One or two.
        word, masks: For each component, its word and its bits there.
    """

    def __init__(self, words: int, sizes: list[int]) -> None:
        self.words = words
        self.used = [0] * words
        self.word = [0] * len(sizes)
        self.masks = [0] * len(sizes)
        for component in sorted(range(len(sizes)), key=lambda component: -bits_for(sizes[component])):
            self.word[component] = self.used.index(min(self.used))
            self.widen(component, bits_for(sizes[component]))

    @classmethod
    def of(cls, sizes: list[int], most_words: int) -> "Layout":
        """
        With as few words as there can be.

        Raises:
            TooWideError: Even *most_words* do not suffice.
        """
        for words in range(1, most_words):
            try:
                return cls(words, sizes)
            except TooWideError:
                continue
        return cls(most_words, sizes)

    @classmethod
    def restored(cls, masks: list[int], word: list[int]) -> "Layout":
        """A layout of which these are known."""
        layout = cls(max(word) + 1, [])
        layout.masks, layout.word = masks, word
        for mask, place in zip(masks, word, strict=True):
            layout.used[place] = max(layout.used[place], mask.bit_length())
        return layout

    def width(self, component: int) -> int:
        """How many bits the component has."""
        return self.masks[component].bit_count()

    def widen(self, component: int, bits: int) -> None:
        """
        Give the component so many *bits*; states that are packed already stay what they are.

        Raises:
            TooWideError: Its word is full.
        """
        word = self.word[component]
        while self.width(component) < bits:
            if self.used[word] == WORD_BITS:
                raise TooWideError(f"a state needs more than {self.words} words")
            self.masks[component] |= 1 << self.used[word]
            self.used[word] += 1

    def fit(self, sizes: list[int]) -> bool:
        """Make room for that many values of each component; whether some component got wider."""
        wider = [component for component, size in enumerate(sizes) if bits_for(size) > self.width(component)]
        for component in wider:
            self.widen(component, bits_for(sizes[component]))
        return bool(wider)

    def pack(self, rows: Numbers) -> Words:
        """The states of rows of numbers, one row a state, as words side by side."""
        packed = np.zeros((len(rows), self.words), U)
        for component, mask in enumerate(self.masks):
            packed[:, self.word[component]] |= spread(rows[:, component], mask)
        return packed.reshape(-1)

    def unpack(self, states: Words) -> Numbers:
        """The rows of numbers of states."""
        words = states.reshape(-1, self.words)
        columns = [gather(words[:, self.word[component]], mask) for component, mask in enumerate(self.masks)]
        return np.stack(columns, axis=1).astype(np.int64)


def matrix(rows: Rows, columns: int) -> Numbers:
    """Rows of numbers as an array, also if there is none."""
    return np.array(rows if isinstance(rows, np.ndarray) else list(rows), np.int64).reshape(-1, columns)


def bits_for(size: int) -> int:
    """How many bits tell so many values apart; one at least, so that each component has a place."""
    return max(1, (size - 1).bit_length())


@cache
def runs(mask: int) -> list[tuple[int, int, int]]:
    """The runs of ones in a mask: how many ones are below, where the run starts, its ones at the bottom."""
    found: list[tuple[int, int, int]] = []
    below = start = 0
    while mask >> start:
        if mask >> start & 1:
            length = (~(mask >> start) & ((mask >> start) + 1)).bit_length() - 1
            found.append((below, start, (1 << length) - 1))
            below, start = below + length, start + length
        else:
            start += 1
    return found


def spread(numbers: npt.NDArray[np.int64] | Words, mask: int) -> Words:
    """The bits of numbers moved to the places of *mask* (``pdep``)."""
    source = numbers.astype(U)
    words = np.zeros(len(source), U)
    for below, start, ones in runs(mask):
        words |= ((source >> U(below)) & U(ones)) << U(start)
    return words


def gather(words: Words, mask: int) -> Words:
    """The bits of words under *mask* moved together (``pext``)."""
    numbers = np.zeros(len(words), U)
    for below, start, ones in runs(mask):
        numbers |= ((words >> U(start)) & U(ones)) << U(below)
    return numbers


def whole(words: Words) -> int:
    """A state of one or two words as one number."""
    return sum(int(word) << (64 * place) for place, word in enumerate(words))


def parts(states: set[int], words: int) -> Words:
    """States as words side by side."""
    return np.array([state >> (64 * place) & ALL_ONES for state in sorted(states) for place in range(words)], U)
