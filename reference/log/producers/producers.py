"""What a log knows of the producers that write to it, and of their transactions (``ProducerStateManager``)."""

from collections.abc import Iterable
from typing import NamedTuple

from ackproof.reference.log.producers.producer_entry import ProducerEntry
from ackproof.reference.log.producers.snapshot import CorruptSnapshotError, Snapshots
from ackproof.reference.log.producers.transaction_index import AbortedTransaction
from ackproof.reference.log.producers.verification import Verifications
from ackproof.reference.records.batch import BatchHeader
from ackproof.reference.records.control import Marker


class Ended(NamedTuple):
    """A transaction that has its marker, which may not be replicated yet."""

    first_offset: int
    marker_offset: int


class Producers:
    """
    The producers of one log.

    Attributes:
        entries: By producer id.
        verifications: Those that wait for the word of their coordinator.
        snapshots: Their files.
        end_offset: Up to where the log is taken into account.
    """

    def __init__(self, snapshots: Snapshots, *, expiration_ms: int, remembered_batches: int = 5) -> None:
        self.entries: dict[int, ProducerEntry] = {}
        self.verifications = Verifications()
        self.snapshots = snapshots
        self.end_offset = 0
        self._expiration_ms = expiration_ms
        self._remembered_batches = remembered_batches
        self._snapshot_offset = 0
        # Producer ids by the first offset of what they have open; the lowest offset first.
        self._open: dict[int, int] = {}
        # In the order of their markers.
        self._unreplicated: list[Ended] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return not self.entries and not self._unreplicated

    def has_unstable(self) -> bool:
        """Whether any transaction is open, or has a marker that is not replicated."""
        return bool(self._open or self._unreplicated)

    @property
    def first_unstable_offset(self) -> int | None:
        """Where the first transaction starts that is open, or whose marker is not replicated; None if there is none."""
        undecided = next(iter(self._open), None) if self._open else None
        if not self._unreplicated:
            return undecided
        unreplicated = min(ended[0] for ended in self._unreplicated)
        return unreplicated if undecided is None else min(undecided, unreplicated)

    def wrote(self, header: BatchHeader) -> None:
        """A producer wrote a batch of records; a transactional one may begin a transaction."""
        producer_id = header.producer_id
        entry = self.entries.get(producer_id)
        if entry is None:
            entry = self.entries[producer_id] = ProducerEntry(producer_id)
        entry.add(header, self._remembered_batches)
        if header.is_transactional and entry.transaction_first_offset is None:
            entry.transaction_first_offset = header.base_offset
            self._open[header.base_offset] = producer_id

    def ended(self, header: BatchHeader, marker: Marker) -> AbortedTransaction | None:
        """
        A marker ends a producer's transaction.

        Returns:
            What goes into the transaction index; nothing where it is committed, or none was open.
        """
        producer_id = header.producer_id
        entry = self.entries.get(producer_id)
        if entry is None:
            entry = self.entries[producer_id] = ProducerEntry(producer_id)
        first_offset = entry.transaction_first_offset
        entry.end_transaction(header.producer_epoch, marker.coordinator_epoch, header.max_timestamp_ms)
        if first_offset is None:
            return None
        marker_offset = header.base_offset
        others = (offset for offset, other in self._open.items() if other != producer_id)
        last_stable_offset = next(others, marker_offset + 1)
        self._open.pop(first_offset, None)
        self._unreplicated.append(Ended(first_offset, marker_offset))
        if marker.kind == "commit":
            return None
        return AbortedTransaction(producer_id, first_offset, marker_offset, last_stable_offset)

    def replicated(self, high_watermark: int) -> None:
        """Markers below *high_watermark* are replicated."""
        if self._unreplicated:
            self._unreplicated = [ended for ended in self._unreplicated if ended.marker_offset >= high_watermark]

    def log_starts_at(self, offset: int) -> None:
        """The log starts at *offset*; producers stay known (KAFKA-7190)."""
        self.replicated(offset)
        self.end_offset = max(self.end_offset, offset)
        latest = self.snapshots.latest
        self._snapshot_offset = offset if latest is None else latest

    def forget_before(self, offset: int) -> None:
        """
        Producers without a batch from *offset* on are forgotten; of others all is known (before KAFKA-7190).

        Source: ``truncateHead``, ``isProducerRetained``: ``removeBatchesOlderThan`` drops nothing, as ``dropWhile``
        leaves the queue as it is.
        """
        for entry in list(self.entries.values()):
            if entry.last_offset < offset:
                del self.entries[entry.producer_id]
        self._open = {first: producer for first, producer in self._open.items() if producer in self.entries}

    def expire(self, now_ms: int) -> None:
        """Those whose last batch is too old are forgotten, but none with an open transaction."""
        expired = [entry.producer_id for entry in self.entries.values() if self._is_expired(entry, now_ms)]
        for producer_id in expired:
            del self.entries[producer_id]
        self.verifications.expire(now_ms - self._expiration_ms)

    def _is_expired(self, entry: ProducerEntry, now_ms: int) -> bool:
        return entry.transaction_first_offset is None and now_ms - entry.last_timestamp_ms >= self._expiration_ms

    def take_snapshot(self) -> None:
        """Write down what is known, unless it was written already."""
        if self.end_offset > self._snapshot_offset:
            self.snapshots.write(self.end_offset, self.entries.values())
            self._snapshot_offset = self.end_offset

    def truncate_and_reload(self, log_start_offset: int, log_end_offset: int, now_ms: int) -> None:
        """
        Forget what is not between both offsets, by going back to the latest snapshot that is.

        What is there above that snapshot has to be added by the caller.
        """
        self.snapshots.keep_between(log_start_offset, log_end_offset)
        if log_end_offset == self.end_offset:
            self.log_starts_at(log_start_offset)
            return
        self._clear()
        loaded = self._latest_snapshot()
        self.end_offset = self._snapshot_offset = log_start_offset if loaded is None else loaded[0]
        self._adopt(() if loaded is None else loaded[1], now_ms)

    def _latest_snapshot(self) -> tuple[int, list[ProducerEntry]] | None:
        while (offset := self.snapshots.latest) is not None:
            try:
                return offset, self.snapshots.read(offset)
            except CorruptSnapshotError:
                self.snapshots.delete(offset)
        return None

    def _adopt(self, entries: Iterable[ProducerEntry], now_ms: int) -> None:
        self.entries = {entry.producer_id: entry for entry in entries if not self._is_expired(entry, now_ms)}
        started = (
            (entry.transaction_first_offset, entry.producer_id)
            for entry in self.entries.values()
            if entry.transaction_first_offset is not None
        )
        self._open = dict(sorted(started))

    def truncate_fully_and_start_at(self, offset: int) -> None:
        """Forget everything; the log is empty and starts at *offset*."""
        self._clear()
        for taken in self.snapshots.offsets:
            self.snapshots.delete(taken)
        self._snapshot_offset = 0
        self.end_offset = offset

    def _clear(self) -> None:
        self.entries = {}
        self._open = {}
        self._unreplicated = []
