"""Leader epochs: which epoch wrote from which offset on (``LeaderEpochFileCache``, ``LeaderEpochCheckpointFile``)."""

from bisect import bisect_right
from typing import NamedTuple

from ackproof.reference.log.storage.checkpoints import VERSION, read_entries
from ackproof.reference.log.storage.disk import Storage

FILE_NAME = "leader-epoch-checkpoint"


class EpochEntry(NamedTuple):
    """A leader epoch and the offset of its first record."""

    epoch: int
    start_offset: int


class EpochEnd(NamedTuple):
    """A leader epoch and the offset after its last record; both -1 where nothing is known."""

    epoch: int
    end_offset: int


UNKNOWN = EpochEnd(-1, -1)


class LeaderEpochs:
    """
    The epochs of one log, lowest first, kept in a file that is written at every change.

    Kafka writes what truncation removed a little later; loading removes it again, so nobody can tell.

    Attributes:
        latest: The highest; None if there is none.
    """

    def __init__(self, storage: Storage, folder: str) -> None:
        """
        Those that were written last.

        Raises:
            ValueError: The file is not as it was written.
        """
        self._storage = storage
        self._path = f"{folder}/{FILE_NAME}"
        self._entries: list[EpochEntry] = []
        self.latest: int | None = None
        for entry in read_entries(storage, self._path, _entry):
            self._insert(entry)

    @property
    def entries(self) -> tuple[EpochEntry, ...]:
        """All of them, lowest first."""
        return tuple(self._entries)

    @property
    def earliest(self) -> EpochEntry | None:
        """The lowest; None if there is none."""
        return self._entries[0] if self._entries else None

    def assign(self, epoch: int, start_offset: int) -> None:
        """
        *epoch* starts at *start_offset*, unless it is the latest already and started before.

        What contradicts it goes: entries of an epoch as high, or of an offset as high.

        Raises:
            ValueError: One of both is negative.
        """
        entries = self._entries
        if entries and entries[-1][0] == epoch and entries[-1][1] <= start_offset:
            return
        if epoch < 0 or start_offset < 0:
            raise ValueError(f"the leader epoch {epoch} cannot start at the offset {start_offset}")
        self._insert(EpochEntry(epoch, start_offset))
        self._write()

    def end_offset_for(self, epoch: int, log_end_offset: int) -> EpochEnd:
        """
        The highest epoch up to *epoch*, and where it ends in a log that ends at *log_end_offset*.

        Below all that are known, the answer is *epoch* itself, which ends where the first of those starts.
        """
        if epoch == -1 or not self._entries or epoch > self._entries[-1].epoch:
            return UNKNOWN
        if epoch == self._entries[-1].epoch:
            return EpochEnd(epoch, log_end_offset)
        index = self._above(epoch)
        found = self._entries[index - 1].epoch if index else epoch
        return EpochEnd(found, self._entries[index].start_offset)

    def truncate_from_end(self, end_offset: int) -> None:
        """Epochs that start at *end_offset* or above are gone."""
        kept = [entry for entry in self._entries if entry.start_offset < end_offset]
        self._become(kept)

    def truncate_from_start(self, start_offset: int) -> None:
        """Epochs that end at *start_offset* or below are gone, and the one that holds it starts there."""
        gone = [entry for entry in self._entries if entry.start_offset <= start_offset]
        if gone:
            self._become([EpochEntry(gone[-1].epoch, start_offset), *self._entries[len(gone) :]])

    def clear(self) -> None:
        """All are gone."""
        self._become([])

    def _above(self, epoch: int) -> int:
        return bisect_right(self._entries, epoch, key=lambda entry: entry.epoch)

    def _insert(self, new: EpochEntry) -> None:
        entries = self._entries
        while entries and (entries[-1].epoch >= new.epoch or entries[-1].start_offset >= new.start_offset):
            entries.pop()
        entries.append(new)
        self.latest = new.epoch

    def _become(self, entries: list[EpochEntry]) -> None:
        if entries != self._entries:
            self._entries = entries
            self.latest = entries[-1].epoch if entries else None
            self._write()

    def _write(self) -> None:
        lines = [str(VERSION), str(len(self._entries)), *(f"{entry[0]} {entry[1]}" for entry in self._entries)]
        self._storage.replace(self._path, ("\n".join(lines) + "\n").encode())


def _entry(epoch: str, start_offset: str) -> EpochEntry:
    return EpochEntry(int(epoch), int(start_offset))
