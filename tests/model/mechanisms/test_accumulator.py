"""Batching as the facts page has it: when a batch is ready, what leaves with it, what happens without memory."""

import attrs
import pytest

from ackproof.model.mechanisms.accumulating import accumulator
from ackproof.model.mechanisms.accumulator import (
    AccumulatorRules,
    Application,
    Batch,
    Queue,
    memory_in_use,
    the_head_of_every_partition,
    why_ready,
)
from ackproof.properties.mechanisms import a_lingering_batch_is_sent, a_send_fails_for_want_of_memory, never
from ackproof.search.explorer import explore

RULES = AccumulatorRules(batch_size=2, linger=2, buffer_memory=4, max_block=2)
SENDS = ((0, 1), (1, 1), (0, 1), (0, 3))
IDLE = Application()
NOT_YET = frozenset[str]()
NEW = Batch(0, (0,), size=1)


@pytest.mark.parametrize(
    ("queue", "application", "reasons"),
    [
        ((), IDLE, NOT_YET),
        ((NEW,), IDLE, NOT_YET),
        ((attrs.evolve(NEW, size=2),), IDLE, {"full"}),
        ((attrs.evolve(NEW, is_closed=True),), IDLE, {"full"}),
        ((NEW, NEW), IDLE, {"full"}),
        ((attrs.evolve(NEW, age=2),), IDLE, {"linger"}),
        ((NEW,), Application(waited=0), {"exhausted"}),
        ((NEW,), Application(is_flushing=True), {"flush"}),
    ],
)
def test_a_batch_is_ready_when_full_or_after_linger_or_without_memory_or_in_flush(
    queue: Queue, application: Application, reasons: frozenset[str] | set[str]
) -> None:
    assert why_ready(RULES, application, queue) == reasons


def test_without_linger_every_batch_is_ready_at_once() -> None:
    assert why_ready(attrs.evolve(RULES, linger=0), IDLE, (NEW,)) == {"linger"}


def test_a_ready_partition_takes_along_the_lingering_batches_of_its_node() -> None:
    other = Batch(1, (1,), size=1)

    assert the_head_of_every_partition(((NEW, NEW), (), (other,)), frozenset({0})) == (1, 0, 1)


def test_memory_is_in_use_until_the_answer() -> None:
    large = Batch(1, (1,), size=3)

    assert memory_in_use(RULES, ((NEW,),), ((large,),)) == 2 + 3


def test_a_lingering_batch_leaves_with_a_full_one() -> None:
    way = explore(accumulator(RULES, SENDS), never(a_lingering_batch_is_sent)).violation

    assert way is not None
    assert [step.says for step in way.steps] == [
        "send(r1) to partition 0: it begins a batch",
        "send(r2) to partition 1: it begins a batch",
        "send(r3) to partition 0: it joins a batch",
        "the sender sends [r1 r3] of partition 0 (full) and [r2] of partition 1 (it still lingers)",
    ]


def test_a_send_without_memory_fails_after_max_block() -> None:
    way = explore(accumulator(RULES, ((0, 2), (0, 2), (0, 2))), never(a_send_fails_for_want_of_memory)).violation

    assert way is not None
    assert way.last["application"] == Application(next_record=3, failed=(2,))
    assert way.steps[-1].says == "a tick passes; max.block.ms has passed: r3 fails"


def test_a_client_that_does_not_wait_refuses_at_once() -> None:
    rules = attrs.evolve(RULES, max_block=0)

    way = explore(accumulator(rules, ((0, 2), (0, 2), (0, 2))), never(a_send_fails_for_want_of_memory)).violation

    assert way is not None
    assert way.steps[-1].says == "send(r3) to partition 0 fails at once: no memory"


def test_the_accumulator_has_so_many_states() -> None:
    assert explore(accumulator(RULES, SENDS, flushes=True)).distinct_states == 365
