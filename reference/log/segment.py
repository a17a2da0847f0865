"""Segments: what a log is made of, each the batches from one offset on (``LogSegment``, ``FileRecords``)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from ackproof.reference.log.producers.transaction_index import TransactionIndex
from ackproof.reference.log.storage.disk import Storage
from ackproof.reference.records.batch import BatchHeader
from ackproof.reference.records.header import HEADER, HEADER_SIZE_BYTES, MAGIC

LOG_SUFFIX, TRANSACTION_SUFFIX = ".log", ".txnindex"
OFFSET_DIGITS = 20
RELATIVE_OFFSET_MAX = 2**31 - 1
"""How far an offset may be from the segment's first: an index holds it in 32 bits."""


def file_name(offset: int, suffix: str) -> str:
    """The name of a file that begins at *offset*."""
    return f"{offset:0{OFFSET_DIGITS}}{suffix}"


def offset_of(name: str) -> int:
    """The offset that the file *name* begins at."""
    return int(name.partition(".")[0])


class Segment:
    """
    A file of batches, and where in it each of them is.

    Kafka keeps that in index files, one entry for every few batches. Here it is in memory, one entry a batch, and found
    again by reading the file as it is opened; ``.index`` and ``.timeindex`` are not written.

    Attributes:
        base_offset: Its name; no batch in it begins before.
        created_ms: When it was opened, or emptied last.
        modified_ms: When something was appended last.
        max_timestamp_ms: The largest of its batches; -1 where none has any.
    """

    def __init__(self, storage: Storage, folder: str, base_offset: int, index_interval_bytes: int, now_ms: int) -> None:
        self._storage = storage
        self._path = f"{folder}/{file_name(base_offset, LOG_SUFFIX)}"
        self._index_interval_bytes = index_interval_bytes
        self._file = storage.open(self._path)
        self.base_offset = base_offset
        self.created_ms = self.modified_ms = now_ms
        self.aborted = TransactionIndex(storage, f"{folder}/{file_name(base_offset, TRANSACTION_SUFFIX)}")
        self.max_timestamp_ms = -1
        self.size_bytes = 0
        # Of each batch; and the entries that Kafka's sparse index has: (last offset of a batch, where it starts).
        self._last_offsets: list[int] = []
        self._ends: list[int] = []
        self._timestamps: list[int] = []
        self._indexed: list[tuple[int, int]] = []
        self._unindexed_bytes = 0
        for header in headers(self._file.read(0, self._file.size_bytes)):
            self._note(header)
        self._unindexed_bytes = 0

    def __len__(self) -> int:
        """How many batches it holds."""
        return len(self._ends)

    @property
    def next_offset(self) -> int:
        """The offset after its last batch."""
        return self._last_offsets[-1] + 1 if self._last_offsets else self.base_offset

    @property
    def largest_timestamp_ms(self) -> int:
        """The largest timestamp in it, or when it was modified where nothing in it has one."""
        return self.max_timestamp_ms if self.max_timestamp_ms >= 0 else self.modified_ms

    @property
    def has_partial_batch(self) -> bool:
        """Whether its file goes on after the last batch that is whole."""
        return self._file.size_bytes > self.size_bytes

    def waited_ms(self, now_ms: int, timestamp_ms: int) -> int:
        """How long it has waited for a roll: from its first timestamp to *timestamp_ms*, or since it was created."""
        if self._timestamps and self._timestamps[0] >= 0:
            return timestamp_ms - self._timestamps[0]
        return now_ms - self.created_ms

    def append(self, data: bytes, header: BatchHeader, now_ms: int) -> None:
        """The batch *data* stands at its end."""
        self._file.append(data)
        self.modified_ms = now_ms
        self._note(header)

    def _note(self, header: BatchHeader) -> None:
        last_offset, timestamp_ms = header.last_offset, header.max_timestamp_ms
        start = self.size_bytes
        self._last_offsets.append(last_offset)
        self._timestamps.append(timestamp_ms)
        self.max_timestamp_ms = timestamp_ms if timestamp_ms > self.max_timestamp_ms else self.max_timestamp_ms
        if self._unindexed_bytes > self._index_interval_bytes:
            self._indexed.append((last_offset, start))
            self._unindexed_bytes = 0
        size_bytes = header.size_bytes
        self._unindexed_bytes += size_bytes
        self.size_bytes = start + size_bytes
        self._ends.append(self.size_bytes)

    def read(self, offset: int, max_bytes: int, up_to: int, *, at_least_one: bool) -> bytes | None:
        """
        Whole batches from the one that holds *offset*, or comes after it, in up to *max_bytes*; None if there is none.

        Args:
            up_to: Only batches that end before this offset.
            at_least_one: Also a first batch that is larger.
        """
        first = bisect_left(self._last_offsets, offset)
        if first == len(self._last_offsets):
            return None
        start = self._ends[first - 1] if first else 0
        bound = bisect_left(self._last_offsets, up_to, first)
        stop = bisect_right(self._ends, start + max_bytes, first, bound)
        if stop == first:
            if not at_least_one or bound == first:
                return b""
            stop += 1
        return self._file.read(start, self._ends[stop - 1] - start)

    def batch_at(self, offset: int) -> bytes | None:
        """The batch that holds *offset*, or the next one; None if there is none."""
        return self.read(offset, 0, 2**63, at_least_one=True)

    def batches(self, start: int = 0) -> Iterator[bytes]:
        """Its batches from the one numbered *start*."""
        for index in range(start, len(self._ends)):
            yield self._batch(index)

    def _batch(self, index: int) -> bytes:
        at = self._ends[index - 1] if index else 0
        return self._file.read(at, self._ends[index] - at)

    def batches_reaching(self, timestamp_ms: int) -> Iterator[bytes]:
        """Its batches with a timestamp that is as large."""
        for index, largest in enumerate(self._timestamps):
            if largest >= timestamp_ms:
                yield self._batch(index)

    def search_end(self, offset: int, size_bytes: int) -> int | None:
        """
        The first offset in Kafka's sparse index that is beyond *size_bytes* read from *offset*; None beyond its last.

        Source: ``OffsetIndex.fetchUpperBoundOffset``.
        """
        first = bisect_left(self._last_offsets, offset)
        end = (self._ends[first - 1] if first else 0) + size_bytes
        index = bisect_left(self._indexed, end, key=lambda entry: entry[1])
        return self._indexed[index][0] if index < len(self._indexed) else None

    def truncate(self, offset: int, now_ms: int) -> None:
        """The batch that holds *offset*, and all after it, are gone."""
        self.aborted.truncate(offset)
        self.keep(bisect_left(self._last_offsets, offset))
        if self.size_bytes == 0:
            self.created_ms = now_ms

    def keep(self, batches: int) -> None:
        """Only the first *batches* are left, and no part of another."""
        del self._last_offsets[batches:], self._ends[batches:], self._timestamps[batches:]
        self.size_bytes = self._ends[-1] if batches else 0
        self.max_timestamp_ms = max(self._timestamps, default=-1)
        while self._indexed and self._indexed[-1][1] >= self.size_bytes:
            self._indexed.pop()
        self._unindexed_bytes = 0
        self._file.truncate(self.size_bytes)

    def sync(self) -> None:
        """What it holds survives a power loss."""
        self._file.sync()
        self.aborted.sync()

    def delete(self) -> None:
        """Its files are gone."""
        self._storage.delete(self._path)
        self.aborted.delete()


def headers(data: bytes) -> Iterator[BatchHeader]:
    """The headers of the batches in *data*, up to the first that is not whole or has no known format."""
    at, end = 0, len(data)
    while end - at >= HEADER_SIZE_BYTES:
        header = BatchHeader(*HEADER.unpack_from(data, at))
        size_bytes = header.size_bytes
        if header.magic != MAGIC or not HEADER_SIZE_BYTES <= size_bytes <= end - at:
            return
        yield header
        at += size_bytes
