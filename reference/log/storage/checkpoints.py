"""Files that say something of all logs in a directory (``OffsetCheckpointFile``, ``CleanShutdownFileHandler``)."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeVar
from uuid import UUID

import attrs

from ackproof.reference.log.storage.disk import Storage

E = TypeVar("E")

RECOVERY_POINTS = "recovery-point-offset-checkpoint"
LOG_STARTS = "log-start-offset-checkpoint"
HIGH_WATERMARKS = "replication-offset-checkpoint"
CLEAN_SHUTDOWN = ".kafka_cleanshutdown"
PARTITION_METADATA = "partition.metadata"
VERSION = 0
REMEMBERED = 10_000
"""How many partitions are remembered by their names: requests name the same ones over and over."""


class TopicPartition(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int

    @property
    def folder(self) -> str:
        """The folder of its log."""
        return f"{self.topic}-{self.partition}"


@lru_cache(REMEMBERED)
def topic_partition(topic: str, partition: int) -> TopicPartition:
    """A partition that a request names."""
    return TopicPartition(topic, partition)


@attrs.frozen
class OffsetCheckpoint:
    """An offset of each log, in the file *name* of *storage*."""

    storage: Storage
    name: str

    def write(self, offsets: Mapping[TopicPartition, int]) -> None:
        """These *offsets*, and no others."""
        lines = [f"{partition.topic} {partition.partition} {offset}" for partition, offset in offsets.items()]
        text = "\n".join([str(VERSION), str(len(lines)), *lines])
        self.storage.replace(self.name, (text + "\n").encode())

    def read(self) -> dict[TopicPartition, int]:
        """
        What was written last; nothing if nothing was.

        Raises:
            ValueError: The file is not as it was written.
        """
        return dict(read_entries(self.storage, self.name, _offset))


def _offset(topic: str, partition: str, offset: str) -> tuple[TopicPartition, int]:
    return TopicPartition(topic, int(partition)), int(offset)


def read_entries(storage: Storage, path: str, entry: Callable[..., E]) -> list[E]:
    """
    What *entry* makes of the words of each line of a checkpoint; nothing where there is none.

    Raises:
        ValueError: The file is not as it was written.

    Source: ``CheckpointFile.CheckpointReadBuffer``.
    """
    version, *rest = _text(storage, path).splitlines() or [str(VERSION), "0"]
    try:
        if int(version) == VERSION and int(rest[0]) == len(rest) - 1:
            return [entry(*line.split()) for line in rest[1:]]
    except (ValueError, IndexError, TypeError):
        pass  # As is said of all that is no checkpoint.
    raise ValueError(f"{path} is not a checkpoint of version {VERSION}, or not whole")


@attrs.frozen
class CleanShutdown:
    """The marker that a broker leaves in *storage* when all its logs are closed."""

    storage: Storage

    def write(self, broker_epoch: int) -> None:
        """The broker stopped cleanly in this epoch."""
        self.storage.replace(CLEAN_SHUTDOWN, json.dumps({"version": VERSION, "brokerEpoch": broker_epoch}).encode())

    @property
    def exists(self) -> bool:
        """Whether the broker stopped cleanly."""
        return self.storage.exists(CLEAN_SHUTDOWN)

    @property
    def broker_epoch(self) -> int:
        """
        The epoch that it stopped in; -1 if it did not stop cleanly, or does not say.

        Source: ``CleanShutdownFileHandler.read``.
        """
        try:
            return int(json.loads(_text(self.storage, CLEAN_SHUTDOWN))["brokerEpoch"])
        except (ValueError, TypeError, KeyError, OverflowError):
            return -1

    def delete(self) -> None:
        """The broker runs, so from now on it has not stopped cleanly."""
        self.storage.delete(CLEAN_SHUTDOWN)


def write_topic_id(storage: Storage, folder: str, topic_id: UUID) -> None:
    """The log in *folder* is of the topic *topic_id* (``PartitionMetadataFile``)."""
    text = urlsafe_b64encode(topic_id.bytes).decode().rstrip("=")
    storage.replace(f"{folder}/{PARTITION_METADATA}", f"version: {VERSION}\ntopic_id: {text}".encode())


def read_topic_id(storage: Storage, folder: str) -> UUID | None:
    """
    The topic whose log is in *folder*; None if nothing says so.

    Raises:
        ValueError: The file that should say it does not.
    """
    path = f"{folder}/{PARTITION_METADATA}"
    if not storage.exists(path):
        return None
    found = re.search("^topic_id: (.*)$", _text(storage, path), re.MULTILINE)
    try:
        return UUID(bytes=urlsafe_b64decode(f"{found[1]}==" if found else ""))
    except ValueError:
        raise ValueError(f"{path} names no topic id") from None


def _text(storage: Storage, path: str) -> str:
    if not storage.exists(path):
        return ""
    file = storage.open(path)
    return file.read(0, file.size_bytes).decode(errors="replace")
