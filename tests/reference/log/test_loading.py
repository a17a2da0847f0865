"""What of a log is there after a clean stop, a crash and a power loss (D.5)."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.log.leader_epochs import FILE_NAME, EpochEntry
from ackproof.reference.log.settings import LogSettings
from tests.reference.log.logs import (
    FOLDER,
    NOW_MS,
    SMALL_SEGMENTS,
    Machine,
    append,
    batch,
    begin,
    end,
    machine,
    numbered,
    refusal,
    transactional,
    values,
)

SEGMENT = f"{FOLDER}/00000000000000000000.log"
SIZE_BYTES = len(batch(b"0"))


def filled(count: int, settings: LogSettings | None = None) -> Machine:
    """A log of batches of an idempotent producer."""
    place = machine(settings)
    for sequence in range(count):
        append(place.log, numbered(sequence))
    return place


def test_a_new_log_is_empty_and_starts_where_it_is_told_to() -> None:
    log = machine(log_start_offset=5).log

    assert (log.log_start_offset, log.log_end_offset, log.high_watermark, log.size_bytes) == (5, 5, 5, 0)
    assert log.recovery_point == 5


def test_a_crash_loses_nothing() -> None:
    place = filled(5, SMALL_SEGMENTS)
    place.disk.crash()
    log = place.restart()

    assert (values(log), log.log_end_offset) == ([b"s0", b"s1", b"s2", b"s3", b"s4"], 5)


def test_the_high_watermark_is_back_at_the_log_start_until_the_broker_says_otherwise() -> None:
    log = filled(3).restart()
    before = log.high_watermark
    log.high_watermark = 99

    assert (before, log.high_watermark) == (0, 3)


def test_after_a_clean_stop_nothing_is_checked_and_all_of_it_counts_as_synced() -> None:
    place = filled(3)
    place.log.close()
    place.disk.power_loss(Random(0))
    log = place.restart(is_clean=True)

    assert (len(values(log)), log.recovery_point) == (3, 3)


def test_a_power_loss_takes_a_suffix_in_whole_batches() -> None:
    lengths: set[int] = set()
    for seed in range(80):
        place = filled(4)
        place.disk.power_loss(Random(seed))
        log = place.restart()
        lengths.add(log.log_end_offset)

        assert log.size_bytes == log.log_end_offset * SIZE_BYTES + log.log_end_offset
        assert values(log) == [b"s0", b"s1", b"s2", b"s3"][: log.log_end_offset]

    assert lengths == {0, 1, 2, 3, 4}


def test_a_power_loss_takes_nothing_that_was_flushed() -> None:
    for seed in range(20):
        place = filled(2)
        place.log.flush()
        append(place.log, numbered(2))
        place.disk.power_loss(Random(seed))

        assert values(place.restart())[:2] == [b"s0", b"s1"]


def test_everything_from_the_first_corrupt_batch_on_is_gone_and_so_are_later_segments() -> None:
    place = filled(6, SMALL_SEGMENTS)
    file = place.disk.open(SEGMENT)
    data = file.read(0, 999)
    file.truncate(len(data) - 1)
    file.append(b"\1")
    log = place.restart(recovery_point=0)

    assert (values(log), log.log_end_offset) == ([b"s0"], 1)
    assert [name for name in place.disk.names(FOLDER) if name.endswith(".log")] == ["00000000000000000000.log"]
    assert append(log, numbered(1)).base_offset == 1


def test_nothing_is_checked_below_the_recovery_point() -> None:
    place = filled(5, SMALL_SEGMENTS)
    file = place.disk.open(SEGMENT)
    data = file.read(0, 999)
    file.truncate(len(data) - 1)
    file.append(b"\1")

    assert place.restart(recovery_point=4).log_end_offset == 5


def test_garbage_at_the_end_is_cut_off() -> None:
    for garbage in (b"\0", b"\0" * 100, b"\1" * 100, numbered(9)[:-1]):
        place = filled(2)
        place.disk.open(SEGMENT).append(garbage)
        log = place.restart()

        assert (log.log_end_offset, append(log, numbered(2)).base_offset) == (2, 2)
        assert values(place.restart()) == [b"s0", b"s1", b"s2"]


def test_producers_are_known_after_a_crash() -> None:
    place = filled(7, SMALL_SEGMENTS)
    log = place.restart()

    assert append(log, numbered(6)).is_duplicate
    assert refusal(log, numbered(9)).name == "out_of_order_sequence_number"
    assert append(log, numbered(7)).base_offset == 7


def test_a_snapshot_remembers_one_batch_of_a_producer() -> None:
    place = filled(3)
    place.log.close()
    log = place.restart(is_clean=True)

    assert append(log, numbered(2)).is_duplicate
    assert refusal(log, numbered(1)).name == "out_of_order_sequence_number"


def test_a_corrupt_snapshot_is_not_used() -> None:
    place = filled(7, SMALL_SEGMENTS)
    for name in place.disk.names(FOLDER):
        if name.endswith(".snapshot"):
            place.disk.replace(f"{FOLDER}/{name}", b"\0\1nonsense")
    log = place.restart()

    assert append(log, numbered(7)).base_offset == 7


def test_snapshots_are_written_anew_where_the_last_two_segments_start_and_at_the_end() -> None:
    place = filled(7, SMALL_SEGMENTS)
    for name in place.disk.names(FOLDER):
        if name.endswith(".snapshot"):
            place.disk.delete(f"{FOLDER}/{name}")

    assert place.restart(recovery_point=7).producers.snapshots.offsets == (4, 6, 7)


def test_a_clean_stop_without_a_snapshot_means_that_there_are_no_producers() -> None:
    place = filled(3)
    log = place.restart(is_clean=True)

    assert not log.producers.entries
    assert append(log, numbered(9)).base_offset == 3


def test_open_transactions_are_open_after_a_crash_and_after_a_clean_stop() -> None:
    for is_clean in (False, True):
        place = machine(SMALL_SEGMENTS)
        append(place.log, batch(b"x"))
        begin(place.log, producer_id=8)
        begin(place.log)
        end(place.log, "abort")
        if is_clean:
            place.log.close()
        log = place.restart(is_clean=is_clean)
        log.high_watermark = 4

        assert (log.last_stable_offset, log.has_ongoing_transaction(8), log.has_ongoing_transaction(7)) == (
            1,
            True,
            False,
        )
        assert append(log, transactional(1, producer_id=8)).base_offset == 4


def test_a_restart_forgets_that_a_marker_was_not_replicated() -> None:
    """The snapshot at the end knows only of open transactions (``ProducerStateManager.loadFromSnapshot``)."""
    place = machine()
    begin(place.log)
    end(place.log, is_replicated=False)
    before = place.log.first_unstable_offset
    log = place.restart()
    log.high_watermark = 1

    assert (before, log.first_unstable_offset, log.last_stable_offset) == (0, None, 1)


def test_a_transaction_index_is_written_anew_after_a_crash() -> None:
    place = machine()
    begin(place.log)
    end(place.log, "abort")
    expected = place.log.aborted_transactions(0, 9)
    place.disk.open(f"{FOLDER}/00000000000000000000.txnindex").truncate(20)

    assert place.restart().aborted_transactions(0, 9) == expected


def test_a_transaction_index_is_read_after_a_clean_stop() -> None:
    place = machine()
    begin(place.log)
    end(place.log, "abort")
    expected = place.log.aborted_transactions(0, 9)
    place.log.close()

    assert place.restart(is_clean=True).aborted_transactions(0, 9) == expected


def test_leader_epochs_are_read_back_and_those_beyond_the_end_dropped() -> None:
    place = machine()
    append(place.log, batch(b"x"), leader_epoch=3)
    place.log.assign_epoch(5)

    assert place.restart().epochs.entries == (EpochEntry(3, 0),)


def test_leader_epochs_are_found_in_the_batches_where_the_file_has_them_not() -> None:
    place = machine()
    append(place.log, batch(b"x"), leader_epoch=3)
    append(place.log, batch(b"x"), leader_epoch=4)
    place.disk.delete(f"{FOLDER}/{FILE_NAME}")

    assert place.restart().epochs.entries == (EpochEntry(3, 0), EpochEntry(4, 1))


def test_a_log_start_that_was_not_written_down_is_back_where_it_was() -> None:
    place = filled(3)
    place.log.increase_log_start(2)
    log = place.restart(log_start_offset=0)

    assert values(log) == [b"s0", b"s1", b"s2"]


def test_a_log_that_ends_before_its_start_is_emptied() -> None:
    place = filled(3)
    place.log.increase_log_start(3)
    place.disk.open(SEGMENT).truncate(SIZE_BYTES + 1)
    log = place.restart()

    assert (log.log_start_offset, log.log_end_offset, values(log), log.latest_epoch) == (3, 3, [], None)
    assert append(log, batch(b"x")).base_offset == 3


def test_the_recovery_point_is_never_beyond_the_end() -> None:
    assert filled(3).restart(recovery_point=99).recovery_point == 3


def test_the_time_of_segments_without_timestamps_counts_from_the_restart() -> None:
    place = machine(LogSettings(segment_ms=100))
    append(place.log, batch(b"0", timestamp_ms=-1))
    place.clock.run_until(NOW_MS + 1000)
    log = place.restart()
    append(log, batch(b"0", timestamp_ms=-1))

    assert [name for name in place.disk.names(FOLDER) if name.endswith(".log")] == ["00000000000000000000.log"]


@given(st.lists(st.integers(1, 3), max_size=9), st.integers(0, 9), st.randoms(use_true_random=False))
def test_whatever_a_power_loss_takes_the_rest_is_a_prefix_with_its_producers(
    counts: list[int], flushed_at: int, rng: Random
) -> None:
    place = machine(SMALL_SEGMENTS)
    for index, count in enumerate(counts):
        append(place.log, numbered(place.log.log_end_offset, count=count))
        if index == flushed_at:
            place.log.flush()
    held, synced = values(place.log), place.log.recovery_point
    place.disk.power_loss(rng)
    log = place.restart()

    assert values(log) == held[: log.log_end_offset]
    assert log.log_end_offset >= synced
    assert append(log, numbered(log.log_end_offset)).is_duplicate is False
