"""What is found in a Jepsen history is what the definitions say, taken literally."""

from typing import cast

import pytest
from hypothesis import given, settings

from ackproof.histories.allowed import Judged
from ackproof.histories.history import History
from ackproof.histories.judging import Finding, judged
from ackproof.histories.reading.jepsen import operations
from ackproof.histories.reading.problem import BadHistoryError
from tests.histories.drawn import as_edn, histories
from tests.histories.oracle import Completion, Found, anomalies, cycles

CYCLES = ("G0", "G1c")
IMPLIED = {"G0-realtime": "G0", "G1c-realtime": "G1c"}
"""Kinds that may be told by another that is there as well."""


def found_in(lines: list[str], *, with_ww: bool = False) -> Finding:
    """What is found in a file of *lines*."""
    return judged(History(operations(lines, "history.edn"), is_jepsen=True), with_ww=with_ww)


def brief(result: Judged) -> Found:
    """An anomaly as the oracle has it: sets of values sorted, pairs and runs as they are."""
    anomaly = result.anomaly
    key, values = cast("int | None", anomaly.key), cast("tuple[int, ...]", anomaly.values)
    is_run = "skip" in anomaly.kind or "nonmonotonic" in anomaly.kind
    return anomaly.kind, key, values if is_run else tuple(sorted(values))


@given(history=histories())
@settings(max_examples=300)
def test_it_finds_what_the_definitions_say(history: list[Completion]) -> None:
    finding = found_in(as_edn(history))

    found = [brief(result) for result in finding.anomalies if not result.anomaly.kind.startswith(CYCLES)]
    assert sorted(found, key=repr) == anomalies(history)


@pytest.mark.parametrize("with_ww", [False, True])
@given(history=histories())
def test_it_finds_the_cycles_that_there_are(history: list[Completion], *, with_ww: bool) -> None:
    finding = found_in(as_edn(history), with_ww=with_ww)

    found = {result.anomaly.kind for result in finding.anomalies if result.anomaly.kind.startswith(CYCLES)}
    there = cycles(history, with_ww=with_ww)
    assert found <= there
    assert all(kind in found or IMPLIED.get(kind) in found for kind in there)


SENT = [
    "{:index 0, :process 0, :type :invoke, :f :send, :value [[:send 5 1] [:send 5 2] [:send 5 3]]}",
    "{:index 1, :process 0, :type :ok, :f :send, :value [[:send 5 [0 1]] [:send 5 [1 2]] [:send 5 [2 3]]]}",
]


def polled(index: int, values: str, *, process: int = 1, outcome: str = "ok") -> list[str]:
    """The lines of a poll of partition 5."""
    return [
        f"{{:index {index}, :process {process}, :type :invoke, :f :poll, :value [[:poll]]}}",
        f"{{:index {index + 1}, :process {process}, :type :{outcome}, :f :poll, :value [[:poll {{5 [{values}]}}]]}}",
    ]


def told(finding: Finding) -> list[tuple[str, tuple[object, ...], list[object], bool | None]]:
    """What was found: kinds, values, operations, and whether it may be."""
    return [
        (each.anomaly.kind, each.anomaly.values, [op.name for op in each.anomaly.operations], each.is_allowed)
        for each in finding.anomalies
    ]


def test_a_history_without_anomalies_is_valid() -> None:
    finding = found_in([*SENT, *polled(2, "[0 1] [1 2] [2 3]")])

    assert (finding.answer, told(finding)) == ("valid", [])


def test_a_record_that_is_passed_over_by_all_readers_is_lost() -> None:
    finding = found_in([*SENT, *polled(2, "[0 1] [2 3]")])

    assert told(finding) == [
        ("lost-write", (2,), [1, 3], False),
        ("int-poll-skip", (2,), [3], False),
        ("unseen", (2,), [1], False),
    ]


def test_an_operation_of_unknown_outcome_is_committed_once_a_record_of_it_is_read() -> None:
    crashed = [line.replace(":ok", ":info") for line in SENT]

    unread, read = found_in([*crashed, *polled(2, "")]), found_in([*crashed, *polled(2, "[0 1]"), *polled(4, "[2 3]")])

    assert told(unread) == []
    assert ("lost-write", (2,), [1, 5], False) in told(read)


def test_after_a_poll_that_failed_the_next_one_has_to_start_there_again() -> None:
    rewound = [*SENT, *polled(2, "[0 1]"), *polled(4, "[1 2]", outcome="fail"), *polled(6, "[1 2] [2 3]")]
    went_on = [*SENT, *polled(2, "[0 1]"), *polled(4, "[1 2]", outcome="fail"), *polled(6, "[2 3]", process=1)]

    assert told(found_in(rewound)) == []
    assert ("poll-skip", (2,), [3, 7], False) in told(found_in(went_on))


def test_once_anybody_subscribes_polls_may_jump() -> None:
    subscribed = ["{:index 9, :process 7, :type :ok, :f :subscribe, :value [5]}"]

    finding = found_in([*SENT, *polled(2, "[0 1] [1 2] [2 3]"), *polled(4, "[1 2]"), *subscribed])

    assert told(finding) == [("nonmonotonic-poll", (3, 2), [3, 5], True)]
    assert finding.answer == "valid"


def test_records_that_were_read_before_they_can_have_been_sent_close_a_circle_in_time() -> None:
    early = [*polled(10, "[0 1]"), *SENT, *polled(12, "[1 2] [2 3]", process=2)]

    assert told(found_in(early)) == [("G1c-realtime", (), [1, 11], False)]


@pytest.mark.parametrize(("with_ww", "kinds"), [(False, []), (True, [("G0", True)])])
def test_writes_in_opposite_orders_are_a_circle_only_if_the_order_of_writes_counts(
    kinds: list[tuple[str, bool]], *, with_ww: bool
) -> None:
    both = [
        "{:index 0, :process 0, :type :invoke, :f :txn, :value [[:send 1 1] [:send 2 1]]}",
        "{:index 1, :process 1, :type :invoke, :f :txn, :value [[:send 1 2] [:send 2 2]]}",
        "{:index 2, :process 0, :type :ok, :f :txn, :value [[:send 1 [0 1]] [:send 2 [1 1]]]}",
        "{:index 3, :process 1, :type :ok, :f :txn, :value [[:send 1 [1 2]] [:send 2 [0 2]]]}",
    ]

    finding = found_in(both, with_ww=with_ww)

    cycles_found = [(each.anomaly.kind, each.is_allowed) for each in finding.anomalies if each.anomaly.key is None]
    assert cycles_found == kinds


@pytest.mark.parametrize(
    "value", ["[[:send 5 [soon 1]]]", "[[:poll {5 [[1.5 1]]}]]", "[[:poll {5 [[1]]}]]", "[[:pull]]"]
)
def test_a_value_that_is_no_list_of_sends_and_polls_is_said_with_its_line(value: str) -> None:
    line = f"{{:process 0, :type :ok, :f :txn, :value {value}}}"

    with pytest.raises(BadHistoryError, match=r"history.edn:2: :value: is no list of sends and polls"):
        found_in(["", line])


def test_keys_and_values_may_be_collections() -> None:
    lines = [
        "{:index 0, :process 0, :type :ok, :f :send, :value [[:send [5] [0 [1]]]]}",
        "{:index 1, :process 1, :type :ok, :f :poll, :value [[:poll {[5] [[0 [1]] [1 [2]]]}]]}",
    ]

    assert told(found_in(lines)) == [("phantom-read", ((2,),), [1], False)]


def test_a_history_in_which_nothing_was_sent_or_polled_is_not_valid() -> None:
    finding = found_in(["{:process 0, :type :ok, :f :subscribe, :value [5]}"])

    assert (finding.answer, finding.reason) == ("invalid", "nothing was sent or polled")
