"""One execution, step by step."""

from collections.abc import Hashable

import pytest

from ackproof.testing import DeliveryError, Record
from ackproof.testing.configured import configured_by
from ackproof.testing.run import Run
from tests.testing.machines import pipeline


def of_plain_list(claim: str) -> tuple[Run, list[Hashable]]:
    """A run of a function that keeps all in a list."""
    rows = list[Hashable]()

    def process(record: Record) -> None:
        rows.append(record.value)

    configured = configured_by(pipeline(claim, "consumer-crash"), 1)
    return Run(configured, lambda: process, lambda: rows, ["r1"]), rows


def go_on(run: Run, until: str) -> None:
    """Take the first of all moves until one says *until*."""
    while not run.told or not run.told[-1].startswith(until):
        run.take(run.moves()[0])


def crash(run: Run) -> None:
    """Have the process die."""
    run.take(next(move for move in run.moves() if move.fault))


def test_the_story_has_every_step_the_fault_and_the_end() -> None:
    run, _ = of_plain_list("exactly-once")
    go_on(run, "consumer 1 processes r1")
    crash(run)

    with pytest.raises(DeliveryError) as found:
        run.come_to_rest()

    assert str(found.value).splitlines() == [
        "no-duplicates does not hold: the sink keeps r1 more than once",
        "   1 the group starts; consumer 1 is assigned the partition",
        "   2 consumer 1 starts at the earliest offset, 0",
        "   3 r1 is appended",
        "   4 consumer 1 polls: it is handed r1 (position 1)",
        "   5 consumer 1 processes r1",
        "   6 consumer 1 crashes  [consumer-crash]",
        "     from here on nothing goes wrong:",
        "   7 consumer 1 joins; consumer 1 is assigned the partition",
        "   8 consumer 1 starts at the earliest offset, 0",
        "   9 consumer 1 polls: it is handed r1 (position 1)",
        "  10 consumer 1 processes r1",
        "at the end the sink keeps r1 × 2; the group has committed nothing",
    ]


def test_a_claim_that_says_nothing_of_repeats_is_kept() -> None:
    run, rows = of_plain_list("at-least-once")
    go_on(run, "consumer 1 processes r1")
    crash(run)

    run.come_to_rest()

    assert rows == ["r1", "r1"]


def test_what_is_processed_and_committed_is_not_processed_again() -> None:
    run, rows = of_plain_list("exactly-once")
    go_on(run, "the group coordinator accepts the commit of offset 1")
    crash(run)

    run.come_to_rest()

    assert rows == ["r1"]
