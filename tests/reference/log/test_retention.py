"""What is deleted: by the log start, by size, by age (DeleteRecords, retention)."""

import pytest

from ackproof.reference.log.settings import LogSettings
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.log.logs import FOLDER, NOW_MS, Machine, append, batch, machine, numbered, values

SIZE_BYTES = len(batch(b"0"))


def filled(count: int, *, retention_ms: int = -1, retention_bytes: int = -1) -> Machine:
    """A log with a segment for each record, a second apart."""
    limits = LogSettings(segment_bytes=SIZE_BYTES, retention_ms=retention_ms, retention_bytes=retention_bytes)
    place = machine(limits)
    for number in range(count):
        append(place.log, batch(f"{number}".encode(), timestamp_ms=NOW_MS + 1000 * number))
    return place


def test_a_log_that_starts_later_is_read_from_there() -> None:
    log = filled(3).log

    assert log.increase_log_start(2)
    assert (log.log_start_offset, values(log)) == (2, [b"2"])


def test_a_log_does_not_start_above_the_high_watermark() -> None:
    log = filled(3).log
    log.high_watermark = 1
    with pytest.raises(KafkaError, match="OFFSET_OUT_OF_RANGE"):
        log.increase_log_start(2)

    assert log.log_start_offset == 0


def test_a_log_start_never_goes_back() -> None:
    log = filled(3).log
    log.increase_log_start(2)

    assert not log.increase_log_start(1)
    assert log.log_start_offset == 2


def test_epochs_start_no_earlier_than_the_log() -> None:
    log = filled(3).log
    log.increase_log_start(2)

    assert [entry.start_offset for entry in log.epochs.entries] == [2]


def test_segments_before_the_log_start_are_deleted_with_their_files() -> None:
    place = filled(4)
    place.log.increase_log_start(2)
    kept = place.log.apply_retention(), [n for n in place.disk.names(FOLDER) if n.endswith(".log")]

    assert kept == (2, ["00000000000000000002.log", "00000000000000000003.log"])


def test_a_segment_that_holds_the_log_start_stays() -> None:
    place = machine(LogSettings(segment_bytes=2 * SIZE_BYTES))
    for _ in range(4):
        append(place.log, batch(b"0"))
    place.log.increase_log_start(1)

    assert place.log.apply_retention() == 0


def test_retention_bytes_is_what_is_left_at_least() -> None:
    for size_bytes, count in ((4 * SIZE_BYTES, 0), (4 * SIZE_BYTES - 1, 0), (3 * SIZE_BYTES, 1), (SIZE_BYTES, 3)):
        log = filled(4, retention_bytes=size_bytes).log

        assert log.apply_retention() == count
        assert log.log_start_offset == count


def test_retention_ms_counts_from_the_newest_timestamp_of_a_segment() -> None:
    place = filled(4, retention_ms=10_000)
    place.clock.run_until(NOW_MS + 11_000)
    at_limit = place.log.apply_retention()
    place.clock.run_until(NOW_MS + 12_001)

    assert (at_limit, place.log.apply_retention(), place.log.log_start_offset) == (1, 2, 3)


def test_without_timestamps_age_counts_from_the_last_append() -> None:
    place = machine(LogSettings(retention_ms=100, segment_bytes=SIZE_BYTES))
    append(place.log, batch(b"0", timestamp_ms=-1))
    place.clock.run_until(NOW_MS + 100)
    early = place.log.apply_retention()
    place.clock.run_until(NOW_MS + 101)

    assert (early, place.log.apply_retention()) == (0, 1)


def test_all_segments_may_go_and_the_log_goes_on_at_the_same_offset() -> None:
    place = filled(3, retention_ms=0)
    place.clock.run_until(NOW_MS + 60_000)

    assert place.log.apply_retention() == 3
    assert (place.log.log_start_offset, place.log.log_end_offset, values(place.log)) == (3, 3, [])
    assert place.log.apply_retention() == 0
    assert append(place.log, batch(b"x")).base_offset == 3


def test_nothing_at_the_high_watermark_or_above_is_deleted() -> None:
    place = filled(4, retention_ms=0)
    place.log.high_watermark = 2
    place.clock.run_until(NOW_MS + 60_000)

    assert (place.log.apply_retention(), place.log.log_start_offset) == (2, 2)


def test_a_timestamp_ahead_of_time_keeps_what_comes_after_it() -> None:
    place = machine(LogSettings(segment_bytes=SIZE_BYTES, retention_ms=100))
    append(place.log, batch(b"0", timestamp_ms=NOW_MS + 3_000_000))
    append(place.log, batch(b"1"))
    place.clock.run_until(NOW_MS + 60_000)

    assert place.log.apply_retention() == 0


def test_retention_that_is_not_limited_deletes_nothing() -> None:
    place = filled(3, retention_ms=-1, retention_bytes=-1)
    place.clock.run_until(NOW_MS + 10**12)

    assert place.log.apply_retention() == 0


def test_a_compacted_log_is_not_deleted_by_age_or_size() -> None:
    compacted = LogSettings(cleanup_policy=("compact",), retention_ms=0, retention_bytes=0, segment_bytes=SIZE_BYTES)
    place = machine(compacted)
    for _ in range(3):
        append(place.log, batch(b"0"))
    place.clock.run_until(NOW_MS + 10**9)
    untouched = place.log.apply_retention()
    place.log.increase_log_start(1)

    assert (untouched, place.log.apply_retention()) == (0, 1)


def test_producers_outlive_their_segments_but_not_a_restart() -> None:
    place = machine(LogSettings(segment_bytes=100))
    append(place.log, numbered(0))
    append(place.log, numbered(0, producer_id=8))
    append(place.log, numbered(1, producer_id=8))
    place.log.increase_log_start(2)
    place.log.apply_retention()
    before = set(place.log.producers.entries)
    place.restart()

    assert (before, set(place.log.producers.entries)) == ({7, 8}, {8})


def test_a_log_that_is_deleted_has_no_files() -> None:
    place = filled(3)
    place.log.delete()

    assert place.disk.folders() == []


def test_what_is_empty_and_written_to_next_is_not_deleted_again() -> None:
    """Source: ``UnifiedLog.deletableSegments``."""
    place = filled(2, retention_bytes=0)

    assert [place.log.apply_retention() for _ in range(2)] == [2, 0]
    assert [name for name in place.disk.names(FOLDER) if name.endswith(".log")] == ["00000000000000000002.log"]
