"""The compiled search: as the plain one, level by level, but on words of bits, and with workers."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from itertools import pairwise

import numpy as np

from ackproof.search.exploration import Ended, Rows, Saved, TooWideError
from ackproof.search.memory import allowed_megabytes
from ackproof.search.native.expanding import PASSING
from ackproof.search.native.guards import words_of
from ackproof.search.native.judging import enter
from ackproof.search.native.layout import MOST_WORDS, Layout, matrix, parts, whole
from ackproof.search.native.lookup import Numbers, Words
from ackproof.search.native.tables import Tables
from ackproof.search.native.workers import FIRST_BITS, NONE, Work, Worker, share
from ackproof.search.questions import Questions

U = np.uint64
CHUNK = 1 << 17
"""So many states are expanded between two looks at the clock; fewer for each of several workers."""
WORTH_THREADS = 4096
Spent = Callable[[], Ended | None]


class Native:
    """
    A search on words of bits, as far as it has come.

    Attributes:
        bounds: For each level, where each worker's states of it start; one more than there are levels.
        passing: How many states urgent actions leave at once.
    """

    def __init__(self, questions: Questions, saved: Saved, workers: int = 1, megabytes: int | None = None) -> None:
        """
        Go on where a search had come to.

        Raises:
            TooWideError: A state does not fit two words.
        """
        self.questions = questions
        self.megabytes = allowed_megabytes(megabytes)
        self.pool = ThreadPoolExecutor(workers) if workers > 1 else None
        self.many = workers
        self.passing = saved.passing
        self.counted = np.array(saved.fired, np.int64)
        self._lay_out(Layout.of(self._sizes(), MOST_WORDS), saved.levels())

    def _sizes(self) -> list[int]:
        return [len(domain) for domain in self.questions.domains]

    def _lay_out(self, layout: Layout, levels: Iterable[Rows]) -> None:
        """Pack everything anew; if that can not be, all stays as it is."""
        questions, words = self.questions, layout.words
        urgent = sum(1 << place for place in questions.system.urgent)
        actions = Tables(questions, questions.actions, questions.guarded, layout, urgent, has_bundles=True)
        statements = Tables(questions, questions.statements, questions.suspected, layout, 0)
        most_states = (self.megabytes << 20) // (8 * words) // self.many
        workers = [Worker(me, self.many, words, most_states) for me in range(self.many)]
        bounds = [[0] * self.many]
        for rows in levels:
            share(layout.pack(matrix(rows, len(questions.names))), workers)
            bounds.append([worker.count for worker in workers])
        for worker in workers:
            worker.fit(max(layout.used), max(FIRST_BITS, worker.count.bit_length() + 1))
        self.layout, self.actions, self.statements = layout, actions, statements
        self.workers, self.bounds = workers, bounds

    # what is known

    @property
    def states(self) -> int:
        """How many states are known."""
        return sum(worker.count for worker in self.workers)

    @property
    def fired(self) -> list[int]:
        """How many transitions each action gave."""
        return [int(count) for count in self.counted]

    @property
    def sizes(self) -> list[int]:
        """How many states each level has."""
        totals = [sum(bound) for bound in self.bounds]
        return [after - before for before, after in pairwise(totals)]

    def pack(self, row: Iterable[int]) -> int:
        """The state of these numbers."""
        return whole(self.layout.pack(np.array([list(row)], np.int64)))

    def rows(self) -> Iterator[Rows]:
        """Every level, in numbers."""
        for depth in range(len(self.bounds) - 1):
            yield np.concatenate([self.layout.unpack(its) for its in self._level(depth)])

    def _level(self, depth: int) -> list[Words]:
        words = self.layout.words
        ranges = zip(self.workers, self.bounds[depth], self.bounds[depth + 1], strict=True)
        return [worker.states[first * words : last * words] for worker, first, last in ranges]

    # expanding

    def expand(self, is_spent: Spent) -> Ended | None:
        """
        Expand the last level into a new one; a reason to end if there is one, and then the level stays the last.

        Raises:
            TooWideError: A state does not fit any more; the level stays the last.
        """
        before = self.passing, self.counted.copy()
        try:
            reason = self._expand(is_spent)
        except TooWideError:
            self._take_back(*before)
            return self._expand_wider(is_spent)
        except MemoryError:
            reason = "out of memory"
        except KeyboardInterrupt:
            self._take_back(*before)
            raise
        if reason:
            self._take_back(*before)
        else:
            self._count()
            self.bounds.append([worker.count for worker in self.workers])
        return reason

    def _expand_wider(self, is_spent: Spent) -> Ended | None:
        """Expand the last level after packing everything into more bits."""
        try:
            self._start_over()
        except MemoryError:
            return "out of memory"
        return self.expand(is_spent)

    def _take_back(self, passing: int, counted: Numbers) -> None:
        """Forget what the last level led to."""
        self.passing, self.counted = passing, counted.copy()
        for worker, count in zip(self.workers, self.bounds[-1], strict=True):
            worker.forget(count)

    def _start_over(self) -> None:
        """Pack everything into more bits."""
        self._lay_out(Layout.of(self._sizes(), MOST_WORDS), list(self.rows()))

    def _expand(self, is_spent: Spent) -> Ended | None:
        starts, ends = self.bounds[-2], self.bounds[-1]
        chunk = CHUNK // self.many
        for ahead in range(0, max(end - start for start, end in zip(starts, ends, strict=True)), chunk):
            ranges = zip(starts, ends, strict=True)
            todo = [Work(NONE, min(start + ahead, end), min(start + ahead + chunk, end)) for start, end in ranges]
            while any(work.size for work in todo):
                if reason := is_spent():
                    return reason
                todo = self._pass(todo)
        return None

    def _pass(self, todo: list[Work]) -> list[Work]:
        """Expand some states; what is left to do, because answers were missing or there was no more room."""
        for worker, work in zip(self.workers, todo, strict=True):
            if worker.needs_room:
                self._grow(worker)
            worker.prepare(self.actions, work.size)
        self._together([partial(worker.expand, self.actions.answers) for worker in self.workers], todo)
        for worker in self.workers:
            if worker.is_crowded:
                self._grow(worker)
        if self.many > 1:
            self._together([partial(self._take_in, worker) for worker in self.workers], todo)
            for worker in self.workers:
                worker.sent[:] = 0
        self._learn(self.actions)
        return [worker.left_over() for worker in self.workers]

    def _together(self, calls: list[Callable[[Work], object]], todo: list[Work]) -> None:
        """Do the work of all workers, at the same time if it is worth it."""
        if self.pool is None or sum(work.size for work in todo) < WORTH_THREADS:
            for call, work in zip(calls, todo, strict=True):
                call(work)
        else:
            running = [self.pool.submit(call, work) for call, work in zip(calls, todo, strict=True)]
            # Nobody may be at work any more when something is wrong with one of them.
            wait(running)
            for done in running:
                done.result()

    def _take_in(self, worker: Worker, _work: Work) -> None:
        """Bring a worker the states that it owns and others have found."""
        for other in self.workers:
            first, mail = 0, other.mail_for(worker.me)
            while (first := worker.receive(mail, first)) < len(mail) // self.layout.words:
                self._grow(worker)

    def _grow(self, worker: Worker) -> None:
        """Give a worker a larger table."""
        used = sum(other.bytes_used for other in self.workers)
        needed = worker.table_bytes << (worker.next_bits - worker.table_bits)
        if used + needed > self.megabytes << 20 or worker.count >= worker.most_states:
            raise MemoryError
        worker.fit(max(self.layout.used), worker.next_bits)

    # asking

    def _learn(self, tables: Tables) -> None:
        """Ask what was missed, and make room for the values that come with the answers."""
        missed = np.concatenate([worker.misses() for worker in self.workers])
        if not len(missed):
            return
        ask = self.questions.ask if tables is self.actions else self.questions.judge
        for question, rows in tables.missing(tables.composed(missed)):
            for row in rows.tolist():
                ask(question, tuple(row))
        if self.layout.fit(self._sizes()):
            for worker in self.workers:
                worker.fit(max(self.layout.used))
        if not self._refresh(tables):
            tables.composed(missed)

    def _refresh(self, tables: Tables) -> bool:
        """Tell the kernels what is new; whether all was laid out anew."""
        if tables.can_extend():
            tables.extend()
            return False
        if tables is self.actions:
            self._count()
        tables.rebuild()
        return True

    def _count(self) -> None:
        """Count the transitions since the last time."""
        for worker in self.workers:
            if worker.fired.any():
                self.counted += self.actions.attributed(worker.fired)
                worker.fired[:] = 0
            self.passing += int(worker.counters[PASSING])
            worker.counters[PASSING] = 0

    # judging

    def judge(self, holds: int) -> tuple[list[int], int]:
        """
        Judge the last level.

        Args:
            holds: The statements, as bits, that every state is to satisfy.

        Returns:
            The states that do not satisfy one of them, and which statements some state satisfies, as bits.
        """
        self._refresh(self.statements)
        many = len(self.statements.answers.everything)
        wanted, seen = words_of(holds, many), np.zeros(many, U)
        bad: list[int] = []
        for worker, first, last in zip(self.workers, self.bounds[-2], self.bounds[-1], strict=True):
            work = Work(NONE, first, last)
            while work.size:
                worker.prepare(self.statements, work.size)
                bad += worker.judge(self.statements.answers, work, wanted, seen)
                self._learn(self.statements)
                work = worker.left_over()
        return bad, sum(int(bits) << (64 * x) for x, bits in enumerate(seen))

    def leading_to(self, depth: int, targets: set[int]) -> set[int]:
        """The states at *depth* from which a step leads to one of the *targets*."""
        words = self.layout.words
        wanted = np.zeros(max(32, 4 << len(targets).bit_length()), U)
        enter(parts(targets, words), words, wanted)
        counted, found = self.counted.copy(), set[int]()
        for worker, first, last in zip(self.workers, self.bounds[depth], self.bounds[depth + 1], strict=True):
            work = Work(NONE, first, last)
            while work.size:
                worker.prepare(self.actions, work.size)
                found |= worker.leading_to(self.actions.answers, work, wanted)
                self._learn(self.actions)
                work = worker.left_over()
            worker.fired[:] = 0
        self.counted = counted
        return found
