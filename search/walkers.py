"""
Walkers: many at once go through a system at random, each one step after the other.

Each outcome of each action that can happen is as likely as any other. What a walker draws depends on nothing but the
seed, the number of its walk and of its step; what it draws from is ordered as the model orders it. So the same seed
takes the same walks, whatever loop takes them.
"""

from collections.abc import Callable, Iterable
from typing import Literal, Protocol

import attrs

from ackproof.search.plain import FIELD, Packed, Plain, Table
from ackproof.search.questions import Questions

MOST_WALKERS = 8192
"""So many questions that they meet are answered in one go."""
WORD = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15

Ended = Literal["violated", "out of steps", "out of time", "interrupted"]
Spent = Callable[[], Ended | None]


@attrs.frozen
class Course:
    """
    Which walks are taken. What follows from it is the same in every loop.

    Attributes:
        steps: By all walkers.
        longest: The most steps of a walk; where nothing can happen it ends before.
        walkers: They take turns at the walks: the first of three takes the walks 0, 3, 6 and so on.
    """

    steps: int
    seed: int
    longest: int
    walkers: int

    def share(self, walker: int) -> int:
        """How many of the steps a walker takes."""
        return self.steps // self.walkers + (walker < self.steps % self.walkers)

    @property
    def start(self) -> int:
        """What the keys of all walks are made of."""
        return scrambled(self.seed & WORD)

    def draw(self, walk: int, step: int, total: int) -> int:
        """Which of *total* outcomes happens at that step of that walk."""
        key = scrambled(self.start + walk * GOLDEN & WORD)
        return (scrambled(key + step * GOLDEN & WORD) >> 32) * total >> 32


def course_of(steps: int, seed: int, longest: int) -> Course:
    """A course on which each walker has the steps for a walk, if there are that many."""
    return Course(steps, seed, longest, min(MOST_WALKERS, max(1, steps // max(1, longest))))


def scrambled(word: int) -> int:
    """A bijection of the integers of 64 bits: the one of SplitMix64 (Steele, Lea and Flood, 2014)."""
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & WORD
    word = (word ^ word >> 27) * 0x94D049BB133111EB & WORD
    return word ^ word >> 31


def in_order(table: Table, changes: Iterable[Packed]) -> tuple[Packed, ...]:
    """
    What an action's outcomes change, as they are numbered: in the model's order, but what changes nothing last.

    A fault changes the budget, which does not stand in *changes*.
    """
    return tuple(sorted(changes, key=lambda change: change == 0 and table.question.cost is None))


@attrs.define(eq=False)
class Walker:
    """
    One of many.

    Attributes:
        walk: The number of its walk.
        length: How many steps of it are taken.
        taken: How many steps it has taken in all its walks.
        is_broken: Its state breaks what is to hold; it goes no further.
    """

    state: Packed
    walk: int
    length: int = 0
    taken: int = 0
    is_judged: bool = False
    is_broken: bool = False


Answers = list[tuple[Table, tuple[Packed, ...]]]
"""What can happen in a state: the actions that have outcomes, each with what those change."""


class Walkers(Protocol):
    """All walkers, as far as they have come, by one of the loops."""

    @property
    def stays_plain(self) -> bool:
        """The compiled loop can not go on with them."""
        ...

    @property
    def fired(self) -> list[int]:
        """How many steps each action gave."""
        ...

    @property
    def satisfied(self) -> int:
        """The statements that some state satisfied, as bits."""
        ...

    @property
    def walks(self) -> int:
        """How many walks were begun."""
        ...

    @property
    def broken(self) -> list[tuple[int, int]]:
        """The walks that have led to a state that breaks what is to hold: how long each is, and its number."""
        ...

    def advance(self, upto: int, is_spent: Spent, /) -> Ended | None:
        """Have each walker take so many of its steps; a reason to end before if there is one."""
        ...

    def in_plain(self) -> "PlainWalkers":
        """The same walkers in plain Python."""
        ...


class PlainWalkers(Plain):
    """
    Walkers in plain Python.

    Attributes:
        holds: The statements, as bits, that every state is to satisfy.
    """

    def __init__(self, questions: Questions, course: Course, holds: int) -> None:
        super().__init__(questions)
        for table in self.tables:
            table.known = {key: in_order(table, changes) for key, changes in table.known.items()}
        self.course = course
        self.holds = holds
        self.satisfied = 0
        self.walkers = [Walker(self.first, number) for number in range(course.walkers)]

    @property
    def walks(self) -> int:
        """How many walks were begun."""
        return sum(walker.walk // self.course.walkers + 1 for walker in self.walkers)

    @property
    def broken(self) -> list[tuple[int, int]]:
        """The walks that have led to a state that breaks what is to hold: how long each is, and its number."""
        return [(walker.length, walker.walk) for walker in self.walkers if walker.is_broken]

    def advance(self, upto: int, is_spent: Spent) -> Ended | None:
        """Have each walker take so many of its steps; a reason to end before if there is one."""
        for number, walker in enumerate(self.walkers):
            if reason := is_spent():
                return reason
            last = min(upto, self.course.share(number))
            self.see(walker)
            while walker.taken < last and not walker.is_broken:
                self.step(walker, last)
                self.see(walker)
        return None

    def in_plain(self) -> "PlainWalkers":
        """The same walkers in plain Python."""
        return self

    def see(self, walker: Walker) -> None:
        """Judge the state of a walker that has moved."""
        if not walker.is_judged:
            true = self.truth(walker.state)
            self.satisfied |= true
            walker.is_judged, walker.is_broken = True, self.holds & ~true != 0

    def step(self, walker: Walker, last: int) -> None:
        """Take a step, or start over; who can not even start has taken its *last* one."""
        answers = self.answers(walker.state) if walker.length < self.course.longest else []
        if answers:
            table, changes, number = chosen(answers, self.draw(answers, walker.walk, walker.length))
            table.fired += 1
            walker.state = self.changed(walker.state, table, changes[number])
            walker.length, walker.taken, walker.is_judged = walker.length + 1, walker.taken + 1, False
        elif walker.length:
            walker.state, walker.length, walker.walk = self.first, 0, walker.walk + self.course.walkers
        else:
            walker.taken = last

    def answers(self, state: Packed) -> Answers:
        """What can happen in *state*."""
        allowed = (1 << len(self.tables)) - 1
        for shift, allows in self.guarded:
            allowed &= allows[state >> shift & FIELD]
        return self._answers(allowed & self.urgent, state) or self._answers(allowed & ~self.urgent, state)

    def _answers(self, allowed: int, state: Packed) -> Answers:
        found: Answers = []
        for table in self.chosen.get(allowed) or self._choose(allowed):
            key = table.key(state) if table.views else state & table.whole
            changes = table.known.get(key)
            if changes is None:
                changes = table.known[key] = in_order(table, self._ask(table, state))
            if changes:
                found.append((table, changes))
        return found

    def draw(self, answers: Answers, walk: int, step: int) -> int:
        """The number of the outcome that happens at that step of that walk."""
        return self.course.draw(walk, step, sum(len(changes) for _, changes in answers))

    def changed(self, state: Packed, table: Table, change: Packed) -> Packed:
        """The state after an action has changed that, and a fault was paid for."""
        return state ^ change ^ (self._cost(table.question, state) if table.question.cost else 0)


def chosen(answers: Answers, index: int) -> tuple[Table, tuple[Packed, ...], int]:
    """The outcome of that number among all: its action, what the outcomes of that change, and which of them it is."""
    for table, changes in answers:
        if index < len(changes):
            return table, changes, index
        index -= len(changes)
    raise AssertionError("there are fewer outcomes")
