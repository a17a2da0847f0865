"""A log on real folders: the same bytes as in memory, and what is there after the process was killed."""

from contextlib import closing
from pathlib import Path
from typing import Unpack

from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.log.storage.disk import Disk, Storage
from ackproof.reference.log.storage.folder import Folder
from tests.reference.log.logs import FOLDER, NOW_MS, SMALL_SEGMENTS, Opening, append, begin, end, numbered


def opened(storage: Storage, **arguments: Unpack[Opening]) -> PartitionLog:
    """The log in a storage."""
    return PartitionLog(storage, FOLDER, VirtualClock(NOW_MS), SMALL_SEGMENTS, **arguments)


def written(storage: Storage) -> PartitionLog:
    """A log with a bit of everything."""
    log = opened(storage)
    for sequence in range(4):
        append(log, numbered(sequence))
    begin(log, producer_id=8)
    end(log, "abort", producer_id=8)
    log.truncate_to(5)
    end(log, "abort", producer_id=8)
    log.increase_log_start(2)
    log.apply_retention()
    return log


def files(storage: Storage) -> dict[str, bytes]:
    """Every file of the log."""
    return {name: storage.open(f"{FOLDER}/{name}").read(0, 10**6) for name in storage.names(FOLDER)}


def test_files_are_the_same_as_in_memory(tmp_path: Path) -> None:
    disk = Disk()
    with closing(Folder(tmp_path)) as folder:
        written(disk)
        written(folder)

        assert files(folder) == files(disk)


def test_a_killed_process_left_its_log(tmp_path: Path) -> None:
    with closing(Folder(tmp_path)) as killed, closing(Folder(tmp_path)) as restarted:
        before = written(killed)
        log = opened(restarted, recovery_point=before.recovery_point, log_start_offset=2)
        log.high_watermark = 6

        assert list(log.batches()) == list(before.batches())
        assert log.aborted_transactions(2, 6) == before.aborted_transactions(2, 6)
        assert append(log, numbered(4)).base_offset == 6


@given(st.integers(0, 600))
def test_a_log_that_a_copy_was_cut_anywhere_opens_with_a_prefix(size_bytes: int) -> None:
    disk = Disk()
    before = written(disk)
    held = list(before.batches())
    last = [name for name in disk.names(FOLDER) if name.endswith(".log")][-1]
    disk.open(f"{FOLDER}/{last}").truncate(size_bytes)
    log = opened(disk, recovery_point=before.recovery_point, log_start_offset=2)

    found = list(log.batches())
    assert found == held[: len(found)]
