"""What a log holds, where it begins and ends, and what of it is deleted (``UnifiedLog``, but for appends and reads)."""

from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.log.loading import Place, load
from ackproof.reference.log.producers.rebuilding import rebuild
from ackproof.reference.log.producers.sequencing import Sequencing
from ackproof.reference.log.retention import Condition, before_log_start, beyond_age, beyond_size, deletable
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.log.storage.disk import Storage
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import BatchHeader, read_header


class StoredLog:
    """
    One replica's log, opened where its files are.

    Not as in Kafka: nothing is compacted, tiered or kept for ``file.delete.delay.ms``, and what Kafka leaves to a
    background thread (syncing a segment that was rolled, writing leader epochs down) happens at once.

    Attributes:
        settings: The topic's.
        log_start_offset: The first offset that is readable.
        recovery_point: Everything below is synced.
        producers: Who wrote what, for as long as it matters.
        epochs: Which leader wrote what.
    """

    def __init__(
        self,
        storage: Storage,
        folder: str,
        clock: Clock,
        settings: LogSettings,
        *,
        broker_rules: BrokerRules | None = None,
        transaction_rules: TransactionRules | None = None,
        producer_id_expiration_ms: int = 86_400_000,
        is_clean: bool = False,
        recovery_point: int = 0,
        log_start_offset: int = 0,
    ) -> None:
        """
        Open the log in *folder*, or make it.

        Args:
            is_clean: The broker was stopped cleanly, so nothing is checked and all of it counts as synced.
            recovery_point, log_start_offset: As the broker's checkpoints say.
        """
        self._clock = clock
        self.settings = settings
        self._sequencing = Sequencing(broker_rules or BrokerRules(), transaction_rules or TransactionRules())
        self._place = Place(
            storage=storage,
            folder=folder,
            is_clean=is_clean,
            recovery_point=recovery_point,
            log_start_offset=log_start_offset,
            producer_id_expiration_ms=producer_id_expiration_ms,
            remembered_batches=self._sequencing.broker.remembered_batches,
        )
        self._last_flush_ms = clock.now_ms
        self._first_unstable_offset: int | None = None
        loaded = load(self._place, clock, settings)
        self._segments, self.epochs, self.producers = loaded.segments, loaded.epochs, loaded.producers
        self.log_start_offset = self._high_watermark = loaded.log_start_offset
        self.recovery_point = max(loaded.recovery_point, loaded.log_start_offset)
        self._forget_producers()
        self._update_first_unstable_offset()

    def configure(self, settings: LogSettings) -> None:
        """The topic has other *settings* from now on."""
        self.settings = self._segments.settings = settings

    @property
    def log_end_offset(self) -> int:
        """The offset that the next record will get."""
        return self._segments.log_end_offset

    def offsets(self) -> tuple[int, int, int, int]:
        """The log start and log end offset, the high watermark and the last stable offset."""
        high_watermark, unstable = self._high_watermark, self._first_unstable_offset
        stable = high_watermark if unstable is None or unstable > high_watermark else unstable
        return self.log_start_offset, self._segments.log_end_offset, high_watermark, stable

    @property
    def size_bytes(self) -> int:
        """Of all segments."""
        return self._segments.size_bytes

    @property
    def latest_epoch(self) -> int | None:
        """The leader epoch that wrote last, or began to; None if none did."""
        return self.epochs.latest

    @property
    def high_watermark(self) -> int:
        """The first offset not known to be on every in-sync replica; not before the log start nor after the log end."""
        return self._high_watermark

    @high_watermark.setter
    def high_watermark(self, offset: int) -> None:
        start, end = self.log_start_offset, self._segments.log_end_offset
        offset = start if offset < start else end if offset > end else offset
        self._high_watermark = offset
        if self._first_unstable_offset is not None or self.producers.has_unstable():
            self.producers.replicated(offset)
            self._update_first_unstable_offset()

    @property
    def first_unstable_offset(self) -> int | None:
        """Where the first transaction starts that is open, or whose marker is not below the high watermark."""
        return self._first_unstable_offset

    @property
    def last_stable_offset(self) -> int:
        """Where ``read_committed`` must stop: the first unstable offset, or else the high watermark."""
        return self.offsets()[3]

    def truncate_to(self, offset: int) -> bool:
        """
        Only what is below *offset* is left; a batch that holds it goes as well.

        Returns:
            Whether anything was at or above it.

        Raises:
            ValueError: It is negative.
        """
        if offset < 0:
            raise ValueError(f"cannot truncate to the negative offset {offset}")
        segments = self._segments
        if offset >= segments.log_end_offset:
            # A leader that appended nothing has left its epoch at the end.
            self.epochs.truncate_from_end(segments.log_end_offset)
            return False
        if segments.base_offsets[0] > offset:
            self.truncate_fully_and_start_at(offset)
            return True
        segments.truncate_to(offset)
        self.epochs.truncate_from_end(offset)
        self.log_start_offset = min(self.log_start_offset, offset)
        self._rebuild()
        return True

    def truncate_fully_and_start_at(self, offset: int) -> None:
        """Nothing is left, and the next record gets *offset*."""
        self._segments.start_at(offset)
        self.epochs.clear()
        self.producers.truncate_fully_and_start_at(offset)
        self.log_start_offset = offset
        self._high_watermark = offset
        self._rebuild()

    def _rebuild(self) -> None:
        """What is known of producers, and the offsets, follow a log that has become shorter."""
        end = self._segments.log_end_offset
        rebuild(
            self.producers,
            self._segments,
            log_start_offset=self.log_start_offset,
            end_offset=end,
            now_ms=self._clock.now_ms,
            is_clean=False,
        )
        self._forget_producers()
        self.recovery_point = min(self.recovery_point, end)
        if self._high_watermark >= end:
            # Below, the first unstable offset stays what it was until something is appended, or replicated.
            self._high_watermark = end
            self.producers.replicated(end)
            self._update_first_unstable_offset()

    def increase_log_start(self, offset: int) -> bool:
        """
        What is below *offset* is not readable any more; retention deletes its segments.

        Returns:
            Whether the log started before.

        Raises:
            KafkaError: OFFSET_OUT_OF_RANGE above the high watermark.
        """
        if offset > self._high_watermark:
            text = f"the log cannot start at {offset}, above the high watermark {self._high_watermark}"
            raise KafkaError(ErrorCode.offset_out_of_range, text)
        if offset <= self.log_start_offset:
            return False
        self.log_start_offset = offset
        self.recovery_point = max(self.recovery_point, offset)
        self.epochs.truncate_from_start(offset)
        self.producers.log_starts_at(offset)
        self._forget_producers()
        self._update_first_unstable_offset()
        return True

    def _forget_producers(self) -> None:
        if self._sequencing.broker.forgets_producers_with_their_records:
            self.producers.forget_before(self.log_start_offset)

    def _update_first_unstable_offset(self) -> None:
        offset = self.producers.first_unstable_offset
        if offset is not None and offset < self.log_start_offset:
            # Where its first records are deleted, 4.3 takes the batch that holds the log start, which may begin before.
            data = self._segments.batch_at(self.log_start_offset)
            offset = self.log_end_offset if data is None else read_header(data).base_offset
        self._first_unstable_offset = offset

    def apply_retention(self) -> int:
        """
        Delete segments that have had their time; never what is above the high watermark.

        Returns:
            How many.
        """
        settings = self.settings
        count = self._delete_segments(before_log_start(self.log_start_offset))
        if settings.deletes:
            count += self._delete_segments(beyond_size(self._segments, settings.retention_bytes))
            count += self._delete_segments(beyond_age(settings.retention_ms, self._clock.now_ms))
        return count

    def _delete_segments(self, condition: Condition) -> int:
        segments = self._segments
        gone = deletable(segments, self._high_watermark, condition)
        if not gone:
            return 0
        if len(gone) == len(segments):
            self._roll(self.log_end_offset)
        start = segments.base_offsets[len(gone)]
        self.increase_log_start(start)
        segments.remove(gone)
        for base_offset in gone:
            self.producers.snapshots.delete(base_offset)
        return len(gone)

    def _roll_for(self, header: BatchHeader) -> None:
        """Begin another segment if the batch of *header* needs it."""
        if self._segments.must_roll(header.size_bytes, header.max_timestamp_ms, header.last_offset):
            self._roll(header.base_offset)

    def _roll(self, next_offset: int) -> None:
        """The segment before is synced, with what is known of producers where the new one begins."""
        self._segments.roll(next_offset)
        base_offset = self._segments.active.base_offset
        self.producers.end_offset = base_offset
        self.producers.take_snapshot()
        self._flush_to(base_offset)

    def flush(self) -> None:
        """Everything survives a power loss."""
        self._flush_to(self.log_end_offset)

    def flush_if_old(self) -> None:
        """Flush if ``flush.ms`` has passed since the last time."""
        if self._clock.now_ms - self._last_flush_ms >= self.settings.flush_ms:
            self.flush()

    def _flush_to(self, offset: int) -> None:
        if offset > self.recovery_point:
            self._segments.sync(self.recovery_point, offset)
            self.recovery_point = offset
            self._last_flush_ms = self._clock.now_ms

    def _flush_when_due(self) -> None:
        """Flush if there are as many records as ``flush.messages`` since the last time."""
        count = self._segments.log_end_offset - self.recovery_point
        if count >= self.settings.flush_messages or (count and self._sequencing.broker.flushes_every_record):
            self.flush()

    def remove_expired_producers(self) -> None:
        """Forget producers whose last batch says that it is too old (``producer.id.expiration.ms``)."""
        self.producers.expire(self._clock.now_ms)

    def close(self) -> None:
        """Stop cleanly: everything is synced, and what is known of producers is written down."""
        self.flush()
        self._segments.active.sync()
        self.producers.take_snapshot()

    def delete(self) -> None:
        """Its files are gone; it must not be used any more."""
        storage, folder = self._place.storage, self._place.folder
        for name in storage.names(folder):
            storage.delete(f"{folder}/{name}")
