"""The accumulator: records become batches, which wait in memory to be sent."""

from random import Random

from ackproof.model.produce.rules import ProducerRules
from ackproof.reference.client.backoff import ExponentialBackoff
from ackproof.reference.client.cluster import Cluster, TopicPartition
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.value import value
from ackproof.reference.producer.batches.batch import Format, ProducerBatch, Thunk
from ackproof.reference.producer.batches.compression_ratio import CompressionRatios
from ackproof.reference.producer.batches.pool import BufferPool
from ackproof.reference.producer.batches.queues import Queue, Queues, all_full
from ackproof.reference.producer.batches.requeueing import requeue
from ackproof.reference.producer.batches.sizes import upper_bound_bytes
from ackproof.reference.producer.errors import ProducerError
from ackproof.reference.producer.partitioners.sticky import Stay
from ackproof.reference.producer.settings import ProducerSettings
from ackproof.reference.records.compression import CODECS, Compression


@value
class Appended:
    """
    A record has its place.

    Attributes:
        has_news: The sender had better look: there is a new batch, or one is full.
    """

    partition: int
    has_news: bool


@value(eq=False)
class Spot:
    """
    Where a record goes.

    Attributes:
        stay: Of records without key; None for one that has to go there.
        batch: The one that has room for it; None if there is none.
    """

    place: TopicPartition
    queue: Queue
    stay: Stay | None
    batch: ProducerBatch | None


class RecordAccumulator:
    """
    Batches that are being filled, wait, or are on their way.

    Attributes:
        queues: Those that wait to be sent, also again.
        incomplete: All without outcome, in the order of their first records.
        muted: Partitions of which nothing is sent for now.

    Source: ``RecordAccumulator``.
    """

    def __init__(self, clock: Clock, settings: ProducerSettings, rules: ProducerRules, rng: Random) -> None:
        self._clock = clock
        self._settings = settings
        self._rules = rules
        self._backoff = ExponentialBackoff(settings.retry_backoff_ms, settings.retry_backoff_max_ms, rng)
        self._ratios = CompressionRatios()
        self._made = 0
        self._flushes = 0
        self._compression: Compression = next(codec for codec in CODECS if codec == settings.compression_type)
        # No batching is a batch of one record.
        self.batch_size_bytes = max(settings.batch_size, 1)
        self.pool = BufferPool(clock, settings.buffer_memory)
        self.queues = Queues(self.batch_size_bytes, rng)
        self.incomplete: dict[ProducerBatch, None] = {}
        self.muted: dict[TopicPartition, None] = {}
        self.is_closed = False

    @property
    def is_flushing(self) -> bool:
        """Whether somebody waits for all to be sent."""
        return self._flushes > 0

    @property
    def has_undrained(self) -> bool:
        """Whether anything waits to be sent."""
        return bool(self.queues.heads())

    async def append(
        self, topic: str, partition: int | None, thunk: Thunk, max_block_ms: int, cluster: Cluster
    ) -> Appended:
        """
        Put down a record; this returns without waiting if there is memory.

        Args:
            topic: Of the record.
            partition: None to have it stick with the others that say so.
            thunk: The record, and who wants to know of it.
            max_block_ms: How long to wait for memory.
            cluster: What partitions there are.

        Raises:
            BufferExhaustedError: There was no memory in time.
            ProducerError: The producer was closed.
        """
        reserved_bytes = 0
        try:
            while True:
                spot = self._spot(topic, partition, thunk, cluster)
                if spot.batch is None and not reserved_bytes:
                    reserved_bytes = await self._reserve(thunk, max_block_ms)
                    continue
                appended = self._put(spot, thunk, reserved_bytes, cluster)
                if spot.batch is None:
                    reserved_bytes = 0
                return appended
        finally:
            if reserved_bytes:
                self.pool.give_back(reserved_bytes)

    def reenqueue(self, batch: ProducerBatch, *, counts: bool = True) -> None:
        """*batch* is to be sent again, after a back-off; whether that counts as one of its retries."""
        batch.given_back(self._clock.now_ms, self._backoff.backoff_ms(batch.attempts), counts=counts)
        requeue(self._rules.requeue, self.queues.of(batch.place), batch)

    def split_and_reenqueue(self, big: ProducerBatch) -> tuple[ProducerBatch, ...]:
        """A batch was too large for the broker: its pieces wait in its place."""
        big.close()
        ratio = max(1.0, big.compression_ratio)
        self._ratios.start_at(big.topic, ratio)
        pieces = big.split(self.batch_size_bytes, self._next_number, ratio)
        for piece in reversed(pieces):
            self.incomplete[piece] = None
            requeue(self._rules.requeue, self.queues.of(piece.place), piece)
        return pieces

    def closed_batch(self, batch: ProducerBatch) -> bytes:
        """The bytes of a batch that is sent now."""
        was_open = not batch.is_closed
        data = batch.close()
        if was_open:
            self._ratios.observed(batch.topic, batch.compression_ratio)
        return data

    def take_expired(self) -> list[ProducerBatch]:
        """The batches whose time is over while they wait; they wait no more."""
        expired: list[ProducerBatch] = []
        if self._rules.expiry == "never":
            return expired
        for _, queue in self.queues:
            while queue and queue[0].has_expired(self._settings.delivery_timeout_ms, self._clock.now_ms):
                expired.append(queue.popleft())
        return expired

    def forget(self, batch: ProducerBatch) -> None:
        """*batch* has its outcome; its memory is free once it is not on the wire any more."""
        self.incomplete.pop(batch, None)
        if not batch.is_on_wire and batch.reserved_bytes:
            self.pool.give_back(batch.reserved_bytes)
            batch.reserved_bytes = 0

    def abort(self, error: Exception, *, only_undrained: bool = False) -> None:
        """Batches fail with *error*: all that have no outcome, or only those that were never sent."""
        for batch in tuple(self.incomplete):
            if not (only_undrained and (batch.has_sequence or batch.is_closed)):
                self._drop(batch, error)

    def abort_queued(self, error: Exception) -> list[ProducerBatch]:
        """Batches that wait fail with *error*, also to be sent again; those that were sent before."""
        queued = [batch for batch in self.incomplete if batch in self.queues.of(batch.place)]
        for batch in queued:
            self._drop(batch, error)
        return [batch for batch in queued if batch.has_sequence]

    def _drop(self, batch: ProducerBatch, error: Exception) -> None:
        queue = self.queues.of(batch.place)
        if batch in queue:
            queue.remove(batch)
        batch.fail(lambda _: error, "aborted")
        self.forget(batch)

    async def flush(self) -> None:
        """Wait until all that is here now has its outcome; nothing lingers until then."""
        self._flushes += 1
        try:
            for batch in tuple(self.incomplete):
                await whole(batch)
        finally:
            self._flushes -= 1

    def close(self) -> None:
        """Nothing comes any more."""
        self.is_closed = True
        self.pool.close()

    def _spot(self, topic: str, partition: int | None, thunk: Thunk, cluster: Cluster) -> Spot:
        """Where a record goes: records without key may have gone on from a partition whose batches are full by now."""
        sticky = self.queues.topic(topic).sticky
        while True:
            stay = sticky.current(cluster) if partition is None else None
            number = stay.partition if stay is not None else partition
            assert number is not None
            queue = self.queues.of((topic, number))
            if stay is not None and all_full(queue):
                sticky.produced(stay, 0, cluster, may_leave=True)
            if stay is None or not sticky.has_left(stay):
                return Spot((topic, number), queue, stay, self._last_with_room(queue, thunk))

    def _put(self, spot: Spot, thunk: Thunk, reserved_bytes: int, cluster: Cluster) -> Appended:
        batch, before_bytes = spot.batch, 0
        if batch is None:
            batch = self._new_batch(spot.place, reserved_bytes)
            spot.queue.append(batch)
            self.incomplete[batch] = None
        else:
            before_bytes = batch.size_bytes
        batch.append(thunk, self._clock.now_ms)
        if spot.stay is not None:
            sticky, size_bytes = self.queues.topic(spot.place[0]).sticky, batch.size_bytes - before_bytes
            sticky.produced(spot.stay, size_bytes, cluster, may_leave=all_full(spot.queue))
        return Appended(spot.place[1], spot.batch is None or len(spot.queue) > 1 or batch.is_full)

    def _last_with_room(self, queue: Queue, thunk: Thunk) -> ProducerBatch | None:
        if self.is_closed:
            raise ProducerError("Producer closed while send in progress")
        if not queue:
            return None
        if queue[-1].has_room_for(thunk):
            return queue[-1]
        queue[-1].is_full_by_decree = True
        return None

    async def _reserve(self, thunk: Thunk, max_block_ms: int) -> int:
        size_bytes = self._limit_bytes(thunk)
        if not self.pool.take(size_bytes):
            await self.pool.wait_for(size_bytes, max_block_ms)
        return size_bytes

    def _limit_bytes(self, thunk: Thunk) -> int:
        return max(self.batch_size_bytes, upper_bound_bytes(thunk.content_bytes))

    def _new_batch(self, place: TopicPartition, reserved_bytes: int) -> ProducerBatch:
        form = Format(self._compression, self._settings.compression_level, self._ratios.of(place[0]))
        return ProducerBatch(
            self._clock, *place, self._clock.now_ms, reserved_bytes, form, self._next_number(), reserved_bytes
        )

    def _next_number(self) -> int:
        self._made += 1
        return self._made


async def whole(batch: ProducerBatch) -> None:
    """Wait until *batch* has its outcome, and what it may have been split into."""
    await batch.done
    for piece in batch.pieces:
        await whole(piece)
