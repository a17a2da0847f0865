"""Walkers on words of bits: as the plain ones, only faster."""

import numpy as np

from ackproof.search.exploration import TooWideError
from ackproof.search.native.guards import words_of
from ackproof.search.native.layout import MOST_WORDS, Layout
from ackproof.search.native.lookup import Numbers
from ackproof.search.native.tables import Tables
from ackproof.search.native.walking import BROKEN, JUDGED, MOVED, Course, Party, kernel
from ackproof.search.native.workers import Worker
from ackproof.search.walkers import Ended, PlainWalkers, Spent, Walker

U = np.uint64


class NativeWalkers:
    """
    Walkers on words of bits, as far as they have come.

    Attributes:
        stays_plain: A state, or what a question depends on, no longer fits the words: plain Python has to go on.
    """

    def __init__(self, plain: PlainWalkers) -> None:
        """
        Go on where *plain* is.

        Raises:
            TooWideError: A state does not fit two words.
        """
        self.plain = plain
        self.questions = plain.questions
        self.stays_plain = False
        walkers, course = plain.walkers, plain.course
        self.walk = np.array([walker.walk for walker in walkers], np.int64)
        self.length = np.array([walker.length for walker in walkers], np.int64)
        self.taken = np.array([walker.taken for walker in walkers], np.int64)
        self.last = np.array([course.share(number) for number in range(len(walkers))], np.int64)
        self.known = np.array([known_of(walker) for walker in walkers], np.int64)
        self.counted = np.array(plain.fired, np.int64)
        self.course = Course(U(course.start), course.longest, course.walkers)
        self._lay_out(np.array([plain.row(walker.state) for walker in walkers], np.int64))
        many = len(self.statements.answers.everything)
        self.holds, self.seen = words_of(plain.holds, many), words_of(plain.satisfied, many)

    def _lay_out(self, rows: Numbers) -> None:
        """Pack everything anew."""
        questions = self.questions
        self.layout = layout = Layout.of([len(domain) for domain in questions.domains], MOST_WORDS)
        self.actions = Tables(questions, questions.actions, questions.guarded, layout, self.plain.urgent)
        self.statements = Tables(questions, questions.statements, questions.suspected, layout, 0)
        self.states = layout.pack(rows)
        self.first = layout.pack(np.array([questions.first], np.int64))
        self.asking, self.judging = (Worker(0, 1, layout.words, 1) for _ in range(2))
        self.able, self.slots = (np.zeros(len(questions.actions) + 1, U) for _ in range(2))

    # what is known

    @property
    def fired(self) -> list[int]:
        """How many steps each action gave."""
        return [int(count) for count in self.counted]

    @property
    def satisfied(self) -> int:
        """The statements that some state satisfied, as bits."""
        return sum(int(bits) << (64 * x) for x, bits in enumerate(self.seen))

    @property
    def walks(self) -> int:
        """How many walks were begun."""
        return int((self.walk // len(self.walk) + 1).sum())

    @property
    def broken(self) -> list[tuple[int, int]]:
        """The walks that have led to a state that breaks what is to hold: how long each is, and its number."""
        return [(int(self.length[w]), int(self.walk[w])) for w in np.flatnonzero(self.known == BROKEN)]

    def in_plain(self) -> PlainWalkers:
        """The same walkers in plain Python, which knows what was answered."""
        plain = PlainWalkers(self.questions, self.plain.course, self.plain.holds)
        numbers = zip(*(column.tolist() for column in (self.walk, self.length, self.taken, self.known)), strict=True)
        plain.walkers = [
            Walker(plain.pack(row), walk, length, taken, known != MOVED, known == BROKEN)
            for row, (walk, length, taken, known) in zip(self.layout.unpack(self.states).tolist(), numbers, strict=True)
        ]
        for table, count in zip(plain.tables, self.fired, strict=True):
            table.fired = count
        plain.satisfied, plain.stays_plain = self.satisfied, self.stays_plain
        return plain

    # walking

    @property
    def party(self) -> Party:
        """For the kernel."""
        return Party(
            self.states,
            self.walk,
            self.length,
            self.taken,
            self.last,
            self.known,
            self.first,
            self.counted,
            self.holds,
            self.seen,
            self.able,
            self.slots,
        )

    def advance(self, upto: int, is_spent: Spent) -> Ended | None:
        """Have each walker take so many of its steps; a reason to end before if there is one."""
        while not (reason := is_spent()):
            if not self._pass(upto):
                return None
            try:
                self._learn()
            except TooWideError:
                self._start_over()
            if self.stays_plain:
                return None
        return reason

    def _pass(self, upto: int) -> int:
        """Have each walker take so many of its steps, unless it has to wait for an answer; how many wait."""
        self.asking.prepare(self.actions, 0)
        self.judging.prepare(self.statements, 0)
        answers = self.actions.answers, self.statements.answers
        shards = self.asking.shard, self.judging.shard
        return kernel(self.layout.words)(*answers, *shards, self.party, self.course, upto)

    def _start_over(self) -> None:
        """Pack everything into more bits, if there are any."""
        before, rows = self.layout, self.layout.unpack(self.states)
        try:
            self._lay_out(rows)
        except TooWideError:
            self.layout, self.stays_plain = before, True

    def _learn(self) -> None:
        """Ask what was missed, and make room for the values that come with the answers."""
        for question, rows in self.actions.missing(self.asking.misses()):
            for row in rows.tolist():
                self.questions.ask(question, tuple(row))
        for question, rows in self.statements.missing(self.judging.misses()):
            for row in rows.tolist():
                self.questions.judge(question, tuple(row))
        self.layout.fit([len(domain) for domain in self.questions.domains])
        for tables in (self.actions, self.statements):
            if tables.can_extend():
                tables.extend()
            else:
                tables.rebuild()


def known_of(walker: Walker) -> int:
    """What is known of a walker's state."""
    return BROKEN if walker.is_broken else JUDGED if walker.is_judged else MOVED
