"""Batches in the producer's hands: records of one partition that stand or fall together."""

from collections.abc import Callable, Iterator
from typing import Literal

import attrs

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.kernel.value import value
from ackproof.reference.producer.batches.compression_ratio import SAFETY_FACTOR
from ackproof.reference.producer.batches.sizes import record_size_bytes, upper_bound_bytes
from ackproof.reference.producer.numbers.identity import NO_SEQUENCE, NOBODY, ProducerIdAndEpoch, signed
from ackproof.reference.producer.record import NO_OFFSET, NO_TIMESTAMP_MS, Callback, RecordMetadata
from ackproof.reference.records.batch import Record, encode, new_batch
from ackproof.reference.records.compression import Compression
from ackproof.reference.records.header import HEADER_SIZE_BYTES

FinalState = Literal["succeeded", "failed", "aborted"]


@attrs.frozen(eq=False)
class Thunk:
    """
    A record, and who wants to know what becomes of it.

    Attributes:
        content_bytes: What its key, value and headers take.
    """

    record: Record
    content_bytes: int
    future: Future[RecordMetadata]
    callback: Callback | None


@value
class Format:
    """How the records of a batch are written."""

    compression: Compression = "none"
    level: int | None = None
    ratio: float = 1.0
    """What part of their size they are expected to keep."""


@attrs.define(eq=False)
class ProducerBatch:
    """
    A batch from its first record to its outcome.

    Attributes:
        place: Its topic and partition.
        number: Counts the batches of a producer, in the order of their first records.
        limit_bytes: What it may hold; a first record always fits.
        reserved_bytes: Of the buffer pool; none for a piece of a batch that was split.
        done: Once all is told to the application, or the pieces that it was split into stand for it.
        attempts: How often it was given back to be sent again.
        retries: How often that was because of a failure that counts as one.
        last_attempt_ms: When it was made or last given back.
        retry_backoff_ms: How long it waits from then on.
        is_in_retry: It was given back so at least once, or is to be taken for it.
        has_new_number: It was given another number since it was last sent (``sequenceHasBeenReset``).
        leader_epoch: The newest known when it was last looked at.
        attempts_at_leader_change: How many there had been when that was new.
        is_on_wire: It is part of a request that may yet be answered, whatever the application was told.
    """

    clock: Clock
    topic: str
    partition: int
    created_ms: int
    limit_bytes: int
    format: Format
    number: int
    reserved_bytes: int = 0
    place: tuple[str, int] = attrs.field(init=False)
    done: Future[None] = attrs.field(init=False)
    pieces: tuple["ProducerBatch", ...] = ()
    thunks: list[Thunk] = attrs.field(factory=list[Thunk])
    records_size_bytes: int = 0
    attempts: int = 0
    retries: int = 0
    last_attempt_ms: int = attrs.field(init=False)
    last_append_ms: int = attrs.field(init=False)
    retry_backoff_ms: int = 0
    is_in_retry: bool = False
    is_full_by_decree: bool = False
    has_new_number: bool = False
    identity: ProducerIdAndEpoch = NOBODY
    base_sequence: int = NO_SEQUENCE
    is_transactional: bool = False
    leader_epoch: int | None = None
    attempts_at_leader_change: int = 0
    is_on_wire: bool = False
    final_state: FinalState | None = None
    data: bytes | None = None

    def __attrs_post_init__(self) -> None:
        self.place = (self.topic, self.partition)
        self.done = Future[None](self.clock)
        self.last_attempt_ms = self.last_append_ms = self.created_ms

    @property
    def record_count(self) -> int:
        """How many records it has."""
        return len(self.thunks)

    @property
    def has_sequence(self) -> bool:
        """Whether it was numbered, as it was sent or comes of one that was."""
        return self.base_sequence != NO_SEQUENCE

    @property
    def last_sequence(self) -> int:
        """Of its last record; beyond the largest it is negative, unlike what brokers make of it (as in Kafka)."""
        return signed(self.base_sequence + self.record_count - 1)

    @property
    def is_closed(self) -> bool:
        """Whether it was sent: no record comes to it any more."""
        return self.data is not None

    @property
    def is_done(self) -> bool:
        """Whether the application was told what became of it."""
        return self.final_state is not None

    @property
    def size_bytes(self) -> int:
        """How large it is, or is expected to be."""
        if self.data is not None:
            return len(self.data)
        if self.format.compression == "none":
            return HEADER_SIZE_BYTES + self.records_size_bytes
        return HEADER_SIZE_BYTES + int(self.records_size_bytes * self.format.ratio * SAFETY_FACTOR)

    @property
    def is_full(self) -> bool:
        """Whether no record comes to it any more, or none would fit."""
        if self.data is not None or self.is_full_by_decree:
            return True
        return bool(self.thunks) and self.limit_bytes <= self.size_bytes

    @property
    def compression_ratio(self) -> float:
        """What part of their size its records kept."""
        assert self.data is not None
        return (len(self.data) - HEADER_SIZE_BYTES) / self.records_size_bytes

    def has_room_for(self, thunk: Thunk) -> bool:
        """Whether a record fits, taken as not compressed."""
        if self.is_full:
            return False
        if not self.thunks:
            return True
        return self.limit_bytes >= self.size_bytes + self._size_bytes_of(thunk)

    def append(self, thunk: Thunk, now_ms: int) -> None:
        """One more record, for which there is room."""
        self.records_size_bytes += self._size_bytes_of(thunk)
        self.thunks.append(thunk)
        self.last_append_ms = now_ms

    def number_it(self, identity: ProducerIdAndEpoch, base_sequence: int, is_transactional: bool) -> None:
        """Give it its number, as it is first sent."""
        self.identity = identity
        self.base_sequence = base_sequence
        self.is_transactional = is_transactional

    def renumber(self, identity: ProducerIdAndEpoch, base_sequence: int) -> None:
        """Give it another number; what is on the wire has the old one."""
        self.identity = identity
        self.base_sequence = base_sequence
        self.has_new_number = True
        self.data = None
        self.is_full_by_decree = True

    def close(self) -> bytes:
        """The bytes to be sent."""
        if self.data is None:
            batch = new_batch(
                [thunk.record for thunk in self.thunks],
                compression=self.format.compression,
                is_transactional=self.is_transactional,
                producer_id=self.identity.producer_id,
                producer_epoch=self.identity.epoch,
                base_sequence=self.base_sequence,
            )
            self.data = encode(batch, self.format.level)
        self.has_new_number = False
        return self.data

    def given_back(self, now_ms: int, retry_backoff_ms: int, *, counts: bool) -> None:
        """It is to be sent again, after a while; whether that counts as a retry."""
        self.attempts += 1
        self.retries += counts
        self.last_attempt_ms = self.last_append_ms = max(self.last_append_ms, now_ms)
        self.retry_backoff_ms = retry_backoff_ms
        self.is_in_retry = self.is_in_retry or counts

    def saw_leader_epoch(self, leader_epoch: int | None) -> None:
        """The partition has a leader of this epoch."""
        if leader_epoch is not None and (self.leader_epoch is None or self.leader_epoch < leader_epoch):
            self.attempts_at_leader_change = self.attempts
            self.leader_epoch = leader_epoch

    def backoff_left_ms(self, now_ms: int) -> int:
        """How long it has to wait; not at all if the leader is another since it was given back."""
        if self.attempts in (0, self.attempts_at_leader_change):
            return 0
        return max(self.last_attempt_ms + self.retry_backoff_ms - now_ms, 0)

    def has_expired(self, delivery_timeout_ms: int, now_ms: int) -> bool:
        """Whether its time to be delivered is over."""
        return delivery_timeout_ms <= now_ms - self.created_ms

    def succeed(self, base_offset: int, log_append_time_ms: int) -> bool:
        """Tell the application where its records are; whether it had not been told otherwise before."""
        if self.is_done:
            assert self.final_state != "succeeded"
            return False
        self.final_state = "succeeded"
        for index, thunk in enumerate(self.thunks):
            offset = NO_OFFSET if base_offset == NO_OFFSET else base_offset + index
            metadata = self._metadata(thunk.record, offset, log_append_time_ms)
            thunk.future.resolve(metadata)
            if thunk.callback is not None:
                thunk.callback(metadata, None)
        self.done.resolve(None)
        return True

    def fail(self, error_of_record: Callable[[int], Exception], state: FinalState = "failed") -> bool:
        """Tell the application that its records failed; whether it had not been told something before."""
        if self.is_done:
            return False
        self.final_state = state
        for index, thunk in enumerate(self.thunks):
            error = error_of_record(index)
            thunk.future.fail(error)
            if thunk.callback is not None:
                thunk.callback(self._metadata(thunk.record, NO_OFFSET, NO_TIMESTAMP_MS), error)
        self.done.resolve(None)
        return True

    def split(self, limit_bytes: int, number: Callable[[], int], ratio: float) -> tuple["ProducerBatch", ...]:
        """The same records in smaller batches, which are numbered as they were here and stand for it from now on."""
        self.pieces = tuple(self._pieces(limit_bytes, number, ratio))
        sequence = self.base_sequence
        for piece in self.pieces:
            piece.is_full_by_decree = True
            if self.has_sequence:
                piece.number_it(self.identity, sequence, self.is_transactional)
                sequence += piece.record_count
        self.done.resolve(None)
        return self.pieces

    def _pieces(self, limit_bytes: int, number: Callable[[], int], ratio: float) -> Iterator["ProducerBatch"]:
        piece: ProducerBatch | None = None
        for thunk in self.thunks:
            if piece is None or not piece.has_room_for(thunk):
                if piece is not None:
                    yield piece
                limit = max(limit_bytes, upper_bound_bytes(thunk.content_bytes))
                form = attrs.evolve(self.format, ratio=ratio)
                piece = ProducerBatch(self.clock, *self.place, self.created_ms, limit, form, number())
            piece.append(thunk, self.created_ms)
        if piece is not None:
            yield piece

    def _size_bytes_of(self, thunk: Thunk) -> int:
        timestamp_ms = thunk.record.timestamp_ms
        delta_ms = timestamp_ms - self.thunks[0].record.timestamp_ms if self.thunks else 0
        return record_size_bytes(len(self.thunks), delta_ms, thunk.content_bytes)

    def _metadata(self, record: Record, offset: int, log_append_time_ms: int) -> RecordMetadata:
        is_own = log_append_time_ms == NO_TIMESTAMP_MS
        return RecordMetadata(
            *self.place,
            offset,
            record.timestamp_ms if is_own else log_append_time_ms,
            -1 if record.key is None else len(record.key),
            -1 if record.value is None else len(record.value),
        )
