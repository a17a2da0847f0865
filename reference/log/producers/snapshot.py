"""Snapshots of producer state: files named after an offset, with what was known of producers there."""

from collections.abc import Iterable
from struct import Struct

from ackproof.reference.log.producers.producer_entry import ProducerEntry, RememberedBatch
from ackproof.reference.log.segment import file_name, offset_of
from ackproof.reference.log.storage.disk import Storage
from ackproof.reference.records.checksum import crc32c
from ackproof.reference.records.header import SEQUENCES

SUFFIX = ".snapshot"
VERSION = 1
HEAD, COUNT = Struct(">hI"), Struct(">i")
ENTRY = Struct(">qhiqiqiq")
"""Producer id, epoch; last sequence, offset, offset delta; timestamp; coordinator epoch; where what is open starts."""


class CorruptSnapshotError(Exception):
    """A snapshot is not as it was written."""


def encoded(entries: Iterable[ProducerEntry]) -> bytes:
    """The bytes of a snapshot. Source: ``ProducerSnapshot.json`` version 1."""
    packed = [_packed(entry) for entry in entries]
    body = COUNT.pack(len(packed)) + b"".join(packed)
    return HEAD.pack(VERSION, crc32c(body)) + body


def _packed(entry: ProducerEntry) -> bytes:
    last = entry.batches[-1] if entry.batches else None
    open_at = entry.transaction_first_offset
    return ENTRY.pack(
        entry.producer_id,
        entry.producer_epoch,
        entry.last_sequence,
        entry.last_offset,
        0 if last is None else last.last_offset - last.base_offset,
        entry.last_timestamp_ms,
        entry.coordinator_epoch,
        -1 if open_at is None else open_at,
    )


def decoded(data: bytes) -> list[ProducerEntry]:
    """
    The producers in a snapshot, each with its last batch.

    Raises:
        CorruptSnapshotError: It has another version, is not whole, or its checksum is wrong.
    """
    if len(data) < HEAD.size + COUNT.size:
        raise CorruptSnapshotError(f"a snapshot of {len(data)} bytes")
    version, crc = HEAD.unpack_from(data)
    body = data[HEAD.size :]
    (count,) = COUNT.unpack_from(body)
    if version != VERSION or crc != crc32c(body) or len(body) != COUNT.size + count * ENTRY.size:
        raise CorruptSnapshotError(f"a snapshot of version {version} and {len(data)} bytes")
    return [_entry(*values) for values in ENTRY.iter_unpack(body[COUNT.size :])]


def _entry(
    producer_id: int,
    producer_epoch: int,
    last_sequence: int,
    last_offset: int,
    offset_delta: int,
    timestamp_ms: int,
    coordinator_epoch: int,
    open_at: int,
) -> ProducerEntry:
    base_sequence = -1 if last_sequence == -1 else (last_sequence - offset_delta) % SEQUENCES
    last = RememberedBatch(base_sequence, last_sequence, last_offset - offset_delta, last_offset, timestamp_ms)
    return ProducerEntry(
        producer_id,
        producer_epoch,
        coordinator_epoch,
        timestamp_ms,
        None if open_at == -1 else open_at,
        (last,) if last_offset >= 0 else (),
    )


class Snapshots:
    """The snapshots of one log, by offset."""

    def __init__(self, storage: Storage, folder: str) -> None:
        self._storage = storage
        self._folder = folder
        names = storage.names(folder)
        self._offsets = sorted(offset_of(name) for name in names if name.endswith(SUFFIX))

    @property
    def offsets(self) -> tuple[int, ...]:
        """Of each of them, lowest first."""
        return tuple(self._offsets)

    @property
    def latest(self) -> int | None:
        """The highest offset; None if there is none."""
        return self._offsets[-1] if self._offsets else None

    def write(self, offset: int, entries: Iterable[ProducerEntry]) -> None:
        """This is what is known at *offset*; it is synced at once, where Kafka may do so a little later."""
        self._storage.replace(self._path(offset), encoded(entries))
        if offset not in self._offsets:
            self._offsets = sorted([*self._offsets, offset])

    def read(self, offset: int) -> list[ProducerEntry]:
        """
        What was known at *offset*.

        Raises:
            CorruptSnapshotError: The file is not as it was written.
        """
        file = self._storage.open(self._path(offset))
        return decoded(file.read(0, file.size_bytes))

    def delete(self, offset: int) -> None:
        """There is none of *offset* any more."""
        if offset in self._offsets:
            self._offsets.remove(offset)
            self._storage.delete(self._path(offset))

    def keep_between(self, log_start_offset: int, log_end_offset: int) -> None:
        """Only those above the log start and up to the log end."""
        for offset in self.offsets:
            if not log_start_offset < offset <= log_end_offset:
                self.delete(offset)

    def delete_stray(self, base_offsets: frozenset[int]) -> None:
        """
        Only those that belong to a segment, and the latest, if it is above all segments: that of a clean shutdown.

        Source: ``ProducerStateManager.removeStraySnapshots``.
        """
        strays = [offset for offset in self._offsets if offset not in base_offsets]
        for offset in strays:
            if offset != strays[-1] or offset < max(base_offsets, default=0):
                self.delete(offset)

    def _path(self, offset: int) -> str:
        return f"{self._folder}/{file_name(offset, SUFFIX)}"
