from ackproof.model.mechanisms.lag import Log, Reader, Transaction, lag_of_the_client
from ackproof.reference.lag.metrics import LagMetrics, WindowedMax, records_lag


def test_lag_goes_from_the_position_to_the_high_watermark() -> None:
    assert records_lag(5, 13, 6, "read_uncommitted") == 8


def test_in_front_of_an_open_transaction_a_read_committed_reader_has_no_lag() -> None:
    assert records_lag(6, 13, 6, "read_committed") == 0


def test_without_a_position_or_a_fetch_there_is_no_lag() -> None:
    assert records_lag(None, 13, 13, "read_committed") is None
    assert records_lag(3, None, None, "read_uncommitted") is None


def test_it_is_what_the_model_calls_the_lag_of_the_client() -> None:
    log = Log(log_end_offset=13, high_watermark=12, transaction=Transaction(first=6))

    for isolation in ("read_committed", "read_uncommitted"):
        modelled = lag_of_the_client(log, Reader(4), isolation)
        assert records_lag(4, log.high_watermark, log.last_stable_offset, isolation) == modelled


def test_the_greatest_value_is_kept_for_two_windows() -> None:
    greatest = WindowedMax()
    greatest.record(100, 0)
    greatest.record(7, 31_000)

    assert greatest.measure(59_999) == 100
    assert greatest.measure(60_000) == 7


def test_values_that_go_on_in_an_older_window_keep_it() -> None:
    greatest = WindowedMax()
    greatest.record(100, 0)
    greatest.record(1, 29_999)

    assert greatest.measure(89_998) == 100
    assert greatest.measure(89_999) is None


def test_the_fourth_window_takes_the_place_of_the_first() -> None:
    greatest = WindowedMax()
    for turn in range(4):
        greatest.record(100 - turn, turn * 30_000)

    assert greatest.measure(90_000) == 98


def test_nothing_measured_is_no_value() -> None:
    assert LagMetrics().records_lag_max(0) is None


def test_a_client_tells_the_latest_lag_of_a_partition_and_the_greatest_of_all() -> None:
    metrics = LagMetrics()
    metrics.record(("t", 0), 9, 0)
    metrics.record(("t", 0), 2, 10)
    metrics.record(("t", 1), 5, 20)

    assert metrics.records_lag(("t", 0)) == 2
    assert metrics.partition_records_lag_max(("t", 1), 20) == 5
    assert metrics.records_lag_max(20) == 9


def test_a_partition_that_is_given_up_is_forgotten_but_not_its_part_of_the_greatest() -> None:
    metrics = LagMetrics()
    metrics.record(("t", 0), 9, 0)

    metrics.keep([("t", 1)])

    assert metrics.records_lag(("t", 0)) is None
    assert metrics.partition_records_lag_max(("t", 0), 0) is None
    assert metrics.records_lag_max(0) == 9
