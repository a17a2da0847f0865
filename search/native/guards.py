"""Guards for kernels: for the values of a few components at once, which questions they allow."""

import numpy as np

from ackproof.search.native.layout import Layout, gather, spread
from ackproof.search.native.lookup import Numbers, Words
from ackproof.search.values import Column

U = np.uint64
TOGETHER = 10
"""Components are looked at together while they have no more bits than that."""


class Guards:
    """Which questions each value of each guarded component allows."""

    def __init__(self, guarded: dict[int, Column], asked: int, layout: Layout, groups: list[int] | None = None) -> None:
        """
        Guards of so many questions.

        Args:
            groups: Questions that are allowed if one of them is, as bits; left out, each stands alone.
        """
        self.guarded = guarded
        self.groups = groups
        self.layout = layout
        self.words = max(1, ((asked if groups is None else len(groups)) + 63) // 64)
        self.known = {component: np.zeros((0, self.words), U) for component in guarded}

    def published(self) -> tuple[Numbers, Words, Numbers, Words]:
        """For kernels: word, bits and first row of each group of components, and all rows."""
        together = self._together()
        tables = [self._table(components) for components in together]
        masks = [sum(self.layout.masks[component] for component in components) for components in together]
        first = np.cumsum([0, *(table.size for table in tables)])[: len(tables)]
        return (
            np.array([self.layout.word[components[0]] for components in together], np.int64),
            np.array(masks, U),
            first.astype(np.int64),
            np.concatenate([*(table.reshape(-1) for table in tables), np.zeros(1, U)]),
        )

    def _together(self) -> list[list[int]]:
        """Components that are looked at together: of one word, and narrow."""
        groups: list[list[int]] = []
        for component in sorted(self.guarded, key=lambda c: (self.layout.word[c], self.layout.width(c))):
            last = groups[-1] if groups else []
            bits = sum(self.layout.width(other) for other in last) + self.layout.width(component)
            if last and bits <= TOGETHER and self.layout.word[last[0]] == self.layout.word[component]:
                last.append(component)
            else:
                groups.append([component])
        return groups

    def _table(self, group: list[int]) -> Words:
        mask = sum(self.layout.masks[component] for component in group)
        words = spread(np.arange(1 << mask.bit_count()), mask)
        table = np.full((len(words), self.words), ~U(0))
        for component in group:
            allowed = self._column(component)
            numbers = gather(words, self.layout.masks[component]).astype(int)
            table &= allowed[np.minimum(numbers, len(allowed) - 1)]
        return table

    def _column(self, component: int) -> Words:
        column = self.guarded[component]
        known = self.known[component]
        if len(known) < len(column):
            new = [words_of(self._allowed(bits), self.words) for bits in column[len(known) :]]
            known = self.known[component] = np.concatenate((known, np.stack(new)))
        return known

    def _allowed(self, questions: int) -> int:
        """The groups that are allowed if these questions are, as bits."""
        if self.groups is None:
            return questions
        return sum(1 << place for place, group in enumerate(self.groups) if group & questions)


def words_of(bits: int, many: int) -> Words:
    """A number as so many words, the lowest first."""
    return np.array([bits >> (64 * x) & 0xFFFFFFFFFFFFFFFF for x in range(many)], U)
