"""Circles among operations that run at the same time are those that the definitions say."""

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.histories.anomalies.cycles import cycles, suspects
from ackproof.histories.evidence import evidence
from ackproof.histories.operation import Operation, Outcome, Records
from tests.histories.oracle import has_circle

OUTCOMES: tuple[Outcome, ...] = ("ok", "ok", "ok", "info", "fail")
IMPLIED = {"G0-realtime": "G0", "G1c-realtime": "G1c"}
"""Kinds that may be told by another that is there as well."""


@st.composite
def histories(draw: st.DrawFn) -> list[Operation]:
    """Transactions that overlap; each record is sent once, and is at the offset that is its value."""
    count = draw(st.integers(2, 7))
    ends = draw(st.permutations([number for number in range(count) for _ in range(2)]))
    places = [[place for place, owner in enumerate(ends) if owner == number] for number in range(count)]
    owners = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=6))
    operations = list[Operation]()
    for number, (invoked, completed) in enumerate(places):
        sent = tuple(value for value, owner in enumerate(owners) if owner == number)
        polled = tuple(draw(st.lists(st.sampled_from(range(len(owners))), max_size=3, unique=True)))
        sends, polls = ((Records(0, column, column),) if column else () for column in (sent, polled))
        outcome = draw(st.sampled_from(OUTCOMES))
        operations.append(Operation(number, number, "txn", outcome, invoked, completed, sends, polls))
    return operations


def relations(operations: list[Operation]) -> dict[str, set[tuple[int, int]]]:
    """Which operation comes before which, by when they were called: of writes, of reads, in time."""
    wrote = {value: each for each in operations for value in values(each.sent)}
    read = [(value, each) for each in operations for value in values(each.polled)]
    seen = {value for value, each in read if each.outcome == "ok"}
    proven = {wrote[value].invoked for value in seen if wrote[value].outcome == "info"}
    committed = {value for value, each in wrote.items() if each.outcome == "ok" or each.invoked in proven}
    writers = [wrote[value].invoked for value in sorted(committed | {value for value, _ in read})]
    return {
        "ww": {(one, other) for one, other in pairwise(writers) if one != other},
        "wr": {(wrote[value].invoked, each.invoked) for value, each in read if wrote[value] is not each},
        "time": {(one.invoked, other.invoked) for one in operations for other in operations if is_past(one, other)},
    }


def values(parts: Sequence[Records]) -> list[int]:
    """The values of all *parts*."""
    return [cast("int", value) for records in parts for value in records.values]


def is_past(one: Operation, other: Operation) -> bool:
    """Whether *one* took effect before the *other* was called; if it did not succeed, it may do so at any time."""
    return one.outcome == "ok" and one.completed is not None and one.completed < other.invoked


@pytest.mark.parametrize("with_ww", [False, True])
@given(operations=histories())
def test_the_circles_are_those_of_the_definitions(operations: list[Operation], *, with_ww: bool) -> None:
    known = evidence(operations, by_offset=True)

    found = {anomaly.kind for anomaly in cycles(known, with_ww=with_ww)}

    edges = relations(operations)
    ww, wr, time = edges["ww"] if with_ww else set[tuple[int, int]](), edges["wr"], edges["time"]
    there = {
        "G0": has_circle(ww, ww),
        "G1c": has_circle(wr, ww | wr),
        "G0-realtime": has_circle(ww, ww | time),
        "G1c-realtime": has_circle(wr, ww | wr | time),
    }
    assert all(there[kind] for kind in found)
    assert all(kind in found or IMPLIED.get(kind) in found for kind, is_there in there.items() if is_there)


@pytest.mark.parametrize(
    ("pairs", "found"),
    [([], []), ([(0, 5)], []), ([(4, 0), (2, 1), (0, 5)], [0, 1, 2, 3, 4]), ([(1, 0), (5, 4)], [0, 1, 4, 5])],
)
def test_suspects_are_within_what_leads_back(pairs: list[tuple[int, int]], found: list[int]) -> None:
    operations = [Operation(number, "p", "txn", "ok", number, number) for number in range(6)]

    suspected = suspects(operations, [(operations[one], operations[other]) for one, other in pairs])

    assert [each.name for each in suspected] == found


def test_a_record_that_something_else_than_a_transaction_sent_is_in_no_circle() -> None:
    sender = Operation(0, "p", "crash", "info", 2, None, sent=(Records("t/0", ("a",), (0,)),))
    reader = Operation(1, "c", "poll", "ok", 0, 1, polled=(Records("t/0", ("a",), (0,)),))

    assert list(cycles(evidence([reader, sender], by_offset=True), with_ww=True)) == []
