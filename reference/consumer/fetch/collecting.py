"""Handing out: what of the buffer poll returns, and what answers and errors mean for positions."""

from collections.abc import Collection
from typing import Protocol

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.consumer.errors import CorruptFetchError, OffsetOutOfRangeError
from ackproof.reference.consumer.fetch.buffer import FetchBuffer
from ackproof.reference.consumer.fetch.completed_fetch import CompletedFetch
from ackproof.reference.consumer.partition import AssignedPartition
from ackproof.reference.consumer.position import Position
from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.header import end_of_batch

METADATA_IS_OLD = frozenset(
    {
        ErrorCode.not_leader_or_follower,
        ErrorCode.replica_not_available,
        ErrorCode.kafka_storage_error,
        ErrorCode.fenced_leader_epoch,
        ErrorCode.offset_not_available,
        ErrorCode.unknown_topic_or_partition,
        ErrorCode.unknown_topic_id,
        ErrorCode.inconsistent_topic_id,
    }
)
PASSES = frozenset({ErrorCode.unknown_leader_epoch, ErrorCode.unknown_server_error})


class LagWatch(Protocol):
    """
    Who keeps the metrics of lag.

    Source: ``FetchMetricsManager``.
    """

    def record(self, partition: TopicPartition, lag: int, now_ms: int) -> None:
        """Records of *partition* are handed out, and this is its ``records-lag`` now."""
        ...

    def keep(self, assigned: Collection[TopicPartition]) -> None:
        """Fetches are about to be sent, for what is assigned: other partitions have no lag any more."""
        ...


@attrs.define(eq=False)
class Fetch:
    """
    What is handed out: also a position that moves past what nobody gets is something.

    Attributes:
        most: How many records there may be.
    """

    most: int
    records: list[ConsumedRecord] = attrs.field(factory=list[ConsumedRecord])
    has_advanced: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether poll has to go on waiting."""
        return not self.records and not self.has_advanced


@attrs.define(eq=False)
class Collecting:
    """
    Takes records from the buffer, as many as poll returns: positions advance here.

    Source: ``FetchCollector``.
    """

    clock: Clock
    buffer: FetchBuffer
    metadata: Metadata
    subscription: Subscription
    settings: ConsumerSettings
    lag_watch: LagWatch | None = None

    def collect(self, most: int) -> Fetch:
        """
        The next records, *most* at most.

        Raises:
            OffsetOutOfRangeError, CorruptFetchError, KafkaError: What comes next can not be had; what comes before it
                is handed out first.
        """
        fetch, paused = Fetch(most), list[CompletedFetch]()
        try:
            while len(fetch.records) < most and self._step(fetch, paused):
                pass
        except (KafkaError, OffsetOutOfRangeError, CorruptFetchError):
            if fetch.is_empty:
                raise
        finally:
            for held in paused:
                self.buffer.add(held)
        return fetch

    def _step(self, fetch: Fetch, paused: list[CompletedFetch]) -> bool:
        """Look at the next fetched partition; whether there was one."""
        current = self.buffer.next_in_line
        if current is None or current.is_consumed:
            return self._next(fetch)
        state = self.subscription.find(current.partition)
        if state is not None and state.is_paused:
            # What is paused keeps what it has, in case that it is resumed.
            paused.append(current)
            self.buffer.next_in_line = None
        else:
            self._take(current, fetch)
        return True

    def _next(self, fetch: Fetch) -> bool:
        completed = self.buffer.peek()
        if completed is None:
            return False
        if not completed.is_initialized:
            try:
                self.buffer.next_in_line = self._initialized(completed)
            except (KafkaError, OffsetOutOfRangeError, CorruptFetchError):
                # An error without data is told once, and only if no record comes before it.
                if fetch.is_empty and completed.size_bytes == 0:
                    self.buffer.pop()
                raise
        else:
            self.buffer.next_in_line = completed
        self.buffer.pop()
        return True

    def _take(self, current: CompletedFetch, fetch: Fetch) -> None:
        partition = current.partition
        state = self.subscription.find(partition)
        is_wanted = state is not None and self.subscription.is_fetchable(partition)
        # What does not follow the position is from an earlier request.
        if (
            state is None
            or not is_wanted
            or state.position is None
            or state.position.offset != current.next_fetch_offset
        ):
            self._drain(current)
            return
        fetch.records += current.take(fetch.most - len(fetch.records))
        if current.next_fetch_offset > state.position.offset:
            state.advance(Position(current.next_fetch_offset, current.last_epoch, state.position.leader))
            fetch.has_advanced = True
        if current.is_consumed:
            self._drain(current)
        self._tell_lag(partition, state)

    def _drain(self, current: CompletedFetch) -> None:
        current.drain()
        if current.has_given:
            self.subscription.move_to_end(current.partition)

    def _tell_lag(self, partition: TopicPartition, state: AssignedPartition) -> None:
        lag = lag_of(state, is_read_committed=self.settings.is_read_committed)
        if lag is not None and self.lag_watch is not None:
            self.lag_watch.record(partition, lag, self.clock.now_ms)

    def _initialized(self, completed: CompletedFetch) -> CompletedFetch | None:
        """The fetch, if it is for the position that there still is, or has an error."""
        partition, error = completed.partition, completed.data.error_code
        state = self.subscription.find(partition)
        try:
            if state is None or state.valid_position is None:
                return None
            if error != ErrorCode.none:
                self._handle(completed, state, error)
                return None
            return self._accepted(completed, state)
        finally:
            if error != ErrorCode.none:
                self.subscription.move_to_end(partition)

    def _accepted(self, completed: CompletedFetch, state: AssignedPartition) -> CompletedFetch | None:
        data = completed.data
        if state.position is None or state.position.offset != completed.next_fetch_offset:
            return None
        if completed.size_bytes and not end_of_batch(data.records or b""):
            offset = completed.next_fetch_offset
            raise CorruptFetchError(completed.partition, offset, "no complete batch in a fetch that is not empty")
        if data.high_watermark >= 0:
            state.high_watermark = data.high_watermark
        if data.log_start_offset >= 0:
            state.log_start_offset = data.log_start_offset
        if data.last_stable_offset >= 0:
            state.last_stable_offset = data.last_stable_offset
        if data.preferred_read_replica >= 0 and data.preferred_read_replica != state.preferred_replica:
            state.preferred_replica = data.preferred_read_replica
            state.preferred_until_ms = self.clock.now_ms + self.settings.metadata_max_age_ms
        completed.is_initialized = True
        return completed

    def _handle(self, completed: CompletedFetch, state: AssignedPartition, error: ErrorCode) -> None:
        if error in METADATA_IS_OLD:
            self.metadata.request_update()
            state.clear_preferred_replica()
        elif error == ErrorCode.offset_out_of_range:
            self._out_of_range(completed, state)
        elif error not in PASSES:
            topic, number = completed.partition
            raise KafkaError(error, f"fetching {topic}-{number} at offset {completed.next_fetch_offset}")

    def _out_of_range(self, completed: CompletedFetch, state: AssignedPartition) -> None:
        # A follower may just not have it yet; the leader is asked next.
        if state.clear_preferred_replica() is not None:
            return
        if state.position is None or state.position.offset != completed.next_fetch_offset:
            return
        if self.settings.reset.kind == "none":
            raise OffsetOutOfRangeError({completed.partition: state.position.offset})
        state.request_reset(self.settings.reset)


def lag_of(state: AssignedPartition, *, is_read_committed: bool) -> int | None:
    """``records-lag``: from the position to what may be read (``SubscriptionState.partitionLag``)."""
    end = state.last_stable_offset if is_read_committed else state.high_watermark
    return None if end is None or state.position is None else end - state.position.offset
