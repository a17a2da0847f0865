"""The kernel of random walks: walkers take their steps on words of bits, and wait where an answer is missing."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from ackproof.search.native.bits import lowest
from ackproof.search.native.compiling import Number, Word, compiled, inlined
from ackproof.search.native.expanding import Shard, note_missed
from ackproof.search.native.judging import weigh
from ackproof.search.native.lookup import (
    CHANGES,
    COUNT_MASK,
    NOWHERE,
    SLOT,
    Answers,
    Numbers,
    Words,
    allow,
    key_of,
    paid,
    slot_of,
    transitions,
)
from ackproof.search.walkers import GOLDEN

U = np.uint64
MOVED, JUDGED, BROKEN = range(3)
"""What is known of a walker's state."""


class Party(NamedTuple):
    """
    All walkers, for kernels; what they are is told by ``Walker``.

    Attributes:
        states: One or two words each.
        last: How many steps each may take by the end.
        judged: What is known of each one's state.
        first: The first state: two words.
        fired: How many steps each action gave.
        holds, satisfied: Statements, as bits.
        able, slots: Room for a state: which actions have outcomes, and where their answers stand.
    """

    states: Words
    walk: Numbers
    length: Numbers
    taken: Numbers
    last: Numbers
    judged: Numbers
    first: Words
    fired: Numbers
    holds: Words
    satisfied: Words
    able: Words
    slots: Words


class Course(NamedTuple):
    """What a kernel has to know of a course."""

    start: Word
    longest: Number
    walkers: Number


@inlined
def scrambled(word: Word) -> Word:
    """The bijection of ``walkers.scrambled``."""
    word = (word ^ (word >> U(30))) * U(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> U(27))) * U(0x94D049BB133111EB)
    return word ^ (word >> U(31))


@inlined
def drawn(start: Word, walk: Number, step: Number, total: Number) -> Number:
    """The number of the outcome that happens at that step of that walk."""
    key = scrambled(start + U(walk) * U(GOLDEN))
    return np.int64(((scrambled(key + U(step) * U(GOLDEN)) >> U(32)) * U(total)) >> U(32))


@inlined
def gather(
    words: int, answers: Answers, shard: Shard, party: Party, low: Word, high: Word, is_urgent: bool
) -> tuple[Number, Number]:
    """Find the answers of what is allowed and urgent, or not; how many are unknown, and how many outcomes there are."""
    n = m = total = np.int64(0)
    for x in range(len(shard.left)):
        bits = shard.left[x] & (answers.urgent[x] if is_urgent else ~answers.urgent[x])
        while bits != U(0):
            question = U(64 * x) + lowest(bits)
            bits &= bits - U(1)
            slot = slot_of(answers, question, key_of(words, answers, question, low, high))
            if slot == NOWHERE:
                shard.unknown[m] = question
                m += 1
                continue
            many = transitions(answers.slots[SLOT * slot + U(1)])
            party.able[n] = question
            party.slots[n] = slot
            n += 1 if many > 0 else 0
            total += many
    return m, total


@inlined
def options(words: int, answers: Answers, shard: Shard, party: Party, low: Word, high: Word) -> tuple[Number, Number]:
    """Find the answers of what can happen; how many are unknown, and how many outcomes there are."""
    allow(words, answers, low, high, shard.left)
    m = total = np.int64(0)
    for turn in range(0 if answers.has_urgent else 1, 2):
        m, total = gather(words, answers, shard, party, low, high, turn == 0)
        if m > 0 or total > 0:
            break
    return m, total


@inlined
def changed(words: int, answers: Answers, slot: Word, low: Word, high: Word, index: Word) -> tuple[Word, Word]:
    """A state after the outcome of that number of one answer; what changes nothing comes last."""
    at = SLOT * slot + U(1)
    entry = answers.slots[at]
    if index >= entry & COUNT_MASK:
        return low, high
    if index == U(0):
        return low ^ answers.slots[at + U(1)], high ^ answers.slots[at + U(2)] if words > 1 else high
    more = ((entry >> CHANGES) + index - U(1)) * U(words)
    return low ^ answers.changes[more], high ^ answers.changes[more + U(1)] if words > 1 else high


@inlined
def take(words: int, answers: Answers, party: Party, walker: int, low: Word, high: Word, index: Number) -> None:
    """Take the outcome of that number."""
    i = 0
    while index >= transitions(answers.slots[SLOT * party.slots[i] + U(1)]):
        index -= transitions(answers.slots[SLOT * party.slots[i] + U(1)])
        i += 1
    low, high = paid(words, answers, party.able[i], low, high)
    low, high = changed(words, answers, party.slots[i], low, high, U(index))
    party.states[walker * words] = low
    if words > 1:
        party.states[walker * words + 1] = high
    party.fired[party.able[i]] += 1
    party.length[walker] += 1
    party.taken[walker] += 1
    party.judged[walker] = MOVED


@inlined
def start_over(words: int, party: Party, course: Course, walker: int) -> None:
    """Begin the next walk, at the first state, which is judged."""
    for x in range(words):
        party.states[walker * words + x] = party.first[x]
    party.length[walker] = 0
    party.walk[walker] += course.walkers


@inlined
def see(words: int, statements: Answers, shard: Shard, party: Party, walker: int, low: Word, high: Word) -> bool:
    """Judge a walker's state; False if an answer is missing."""
    m = weigh(words, statements, low, high, shard.left, shard.unknown)
    if m > 0:
        note_missed(words, statements, shard, low, high, m)
        return False
    party.judged[walker] = JUDGED
    for x in range(len(shard.left)):
        party.satisfied[x] |= shard.left[x]
        if party.holds[x] & ~shard.left[x] != U(0):
            party.judged[walker] = BROKEN
    return True


def make(words: int) -> Callable[..., int]:
    """The kernel for states of so many words."""

    @compiled
    def advance(
        actions: Answers, statements: Answers, asked: Shard, judged: Shard, party: Party, course: Course, upto: int
    ) -> Number:
        """Have each walker take so many of its steps; how many wait for an answer."""
        waiting = 0
        for w in range(len(party.walk)):
            last = min(upto, party.last[w])
            while party.judged[w] != BROKEN:
                low = party.states[w * words]
                high = party.states[w * words + 1] if words > 1 else U(0)
                if party.judged[w] == MOVED:
                    if not see(words, statements, judged, party, w, low, high):
                        waiting += 1
                        break
                    continue
                if party.taken[w] >= last:
                    break
                is_long = party.length[w] >= course.longest
                m, total = (0, 0) if is_long else options(words, actions, asked, party, low, high)
                if m > 0:
                    note_missed(words, actions, asked, low, high, m)
                    waiting += 1
                    break
                if total > 0:
                    index = drawn(course.start, party.walk[w], party.length[w], total)
                    take(words, actions, party, w, low, high, index)
                elif party.length[w] > 0:
                    start_over(words, party, course, w)
                else:
                    party.taken[w] = last
        return waiting

    return advance


@cache
def kernel(words: int) -> Callable[..., int]:
    """The kernel for states of so many words."""
    return make(words)
