"""Workers share the states among them, and what one finds reaches the one that owns it."""

import threading
from collections.abc import Callable

import attrs
import numpy as np
import pytest

from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.system import System
from ackproof.properties.property import always
from ackproof.search.engines import How, first_of
from ackproof.search.explorer import explore
from ackproof.search.native import search, workers
from ackproof.search.native.bundling import attribute, compose
from ackproof.search.native.expanding import find_owners
from ackproof.search.native.judging import enter
from ackproof.search.native.lookup import Answers, Words
from ackproof.search.native.search import Native
from ackproof.search.native.tables import fill
from ackproof.search.native.visited import PAIRS, REMAINDERS, WORDS
from ackproof.search.native.warm import lamps
from ackproof.search.native.workers import Work, Worker, room_for
from ackproof.search.questions import Questions

U = np.uint64


@pytest.fixture(scope="module")
def replication() -> System:
    """Replication of two records by two replicas, told apart: 957 states."""
    system = published(VARIANTS["kip-320"], replicas=2, log_size=2, records=2, max_leader_epoch=1)
    return attrs.evolve(system, reductions=frozenset())


@always(source="none")
def not_both_are_on(one: bool, other: bool) -> bool:
    """One of two lamps is off."""
    return not (one and other)


def owners_of(states: Words, words: int, many: int) -> list[int]:
    """Which of so many workers each state belongs to."""
    owners = np.full(len(states) // words, -1, np.int64)
    find_owners(states, words, many, owners)
    return owners.tolist()


@pytest.mark.parametrize("words", [1, 2])
@pytest.mark.parametrize("many", [1, 2, 3, 7])
def test_every_worker_owns_its_share(words: int, many: int) -> None:
    """Numbers one behind the other are what packed states look like."""
    owners = owners_of(np.arange(many * 1000 * words, dtype=U), words, many)

    assert set(owners) == set(range(many))
    assert all(700 < owners.count(worker) < 1300 for worker in range(many))


def test_one_and_the_other_word_decide_who_owns_a_state() -> None:
    low = [word for number in range(1000) for word in (number, 5)]
    high = [word for number in range(1000) for word in (5, number)]

    for states in (low, high):
        assert set(owners_of(np.array(states, U), 2, 2)) == {0, 1}


@pytest.mark.parametrize("many", [1, 2, 5])
def test_workers_have_the_states_that_they_own_and_nobody_has_one_twice(replication: System, many: int) -> None:
    questions = Questions(replication)
    native = Native(questions, first_of(questions), many)
    while native.sizes[-1]:
        native.expand(lambda: None)

    words = native.layout.words
    states = [worker.states[: worker.count * words] for worker in native.workers]

    assert [set(owners_of(its, words, many)) for its in states] == [{me} for me in range(many)]
    assert len({worker.state(number) for worker in native.workers for number in range(worker.count)}) == 957
    assert native.states == 957


@pytest.mark.parametrize(
    ("name", "limit"),
    [("OUTBOX", 30), ("MOST_MISSED", 1), ("MOST_MISSED", 7), ("RECENT", 1), ("SMALL_BYTES", 0)],
)
def test_little_room_only_takes_longer(
    replication: System, monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    """For mail to other workers, for unknown questions, for what was noted just now, for states."""
    monkeypatch.setattr(workers, name, limit)
    monkeypatch.setattr(search, "FIRST_BITS", 4)
    monkeypatch.setattr(workers, "FIRST_BITS", 4)
    plain = explore(replication, how=How("plain"))

    for many in (1, 3):
        assert explore(replication, how=How("compiled", workers=many)) == plain


@pytest.mark.parametrize("chunk", [1, 10])
def test_a_level_may_be_expanded_bit_by_bit_by_threads(
    replication: System, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(search, "WORTH_THREADS", 0)
    monkeypatch.setattr(search, "CHUNK", 3 * chunk)
    plain = explore(replication, how=How("plain"))

    assert explore(replication, how=How("compiled", workers=3)) == plain


def test_what_a_slower_worker_finds_after_another_had_no_room_is_taken_back_too(
    replication: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "WORTH_THREADS", 0)
    questions = Questions(replication)
    native = Native(questions, first_of(questions), 2)
    for _ in range(6):
        native.expand(lambda: None)
    expand, is_over, is_done = Worker.expand, threading.Event(), threading.Event()

    def fail_or_linger(worker: Worker, answers: Answers, work: Work) -> None:
        if worker.me == 0:
            raise MemoryError
        is_over.wait(0.2)
        expand(worker, answers, work)
        is_done.set()

    monkeypatch.setattr(Worker, "expand", fail_or_linger)
    ended = native.expand(lambda: None)
    is_over.set()
    is_done.wait(10)

    assert ended == "out of memory"
    assert native.states == sum(native.sizes)


def test_a_state_of_a_worker_is_one_number() -> None:
    worker = Worker(0, 1, 2, 10)
    worker.states[:4] = [1, 2, 3, 4]

    assert (worker.state(0), worker.state(1)) == (1 + (2 << 64), 3 + (4 << 64))


def test_room_is_found_for_fewer_states_if_there_is_none_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def empty(words: int, kind: type[np.uint64]) -> Words:
        if words > 100:
            raise MemoryError
        return np.zeros(words, kind)

    monkeypatch.setattr(np, "empty", empty)

    assert len(room_for(1000)) == 62


def test_no_kernel_is_compiled_for_more_kinds_of_arguments_than_there_are() -> None:
    """It would happen in the middle of a search. Who looks at states of one word is told of two kinds of tables."""
    for many in (3, 30, 50, 90):
        for how in (How("compiled"), How("compiled", workers=2)):
            explore(lamps(many), not_both_are_on.on(one="lamp_0", other="lamp_1"), how=how)

    once = [*workers.kernels(REMAINDERS), *workers.kernels(WORDS), *workers.kernels(PAIRS), *workers.looking(2)]
    once += [find_owners, enter, fill, compose, attribute]

    assert max(map(compiled_for, once)) == 1
    assert [*map(compiled_for, workers.looking(1))] == [2, 2]


def compiled_for(kernel: Callable[..., object]) -> int:
    """For how many kinds of arguments a kernel is compiled."""
    return len(vars(kernel)["overloads"])
