"""
Bundles: small questions that read nearly the same, looked up at once.

A bundle depends on all that its members depend on, a few bits, and its answer is theirs one behind the other. It is
composed the first time that it is missed. How often each answer of a bundle was used tells afterwards how many
transitions each member gave.
"""

from collections.abc import Sequence

import attrs
import numpy as np

from ackproof.search.native.bits import lowest, pdep
from ackproof.search.native.compiling import Number, Word, compiled
from ackproof.search.native.keys import Keys, Region
from ackproof.search.native.layout import Layout
from ackproof.search.native.lookup import (
    ABOVE,
    BASE,
    CHANGES,
    COUNT_BITS,
    COUNT_MASK,
    HIGH,
    LOW,
    NOWHERE,
    PLAN,
    SLOT,
    Answers,
    Numbers,
    Words,
    allow,
    key_of,
    slot_of,
    transitions,
)

U = np.uint64
BUNDLE_BITS = 11
"""A bundle depends on no more bits than that."""
MOST_MEMBERS = 15
MOST_OUTCOMES = int(COUNT_MASK) // MOST_MEMBERS
"""A question has at most so many outcomes, so that those of a bundle can be counted."""


@attrs.frozen
class Bundle:
    """
    Some questions, as one.

    Attributes:
        members: Their places.
        keys: How it makes a key; the key is a place in its slots.
        base: Where its slots start.
    """

    members: tuple[int, ...]
    keys: Keys
    base: int

    @property
    def size(self) -> int:
        """How many slots there are."""
        return 1 << max(1, self.keys.bits)

    @property
    def spread_by(self) -> tuple[int, int]:
        """A key is a place as it is."""
        return 1, 0

    @property
    def bits(self) -> int:
        """Its members, as bits."""
        return sum(1 << member for member in self.members)


def bundled(regions: Sequence[Region], urgent: int, layout: Layout, base: int) -> list[Bundle]:
    """Bundles of questions without views and costs, each put where it adds the fewest bits; slots from *base* on."""
    groups: list[tuple[list[int], Keys]] = []
    for place, region in enumerate(regions):
        if region.is_dense and not region.keys.views and region.question.cost is None:
            fitting = [
                (keys_with(group, region, layout), group) for group in groups if is_alike(group[0], place, urgent)
            ]
            alone: tuple[Keys, tuple[list[int], Keys]] = (region.keys, ([], region.keys))
            keys, group = min(fitting, key=lambda found: found[0].bits, default=alone)
            if fitting and keys.bits <= BUNDLE_BITS and len(group[0]) < MOST_MEMBERS:
                groups[groups.index(group)] = ([*group[0], place], keys)
            else:
                groups.append(([place], region.keys))
    bundles: list[Bundle] = []
    for members, keys in groups:
        if len(members) > 1:
            bundles.append(Bundle(tuple(members), keys, base))
            base += bundles[-1].size
    return bundles


def keys_with(group: tuple[list[int], Keys], region: Region, layout: Layout) -> Keys:
    """How a bundle with one more question makes a key."""
    return Keys((*group[1].eyes, *region.keys.eyes), layout)


def is_alike(members: list[int], place: int, urgent: int) -> bool:
    """Whether a question comes first if the others do."""
    return urgent >> members[0] & 1 == urgent >> place & 1


@compiled
def compose(
    words: int,
    members: Answers,
    answers: Answers,
    which: Words,
    first: int,
    missed: Words,
    left: Words,
    changed: Numbers,
    unknown: Words,
) -> Number:
    """
    Compose the answers of bundles that were *missed*, triples of which the bundle comes first; bundles from *first* on.

    Args:
        which: The members of each bundle, as bits.
        changed: How many changes there are; more are written behind them.
        unknown: Gets the members without an answer, as triples.

    Returns:
        How many members had none.
    """
    m = 0
    many = len(left)
    for i in range(len(missed) // 3):
        bundle, low, high = missed[3 * i], missed[3 * i + 1], missed[3 * i + 2]
        key = key_of(words, answers, bundle, low, high)
        at = SLOT * (answers.plan[PLAN * bundle + BASE] + key)
        if answers.slots[at] != U(0):
            continue
        allow(words, members, low, high, left)
        before = m
        for x in range(many):
            left[x] &= which[(np.int64(bundle) - first) * many + x]
            bits = left[x]
            while bits != U(0):
                question = U(64 * x) + lowest(bits)
                bits &= bits - U(1)
                if slot_of(members, question, key_of(words, members, question, low, high)) == NOWHERE:
                    unknown[3 * m], unknown[3 * m + 1], unknown[3 * m + 2] = question, low, high
                    m += 1
        if m == before:
            join(words, members, left, low, high, at, changed)
            answers.slots[at] = key + U(1)
    return m


@compiled
def join(words: int, members: Answers, left: Words, low: Word, high: Word, at: Word, changed: Numbers) -> None:
    """Write the answers of all that is *left* into one slot."""
    total = kept = np.int64(0)
    start = changed[0]
    for x in range(len(left)):
        bits = left[x]
        while bits != U(0):
            question = U(64 * x) + lowest(bits)
            bits &= bits - U(1)
            its = SLOT * slot_of(members, question, key_of(words, members, question, low, high))
            entry = members.slots[its + U(1)]
            total += transitions(entry)
            for i in range(np.int64(entry & COUNT_MASK)):
                more = ((entry >> CHANGES) + U(i) - U(1)) * U(words)
                for w in range(words):
                    flip = members.slots[its + U(2 + w)] if i == 0 else members.changes[more + U(w)]
                    if kept == 0:
                        members.slots[at + U(2 + w)] = flip
                    else:
                        members.changes[(start + kept - 1) * words + w] = flip
                kept += 1
    if kept > 1:
        changed[0] = start + kept - 1
    members.slots[at + U(1)] = (U(start) << CHANGES) | (U(total) << U(COUNT_BITS)) | U(kept)


@compiled
def attribute(
    words: int, members: Answers, answers: Answers, bundle: int, bits: Words, uses: Numbers, left: Words, fired: Numbers
) -> None:
    """Add to *fired* how many transitions each member of a bundle gave, by how often each of its slots was used."""
    plan = PLAN * U(bundle)
    for number in range(len(uses)):
        if uses[number] == 0:
            continue
        key = answers.slots[SLOT * (answers.plan[plan + BASE] + U(number))] - U(1)
        low = pdep(key, answers.plan[plan + LOW])
        high = pdep(key >> answers.plan[plan + ABOVE], answers.plan[plan + HIGH]) if words > 1 else U(0)
        allow(words, members, low, high, left)
        for x in range(len(left)):
            its = left[x] & bits[x]
            while its != U(0):
                question = U(64 * x) + lowest(its)
                its &= its - U(1)
                slot = slot_of(members, question, key_of(words, members, question, low, high))
                fired[question] += uses[number] * transitions(members.slots[SLOT * slot + U(1)])
