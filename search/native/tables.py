"""Answers to questions, laid out for kernels."""

from array import array
from collections.abc import Sequence
from typing import cast

import numpy as np

from ackproof.model.faults import FAULTS
from ackproof.search.exploration import TooWideError
from ackproof.search.native.bundling import MOST_OUTCOMES, Bundle, attribute, bundled, compose
from ackproof.search.native.compiling import Word, compiled
from ackproof.search.native.guards import Guards, words_of
from ackproof.search.native.keys import Keys, Region
from ackproof.search.native.layout import Layout, gather, spread
from ackproof.search.native.lookup import COUNT_BITS, Answers, Numbers, Words
from ackproof.search.native.publishing import Contents, published
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
        members: The answers, for kernels.
        answers: The same with small questions in bundles.
        bundles: Those; they come behind the questions that stand alone.
    """

    def __init__(
        self,
        questions: Questions,
        asked: Sequence[Question],
        guarded: dict[int, Column],
        layout: Layout,
        urgent: int,
        *,
        has_bundles: bool = False,
    ) -> None:
        self.questions = questions
        self.asked = asked
        self.guarded = guarded
        self.layout = layout
        self.urgent = urgent
        self.has_bundles = has_bundles
        self.rebuild()

    # building

    def rebuild(self) -> None:
        """Lay everything out anew. What was counted by slot has to be attributed before."""
        base = 0
        self.masks = tuple(self.layout.masks)
        self.sizes: list[int] = []
        self.regions: list[Region] = []
        for question in self.asked:
            self.regions.append(Region(question, Keys(question.eyes, self.layout), base))
            base += self.regions[-1].size
        self.bundles = bundled(self.regions, self.urgent, self.layout, base) if self.has_bundles else []
        self.alone = [place for place in range(len(self.asked)) if not any(place in b.members for b in self.bundles)]
        self.slots = cast("Words", aligned(4 * (base + sum(bundle.size for bundle in self.bundles)), np.uint64))
        self.changes = np.zeros(1024 * self.layout.words, U)
        self.changed = 0
        self.most = [1] * len(self.asked)
        self.guards = Guards(self.guarded, len(self.asked), self.layout)
        groups = [1 << place for place in self.alone] + [bundle.bits for bundle in self.bundles]
        self.guards_of_bundles = Guards(self.guarded, len(self.asked), self.layout, groups)
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
        if region.done == len(question.counts):
            return
        counts = since(question.counts, region.done)
        seen = since(question.seen, region.done * len(question.eyes)).reshape(len(counts), len(question.eyes))
        if counts.max() > MOST_OUTCOMES:
            raise TooWideError(f"{question.bound.reading} has {counts.max()} outcomes")
        self.most[place] = max(self.most[place], int(counts.max()))
        contents = self._contents(region, seen, counts)
        factor, down = map(U, region.spread_by)
        fill(self.slots, region.base, region.size - 1, factor, down, region.keys.of(seen), contents.reshape(-1))
        region.done += len(counts)

    def _contents(self, region: Region, seen: Numbers, counts: Numbers) -> Words:
        """What stands in the slots of answers: counts, and the first change; the others are written behind all."""
        contents = np.zeros((len(counts), 3), U)
        answer, flips = self._flips(region, seen, counts)
        # A fault at least spends the budget, even if it changes nothing else.
        is_change = flips.any(axis=1) | (region.question.cost is not None)
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
        self._reserve(len(flips))
        self.changes[self.changed * words : (self.changed + len(flips)) * words] = flips.reshape(-1)
        self.changed += len(flips)

    def _reserve(self, more: int) -> None:
        """Have room for more changes."""
        while (self.changed + more) * self.layout.words > len(self.changes):
            self.changes = np.concatenate((self.changes, np.zeros_like(self.changes)))

    def _publish(self) -> None:
        """Tell the kernels; what depends on which values there are only if there are more of them."""
        sizes = [len(domain) for domain in self.questions.domains]
        if sizes == self.sizes:
            self._show_changes()
            return
        self.sizes = sizes
        self.members = self._published(self.regions, self.guards, self.urgent)
        if not self.bundles:
            self.answers = self.members
            return
        alone = [self.regions[place] for place in self.alone]
        first = [*self.alone, *(bundle.members[0] for bundle in self.bundles)]
        urgent = sum(1 << unit for unit, place in enumerate(first) if self.urgent >> place & 1)
        answers = self._published([*alone, *self.bundles], self.guards_of_bundles, urgent)
        counter = np.array(self.alone + [-1] * len(self.bundles), np.int64)
        self.answers = answers._replace(counter=counter, counters=len(self.asked) - self.bundles[0].base)

    def _show_changes(self) -> None:
        """Tell the kernels where changes are now."""
        is_bundled = self.answers is not self.members
        self.members = self.members._replace(changes=self.changes)
        self.answers = self.answers._replace(changes=self.changes) if is_bundled else self.members

    def _published(self, units: Sequence[Region | Bundle], guards: Guards, urgent: int) -> Answers:
        budget = self.questions.place.get(FAULTS, 0)
        return published(Contents(units, guards, urgent, budget, self.slots, self.changes), self.layout)

    # bundles

    @property
    def counters(self) -> int:
        """How many counters there are: one for each question, and one for each slot of a bundle."""
        return len(self.asked) + sum(bundle.size for bundle in self.bundles)

    def attributed(self, fired: Numbers) -> Numbers:
        """How many transitions each question gave, of what was counted."""
        each = fired[: len(self.asked)].copy()
        left = np.zeros(self.guards.words, U)
        for number, bundle in enumerate(self.bundles):
            first = bundle.base + self.answers.counters
            uses = fired[first : first + bundle.size]
            bits = words_of(bundle.bits, self.guards.words)
            unit = len(self.alone) + number
            attribute(self.layout.words, self.members, self.answers, unit, bits, uses, left, each)
        return each

    def composed(self, missed: Words) -> Words:
        """Compose what was missed and can be; the questions that have to be asked, as triples (question, low, high)."""
        if not self.bundles:
            return missed
        triples = missed.reshape(-1, 3)
        is_alone = triples[:, 0] < len(self.alone)
        alone = triples[is_alone]
        alone[:, 0] = np.array([*self.alone, 0], U)[alone[:, 0].astype(int)]
        return np.concatenate((alone.reshape(-1), self._compose(triples[~is_alone].reshape(-1))))

    def _compose(self, missed: Words) -> Words:
        most = sum(self.most)
        self._reserve(len(missed) // 3 * most)
        self._show_changes()
        which = np.concatenate([words_of(bundle.bits, self.guards.words) for bundle in self.bundles])
        unknown = np.zeros(len(missed) * len(self.asked), U)
        left, changed = np.zeros(self.guards.words, U), np.array([self.changed])
        first = len(self.alone)
        words = self.layout.words
        many = compose(words, self.members, self.answers, which, first, missed, left, changed, unknown)
        self.changed = int(changed[0])
        return unknown[: 3 * many]

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
