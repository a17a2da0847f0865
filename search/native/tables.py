"""Answers to questions, laid out for kernels."""

from array import array
from collections.abc import Sequence
from typing import cast

import numpy as np

from ackproof.search.exploration import TooWideError
from ackproof.search.native.compiling import Word, compiled
from ackproof.search.native.guards import Guards
from ackproof.search.native.keys import Keys, Region
from ackproof.search.native.layout import Layout, gather, spread
from ackproof.search.native.lookup import (
    ABOVE,
    BASE,
    COUNT_BITS,
    DOWN,
    FACTOR,
    IS_PLAIN,
    PLAN,
    SLOT_MASK,
    Answers,
    Numbers,
    Words,
)
from ackproof.search.native.visited import aligned
from ackproof.search.questions import Question, Questions
from ackproof.search.values import Column

U = np.uint64


@compiled
def fill(slots: Words, base: int, mask: int, factor: Word, down: Word, keys: Words, contents: Words) -> None:
    """Put answers into a region, each at the place of its key; *contents* has three words for each."""
    for i in range(len(keys)):
        at = np.int64((keys[i] * factor) >> down) & mask
        while slots[4 * (base + at)] != U(0):
            at = (at + 1) & mask
        slots[4 * (base + at)] = keys[i] + U(1)
        for x in range(3):
            slots[4 * (base + at) + 1 + x] = contents[3 * i + x]


class Tables:
    """
    What kernels know of some questions.

    Attributes:
        answers: For the kernels.
        most_successors: Of one state.
    """

    def __init__(
        self, questions: Questions, asked: Sequence[Question], guarded: dict[int, Column], layout: Layout, urgent: int
    ) -> None:
        self.questions = questions
        self.asked = asked
        self.layout = layout
        self.urgent = urgent
        self.guards = Guards(questions, guarded, len(asked), layout)
        self.rebuild()

    # building

    def rebuild(self) -> None:
        """Lay everything out anew. Uses of slots must have been counted before."""
        base = 0
        self.masks = tuple(self.layout.masks)
        self.regions: list[Region] = []
        for question in self.asked:
            self.regions.append(Region(question, Keys(question, self.layout), base))
            base += self.regions[-1].size
        self.slots = cast("Words", aligned(4 * base, np.uint64))
        self.changes = np.zeros(1024 * self.layout.words, U)
        self.changed = 0
        self.most = [1] * len(self.asked)
        for place in range(len(self.regions)):
            self._enter(place)
        self._publish()

    def can_extend(self) -> bool:
        """Whether new answers and values fit what is laid out."""
        has_room = all(region.has_room and region.keys.fit() for region in self.regions)
        return has_room and self.masks == tuple(self.layout.masks)

    def extend(self) -> None:
        """Take in new answers and values."""
        for place in range(len(self.regions)):
            self._enter(place)
        self._publish()

    def _enter(self, place: int) -> None:
        """Enter the answers to one question that are not entered yet."""
        region = self.regions[place]
        question = region.question
        counts = since(question.counts, region.done)
        if not len(counts):
            return
        seen = since(question.seen, region.done * len(question.eyes)).reshape(len(counts), len(question.eyes))
        if counts.max() >> COUNT_BITS:
            raise TooWideError(f"{question.bound.reading} has {counts.max()} outcomes")
        self.most[place] = max(self.most[place], int(counts.max()))
        contents = self._contents(region, seen, counts)
        down, factor = U(region.down), U(region.factor)
        fill(self.slots, region.base, region.size - 1, factor, down, region.keys.of(seen), contents.reshape(-1))
        region.done += len(counts)

    def _contents(self, region: Region, seen: Numbers, counts: Numbers) -> Words:
        """What stands in the slots of answers: counts, and the first change; the others are written behind all."""
        contents = np.zeros((len(counts), 3), U)
        answer, flips = self._flips(region, seen, counts)
        is_change = flips.any(axis=1)
        answer, flips = answer[is_change], flips[is_change]
        kept = np.bincount(answer, minlength=len(counts)).astype(np.int64)
        is_first = np.diff(answer, prepend=-1) != 0
        contents[answer[is_first], 1 : 1 + self.layout.words] = flips[is_first]
        more = np.maximum(kept - 1, 0)
        first = self.changed + np.cumsum(more) - more
        self._append(flips[~is_first])
        contents[:, 0] = (first << (2 * COUNT_BITS)) | (counts << COUNT_BITS) | kept
        return contents

    def _flips(self, region: Region, seen: Numbers, counts: Numbers) -> tuple[Numbers, Words]:
        """What each outcome flips, and whose outcome it is."""
        written = region.question.written
        answer = np.repeat(np.arange(len(counts)), counts)
        flips = np.zeros((len(answer), self.layout.words), U)
        if written:
            after = since(region.question.after, region.rows * len(written)).reshape(-1, len(written))
            for column, place in enumerate(written):
                component = region.question.eyes[place].component
                flip = seen[answer, place] ^ after[:, column]
                flips[:, self.layout.word[component]] |= spread(flip, self.layout.masks[component])
            region.rows += len(after)
        return answer, flips

    def _append(self, flips: Words) -> None:
        words = self.layout.words
        while (self.changed + len(flips)) * words > len(self.changes):
            self.changes = np.concatenate((self.changes, np.zeros_like(self.changes)))
        self.changes[self.changed * words : (self.changed + len(flips)) * words] = flips.reshape(-1)
        self.changed += len(flips)

    def _publish(self) -> None:
        """Tell the kernels."""
        layout, many = self.layout, self.guards.words
        regions = self.regions
        views = [(region, view) for region in regions for view in region.keys.views]
        shown, view_first = self._shown(views)
        eyes = [region.keys.eyes[place] for region, (place, _, _) in views]
        costs, cost = self._costs()
        budget = self.questions.place.get("faults", 0)
        self.answers = Answers(
            *self.guards.published(),
            everything=words_of((1 << len(self.asked)) - 1, many),
            urgent=words_of(self.urgent, many),
            plan=self._plan(cost),
            views=np.concatenate(([0], np.cumsum([len(region.keys.views) for region in regions]))).astype(np.int64),
            view_high=np.array([layout.word[eye.component] for eye in eyes], np.int64),
            view_mask=np.array([layout.masks[eye.component] for eye in eyes], U),
            view_first=view_first,
            shown=shown,
            slots=self.slots,
            changes=self.changes,
            cost=cost,
            costs=costs,
            budget=np.array([layout.word[budget], layout.masks[budget]], U),
            has_urgent=self.urgent != 0,
        )

    def _plan(self, cost: Numbers) -> Words:
        """For each question, how to find its answer."""
        plan = np.zeros((max(1, len(self.regions)), PLAN), U)
        for place, region in enumerate(self.regions):
            plan[place, : self.layout.words] = region.keys.whole
            plan[place, ABOVE] = region.keys.above
            plan[place, FACTOR], plan[place, DOWN] = region.factor, region.down
            plan[place, SLOT_MASK], plan[place, BASE] = region.size - 1, region.base
            plan[place, IS_PLAIN] = cost[place] < 0 and not region.keys.views
        return plan.reshape(-1)

    def _shown(self, views: list[tuple[Region, tuple[int, int, int]]]) -> tuple[Words, Numbers]:
        """For each view, what it shows of each value, at its place in the key; where each starts."""
        tables: list[Words] = []
        for region, (place, shift, _) in views:
            eye = region.keys.eyes[place]
            assert eye.shown is not None
            table = np.zeros(1 << self.layout.width(eye.component), U)
            table[: len(eye.shown)] = np.array(eye.shown, U) << U(shift)
            tables.append(table)
        first = np.cumsum([0, *(len(table) for table in tables)])[: len(tables)]
        return np.concatenate([*tables, np.zeros(1, U)]), first.astype(np.int64)

    def _costs(self) -> tuple[Words, Numbers]:
        """For each fault, what paying for it flips in each budget; where each starts, -1 for what is no fault."""
        tables: list[Words] = []
        first = np.full(len(self.asked), -1, np.int64)
        for place, question in enumerate(self.asked):
            if question.cost is not None:
                budget = self.questions.budget
                first[place] = sum(map(len, tables))
                flips = np.zeros((1 << self.layout.width(budget), self.layout.words), U)
                paid = np.arange(len(question.cost)) ^ np.array(question.cost)
                flips[: len(paid), self.layout.word[budget]] = spread(paid, self.layout.masks[budget])
                tables.append(flips.reshape(-1))
        return np.concatenate([*tables, np.zeros(2, U)]), first

    # asking

    def missing(self, missed: Words) -> list[tuple[Question, Numbers]]:
        """What has to be asked: each question with rows of what it sees, of *missed* triples (question, low, high)."""
        triples = missed.reshape(-1, 3)
        found: list[tuple[Question, Numbers]] = []
        for place in np.unique(triples[:, 0]):
            question = self.asked[int(place)]
            states = triples[triples[:, 0] == place, 1:]
            columns = [np.zeros(len(states), np.int64)]
            for eye in question.eyes:
                numbers = gather(states[:, self.layout.word[eye.component]], self.layout.masks[eye.component])
                columns.append(
                    numbers.astype(np.int64) if eye.shown is None else np.array(eye.shown)[numbers.astype(int)]
                )
            found.append((question, np.unique(np.stack(columns, axis=1), axis=0)[:, 1:]))
        return found

    @property
    def most_successors(self) -> int:
        """How many successors a state has at most, as far as answers are known."""
        return sum(self.most)


def since(numbers: "array[int]", first: int) -> Numbers:
    """What stands in an array from *first* on, as a copy: an array that is looked at can not grow."""
    return np.frombuffer(numbers, np.int64)[first:].copy() if len(numbers) else np.zeros(0, np.int64)


def words_of(bits: int, many: int) -> Words:
    """A number as so many words, the lowest first."""
    return np.array([bits >> (64 * x) & 0xFFFFFFFFFFFFFFFF for x in range(many)], U)
