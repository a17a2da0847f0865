"""Which leader epoch wrote from where on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.log.leader_epochs import FILE_NAME, EpochEnd, EpochEntry, LeaderEpochs
from ackproof.reference.log.storage.disk import Disk

FOLDER = "orders-0"


def epochs(*entries: tuple[int, int]) -> LeaderEpochs:
    """Epochs with these starts."""
    made = LeaderEpochs(Disk(), FOLDER)
    for epoch, start in entries:
        made.assign(epoch, start)
    return made


def test_an_epoch_keeps_its_first_start() -> None:
    made = epochs((1, 10), (1, 20))

    assert made.entries == (EpochEntry(1, 10),)


def test_an_earlier_start_of_the_latest_epoch_takes_the_place_of_the_later_one() -> None:
    assert epochs((1, 10), (1, 5)).entries == (EpochEntry(1, 5),)


def test_an_epoch_that_starts_before_others_removes_them() -> None:
    assert epochs((1, 10), (2, 20), (3, 30), (4, 15)).entries == (EpochEntry(1, 10), EpochEntry(4, 15))


def test_a_lower_epoch_removes_higher_ones() -> None:
    assert epochs((1, 10), (5, 20), (3, 30)).entries == (EpochEntry(1, 10), EpochEntry(3, 30))


def test_two_epochs_do_not_start_at_one_offset() -> None:
    assert epochs((1, 10), (2, 10)).entries == (EpochEntry(2, 10),)


def test_neither_an_epoch_nor_a_start_is_negative() -> None:
    for epoch, start in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="cannot start"):
            epochs((epoch, start))


def test_the_latest_epoch_ends_at_the_log_end() -> None:
    assert epochs((1, 10), (2, 20)).end_offset_for(2, 33) == EpochEnd(2, 33)


def test_an_epoch_ends_where_the_next_starts() -> None:
    made = epochs((1, 10), (4, 20))

    assert made.end_offset_for(1, 33) == EpochEnd(1, 20)


def test_an_epoch_that_wrote_nothing_is_answered_with_the_one_before_it() -> None:
    assert epochs((1, 10), (4, 20)).end_offset_for(3, 33) == EpochEnd(1, 20)


def test_an_epoch_above_all_is_not_known() -> None:
    assert epochs((1, 10)).end_offset_for(2, 33) == EpochEnd(-1, -1)


def test_an_epoch_below_all_ends_where_the_first_starts() -> None:
    assert epochs((3, 10), (4, 20)).end_offset_for(1, 33) == EpochEnd(1, 10)


def test_nothing_is_known_of_no_epoch_or_without_epochs() -> None:
    assert epochs((1, 10)).end_offset_for(-1, 33) == EpochEnd(-1, -1)
    assert epochs().end_offset_for(0, 0) == EpochEnd(-1, -1)


def test_truncating_the_end_removes_what_starts_there_or_later() -> None:
    made = epochs((1, 10), (2, 20), (3, 30))
    made.truncate_from_end(20)

    assert made.entries == (EpochEntry(1, 10),)


def test_truncating_the_start_keeps_the_epoch_that_holds_it() -> None:
    made = epochs((1, 10), (2, 20), (3, 30))
    made.truncate_from_start(25)

    assert made.entries == (EpochEntry(2, 25), EpochEntry(3, 30))


def test_truncating_the_start_before_all_changes_nothing() -> None:
    made = epochs((1, 10))
    made.truncate_from_start(5)

    assert made.entries == (EpochEntry(1, 10),)


def test_epochs_are_written_as_kafka_writes_them() -> None:
    disk = Disk()
    made = LeaderEpochs(disk, FOLDER)
    made.assign(0, 0)
    made.assign(3, 12)

    assert disk.open(f"{FOLDER}/{FILE_NAME}").read(0, 99) == b"0\n2\n0 0\n3 12\n"


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30)), max_size=8))
def test_epochs_and_starts_only_grow_and_are_there_after_a_restart(assigned: list[tuple[int, int]]) -> None:
    disk = Disk()
    made = LeaderEpochs(disk, FOLDER)
    for epoch, start in assigned:
        made.assign(epoch, start)

    found = made.entries
    assert list(found) == sorted(found)
    assert len({entry.start_offset for entry in found}) == len({entry.epoch for entry in found}) == len(found)
    assert LeaderEpochs(disk, FOLDER).entries == found
    if assigned:
        assert found[-1].epoch == assigned[-1][0]
