"""The kernel: expand states, put successors into the visited set, leave alone what has an unknown answer."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ackproof.search.native.bits import prefetch
from ackproof.search.native.compiling import Number, Word, compiled, inlined
from ackproof.search.native.lookup import Answers, Numbers, Words, allow, key_of, sweep
from ackproof.search.native.visited import (
    KNOWN,
    LANE_BITS,
    NEW,
    NO_ROOM,
    PAIRS,
    Entries,
    Geometry,
    hashed,
    put,
    scattered,
)

U = np.uint64

PARENTS, SUCCESSORS = 256, 512
"""A batch: at most so many states are expanded, until there are so many successors, before the set is touched."""

STATES, LIMIT, PASSING, RETRIES, MISSES, IS_FULL = range(6)
"""What a shard counts."""


class Shard(NamedTuple):
    """
    What one worker owns: the states that hash to it.

    Attributes:
        states: One or two words each, in the order in which they were met.
        counters: See above.
        fired: How many transitions each action gave.
        retry: States to expand again, once their questions are answered or there is room.
        missed: Unknown questions: the question and a state, three words each.
        recent: Keys of questions that were noted as unknown.
        outbox, sent: For each worker, states that belong to it.
        new, places, parents: Room for a batch: successors, where they belong, and three numbers a state: which it is,
            where its successors end, whether it is a passing one.
        left, unknown: Room for a state: what is still to be asked, what has no answer.
    """

    table: Entries
    states: Words
    counters: Numbers
    fired: Numbers
    retry: Numbers
    missed: Words
    recent: Words
    outbox: Words
    sent: Numbers
    new: Words
    places: Words
    parents: Numbers
    left: Words
    unknown: Words


@inlined
def owner(low: Word, high: Word, shards: int) -> Number:
    """Which worker a state belongs to."""
    # 24 bits of a hash as a fraction, times the number of workers: a division would take longer than the rest.
    return np.int64(((scattered(low ^ (high << U(32)) ^ U(0x2545F4914F6CDD1D)) >> U(40)) * U(shards)) >> U(24))


@compiled
def find_owners(states: Words, words: int, shards: int, owners: Numbers) -> None:
    """Which worker each of some states belongs to."""
    for i in range(len(owners)):
        owners[i] = owner(states[i * words], states[i * words + 1] if words > 1 else U(0), shards)


@inlined
def note_missed(words: int, answers: Answers, shard: Shard, low: Word, high: Word, many: int) -> None:
    """Note questions without an answer, each not too often."""
    for i in range(many):
        question = shard.unknown[i]
        key = scattered(key_of(words, answers, question, low, high) * U(256) + shard.unknown[i])
        at = np.int64(key & U(len(shard.recent) - 1))
        count = shard.counters[MISSES]
        if shard.recent[at] != key and 3 * count + 2 < len(shard.missed):
            shard.recent[at] = key
            shard.missed[3 * count] = shard.unknown[i]
            shard.missed[3 * count + 1] = low
            shard.missed[3 * count + 2] = high
            shard.counters[MISSES] += 1


@inlined
def again(shard: Shard, number: int) -> None:
    """Note a state that has to be expanded again."""
    shard.retry[shard.counters[RETRIES]] = number
    shard.counters[RETRIES] += 1


@inlined
def send(words: int, shard: Shard, to: int, low: Word, high: Word) -> bool:
    """Leave a state for the worker that it belongs to; False if there is no room."""
    room = len(shard.outbox) // len(shard.sent)
    at = to * room + shard.sent[to] * words
    if (shard.sent[to] + 1) * words > room:
        return False
    shard.outbox[at] = low
    if words > 1:
        shard.outbox[at + 1] = high
    shard.sent[to] += 1
    return True


@inlined
def follow(
    words: int, answers: Answers, shard: Shard, low: Word, high: Word, k: Number, once: Number
) -> tuple[Number, Number, Number]:
    """
    Write the successors of a state behind the *k* in ``new``; its transitions count *once*.

    Returns:
        How many successors there are then, how many questions have no answer, whether urgent actions alone lead on.
    """
    allow(words, answers, low, high, shard.left)
    after, m, total, is_urgent = k, np.int64(0), np.int64(0), True
    for turn in range(0 if answers.has_urgent else 1, 2):
        is_urgent = turn == 0
        after, m, total = sweep(
            words, answers, low, high, shard.left, is_urgent, shard.new, k, shard.fired, once, shard.unknown
        )
        if m > 0 or total > 0:
            break
    return after, m, 1 if is_urgent else 0


@compiled
def take_back(words: int, answers: Answers, shard: Shard, number: int) -> None:
    """Undo that the transitions of a state were counted."""
    high = shard.states[number * words + 1] if words > 1 else U(0)
    follow(words, answers, shard, shard.states[number * words], high, len(shard.new) // (2 * words), np.int64(-1))


@inlined
def unfold(
    words: int, answers: Answers, shard: Shard, todo: Numbers, first: int, last: int
) -> tuple[Number, Number, Number]:
    """Write the successors of a batch of states; where the next batch starts, and how many states and successors."""
    i, k, batch, once = first, np.int64(0), 0, np.int64(1)
    while i < last and k < SUCCESSORS and batch < PARENTS:
        number = todo[i] if len(todo) > 0 else i
        i += 1
        low = shard.states[number * words]
        high = shard.states[number * words + 1] if words > 1 else U(0)
        after, m, passing = follow(words, answers, shard, low, high, k, once)
        if m > 0:
            note_missed(words, answers, shard, low, high, m)
            take_back(words, answers, shard, number)
            again(shard, number)
            continue
        k = after
        shard.parents[3 * batch] = number
        shard.parents[3 * batch + 1] = k
        shard.parents[3 * batch + 2] = passing
        batch += 1
    return i, batch, k


@inlined
def find_places(kind: int, words: int, shard: Shard, geometry: Geometry, many: int) -> None:
    """Where the successors belong; ask for those cache lines."""
    for q in range(many):
        high = shard.new[q * words + 1] if words > 1 else U(0)
        shard.places[q] = hashed(kind, shard.new[q * words], high, geometry)
        prefetch(shard.table, (shard.places[q] & geometry.bucket_mask) << U(LANE_BITS[kind]))


@inlined
def settle(kind: int, words: int, shard: Shard, geometry: Geometry, me: int, many: int) -> Number:
    """Put successors where they belong, until there is no more room; how many are done then."""
    table, states, shards = shard.table, shard.states, len(shard.sent)
    count, limit = shard.counters[STATES], shard.counters[LIMIT]
    done = many
    for q in range(many):
        low = shard.new[q * words]
        high = shard.new[q * words + 1] if words > 1 else U(0)
        to = owner(low, high, shards) if shards > 1 else me
        if to != me:
            outcome = KNOWN if send(words, shard, to, low, high) else NO_ROOM
        else:
            outcome = put(kind, table, low, high, shard.places[q], geometry) if count < limit else NO_ROOM
        if outcome == NEW:
            states[count * words] = low
            if words > 1:
                states[count * words + 1] = high
            count += 1
        elif outcome == NO_ROOM:
            done = q
            break
    shard.counters[STATES] = count
    return done


@inlined
def conclude(words: int, answers: Answers, shard: Shard, batch: int, done: int) -> None:
    """Count a batch of states; one with successors that found no room has to be expanded again."""
    for p in range(batch):
        if shard.parents[3 * p + 1] <= done:
            shard.counters[PASSING] += shard.parents[3 * p + 2]
        else:
            shard.counters[IS_FULL] = 1
            take_back(words, answers, shard, shard.parents[3 * p])
            again(shard, shard.parents[3 * p])


def make(kind: int) -> tuple[Callable[..., None], Callable[..., int]]:
    """The kernels for entries of one kind: one expands states, one takes in what other workers have found."""
    words = 2 if kind == PAIRS else 1

    @compiled
    def expand(
        answers: Answers, shard: Shard, geometry: Geometry, me: int, todo: Numbers, first: int, last: int
    ) -> None:
        """Expand the states from *first* to *last*, or of those in *todo*."""
        i = first
        while i < last and shard.counters[IS_FULL] == 0:
            i, batch, k = unfold(words, answers, shard, todo, i, last)
            find_places(kind, words, shard, geometry, k)
            conclude(words, answers, shard, batch, settle(kind, words, shard, geometry, me, k))
        while i < last:
            again(shard, todo[i] if len(todo) > 0 else i)
            i += 1

    @compiled
    def receive(shard: Shard, geometry: Geometry, inbox: Words, first: int, last: int, me: int) -> Number:
        """Take in states that others have found; how many are done when all are, or when there is no more room."""
        i = first
        while i < last:
            many = min(SUCCESSORS, last - i)
            for q in range(many * words):
                shard.new[q] = inbox[i * words + q]
            find_places(kind, words, shard, geometry, many)
            done = settle(kind, words, shard, geometry, me, many)
            i += done
            if done < many:
                return i
        return last

    return expand, receive
