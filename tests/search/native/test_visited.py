"""The visited set knows exactly what was put into it, however its entries collide and its table grows."""

from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from numba import njit

from ackproof.model.system import System
from ackproof.search.native.layout import Layout
from ackproof.search.native.lookup import Words
from ackproof.search.native.tables import Tables
from ackproof.search.native.visited import (
    LANE_BITS,
    NEAR,
    PAIRS,
    REMAINDER_BITS,
    REMAINDERS,
    WORDS,
    Geometry,
    hashed,
    permuted,
)
from ackproof.search.native.workers import Worker
from ackproof.search.questions import Questions

U = np.uint64
SMALL = 12
"""A table of that many entries, as a power of two, has so few buckets that many states share one."""
WIDTHS = {REMAINDERS: SMALL - 4 + REMAINDER_BITS, WORDS: 63, PAIRS: 63}
"""So many bits of a word are in use."""
KINDS = pytest.mark.parametrize("kind", [REMAINDERS, WORDS, PAIRS])


def worker_for(kind: int) -> Worker:
    """A worker with a small table for states of that kind."""
    questions = Questions(System({"lamp": False}, ()))
    worker = Worker(0, 1, words_of(kind), 1 << 19)
    worker.prepare(Tables(questions, [], {}, Layout(1, [1]), 0), 0)
    worker.fit(WIDTHS[kind], SMALL)
    return worker


def words_of(kind: int) -> int:
    """How many words a state has."""
    return 2 if kind == PAIRS else 1


def some_states(kind: int, many: int, seed: int = 1) -> Words:
    """Different states, always the same ones."""
    return np.unique(drawn(kind, many, seed), axis=0).reshape(-1)


def drawn(kind: int, many: int, seed: int) -> Words:
    """States, a row each; two of them may be the same."""
    return np.random.default_rng(seed).integers(0, 1 << WIDTHS[kind], size=(many, words_of(kind)), dtype=U)


def put(worker: Worker, states: Words) -> int:
    """Put states into the set, which grows when it has to; how often it did."""
    first = grown = 0
    while (first := worker.receive(states, first)) < len(states) // worker.words:
        worker.fit(worker.bits_told_apart, worker.next_bits)
        grown += 1
        assert grown < 10
    return grown


def members(worker: Worker) -> list[tuple[int, ...]]:
    """The states in the order in which they were met."""
    return listed(worker.states[: worker.count * worker.words], worker.words)


def listed(states: Words, words: int) -> list[tuple[int, ...]]:
    """States as tuples of words."""
    return [tuple(state) for state in states.reshape(-1, words).tolist()]


def note_places(kind: int, words: int, states: Words, geometry: Geometry, places: Words) -> None:
    """Where each of some states belongs."""
    for i in range(len(places)):
        places[i] = hashed(kind, states[i * words], states[i * words + words - 1], geometry)


@pytest.fixture(scope="module")
def find_places() -> Callable[..., None]:
    return cast("Callable[..., None]", njit(note_places))


def sharing_a_bucket(worker: Worker, bucket: int, find_places: Callable[..., None]) -> Words:
    """States that all belong to one bucket."""
    states = drawn(worker.kind, 1 << 20, 1)
    places = np.zeros(len(states), U)
    find_places(worker.kind, worker.words, states.reshape(-1), worker.geometry, places)
    chosen = np.unique(states[places & worker.geometry.bucket_mask == bucket], axis=0)
    return chosen[: room_near(worker) + 50].reshape(-1)


def room_near(worker: Worker) -> int:
    """How many states that belong to one bucket find room."""
    return (NEAR[worker.kind] << LANE_BITS[worker.kind]) // worker.words


@KINDS
def test_what_is_put_twice_is_there_once(kind: int) -> None:
    worker, states = worker_for(kind), some_states(kind, 3000)

    put(worker, np.concatenate((states, states[::-1] if kind != PAIRS else states, states)))

    assert worker.kind == kind
    assert members(worker) == listed(states, worker.words)


@KINDS
def test_growth_keeps_all_and_adds_nothing(kind: int) -> None:
    worker = worker_for(kind)
    old, new = some_states(kind, 40_000), some_states(kind, 40_000, seed=2)

    grown = put(worker, old)
    kinds_after = worker.kind
    put(worker, old)
    put(worker, new)

    assert grown > 1
    assert kinds_after == kind
    assert members(worker) == list(dict.fromkeys(listed(old, worker.words) + listed(new, worker.words)))


@KINDS
@pytest.mark.parametrize("bucket", [0, -1])
def test_a_bucket_that_overflows_asks_for_room(kind: int, bucket: int, find_places: Callable[..., None]) -> None:
    """Also past the last bucket, where the first one is next."""
    worker = worker_for(kind)
    own = bucket % (int(worker.geometry.bucket_mask) + 1)
    states = sharing_a_bucket(worker, own, find_places)
    known = states[: room_near(worker) * worker.words]

    done = worker.receive(states, 0)
    done_again = worker.receive(known, 0)

    assert done == done_again == room_near(worker)
    assert members(worker) == listed(known, worker.words)
    assert put(worker, states) > 0 == put(worker, states)
    assert members(worker) == listed(states, worker.words)


@KINDS
def test_the_lowest_and_the_highest_state_are_states_as_others(kind: int) -> None:
    worker = worker_for(kind)
    last = (1 << WIDTHS[kind]) - 1
    edges = [(0,), (last,), (1,), (last - 1,)] if kind != PAIRS else [(0, 0), (last, last), (0, last), (last, 0)]
    states = np.array(edges, U).reshape(-1)

    put(worker, np.concatenate((states, states)))

    assert members(worker) == edges


def test_halves_of_a_pair_are_not_taken_for_each_other() -> None:
    worker = worker_for(PAIRS)
    pairs = [(low, high) for low in range(40) for high in range(40)]
    states = np.array(pairs, U).reshape(-1)

    put(worker, np.concatenate((states, states)))

    assert members(worker) == pairs


@pytest.mark.parametrize("bits", [17, 18])
def test_every_state_of_a_width_is_told_apart(bits: int) -> None:
    worker, states = worker_for(REMAINDERS), np.arange(1 << bits, dtype=U)

    put(worker, states)
    put(worker, states)

    assert worker.count == 1 << bits


def test_states_that_get_wider_are_stored_as_words_and_as_remainders_again() -> None:
    worker, states = worker_for(REMAINDERS), some_states(REMAINDERS, 1000)
    put(worker, states)

    kinds = [worker.kind]
    for bits, table_bits in ((36, SMALL), (36, SMALL + 1), (37, SMALL + 1), (63, SMALL + 1)):
        worker.fit(bits, table_bits)
        put(worker, states)
        kinds.append(worker.kind)

    assert kinds == [REMAINDERS, WORDS, REMAINDERS, WORDS, WORDS]
    assert members(worker) == listed(states, 1)


def test_a_table_that_is_wished_for_too_small_is_larger() -> None:
    worker, states = worker_for(REMAINDERS), some_states(REMAINDERS, 5000)
    put(worker, states)

    worker.fit(63, SMALL)

    assert (worker.kind, worker.table_bits) == (WORDS, SMALL + 1)
    assert put(worker, states) == 0
    assert members(worker) == listed(states, 1)


@pytest.mark.parametrize("width", [1, 2, 3, 8, 13, 16])
def test_a_permutation_meets_each_number_once(width: int) -> None:
    every = np.arange(1 << width, dtype=U)

    permute = permuted.py_func  # type: ignore[attr-defined]  # what numba compiles
    found = permute(every.copy(), U((1 << width) - 1), U((width + 1) // 2))

    assert np.array_equal(np.sort(found), every)
