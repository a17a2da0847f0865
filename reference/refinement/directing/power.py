"""A loss of power that takes what it is told to take."""

from collections.abc import Iterator
from random import Random

from ackproof.reference.log.log import PartitionLog
from ackproof.reference.log.storage.disk import Disk


class UpTo(Random):
    """Of the files of a disk in order, all is kept but what is beyond some byte of one of them."""

    def __init__(self, disk: Disk, path: str, kept_bytes: int) -> None:
        super().__init__(0)
        self._paths = paths(disk)
        self._path = path
        self._kept_bytes = kept_bytes

    def randint(self, a: int, b: int) -> int:
        """How much is kept of the next file, of which *a* bytes are synced and *b* are written."""
        return max(a, self._kept_bytes) if next(self._paths) == self._path else b


def paths(disk: Disk) -> Iterator[str]:
    """The files of a disk in the order in which a loss of power gets to them."""
    named = [f"{folder}/{name}" for folder in disk.folders() for name in disk.names(folder)]
    return iter(sorted([*named, *disk.names("")]))


def power_loss_of_nothing(disk: Disk) -> UpTo:
    """A loss of power that leaves everything that was written."""
    return UpTo(disk, "", 0)


def power_loss_up_to(disk: Disk, log: PartitionLog, folder: str, batches: int) -> UpTo:
    """A loss of power that leaves so many batches of a log of one segment, from where that starts on."""
    (segment,) = (f"{folder}/{name}" for name in disk.names(folder) if name.endswith(".log"))
    lost_bytes = sum(len(data) for data in list(log.batches())[batches:])
    return UpTo(disk, segment, disk.open(segment).size_bytes - lost_bytes)
