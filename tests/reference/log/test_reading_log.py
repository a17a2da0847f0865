"""Reads: whole batches, within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode

from ackproof.reference.log.log import PartitionLog
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.log.logs import SMALL_SEGMENTS, append, batch, begin, end, new_log, offsets, transactional

SIZE_BYTES = len(batch(b"0"))
ALL = 10**6


def filled(count: int, settings: LogSettings | None = None) -> PartitionLog:
    """A log of batches of one record each."""
    log = new_log(settings)
    for number in range(count):
        append(log, batch(f"{number % 10}".encode()))
    return log


def test_a_read_gives_as_many_whole_batches_as_fit() -> None:
    log = filled(5)

    assert offsets(log.read(1, 2 * SIZE_BYTES, 5)) == [1, 2]
    assert offsets(log.read(1, 3 * SIZE_BYTES - 1, 5)) == [1, 2]


def test_a_read_gives_the_first_batch_even_if_it_is_larger() -> None:
    assert offsets(filled(3).read(1, 0, 3)) == [1]


def test_a_read_that_need_not_give_a_batch_gives_none_that_is_larger() -> None:
    assert filled(3).read(1, SIZE_BYTES - 1, 3, at_least_one=False) == b""


def test_a_read_ends_before_its_bound() -> None:
    log = filled(5)

    assert offsets(log.read(1, ALL, 3)) == [1, 2]
    assert log.read(3, ALL, 3) == log.read(4, ALL, 3) == b""


def test_a_batch_that_reaches_beyond_the_bound_is_not_read() -> None:
    log = new_log()
    append(log, batch(b"a", b"b"))

    assert log.read(0, ALL, 1) == b""


def test_a_read_from_the_middle_of_a_batch_gives_the_whole_of_it() -> None:
    log = new_log()
    append(log, batch(b"a", b"b", b"c"))

    assert offsets(log.read(1, ALL, 3)) == [0, 1, 2]


def test_a_read_at_the_end_is_empty_and_one_beyond_it_is_out_of_range() -> None:
    log = filled(2)

    assert log.read(2, ALL, 2) == b""
    with pytest.raises(KafkaError) as caught:
        log.read(3, ALL, 2)
    assert caught.value.code == ErrorCode.offset_out_of_range


def test_a_read_before_the_log_start_is_out_of_range() -> None:
    log = filled(2)
    log.increase_log_start(1)

    with pytest.raises(KafkaError, match="OFFSET_OUT_OF_RANGE"):
        log.read(0, ALL, 2)
    assert offsets(log.read(1, ALL, 2)) == [1]


def test_a_read_goes_no_further_than_its_segment() -> None:
    log = filled(5, SMALL_SEGMENTS)

    assert [offsets(log.read(start, ALL, 5)) for start in (0, 1, 2, 4)] == [[0, 1], [1], [2, 3], [4]]


def test_a_read_goes_on_in_the_next_segment_where_one_has_nothing_left() -> None:
    log = filled(2, SMALL_SEGMENTS)
    log.append_as_follower(batch(b"x", base_offset=7))

    assert [offsets(log.read(start, ALL, 8)) for start in (1, 2, 7)] == [[1], [7], [7]]


@given(st.lists(st.integers(1, 4), max_size=12), st.integers(0, 30), st.integers(0, 400), st.integers(0, 30))
def test_reads_agree_with_a_list_of_batches(counts: list[int], start: int, max_bytes: int, up_to: int) -> None:
    log = new_log(LogSettings(segment_bytes=400))
    sizes: list[tuple[int, int, int]] = []
    for count in counts:
        first = log.log_end_offset
        data = batch(*[b"v"] * count)
        append(log, data)
        sizes.append((first, log.log_end_offset, len(data)))
    start, up_to = min(start, log.log_end_offset), min(up_to, log.log_end_offset)
    read = log.read(start, max_bytes, up_to)

    readable = [found for found in sizes if found[1] > start and found[1] <= up_to and start < up_to]
    expected = offsets(read)
    assert expected == [offset for first, after, _ in readable for offset in range(first, after)][: len(expected)]
    assert bool(read) == bool(readable)
    assert len(read) <= max(max_bytes, readable[0][2] if readable else 0)


def test_aborted_transactions_are_searched_up_to_the_next_entry_of_the_sparse_index() -> None:
    dense, sparse = new_log(LogSettings(index_interval_bytes=0)), new_log()
    for log in (dense, sparse):
        for _ in range(4):
            append(log, batch(b"0"))

    assert [dense.search_end(0, size) for size in (SIZE_BYTES, 2 * SIZE_BYTES, 9 * SIZE_BYTES)] == [1, 2, 4]
    assert sparse.search_end(0, SIZE_BYTES) == 4


def test_aborted_transactions_are_searched_up_to_the_next_segment() -> None:
    log = filled(5, SMALL_SEGMENTS)

    assert [log.search_end(offset, SIZE_BYTES) for offset in (0, 2, 4, 5)] == [2, 4, 5, 5]


def test_aborted_transactions_are_found_in_later_segments() -> None:
    log = new_log(SMALL_SEGMENTS)
    begin(log)
    for sequence in range(1, 4):
        append(log, transactional(sequence))
    end(log, "abort")

    assert [found.last_offset for found in log.aborted_transactions(0, 2)] == [4]
    assert [found.last_offset for found in log.aborted_transactions(3, 5)] == [4]


def test_a_search_ends_where_everything_below_was_decided() -> None:
    log = new_log()
    begin(log)
    end(log, "abort")
    begin(log, producer_id=8)
    end(log, "abort", producer_id=8)

    assert [found.producer_id for found in log.aborted_transactions(0, 2)] == [7]


def test_all_batches_from_the_log_start_on_can_be_had() -> None:
    log = filled(5, SMALL_SEGMENTS)
    log.increase_log_start(3)

    assert [offsets(data) for data in log.batches()] == [[3], [4]]
