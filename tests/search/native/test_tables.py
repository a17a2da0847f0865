"""Tables tell kernels what was answered, whether they were laid out anew or have only got more."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.system import System
from ackproof.search.native import keys
from ackproof.search.native.keys import Keys, Region
from ackproof.search.native.layout import Layout, spread
from ackproof.search.native.lookup import COUNT_BITS, COUNT_MASK, Numbers
from ackproof.search.native.tables import Tables
from ackproof.search.plain import Plain
from ackproof.search.questions import Question, Questions
from tests.systems import systems

Answer = tuple[int, list[tuple[int, ...]]]
"""How many outcomes there are, and what those flip that change something."""


def layout_of(questions: Questions, words: int) -> Layout:
    """Where the components are, as many values as there are now."""
    return Layout(words, [len(domain) for domain in questions.domains])


def levels_asked(questions: Questions) -> Iterator[None]:
    """Ask what some levels of a search ask, level by level."""
    search = Plain(questions)
    while search.levels[-1] and len(search.levels) < 8:
        search.expand(lambda: None)
        yield


def rows_seen(question: Question) -> Numbers:
    """What was seen each time that the question was asked."""
    rows = [seen for seen, _ in question.answers()]
    return np.array(rows, np.int64).reshape(len(rows), len(question.eyes))


def in_words(layout: Layout, question: Question, seen: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...]:
    """What an outcome flips."""
    flips = [0] * layout.words
    for place, number in zip(question.written, after, strict=True):
        component = question.eyes[place].component
        changed = np.array([seen[place] ^ number], np.int64)
        flips[layout.word[component]] ^= int(spread(changed, layout.masks[component])[0])
    return tuple(flips)


def told(layout: Layout, question: Question) -> list[Answer]:
    """What was answered, in the order of asking."""
    found: list[Answer] = []
    for seen, outcomes in question.answers():
        flips = [in_words(layout, question, seen, after) for after in outcomes]
        found.append((len(outcomes), [flip for flip in flips if any(flip) or question.cost is not None]))
    return found


def looked_up(tables: Tables, region: Region) -> list[Answer]:
    """What the slots say, in the same order."""
    return [
        answer_in(tables, slot_of(tables, region, key)) for key in region.keys.of(rows_seen(region.question)).tolist()
    ]


def slot_of(tables: Tables, region: Region, key: int) -> list[int]:
    """The slot of a key."""
    factor, down = region.spread_by
    at = (key * factor & (1 << 64) - 1) >> down
    for number in range(region.size):
        first = 4 * (region.base + (at + number) % region.size)
        slot: list[int] = tables.slots[first : first + 4].tolist()
        if slot[0] == key + 1:
            return slot
        assert slot[0] != 0, "somebody looks no further"
    raise AssertionError("the slots are full of others")


def answer_in(tables: Tables, slot: list[int]) -> Answer:
    """What a slot says."""
    words, mask = tables.layout.words, int(COUNT_MASK)
    first, outcomes, kept = slot[1] >> 2 * COUNT_BITS, slot[1] >> COUNT_BITS & mask, slot[1] & mask
    more = tables.changes[first * words : (first + max(0, kept - 1)) * words].reshape(-1, words).tolist()
    return outcomes, [tuple(flip) for flip in [slot[2 : 2 + words], *more][:kept]]


@given(systems(), st.integers(1, 2))
@settings(max_examples=40)
def test_keys_are_equal_if_what_is_seen_is(system: System, words: int) -> None:
    questions = Questions(system)
    for _ in levels_asked(questions):
        pass
    layout = layout_of(questions, words)

    for question in questions.actions:
        seen, made = rows_seen(question), Keys(question.eyes, layout)
        found = made.of(seen)

        assert made.fit()
        assert len(set(found.tolist())) == len({tuple(row) for row in seen.tolist()}) == len(seen)
        assert all(key >> made.bits == 0 for key in found.tolist())
        assert np.array_equal(found[::-1], made.of(seen[::-1]))


@given(systems(), st.integers(1, 2), st.sampled_from([keys.DENSE_BITS, 0]))
@settings(max_examples=60)
def test_tables_say_what_was_answered(system: System, words: int, dense_bits: int) -> None:
    """Laid out before anything was asked or afterwards, by place or hashed, extended while they can be."""
    questions = Questions(system)
    layout = layout_of(questions, words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "DENSE_BITS", dense_bits)
        grown = [tables_of(questions, layout, has_bundles=has_bundles) for has_bundles in (False, True)]
        for _ in levels_asked(questions):
            layout.fit([len(domain) for domain in questions.domains])
            for tables in grown:
                grow(tables)
        fresh = tables_of(questions, layout, has_bundles=False)

    for tables in (*grown, fresh):
        assert tables.most_successors >= sum(max(question.counts, default=0) for question in questions.actions)
        for region in tables.regions:
            assert looked_up(tables, region) == told(layout, region.question)


def tables_of(questions: Questions, layout: Layout, *, has_bundles: bool) -> Tables:
    """Tables of all actions."""
    return Tables(questions, questions.actions, questions.guarded, layout, 0, has_bundles=has_bundles)


def grow(tables: Tables) -> None:
    """Take in new answers and values."""
    if tables.can_extend():
        tables.extend()
    else:
        tables.rebuild()


@given(systems())
@settings(max_examples=40)
def test_what_is_missing_is_asked_once_for_what_is_seen(system: System) -> None:
    questions = Questions(system)
    search = Plain(questions)
    search.expand(lambda: None)
    layout = layout_of(questions, 1)
    tables = tables_of(questions, layout, has_bundles=False)
    rows = [search.row(state) for level in search.levels for state in level]
    states = layout.pack(np.array(rows, np.int64)).tolist()
    missed = [(question.place, state, 0) for question in questions.actions for state in [*states, *states]]

    found = tables.missing(np.array(missed, np.uint64).reshape(-1))

    assert [question for question, _ in found] == questions.actions
    for question, seen in found:
        assert {tuple(row) for row in seen.tolist()} == {seen_of(question, row) for row in rows}
        assert len({tuple(row) for row in seen.tolist()}) == len(seen)


def seen_of(question: Question, row: tuple[int, ...]) -> tuple[int, ...]:
    """What the question sees of a state."""
    numbers = ((eye.shown, row[eye.component]) for eye in question.eyes)
    return tuple(number if shown is None else shown[number] for shown, number in numbers)
