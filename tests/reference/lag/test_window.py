from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.lag.window import Commit, Window, with_commit, with_end_offset

KNOWN = Window(end_offsets=(100,), intervals=3)


def filled(*orders: int) -> Window:
    window = KNOWN
    for order in orders:
        window = with_commit(window, Commit(order, order * 1_000, order))
    return window


def orders_of(window: Window) -> list[int]:
    return [commit.order for commit in window.commits]


def test_a_commit_is_ignored_while_no_end_is_known() -> None:
    assert with_commit(Window(), Commit(1, 0)).commits == ()


def test_a_commit_is_stored_with_what_is_left_to_read() -> None:
    (commit,) = with_commit(KNOWN, Commit(40, 0, 1)).commits

    assert commit.lag == 60


def test_a_commit_beyond_the_last_known_end_has_no_lag() -> None:
    window = with_commit(KNOWN, Commit(140, 0, 1))

    assert window.commits[0].lag == 0
    assert window.current_lag == 0


def test_only_so_many_are_kept() -> None:
    assert orders_of(filled(1, 2, 3, 4)) == [2, 3, 4]


def test_a_late_commit_goes_where_it_belongs_without_a_lag() -> None:
    window = filled(1, 3, 2)

    assert orders_of(window) == [1, 2, 3]
    assert window.commits[1].lag is None


def test_a_late_commit_pushes_the_oldest_out_of_a_full_window() -> None:
    assert orders_of(filled(1, 3, 4, 2)) == [2, 3, 4]


def test_a_commit_from_before_a_full_window_is_dropped() -> None:
    assert orders_of(filled(2, 3, 4, 1)) == [2, 3, 4]


def test_a_commit_that_is_known_is_dropped() -> None:
    assert filled(1, 2, 1) == filled(1, 2)


def test_a_commit_too_soon_replaces_the_one_before_but_not_its_time() -> None:
    window = with_commit(filled(1), Commit(50, 1_500, 2), min_distance_s=1)

    assert window.commits == (Commit(50, 1_000, 2, 50),)


def test_commits_in_quick_succession_make_a_second_one_in_time() -> None:
    window = KNOWN
    for order in range(5):
        window = with_commit(window, Commit(order, order * 600, order), min_distance_s=1)

    assert [commit.timestamp_ms for commit in window.commits] == [0, 1_200, 2_400]


def test_ends_are_kept_for_as_many_intervals() -> None:
    window = KNOWN
    for end in (110, 120, 130):
        window = with_end_offset(window, end)

    assert window.end_offsets == (110, 120, 130)


@given(st.permutations(range(8)))
def test_a_window_is_in_order_however_commits_come(orders: list[int]) -> None:
    window = filled(*orders)

    assert orders_of(window) == sorted(orders_of(window))
    assert len(window.commits) == 3
