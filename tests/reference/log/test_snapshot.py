"""Snapshots of producer state: their bytes, and which of them are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.log.producers.producer_entry import ProducerEntry, RememberedBatch
from ackproof.reference.log.producers.snapshot import CorruptSnapshotError, Snapshots, decoded, encoded
from ackproof.reference.log.storage.disk import Disk

FOLDER = "orders-0"
KNOWN = ProducerEntry(7, 1, 2, 300, 5, (RememberedBatch(8, 9, 10, 11, 300),))
EMPTY = ProducerEntry(8)


def test_a_snapshot_is_written_as_kafka_writes_it() -> None:
    written = encoded([KNOWN])

    assert written[:2] == b"\0\1"
    assert written[6:10] == b"\0\0\0\1"
    assert written[10:].hex(" ", 8) == (
        "0001 0000000900000000 0000000b00000001 000000000000012c 0000000200000000 00000005"
    ) or written[10:] == b"".join(
        number.to_bytes(size) for number, size in ((7, 8), (1, 2), (9, 4), (11, 8), (1, 4), (300, 8), (2, 4), (5, 8))
    )


def test_a_producer_reads_back_with_its_last_batch() -> None:
    assert [entry.values for entry in decoded(encoded([KNOWN, EMPTY]))] == [KNOWN.values, EMPTY.values]


def test_a_batch_that_holds_the_wrap_reads_back() -> None:
    wrapping = ProducerEntry(7, 0, -1, 1, None, (RememberedBatch(2**31 - 1, 1, 10, 12, 1),))

    assert decoded(encoded([wrapping]))[0].batches == wrapping.batches


@pytest.mark.parametrize("at", [1, 3, 9, 12, -1])
def test_a_snapshot_with_another_byte_is_corrupt(at: int) -> None:
    data = bytearray(encoded([KNOWN]))
    data[at] ^= 0xFF

    with pytest.raises(CorruptSnapshotError):
        decoded(bytes(data))


@given(st.integers(0, len(encoded([KNOWN])) - 1))
def test_a_snapshot_that_is_not_whole_is_corrupt(length: int) -> None:
    with pytest.raises(CorruptSnapshotError):
        decoded(encoded([KNOWN])[:length])


def snapshots(*offsets: int) -> Snapshots:
    """Snapshots at these offsets."""
    made = Snapshots(Disk(), FOLDER)
    for offset in offsets:
        made.write(offset, [KNOWN])
    return made


def test_snapshots_are_found_again() -> None:
    disk = Disk()
    Snapshots(disk, FOLDER).write(12, [KNOWN])
    found = Snapshots(disk, FOLDER)

    assert (found.offsets, found.read(12)[0].values) == ((12,), KNOWN.values)


def test_only_snapshots_above_the_log_start_and_up_to_the_end_are_kept() -> None:
    made = snapshots(1, 2, 3, 4)
    made.keep_between(1, 3)

    assert made.offsets == (2, 3)


def test_a_snapshot_without_a_segment_is_kept_only_if_it_is_the_last() -> None:
    made = snapshots(1, 5, 7, 10, 12)
    made.delete_stray(frozenset((0, 5, 10)))

    assert made.offsets == (5, 10, 12)


def test_a_snapshot_without_a_segment_is_deleted_below_the_last_segment() -> None:
    made = snapshots(5, 7)
    made.delete_stray(frozenset((0, 5, 10)))

    assert made.offsets == (5,)
