"""Positions of a consumer: where it reads, and where partitions begin and end."""

from collections.abc import Iterable, Mapping

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.deadline import Deadline, deadline
from ackproof.reference.consumer.fetch.collecting import lag_of
from ackproof.reference.consumer.group import Group
from ackproof.reference.consumer.position import Position
from ackproof.reference.consumer.reading import Reading
from ackproof.reference.consumer.record import OffsetAndTimestamp
from ackproof.reference.consumer.reset import EARLIEST, EARLIEST_TIMESTAMP, LATEST, LATEST_TIMESTAMP, Reset
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import TimedOutError


class Positioning:
    """The part of a consumer that is about partitions, with or without a group."""

    _clock: Clock
    _settings: ConsumerSettings
    _reading: Reading
    _group: Group | None
    _is_closed: bool

    async def position(self, partition: TopicPartition, timeout_ms: int | None = None) -> int:
        """The offset of the next record that is handed out of *partition*, which has to be assigned."""
        state, until = self._reading.subscription.state(partition), self._until(timeout_ms)
        while state.valid_position is None:
            if until.has_passed:
                raise TimedOutError(f"Timeout expired before the position for {partition} could be determined")
            await self._reading.update_positions(self._group, until)
            await self._reading.signal.wait(until.no_later_than(self._settings.retry_backoff_ms))
        return state.valid_position.offset

    def seek(self, partition: TopicPartition, offset: int, leader_epoch: int | None = None) -> None:
        """The next record of *partition* is the one at *offset*, or after it."""
        if offset < 0:
            raise ValueError("seek offset must not be a negative number")
        if leader_epoch is not None:
            self._reading.metadata.saw_epoch(*partition, leader_epoch)
        leader = self._reading.metadata.leader_of(*partition)
        self._reading.subscription.state(partition).seek_unvalidated(Position(offset, leader_epoch, leader))

    def seek_to_beginning(self, partitions: Iterable[TopicPartition] = ()) -> None:
        """The next record of each of *partitions*, or of all, is the first one that there is; found out in poll."""
        self._request_reset(partitions, EARLIEST)

    def seek_to_end(self, partitions: Iterable[TopicPartition] = ()) -> None:
        """The next record of each of *partitions*, or of all, is one that is not there yet; found out in poll."""
        self._request_reset(partitions, LATEST)

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """Nothing of *partitions* is fetched or handed out until they are resumed or assigned anew."""
        for partition in partitions:
            self._reading.subscription.state(partition).is_paused = True

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        """*partitions* are read again."""
        for partition in partitions:
            self._reading.subscription.state(partition).is_paused = False

    @property
    def paused(self) -> tuple[TopicPartition, ...]:
        """What is paused, in order."""
        return tuple(sorted(self._reading.subscription.where(lambda state: state.is_paused)))

    @property
    def assignment(self) -> tuple[TopicPartition, ...]:
        """What it reads now, in order."""
        return tuple(sorted(self._reading.subscription.assigned))

    async def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Where each of *partitions* starts."""
        return await self._offsets_at(partitions, EARLIEST_TIMESTAMP)

    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Where each of *partitions* ends for this reader: high watermark, or last stable offset."""
        return await self._offsets_at(partitions, LATEST_TIMESTAMP)

    async def offsets_for_times(
        self, timestamps_ms: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, OffsetAndTimestamp | None]:
        """The first record at or after each of *timestamps_ms*; None where there is none."""
        if any(timestamp_ms < 0 for timestamp_ms in timestamps_ms.values()):
            raise ValueError("The target time cannot be negative.")
        found = await self._reading.listing.find(timestamps_ms, self._until(None))
        return {partition: found.get(partition) for partition in timestamps_ms}

    def current_lag(self, partition: TopicPartition) -> int | None:
        """``records-lag``, computed now from what the last fetch told; None while that is not known."""
        state = self._reading.subscription.state(partition)
        return lag_of(state, is_read_committed=self._settings.is_read_committed)

    def _check_open(self) -> None:
        if self._is_closed:
            raise ValueError("This consumer has already been closed.")

    def _until(self, timeout_ms: int | None) -> Deadline:
        return deadline(self._clock, self._settings.default_api_timeout_ms if timeout_ms is None else timeout_ms)

    def _request_reset(self, partitions: Iterable[TopicPartition], reset: Reset) -> None:
        for partition in tuple(partitions) or self._reading.subscription.assigned:
            self._reading.subscription.state(partition).request_reset(reset)

    async def _offsets_at(self, partitions: Iterable[TopicPartition], timestamp_ms: int) -> dict[TopicPartition, int]:
        wanted = dict.fromkeys(partitions, timestamp_ms)
        found = await self._reading.listing.find(wanted, self._until(None))
        return {partition: offset.offset for partition, offset in found.items()}
