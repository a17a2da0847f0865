"""Which offset each tool subtracts from which."""

import attrs
import pytest

from ackproof.model.mechanisms.lag import (
    Isolation,
    Log,
    Reader,
    Transaction,
    lag_of_the_client,
    lag_of_the_picture,
    lag_of_the_tool,
)
from ackproof.model.mechanisms.lagging import LagRules, lagging, surviving
from ackproof.search.explorer import explore

RECORDS_0_TO_12 = Log(log_end_offset=13, high_watermark=13)


def test_with_records_0_to_12_and_5_committed_the_lag_is_8_not_7() -> None:
    reader = Reader(position=5, committed=5)

    assert lag_of_the_tool(RECORDS_0_TO_12, reader, "read_uncommitted") == 8
    assert lag_of_the_picture(RECORDS_0_TO_12, reader, "read_uncommitted") == 7


def test_the_tool_takes_the_high_watermark_for_the_end() -> None:
    log = attrs.evolve(RECORDS_0_TO_12, high_watermark=10)

    assert lag_of_the_tool(log, Reader(5, 5), "read_uncommitted") == 5


def test_without_a_commit_there_is_no_lag_to_print() -> None:
    assert lag_of_the_tool(RECORDS_0_TO_12, Reader(5), "read_uncommitted") is None


def test_the_lag_is_negative_where_more_is_committed_than_there_is() -> None:
    assert lag_of_the_tool(Log(3, 3), Reader(5, 5), "read_uncommitted") == -2


@pytest.mark.parametrize(("isolation", "lag"), [("read_uncommitted", 7), ("read_committed", 2)])
def test_the_client_counts_from_its_position_to_where_it_may_read(isolation: Isolation, lag: int) -> None:
    log = attrs.evolve(RECORDS_0_TO_12, transaction=Transaction(first=8))

    assert lag_of_the_client(log, Reader(position=6, committed=5), isolation) == lag


@pytest.mark.parametrize(
    ("transaction", "high_watermark", "stable"),
    [(None, 9, 9), (Transaction(4), 9, 4), (Transaction(4, marker=6), 6, 4), (Transaction(4), 2, 2)],
)
def test_the_last_stable_offset_waits_for_the_end_of_a_transaction_to_be_replicated(
    transaction: Transaction | None, high_watermark: int, stable: int
) -> None:
    assert Log(9, high_watermark, transaction).last_stable_offset == stable


@pytest.mark.parametrize(
    ("log_end", "left"), [(4, None), (5, Transaction(4)), (6, Transaction(4)), (7, Transaction(4, marker=6))]
)
def test_a_transaction_whose_end_is_cut_off_is_open_again(log_end: int, left: Transaction | None) -> None:
    assert surviving(Transaction(4, marker=6), log_end) == left


@pytest.mark.parametrize(
    ("rules", "states"),
    [(LagRules(), 55), (LagRules("read_committed", has_transactions=True), 153)],
)
def test_lagging_has_so_many_states(rules: LagRules, states: int) -> None:
    assert explore(lagging(rules)).distinct_states == states
