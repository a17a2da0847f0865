"""Keys: what the answer to a question depends on as one number, and the slots that it gives a place in."""

import numpy as np

from ackproof.search.exploration import TooWideError
from ackproof.search.native.layout import WORD_BITS, Layout, bits_for, gather, spread
from ackproof.search.native.lookup import Numbers, Words
from ackproof.search.questions import Eye, Question

U = np.uint64
DENSE_BITS = 12
"""Keys of that many bits are places in a region; wider ones are hashed into it."""
GOLDEN = 0x9E3779B97F4A7C15
SPARE = 4
"""A hashed region has that many times the slots that it needs, so that it lasts."""


class Keys:
    """How a question makes a key of what it sees: whole components first, then what views show."""

    def __init__(self, eyes: tuple[Eye, ...], layout: Layout) -> None:
        """
        How eyes make a key.

        Raises:
            TooWideError: It needs more than a word.
        """
        self.eyes = eyes
        self.layout = layout
        self.whole = [0] * layout.words
        for eye in self.eyes:
            if eye.shown is None:
                self.whole[layout.word[eye.component]] |= layout.masks[eye.component]
        self.above = self.whole[0].bit_count()
        self.bits = sum(mask.bit_count() for mask in self.whole)
        self.views: list[tuple[int, int, int]] = []
        for place, eye in enumerate(self.eyes):
            if eye.shown is not None:
                width = bits_for(len(eye.domain)) + 1
                self.views.append((place, self.bits, width))
                self.bits += width
        if self.bits > WORD_BITS:
            raise TooWideError(f"something depends on {self.bits} bits")

    def fit(self) -> bool:
        """Whether what the views show still fits."""
        return all(len(self.eyes[place].domain) <= 1 << width for place, _, width in self.views)

    def of(self, seen: Numbers) -> Words:
        """The keys for rows of what was seen."""
        words = np.zeros((self.layout.words, len(seen)), U)
        for place, eye in enumerate(self.eyes):
            if eye.shown is None:
                words[self.layout.word[eye.component]] |= spread(seen[:, place], self.layout.masks[eye.component])
        keys = gather(words[0], self.whole[0])
        if self.layout.words > 1:
            keys |= gather(words[1], self.whole[1]) << U(self.above)
        for place, shift, _ in self.views:
            keys |= seen[:, place].astype(U) << U(shift)
        return keys


class Region:
    """The slots of one question, and how many of its answers they hold."""

    def __init__(self, question: Question, keys: Keys, base: int) -> None:
        self.question = question
        self.keys = keys
        self.base = base
        self.is_dense = keys.bits <= DENSE_BITS
        needed = 1 << keys.bits if self.is_dense else max(64, SPARE * len(question.counts))
        self.bits = bits_for(needed)
        self.spread_by = (1, 0) if self.is_dense else (GOLDEN, 64 - self.bits)
        self.done = 0
        self.rows = 0

    @property
    def size(self) -> int:
        """How many slots there are."""
        return 1 << self.bits

    @property
    def has_room(self) -> bool:
        """Whether all answers fit, and a key is found soon."""
        return self.is_dense or 2 * len(self.question.counts) <= self.size
