"""Offsets by timestamp (ListOffsets)."""

from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.log.log import PartitionLog
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.log.timestamps import FoundOffset
from ackproof.reference.records.batch import Record, encode, new_batch
from tests.reference.log.logs import NOW_MS, append, batch, new_log


def filled(*times: int, settings: LogSettings | None = None) -> PartitionLog:
    """A log of batches of one record each, with these times after now."""
    log = new_log(settings)
    for at_ms in times:
        append(log, batch(b"x", timestamp_ms=NOW_MS + at_ms), leader_epoch=2)
    return log


def test_the_first_record_that_is_as_late_is_found() -> None:
    log = filled(0, 10, 20)

    assert log.offset_for_timestamp(NOW_MS + 10) == FoundOffset(NOW_MS + 10, 1, 2)
    assert log.offset_for_timestamp(NOW_MS + 11) == FoundOffset(NOW_MS + 20, 2, 2)


def test_nothing_is_found_after_the_latest() -> None:
    assert filled(0, 10).offset_for_timestamp(NOW_MS + 11) is None
    assert new_log().offset_for_timestamp(NOW_MS + 11) is None


def test_a_later_record_may_come_first() -> None:
    log = filled(50, 10, 20)

    assert log.offset_for_timestamp(NOW_MS + 15) == FoundOffset(NOW_MS + 50, 0, 2)


def test_a_record_within_a_compressed_batch_is_found() -> None:
    log = new_log()
    records = [Record(b"v", b"k", NOW_MS + number) for number in range(4)]
    append(log, encode(new_batch(records, compression="zstd")))

    assert log.offset_for_timestamp(NOW_MS + 2) == FoundOffset(NOW_MS + 2, 2, 0)


def test_records_below_the_log_start_are_not_found() -> None:
    log = filled(50, 10, 60)
    log.increase_log_start(1)

    assert log.offset_for_timestamp(NOW_MS + 5) == FoundOffset(NOW_MS + 10, 1, 2)
    assert log.offset_for_timestamp(NOW_MS + 45) == FoundOffset(NOW_MS + 60, 2, 2)


def test_with_log_append_time_every_record_has_that_of_its_batch() -> None:
    log = new_log(LogSettings(message_timestamp_type="LogAppendTime"))
    append(log, encode(new_batch([Record(b"a", b"k", 5), Record(b"b", b"k", 6)])))

    assert log.offset_for_timestamp(6) == FoundOffset(NOW_MS, 0, 0)


def test_minus_2_is_the_log_start() -> None:
    log = filled(0, 10)
    log.increase_log_start(1)

    assert log.offset_for_timestamp(-2) == log.offset_for_timestamp(-4) == FoundOffset(-1, 1, 2)
    assert new_log().offset_for_timestamp(-2) == FoundOffset(-1, 0, None)


def test_minus_1_is_the_log_end() -> None:
    assert filled(0, 10).offset_for_timestamp(-1) == FoundOffset(-1, 2, 2)


def test_minus_3_is_the_first_of_the_latest_records() -> None:
    assert filled(0, 30, 10, 30).offset_for_timestamp(-3) == FoundOffset(NOW_MS + 30, 1, 2)
    assert new_log().offset_for_timestamp(-3) is None


def test_there_is_no_tiered_storage() -> None:
    assert filled(0).offset_for_timestamp(-5) == filled(0).offset_for_timestamp(-6) == FoundOffset(-1, -1, -1)


@given(st.lists(st.integers(0, 30), max_size=12), st.integers(0, 31))
def test_of_records_in_order_the_first_that_is_as_late_is_found_whatever_the_segments(
    times: list[int], wanted: int
) -> None:
    log = filled(*sorted(times), settings=LogSettings(segment_bytes=200))
    found = log.offset_for_timestamp(NOW_MS + wanted)

    expected = next((offset for offset, at_ms in enumerate(sorted(times)) if at_ms >= wanted), None)
    assert (None if found is None else found.offset) == expected
