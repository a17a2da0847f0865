"""Files that say something of all logs of a broker."""

from uuid import UUID

import pytest

from ackproof.reference.log.storage.checkpoints import (
    CLEAN_SHUTDOWN,
    HIGH_WATERMARKS,
    CleanShutdown,
    OffsetCheckpoint,
    TopicPartition,
    read_topic_id,
    write_topic_id,
)
from ackproof.reference.log.storage.disk import Disk

TOPIC_ID = UUID("0123456789abcdef0123456789abcdef")


def test_offsets_read_back() -> None:
    checkpoint = OffsetCheckpoint(Disk(), HIGH_WATERMARKS)
    offsets = {TopicPartition("orders", 0): 5, TopicPartition("a.b-c", 11): 2**40}
    checkpoint.write({TopicPartition("old", 0): 1})
    checkpoint.write(offsets)

    assert checkpoint.read() == offsets


def test_without_a_file_there_are_no_offsets() -> None:
    assert OffsetCheckpoint(Disk(), HIGH_WATERMARKS).read() == {}


def test_offsets_are_written_as_kafka_writes_them() -> None:
    disk = Disk()
    OffsetCheckpoint(disk, HIGH_WATERMARKS).write({TopicPartition("orders", 3): 12})

    assert disk.open(HIGH_WATERMARKS).read(0, 99) == b"0\n1\norders 3 12\n"


@pytest.mark.parametrize("text", [b"1\n0\n", b"0\n2\norders 3 12\n", b"0\n1\norders 3\n", b"0\n", b"\xff"])
def test_a_checkpoint_of_another_version_or_in_part_is_not_read(text: bytes) -> None:
    disk = Disk()
    disk.replace(HIGH_WATERMARKS, text)

    with pytest.raises(ValueError, match=HIGH_WATERMARKS):
        OffsetCheckpoint(disk, HIGH_WATERMARKS).read()


def test_a_clean_shutdown_says_in_which_broker_epoch() -> None:
    disk = Disk()
    marker = CleanShutdown(disk)
    before = (marker.exists, marker.broker_epoch)
    marker.write(42)
    written = disk.open(CLEAN_SHUTDOWN).read(0, 99)
    after = (marker.exists, marker.broker_epoch)
    marker.delete()

    assert (before, after, marker.exists) == ((False, -1), (True, 42), False)
    assert written == b'{"version": 0, "brokerEpoch": 42}'


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff"])
def test_a_marker_that_does_not_say_the_epoch_still_is_one(text: bytes) -> None:
    disk = Disk()
    disk.replace(CLEAN_SHUTDOWN, text)

    assert CleanShutdown(disk).exists
    assert CleanShutdown(disk).broker_epoch == -1


def test_a_log_knows_the_topic_that_it_belongs_to() -> None:
    disk = Disk()
    write_topic_id(disk, "orders-0", TOPIC_ID)

    assert disk.open("orders-0/partition.metadata").read(0, 99) == b"version: 0\ntopic_id: ASNFZ4mrze8BI0VniavN7w"
    assert read_topic_id(disk, "orders-0") == TOPIC_ID
    assert read_topic_id(disk, "orders-1") is None


@pytest.mark.parametrize("text", [b"", b"version: 0", b"topic_id: AAAA", b"\xff"])
def test_a_file_that_should_name_the_topic_and_does_not_is_named(text: bytes) -> None:
    disk = Disk()
    disk.replace("orders-0/partition.metadata", text)

    with pytest.raises(ValueError, match=r"orders-0/partition\.metadata names no topic id"):
        read_topic_id(disk, "orders-0")
