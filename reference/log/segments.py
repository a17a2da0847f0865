"""The segments of a log, which hold its batches between them (``LocalLog``, ``LogSegments``)."""

from bisect import bisect_right
from collections.abc import Iterator

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.log.producers.transaction_index import AbortedTransaction
from ackproof.reference.log.segment import LOG_SUFFIX, RELATIVE_OFFSET_MAX, Segment, offset_of
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.log.storage.disk import Storage
from ackproof.reference.records.batch import BatchHeader


class Segments:
    """
    One or more segments, lowest first, of which the last, the active one, is written to.

    Attributes:
        settings: Those that count now.
        log_end_offset: The offset that the next record will get.
    """

    def __init__(self, storage: Storage, folder: str, clock: Clock, settings: LogSettings) -> None:
        self._storage = storage
        self._folder = folder
        self._clock = clock
        self.settings = settings
        names = (name for name in storage.names(folder) if name.endswith(LOG_SUFFIX))
        self._segments = [self._opened(offset_of(name)) for name in names]
        self._bases = [segment.base_offset for segment in self._segments]
        self.log_end_offset = self._segments[-1].next_offset if self._segments else 0

    def _opened(self, base_offset: int) -> Segment:
        interval = self.settings.index_interval_bytes
        return Segment(self._storage, self._folder, base_offset, interval, self._clock.now_ms)

    def __iter__(self) -> Iterator[Segment]:
        """Each of them, lowest first."""
        return iter(tuple(self._segments))

    def __len__(self) -> int:
        return len(self._segments)

    @property
    def active(self) -> Segment:
        """The one that is written to."""
        return self._segments[-1]

    @property
    def base_offsets(self) -> tuple[int, ...]:
        """Of each of them."""
        return tuple(self._bases)

    @property
    def size_bytes(self) -> int:
        """Of all of them."""
        return sum(segment.size_bytes for segment in self._segments)

    def start_at(self, offset: int) -> None:
        """There is a single segment, which is empty and starts at *offset*."""
        for segment in self._segments:
            segment.delete()
        self._segments, self._bases = [], []
        self._add(offset)
        self.log_end_offset = offset

    def _add(self, base_offset: int) -> None:
        self._segments.append(self._opened(base_offset))
        self._bases.append(base_offset)

    def holding(self, offset: int) -> int | None:
        """The place of the last segment that does not start above *offset*; None if all do."""
        index = bisect_right(self._bases, offset) - 1
        return None if index < 0 else index

    def between(self, first: int, up_to: int) -> tuple[Segment, ...]:
        """Those that may hold offsets from *first* to before *up_to*."""
        start = self.holding(first) or 0
        return tuple(segment for segment in self._segments[start:] if segment.base_offset < up_to)

    def after(self, segment: Segment) -> Segment | None:
        """The next one; None if it is the last."""
        index = bisect_right(self._bases, segment.base_offset)
        return self._segments[index] if index < len(self._segments) else None

    def must_roll(self, size_bytes: int, max_timestamp_ms: int, last_offset: int) -> bool:
        """
        Whether a batch does not go into the active segment: by size, by time, or as its offset is too far.

        Not as in Kafka: an index cannot be full, and ``segment.jitter.ms`` is not looked at.

        Source: ``LogSegment.shouldRoll``.
        """
        active = self._segments[-1]
        size = active.size_bytes
        if size + size_bytes > self.settings.segment_bytes or last_offset - active.base_offset > RELATIVE_OFFSET_MAX:
            return True
        return size > 0 and active.waited_ms(self._clock.now_ms, max_timestamp_ms) > self.settings.segment_ms

    def roll(self, next_offset: int = 0) -> Segment:
        """
        Begin another segment, at the log end or *next_offset*, whichever is higher; an empty one there is made anew.

        Returns:
            The segment that was active before.
        """
        base_offset = max(next_offset, self.log_end_offset)
        before = self.active
        if before.base_offset == base_offset:
            assert before.size_bytes == 0
            before.delete()
            self._segments.pop()
            self._bases.pop()
        self._add(base_offset)
        return before

    def append(self, data: bytes, header: BatchHeader) -> None:
        """The batch *data* stands at the end."""
        self._segments[-1].append(data, header, self._clock.now_ms)
        self.log_end_offset = header.base_offset + header.last_offset_delta + 1

    def read(self, offset: int, max_bytes: int, up_to: int, *, at_least_one: bool) -> bytes:
        """
        Whole batches of one segment, from the one that holds *offset* on.

        Source: ``LocalLog.read``: what follows in the next segment is for the next read.
        """
        index = self.holding(offset) or 0
        for segment in self._segments[index:] if index + 1 < len(self._segments) else self._segments[-1:]:
            data = segment.read(offset, max_bytes, up_to, at_least_one=at_least_one)
            if data is not None:
                return data
        return b""

    def batch_at(self, offset: int) -> bytes | None:
        """The batch that holds *offset*, or the next one; None if there is none."""
        for segment in self._segments[self.holding(offset) or 0 :]:
            if (data := segment.batch_at(offset)) is not None:
                return data
        return None

    def search_end(self, offset: int, size_bytes: int) -> int:
        """Up to where Kafka looks for aborted transactions, once *size_bytes* from *offset* on are read."""
        for segment in self._segments[self.holding(offset) or 0 :]:
            if segment.next_offset > offset:
                following = self.after(segment)
                end = self.log_end_offset if following is None else following.base_offset
                found = segment.search_end(offset, size_bytes)
                return end if found is None else found
        return self.log_end_offset

    def aborted_transactions(self, first: int, up_to: int) -> list[AbortedTransaction]:
        """
        The aborted transactions that offsets from *first* to before *up_to* may be part of.

        Source: ``TransactionIndex.collectAbortedTxns``, which stops where everything below was decided.
        """
        found: list[AbortedTransaction] = []
        for segment in self._segments[self.holding(first) or 0 :]:
            for transaction in segment.aborted.entries:
                if transaction.last_offset >= first and transaction.first_offset < up_to:
                    found.append(transaction)
                if transaction.last_stable_offset >= up_to:
                    return found
        return found

    def truncate_to(self, offset: int) -> None:
        """Only what is below *offset* is left."""
        self.remove(tuple(base for base in self._bases if base > offset))
        self.active.truncate(offset, self._clock.now_ms)
        self.log_end_offset = offset

    def remove(self, base_offsets: tuple[int, ...]) -> None:
        """The segments that start there are gone, with their files."""
        for segment in self._segments:
            if segment.base_offset in base_offsets:
                segment.delete()
        self._segments = [segment for segment in self._segments if segment.base_offset not in base_offsets]
        self._bases = [segment.base_offset for segment in self._segments]

    def sync(self, first: int, up_to: int) -> None:
        """What is between both offsets survives a power loss."""
        for segment in self.between(first, up_to):
            segment.sync()
