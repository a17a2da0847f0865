"""Workers: each owns the states that hash to it, and a visited set for them."""

from collections.abc import Callable
from functools import cache

import attrs
import numpy as np

from ackproof.search.native import expanding, judging, visited
from ackproof.search.native.expanding import (
    IS_FULL,
    LIMIT,
    MISSES,
    PARENTS,
    RETRIES,
    STATES,
    SUCCESSORS,
    Shard,
    find_owners,
)
from ackproof.search.native.lookup import Answers, Numbers, Words
from ackproof.search.native.tables import Tables
from ackproof.search.native.visited import BATCH, LANE_BITS, PAIRS, REMAINDER_BITS, REMAINDERS, WORDS, Geometry, aligned

U = np.uint64
FIRST_BITS = 16
"""A table starts with that many entries, as a power of two."""
FULL, CROWDED = 0.7, 0.9
"""A table grows when that much of it is in use; while a level is expanded it may get more crowded."""
OUTBOX = 1 << 18
"""So many states may wait for each other worker."""
SMALL_BYTES = 1 << 25
"""A table smaller than that grows fourfold at once."""
MOST_MISSED = 1 << 16
RECENT = 1 << 13
NONE = np.zeros(0, np.int64)


@attrs.frozen
class Work:
    """States of one worker: from *first* to *last*, or of those that are listed."""

    listed: Numbers
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many."""
        return self.last - self.first


@cache
def kernels(kind: int) -> tuple[Callable[..., None], Callable[..., int], Callable[..., bool], Callable[..., bool]]:
    """The kernels for entries of one kind: expand, receive, refill, spread."""
    return (*expanding.make(kind), visited.make_refill(kind), visited.make_spread(kind))


@cache
def looking(words: int) -> tuple[Callable[..., int], Callable[..., int]]:
    """The kernels that look at known states of so many words: judge, leading."""
    return judging.make_judge(words), judging.make_leading(words)


class Worker:
    """
    One of several workers.

    Attributes:
        kind: What an entry of its table is.
        table_bits: How many entries the table has, as a power of two.
    """

    def __init__(self, me: int, workers: int, words: int, most_states: int) -> None:
        self.me = me
        self.words = words
        self.states = room_for(most_states * words)
        self.most_states = len(self.states) // words
        self.counters = np.zeros(6, np.int64)
        self.retry = np.zeros(1 << 12, np.int64)
        self.missed = np.zeros(3 * MOST_MISSED, U)
        self.recent = np.zeros(RECENT, U)
        self.outbox = np.zeros(workers * OUTBOX * words if workers > 1 else 0, U)
        self.sent = np.zeros(workers, np.int64)
        self.parents = np.zeros(3 * PARENTS, np.int64)
        self.left = self.unknown = np.zeros(0, U)
        self.new = self.places = np.zeros(0, U)
        self.fired = np.zeros(0, np.int64)
        self.kind: int = -1
        self.table = aligned(0, np.uint64)
        self.geometry = geometry_of(0, 0)
        self.table_bits = 0

    @property
    def count(self) -> int:
        """How many states it has."""
        return int(self.counters[STATES])

    @property
    def table_bytes(self) -> int:
        """How large its table is."""
        return self.table.nbytes

    @property
    def bytes_used(self) -> int:
        """How much memory its states take."""
        return self.table_bytes + 8 * self.words * self.count

    @property
    def shard(self) -> Shard:
        """For the kernels."""
        return Shard(
            self.table,
            self.states,
            self.counters,
            self.fired,
            self.retry,
            self.missed,
            self.recent,
            self.outbox,
            self.sent,
            self.new,
            self.places,
            self.parents,
            self.left,
            self.unknown,
        )

    def prepare(self, tables: Tables, parents: int) -> None:
        """Make room for what a pass over that many states may need."""
        # What is taken back is written to the second half.
        room = (SUCCESSORS + tables.most_successors + 1) * self.words
        if len(self.new) < 2 * room:
            self.new, self.places = np.zeros(4 * room, U), np.zeros(2 * room, U)
        if len(self.retry) < parents:
            self.retry = np.zeros(parents, np.int64)
        if len(self.fired) != tables.counters and not self.fired.any():
            self.fired = np.zeros(tables.counters, np.int64)
        if len(self.left) != len(tables.answers.everything) or len(self.unknown) != len(tables.asked):
            self.left = np.zeros(len(tables.answers.everything), U)
            self.unknown = np.zeros(len(tables.asked), U)
        self.counters[[RETRIES, MISSES, IS_FULL]] = 0
        self.recent[:] = ~U(0)

    def forget(self, count: int) -> None:
        """Have only the first *count* states from now on; its table is of no use then."""
        self.counters[STATES] = count
        self.fired[:] = 0

    # the table

    @property
    def needs_room(self) -> bool:
        """Whether the table should grow before more states come."""
        return self.count > FULL * (1 << self.table_bits)

    @property
    def next_bits(self) -> int:
        """How many entries its next table has, as a power of two."""
        return self.table_bits + (2 if self.table_bytes < SMALL_BYTES else 1)

    @property
    def is_crowded(self) -> bool:
        """Whether the last pass ended because a state found no room in the table."""
        has_mail_left = (max(self.sent) + 1) * self.words > len(self.outbox) // len(self.sent)
        return self.counters[IS_FULL] != 0 and not (len(self.outbox) and has_mail_left)

    def fit(self, bits_used: int, table_bits: int | None = None) -> None:
        """Have a table for states of so many bits, with at least so many entries; an old one is moved if it can be."""
        wanted = table_bits or self.table_bits or FIRST_BITS
        if wanted == self.table_bits and bits_used <= self.bits_told_apart:
            return
        while not self._move(bits_used, wanted):
            wanted += 1

    @property
    def bits_told_apart(self) -> int:
        """How wide a state may be for this table."""
        return int(self.geometry.width_mask).bit_length() if self.kind == REMAINDERS else 63

    def _move(self, bits_used: int, table_bits: int) -> bool:
        bucket_bits = table_bits - (2 if self.words > 1 else 4)
        kind = PAIRS if self.words > 1 else REMAINDERS if bits_used <= bucket_bits + REMAINDER_BITS else WORDS
        bucket_bits = table_bits - (2 if kind == PAIRS else LANE_BITS[kind])
        entry = np.uint32 if kind == REMAINDERS else np.uint64
        table = aligned(1 << (bucket_bits + LANE_BITS[kind]), entry)
        grows = kind == self.kind and table_bits > self.table_bits and bits_used <= self.bits_told_apart
        width = self.bits_told_apart if grows else bucket_bits + REMAINDER_BITS
        geometry = geometry_of(bucket_bits, width)
        _, _, refill, spread = kernels(kind)
        if grows:
            has_room = spread(self.table, self.geometry, table, geometry, np.zeros(1 << bucket_bits, np.uint8))
        else:
            has_room = refill(table, geometry, self.states, self.count, np.zeros(BATCH, U))
        if has_room:
            self.kind, self.table, self.geometry, self.table_bits = kind, table, geometry, table_bits
            self.counters[LIMIT] = min(int(CROWDED * (1 << table_bits)), self.most_states)
        return has_room

    # work

    def expand(self, answers: Answers, work: Work) -> None:
        """Expand some of its states."""
        if work.size:
            call = kernels(self.kind)[0]
            call(answers, self.shard, self.geometry, self.me, work.listed, work.first, work.last)

    def left_over(self) -> Work:
        """The states that have to be expanded again."""
        count = int(self.counters[RETRIES])
        return Work(self.retry[:count].copy(), 0, count)

    def misses(self) -> Words:
        """Questions without an answer, each with a state: triples of words."""
        return self.missed[: 3 * int(self.counters[MISSES])]

    def mail_for(self, other: int) -> Words:
        """States that it found and another worker owns."""
        room = len(self.outbox) // len(self.sent)
        return self.outbox[other * room : other * room + int(self.sent[other]) * self.words]

    def receive(self, mail: Words, first: int) -> int:
        """Take in states that another worker has found, until there is no more room; how many are done then."""
        last = len(mail) // self.words
        return kernels(self.kind)[1](self.shard, self.geometry, mail, first, last, self.me) if first < last else last

    def judge(self, answers: Answers, work: Work, holds: Words, seen: Words) -> list[int]:
        """Which of its states break what *holds*; what they satisfy is noted in *seen*."""
        bad = np.zeros(work.size, np.int64)
        call = looking(self.words)[0]
        count = call(answers, self.shard, work.listed, work.first, work.last, holds, seen, bad)
        return [self.state(number) for number in bad[:count].tolist()]

    def leading_to(self, answers: Answers, work: Work, wanted: Words) -> set[int]:
        """Which of its states lead to one of the set *wanted*."""
        found = np.zeros(work.size, np.int64)
        count = looking(self.words)[1](answers, self.shard, work.listed, work.first, work.last, wanted, found)
        return {self.state(number) for number in found[:count].tolist()}

    def state(self, number: int) -> int:
        """One of its states, as one number."""
        words = self.states[number * self.words : (number + 1) * self.words].tolist()
        return sum(word << (64 * place) for place, word in enumerate(words))


def share(states: Words, workers: list[Worker]) -> None:
    """
    Give each of some states to the worker that owns it.

    Raises:
        MemoryError: A worker has no room for its states.
    """
    words = workers[0].words
    owners = np.zeros(len(states) // words, np.int64)
    find_owners(states, words, len(workers), owners)
    for worker in workers:
        its = states.reshape(-1, words)[owners == worker.me].reshape(-1)
        first = worker.count * words
        if first + len(its) > len(worker.states):
            raise MemoryError
        worker.states[first : first + len(its)] = its
        worker.counters[STATES] += len(its) // words


def geometry_of(bucket_bits: int, width: int) -> Geometry:
    """How states of at most *width* bits are spread over so many buckets."""
    width = min(width, 64)
    mask = (1 << width) - 1
    return Geometry(U((1 << bucket_bits) - 1), U(bucket_bits), U(mask), U((width + 1) // 2))


def room_for(words: int) -> Words:
    """Address space for so many words, or for as many as there can be; memory is taken as it is used."""
    while True:
        try:
            return np.empty(words, U)
        except MemoryError:
            words //= 2
