from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.lag.burrow import (
    PartitionStatus,
    Status,
    Thresholds,
    group_status,
    judged,
    partition_status,
)
from ackproof.reference.lag.window import Commit, Window


def window_of(
    offsets: Sequence[int], lags: Sequence[int | None], ends: Sequence[int], interval_ms: int = 10_000
) -> Window:
    commits = tuple(
        Commit(offset, turn * interval_ms, turn, lag)
        for turn, (offset, lag) in enumerate(zip(offsets, lags, strict=True))
    )
    return Window(commits, tuple(ends))


NOW_MS = 45_000


def status_of(offsets: Sequence[int], lags: Sequence[int | None], ends: Sequence[int], now_ms: int = NOW_MS) -> Status:
    return judged(window_of(offsets, lags, ends), now_ms)


def test_without_lag_nothing_is_wrong_however_long_ago_the_last_commit_is() -> None:
    assert status_of([10, 20], [5, 5], [20], now_ms=10**9) == Status.OK


def test_who_commits_nothing_for_longer_than_the_window_has_stopped() -> None:
    offsets, lags = [10, 20, 30], [1, 1, 1]

    assert status_of(offsets, lags, [90], now_ms=40_999) == Status.WARN
    assert status_of(offsets, lags, [90], now_ms=41_000) == Status.STOP


def test_who_had_caught_up_a_short_while_ago_has_not_stopped() -> None:
    assert status_of([10, 20], [0, 0], [20, 90], now_ms=10**6) == Status.OK


def test_a_commit_far_back_is_a_rewind() -> None:
    assert status_of([10, 20, 30, 5, 15], [0, 0, 0, 0, 0], [90]) == Status.REWIND


def test_a_rewind_that_is_made_up_for_is_none() -> None:
    assert status_of([10, 20, 5, 20, 30], [9, 9, 30, 10, 9], [90]) == Status.OK


def test_only_the_first_rewind_counts() -> None:
    assert status_of([20, 10, 20, 15, 16], [9, 9, 8, 9, 9], [90]) == Status.OK


def test_who_had_caught_up_within_the_window_is_fine() -> None:
    assert status_of([10, 10, 10, 10], [0, 5, 9, 20], [90]) == Status.OK


def test_who_commits_the_same_offset_all_the_time_has_stalled() -> None:
    assert status_of([10, 10, 10, 10], [5, 5, 5, 5], [90]) == Status.STALL


def test_a_lag_that_never_shrinks_is_a_warning() -> None:
    assert status_of([10, 20, 30, 40], [5, None, 5, 9], [90]) == Status.WARN


def test_a_lag_that_shrinks_once_is_fine() -> None:
    assert status_of([10, 20, 30, 40], [5, 9, 8, 50], [90]) == Status.OK


def test_lag_up_to_what_is_allowed_is_fine() -> None:
    window = window_of([10, 10], [7, 7], [17])

    assert partition_status(window, 15_000, Thresholds(allowed_lag=7)).status == Status.OK
    assert partition_status(window, 15_000, Thresholds(allowed_lag=6)).status == Status.STALL


def test_a_window_that_is_not_full_enough_is_not_judged() -> None:
    window = window_of([10, 10], [7, 7], [17])

    assert partition_status(window, 15_000, Thresholds(minimum_complete=0.3)).status == Status.OK
    assert partition_status(window, 15_000, Thresholds(minimum_complete=0.2)).status == Status.STALL


def test_a_partition_without_commits_is_fine_and_not_complete() -> None:
    assert partition_status(Window(end_offsets=(9,)), NOW_MS) == PartitionStatus(Status.OK, 0)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([Status.OK, Status.OK], Status.OK),
        ([Status.OK, Status.WARN], Status.WARN),
        ([Status.STOP, Status.WARN], Status.ERR),
        ([Status.REWIND], Status.ERR),
        ([], Status.OK),
    ],
)
def test_a_group_is_as_bad_as_its_worst_partition_but_never_worse_than_err(
    statuses: list[Status], expected: Status
) -> None:
    assert group_status([PartitionStatus(status, 1) for status in statuses]).status == expected


def test_a_group_that_nobody_knows_is_not_found() -> None:
    assert group_status(None).status == Status.NOTFOUND


def test_a_group_tells_its_total_lag_its_greatest_and_how_many_windows_are_full() -> None:
    small, great = PartitionStatus(Status.OK, 3, 1.0), PartitionStatus(Status.OK, 9, 0.5)

    status = group_status([small, great])

    assert (status.total_lag, status.greatest, status.complete) == (12, great, 0.5)


offsets = st.lists(st.integers(0, 20), min_size=1, max_size=10)


@given(offsets, st.integers(0, 200_000))
def test_there_is_no_status_for_partitions_beyond_burrows(commits: list[int], now_ms: int) -> None:
    lags = [max(30 - offset, 0) for offset in commits]

    assert status_of(commits, lags, [30], now_ms) in set(Status) - {Status.NOTFOUND, Status.ERR}


@given(offsets)
def test_progress_up_to_the_end_is_always_fine(commits: list[int]) -> None:
    assert status_of(sorted(commits), [0] * len(commits), [max(commits)]) == Status.OK
