"""Kernels that look at known states: which statements are true of them, and which lead to given ones."""

from collections.abc import Callable

import numpy as np

from ackproof.search.native.bits import lowest
from ackproof.search.native.compiling import Number, Word, compiled, inlined
from ackproof.search.native.expanding import Shard, again, note_missed, unfold
from ackproof.search.native.lookup import NOWHERE, SLOT, Answers, Numbers, Words, allow, key_of, slot_of, transitions
from ackproof.search.native.visited import scattered

U = np.uint64


@inlined
def weigh(words: int, answers: Answers, low: Word, high: Word, true: Words, missed: Words) -> Number:
    """Note in *true* the statements that are true of a state; how many are not known yet."""
    m = 0
    allow(words, answers, low, high, true)
    for x in range(len(true)):
        suspected = true[x]
        true[x] = answers.everything[x] & ~suspected
        while suspected != U(0):
            bit = lowest(suspected)
            suspected &= suspected - U(1)
            statement = U(64 * x) + bit
            slot = slot_of(answers, statement, key_of(words, answers, statement, low, high))
            if slot == NOWHERE:
                missed[m] = statement
                m += 1
            elif transitions(answers.slots[SLOT * slot + U(1)]) > 0:
                true[x] |= U(1) << bit
    return m


@inlined
def found_in(wanted: Words, low: Word, high: Word) -> bool:
    """Whether a state is among those of a set of pairs (low + 1, high)."""
    mask = len(wanted) // 2 - 1
    at = np.int64(scattered(low ^ high) & U(mask))
    while wanted[2 * at] != U(0):
        if wanted[2 * at] == low + U(1) and wanted[2 * at + 1] == high:
            return True
        at = (at + 1) & mask
    return False


@compiled
def enter(states: Words, words: int, wanted: Words) -> None:
    """Put states into an empty set of pairs."""
    size = len(wanted) // 2
    for i in range(len(states) // words):
        low = states[i * words]
        high = states[i * words + 1] if words > 1 else U(0)
        at = np.int64(scattered(low ^ high) & U(size - 1))
        while wanted[2 * at] != U(0):
            at = (at + 1) & (size - 1)
        wanted[2 * at] = low + U(1)
        wanted[2 * at + 1] = high


def make_judge(words: int) -> Callable[..., int]:
    """The kernel that judges states of so many words."""

    @compiled
    def judge(
        answers: Answers, shard: Shard, todo: Numbers, first: int, last: int, holds: Words, seen: Words, bad: Numbers
    ) -> Number:
        """Judge states; note what some state satisfies in *seen*, in *bad* who breaks what holds, and how many do."""
        true, missed = shard.left, shard.unknown
        broken = 0
        for i in range(first, last):
            number = todo[i] if len(todo) > 0 else i
            low = shard.states[number * words]
            high = shard.states[number * words + 1] if words > 1 else U(0)
            m = weigh(words, answers, low, high, true, missed)
            if m > 0:
                note_missed(words, answers, shard, low, high, m)
                again(shard, number)
                continue
            is_bad = False
            for x in range(len(true)):
                seen[x] |= true[x]
                is_bad |= holds[x] & ~true[x] != U(0)
            if is_bad:
                bad[broken] = number
                broken += 1
        return broken

    return judge


def make_leading(words: int) -> Callable[..., int]:
    """The kernel that finds out which states of so many words lead to given ones."""

    @compiled
    def leading(
        answers: Answers, shard: Shard, todo: Numbers, first: int, last: int, wanted: Words, found: Numbers
    ) -> Number:
        """Note in *found* the states from which a step leads to one of those in *wanted*, and how many do."""
        count = 0
        i = first
        while i < last:
            i, batch, _ = unfold(words, answers, shard, todo, i, last)
            q = 0
            for p in range(batch):
                leads = False
                while q < shard.parents[3 * p + 1]:
                    leads |= found_in(wanted, shard.new[q * words], shard.new[q * words + 1] if words > 1 else U(0))
                    q += 1
                if leads:
                    found[count] = shard.parents[3 * p]
                    count += 1
        return count

    return leading
