"""The aborted transactions of a segment, which ``read_committed`` readers are told (``TransactionIndex``)."""

from struct import Struct
from typing import NamedTuple

from ackproof.reference.log.storage.disk import Storage, StoredFile

ENTRY = Struct(">hqqqq")
VERSION = 0


class AbortedTransaction(NamedTuple):
    """
    A transaction that was aborted.

    Attributes:
        first_offset: Of its first record in this partition.
        last_offset: Of its marker.
        last_stable_offset: Where readers had to stop once it was aborted.
    """

    producer_id: int
    first_offset: int
    last_offset: int
    last_stable_offset: int


class TransactionIndex:
    """The aborted transactions whose markers are in one segment, in that order; its file is made for the first."""

    def __init__(self, storage: Storage, path: str) -> None:
        self._storage = storage
        self._path = path
        self._file: StoredFile | None = storage.open(path) if storage.exists(path) else None
        self.entries: list[AbortedTransaction] = []
        if self._file is not None:
            self._load(self._file)

    def _load(self, file: StoredFile) -> None:
        """What a power loss left of an entry is dropped: recovery writes it again."""
        whole = file.size_bytes // ENTRY.size * ENTRY.size
        file.truncate(whole)
        self.entries = [AbortedTransaction._make(entry[1:]) for entry in ENTRY.iter_unpack(file.read(0, whole))]

    def append(self, transaction: AbortedTransaction) -> None:
        """*transaction* was aborted."""
        if self._file is None:
            self._file = self._storage.open(self._path)
        self.entries.append(transaction)
        self._file.append(ENTRY.pack(VERSION, *transaction))

    def truncate(self, offset: int) -> None:
        """Transactions whose marker is at *offset* or above are not aborted any more."""
        kept = sum(entry.last_offset < offset for entry in self.entries)
        if self._file is not None and kept < len(self.entries):
            del self.entries[kept:]
            self._file.truncate(kept * ENTRY.size)

    def sync(self) -> None:
        """What it holds survives a power loss."""
        if self._file is not None:
            self._file.sync()

    def delete(self) -> None:
        """Its file is gone."""
        self._storage.delete(self._path)
