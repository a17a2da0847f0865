"""Looking up what can happen: which questions a state allows, where each has its answer, what the successors are."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ackproof.search.native.bits import lowest, pext
from ackproof.search.native.compiling import Number, Word, inlined

U = np.uint64
Words = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

COUNT_BITS = 16
"""An answer has at most that many outcomes, as a power of two."""
COUNT_MASK = np.uint64((1 << COUNT_BITS) - 1)
CHANGES = np.uint64(2 * COUNT_BITS)
SLOT = np.uint64(4)
"""So many words has a slot."""
NOWHERE = np.uint64(0xFFFFFFFFFFFFFFFF)


LOW, HIGH, ABOVE, FACTOR, DOWN, SLOT_MASK, BASE, IS_PLAIN = map(np.uint64, range(8))
"""
What is told of a question, in eight numbers: which bits of the two words it depends on, how many bits of its key come
from the low one; its region of slots, and how a key is spread over it; whether it has no view and costs nothing.
"""
PLAN = np.uint64(8)


class Answers(NamedTuple):
    """
    All that was answered, for kernels; Q questions in M = Q / 64 words of bits.

    A state is one or two words, ``low`` and ``high``. Each question makes a *key* of the bits that it depends on, and
    owns a region of ``slots``, four words each: key + 1; how many transitions, how many of them change something, and
    where the changes beyond the first start; the first change, of one or two words. So one cache line tells most.

    Attributes:
        guard_high, guard_mask, guard_first: Bits of guarded components, and where ``allowed`` has their first row.
        allowed: For each value of those bits, the questions that it allows: rows of M words.
        everything, urgent: Of all questions, and of those that come first: M words.
        plan: For each question, the eight numbers above.
        views: Where its views start; one more than there are questions.
        view_high, view_mask, view_first: Bits of a viewed component, and where ``shown`` says what to see.
        shown: What a view shows, moved to its place in the key.
        slots: Four words each.
        changes: What to flip in a state, one or two words a change.
        cost, costs: For a fault, where ``costs`` starts to tell what it flips in each budget; -1 for other actions.
        budget: Whether the budget is in the high word, and its bits.
        has_urgent: Whether some question comes first.
        counter: Where the transitions of a question are counted; of a bundle -1.
        counters: Where the uses of a bundle's slots are counted is so far behind the slot.
    """

    guard_high: Numbers
    guard_mask: Words
    guard_first: Numbers
    allowed: Words
    everything: Words
    urgent: Words
    plan: Words
    views: Numbers
    view_high: Numbers
    view_mask: Words
    view_first: Numbers
    shown: Words
    slots: Words
    changes: Words
    cost: Numbers
    costs: Words
    budget: Words
    has_urgent: bool
    counter: Numbers
    counters: int


@inlined
def allow(words: int, answers: Answers, low: Word, high: Word, left: Words) -> None:
    """Note in *left* the questions that no guard rules out."""
    many = len(left)
    for x in range(many):
        left[x] = answers.everything[x]
    for g in range(len(answers.guard_mask)):
        word = high if words > 1 and answers.guard_high[g] != 0 else low
        row = answers.guard_first[g] + np.int64(pext(word, answers.guard_mask[g])) * many
        for x in range(many):
            left[x] &= answers.allowed[row + x]


@inlined
def key_of(words: int, answers: Answers, question: Word, low: Word, high: Word) -> Word:
    """What the answer to a question depends on."""
    plan = PLAN * question
    key = pext(low, answers.plan[plan + LOW])
    if words > 1:
        key |= pext(high, answers.plan[plan + HIGH]) << answers.plan[plan + ABOVE]
    if answers.plan[plan + IS_PLAIN] == U(0):
        for view in range(answers.views[question], answers.views[question + U(1)]):
            word = high if words > 1 and answers.view_high[view] != 0 else low
            key |= answers.shown[answers.view_first[view] + np.int64(pext(word, answers.view_mask[view]))]
    return key


@inlined
def slot_of(answers: Answers, question: Word, key: Word) -> Word:
    """Where the answer stands, or NOWHERE."""
    plan = PLAN * question
    mask = answers.plan[plan + SLOT_MASK]
    base = answers.plan[plan + BASE]
    at = ((key * answers.plan[plan + FACTOR]) >> answers.plan[plan + DOWN]) & mask
    while True:
        found = answers.slots[SLOT * (base + at)]
        if found == key + U(1):
            return base + at
        if found == U(0):
            return NOWHERE
        at = (at + U(1)) & mask


@inlined
def paid(words: int, answers: Answers, question: Word, low: Word, high: Word) -> tuple[Word, Word]:
    """A state after a fault was paid for; any other action costs nothing."""
    if answers.cost[question] >= 0:
        word = high if words > 1 and answers.budget[0] != U(0) else low
        at = answers.cost[question] + np.int64(pext(word, answers.budget[1])) * words
        low ^= answers.costs[at]
        if words > 1:
            high ^= answers.costs[at + 1]
    return low, high


@inlined
def change(words: int, answers: Answers, slot: Word, low: Word, high: Word, new: Words, k: Number) -> Number:
    """Write the successors of a state by one answer behind the *k* in *new*; how many there are then."""
    at = SLOT * slot
    entry = answers.slots[at + U(1)]
    count = np.int64(entry & COUNT_MASK)
    # Most answers have one change or none: written either way, so that the processor need not guess.
    new[k * words] = low ^ answers.slots[at + U(2)]
    if words > 1:
        new[k * words + 1] = high ^ answers.slots[at + U(3)]
    for i in range(1, count):
        more = ((entry >> CHANGES) + U(i - 1)) * U(words)
        new[(k + i) * words] = low ^ answers.changes[more]
        if words > 1:
            new[(k + i) * words + 1] = high ^ answers.changes[more + U(1)]
    return k + count


@inlined
def transitions(entry: Word) -> Number:
    """How many outcomes an answer has, those that change nothing among them."""
    return np.int64((entry >> U(COUNT_BITS)) & COUNT_MASK)


@inlined
def sweep(
    words: int,
    answers: Answers,
    low: Word,
    high: Word,
    left: Words,
    is_urgent: bool,
    new: Words,
    k: Number,
    fired: Numbers,
    once: Number,
    missed: Words,
) -> tuple[Number, Number, Number]:
    """
    Ask all that *left* allows, or of it what is urgent, or what is not; its transitions count *once* as fired.

    Returns:
        How many successors stand in *new*, unknown questions in *missed*; how many transitions there are.
    """
    total = m = np.int64(0)
    for x in range(len(left)):
        bits = left[x] & (answers.urgent[x] if is_urgent else ~answers.urgent[x])
        while bits != U(0):
            question = U(64 * x) + lowest(bits)
            bits &= bits - U(1)
            slot = slot_of(answers, question, key_of(words, answers, question, low, high))
            if slot == NOWHERE:
                missed[m] = question
                m += 1
                continue
            many = transitions(answers.slots[SLOT * slot + U(1)])
            counter = answers.counter[question]
            if counter >= 0:
                fired[counter] += once * many
            else:
                fired[np.int64(slot) + answers.counters] += once
            total += many
            if answers.plan[PLAN * question + IS_PLAIN] != U(0):
                k = change(words, answers, slot, low, high, new, k)
            else:
                low_paid, high_paid = paid(words, answers, question, low, high)
                k = change(words, answers, slot, low_paid, high_paid, new, k)
    return k, m, total
