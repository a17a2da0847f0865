"""What a crash and a power loss leave of files, and that real folders are no different."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ackproof.reference.log.storage.disk import Disk, Storage
from ackproof.reference.log.storage.folder import Folder


@pytest.fixture(params=["memory", "folder"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    if request.param == "memory":
        yield Disk()
    else:
        with closing(Folder(tmp_path / "data")) as folder:
            yield folder


def test_a_file_reads_back_what_was_appended(storage: Storage) -> None:
    file = storage.open("orders-0/a.log")
    file.append(b"one")
    file.append(b"two")

    assert (file.size_bytes, file.read(1, 4)) == (6, b"netw")


def test_reading_beyond_the_end_gives_what_is_there(storage: Storage) -> None:
    file = storage.open("a")
    file.append(b"one")

    assert (file.read(2, 9), file.read(9, 1)) == (b"e", b"")


def test_what_is_appended_after_a_truncation_stands_in_place_of_what_was_cut(storage: Storage) -> None:
    file = storage.open("a")
    file.append(b"one")
    file.truncate(1)
    file.append(b"x")

    assert (file.size_bytes, file.read(0, 9)) == (2, b"ox")


def test_truncating_beyond_the_end_changes_nothing(storage: Storage) -> None:
    file = storage.open("a")
    file.append(b"one")
    file.truncate(7)

    assert (file.size_bytes, file.read(0, 9)) == (3, b"one")


def test_files_are_listed_by_folder_in_order(storage: Storage) -> None:
    for path in ("top", "b-0/2", "b-0/1", "a-0/1"):
        storage.open(path).append(b".")

    assert storage.folders() == ["a-0", "b-0"]
    assert storage.names("b-0") == ["1", "2"]
    assert storage.names("") == ["top"]
    assert storage.names("nowhere") == []


def test_a_folder_is_gone_with_its_last_file(storage: Storage) -> None:
    storage.open("a-0/1").append(b".")
    storage.delete("a-0/1")
    storage.delete("a-0/1")

    assert (storage.folders(), storage.exists("a-0/1")) == ([], False)


def test_a_replaced_file_holds_only_the_new_bytes(storage: Storage) -> None:
    storage.open("a").append(b"old and long")
    storage.replace("a", b"new")
    file = storage.open("a")
    file.append(b"er")

    assert file.read(0, 99) == b"newer"


def test_a_process_that_was_killed_left_every_byte_that_it_wrote(tmp_path: Path) -> None:
    with closing(Folder(tmp_path)) as killed, closing(Folder(tmp_path)) as restarted:
        killed.open("orders-0/a.log").append(b"one")

        assert restarted.open("orders-0/a.log").read(0, 9) == b"one"


def test_a_folder_that_is_closed_can_be_used_again(tmp_path: Path) -> None:
    with closing(Folder(tmp_path)) as folder:
        file = folder.open("a")
        file.append(b"one")
        file.sync()
        folder.close()

        assert folder.open("a").read(0, 9) == b"one"


def test_a_crash_keeps_every_byte_and_cuts_off_who_had_files_open() -> None:
    disk = Disk()
    before = disk.open("a")
    before.append(b"one")
    disk.crash()
    before.append(b"lost")

    assert disk.open("a").read(0, 9) == b"one"


def test_a_power_loss_keeps_what_was_synced_and_loses_any_suffix_of_the_rest() -> None:
    left: set[bytes] = set()
    for seed in range(60):
        disk = Disk()
        file = disk.open("a")
        file.append(b"kept")
        file.sync()
        file.append(b"abc")
        disk.power_loss(Random(seed))
        left.add(disk.open("a").read(0, 9))

    assert left == {b"kept", b"kepta", b"keptab", b"keptabc"}


def test_a_power_loss_may_take_a_file_that_was_never_synced() -> None:
    lost: set[bool] = set()
    for seed in range(20):
        disk = Disk()
        disk.open("a").append(b"x")
        disk.power_loss(Random(seed))
        lost.add(not disk.exists("a"))

    assert lost == {False, True}


def test_what_was_cut_and_written_anew_is_not_synced() -> None:
    left: set[bytes] = set()
    for seed in range(30):
        disk = Disk()
        file = disk.open("a")
        file.append(b"abc")
        file.sync()
        file.truncate(1)
        file.append(b"X")
        disk.power_loss(Random(seed))
        left.add(disk.open("a").read(0, 9))

    assert left == {b"a", b"aX"}


def test_a_replaced_file_survives_a_power_loss() -> None:
    disk = Disk()
    disk.replace("a", b"whole")
    disk.power_loss(Random(0))

    assert disk.open("a").read(0, 9) == b"whole"


def test_the_same_seed_loses_the_same_bytes() -> None:
    def left(seed: int) -> list[bytes]:
        disk = Disk()
        for name in ("b", "a", "c"):
            disk.open(name).append(bytes(50))
        disk.power_loss(Random(seed))
        return [disk.open(name).read(0, 99) for name in ("a", "b", "c")]

    assert left(5) == left(5)
