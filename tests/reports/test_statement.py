"""A statement about a system is shown with its answer, its execution and what was covered."""

import io

import attrs
import pytest
from rich.console import Console

from ackproof.model.beliefs.keyed import keyed_topic
from ackproof.model.beliefs.partitioner import by_murmur2
from ackproof.properties.beliefs import records_of_a_key_are_processed_in_order
from ackproof.reports.statement import Said, show_said
from ackproof.search.explorer import explore


@pytest.fixture
def broken() -> Said:
    """A statement that a partition more breaks."""
    found = explore(keyed_topic(b"order-7", ("Java", by_murmur2)), records_of_a_key_are_processed_in_order)
    return Said(
        records_of_a_key_are_processed_in_order,
        found.violation,
        found.distinct_states,
        found.depth,
        faults=1,
        kinds=("partitions-added",),
    )


def printed(said: Said) -> list[str]:
    """What is shown, line by line."""
    console = Console(width=100, file=io.StringIO(), color_system=None, highlight=False, record=True)
    show_said(console, said)
    return [line.rstrip() for line in console.export_text(styles=False).splitlines()]


def test_a_violated_statement_is_shown_with_its_execution(broken: Said) -> None:
    assert printed(broken) == [
        "✗ records of a key are processed in order: violated in 5 steps",
        "  expected   Records of one key are processed in the order of sending.",
        "    1 Java sends r1: its key goes to partition 0 of 1",
        "    2 the topic now has 2 partitions  ⚡partitions-added",
        "    3 Java sends r2: its key goes to partition 1 of 2",
        "    4 the consumer of partition 1 processes r2",
        "    5 the consumer of partition 0 processes r1",
        "  covered    no shorter execution with 1 fault (partitions-added) breaks it: 22 states searched",
    ]


def test_a_statement_that_holds_is_shown_with_what_was_covered(broken: Said) -> None:
    assert printed(attrs.evolve(broken, violation=None, depth=5, faults=0, kinds=())) == [
        "✓ records of a key are processed in order: holds",
        "  expected   Records of one key are processed in the order of sending.",
        "  covered    every execution with 0 faults: 22 states, depth 5",
    ]
