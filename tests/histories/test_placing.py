"""Histories whose sends are told of bit by bit."""

import pytest

from ackproof.histories.judging import Finding, judged
from ackproof.histories.reading.ktrace import history
from ackproof.histories.reading.problem import BadHistoryError
from tests.histories.written import Journal


def check(journal: Journal) -> Finding:
    return judged(history(journal.text(), "h"), with_ww=False)


def found(journal: Journal) -> list[str]:
    return [each.anomaly.kind for each in check(journal).anomalies]


def test_a_record_that_was_sent_to_a_topic_is_where_it_was_read() -> None:
    journal = Journal()
    journal.add("inv", op=0, who="p", f="send", m=[{"s": "orders", "id": "a"}])
    journal.poll(("a", 0))

    assert found(journal) == []


def test_a_record_that_was_sent_to_another_topic_is_not() -> None:
    journal = Journal()
    journal.add("inv", op=0, who="p", f="send", m=[{"s": "returns", "id": "a"}])
    journal.poll(("a", 0))

    assert found(journal) == ["phantom-read"]


def test_a_record_that_failed_before_its_partition_was_known_and_is_read_is_an_aborted_read() -> None:
    journal = Journal()
    journal.operation("p", "send", {"s": "orders", "id": "a"}, "fail")
    journal.poll(("a", 0))

    assert found(journal) == ["G1a"]


def test_what_a_running_transaction_is_said_to_send_counts_though_it_never_ends() -> None:
    journal = Journal()
    journal.add("inv", op=0, who="p", f="txn", m=[])
    journal.add("add", op=0, m=[{"s": "orders/0", "id": "a"}])
    journal.add("add", op=0, m=[{"s": "orders", "id": "b"}])
    journal.poll(("a", 0), ("b", 1))

    assert found(journal) == []


def test_an_operation_that_does_not_run_can_do_no_more() -> None:
    journal = Journal()
    journal.add("add", op=0, m=[{"s": "orders/0", "id": "a"}])

    with pytest.raises(BadHistoryError, match="h:2: op: 0 is not running"):
        check(journal)


def test_the_end_of_a_transaction_says_all_that_it_sent() -> None:
    journal = Journal()
    journal.add("inv", op=0, who="p", f="txn", m=[])
    journal.add("add", op=0, m=[{"s": "orders", "id": "a"}])
    journal.add("ret", op=0, out="ok", end="commit", m=[{"s": "orders/0", "id": "a", "off": 0}])
    journal.poll(("a", 0))

    assert found(journal) == []
