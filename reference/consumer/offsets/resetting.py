"""Resetting: finding a position where there is none."""

from collections.abc import Mapping

import attrs

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.client.node import Node
from ackproof.reference.consumer.errors import NoOffsetForPartitionError, is_retriable
from ackproof.reference.consumer.offsets.listing import Listing
from ackproof.reference.consumer.position import Position
from ackproof.reference.consumer.reset import Reset
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import TimedOutError, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import DisconnectedError


@attrs.define(eq=False)
class Resetting:
    """
    Looks up starts and ends of partitions, and positions their readers there.

    Attributes:
        error: Of the last look-up that can not be tried again: the next poll raises it.

    Source: ``OffsetFetcher.resetPositionsIfNeeded``.
    """

    clock: Clock
    listing: Listing
    metadata: Metadata
    subscription: Subscription
    settings: ConsumerSettings
    error: Exception | None = None

    def reset_if_needed(self) -> None:
        """
        Ask for what awaits a reset and is not being asked for.

        Raises:
            NoOffsetForPartitionError: It is to be reset, and nobody said where to.
            KafkaError: An earlier look-up failed for good.
        """
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        now_ms = self.clock.now_ms
        waiting = self.subscription.where(lambda of: of.state == "awaiting reset" and of.may_retry(now_ms))
        resets = {partition: self.subscription.state(partition).reset or self.settings.reset for partition in waiting}
        timestamps_ms = {partition: self._timestamp_ms(partition, reset) for partition, reset in resets.items()}
        for node, of in self.listing.by_leader(timestamps_ms)[0]:
            for state in self.subscription.states(of):
                state.next_retry_ms = now_ms + self.settings.request_timeout_ms
            spawn(self.clock, self._reset(node, of, resets))

    def _timestamp_ms(self, partition: TopicPartition, reset: Reset) -> int:
        timestamp_ms = reset.timestamp_ms(self.clock.now_ms)
        if timestamp_ms is None:
            raise NoOffsetForPartitionError([partition])
        return timestamp_ms

    async def _reset(
        self, node: Node, timestamps_ms: Mapping[TopicPartition, int], resets: Mapping[TopicPartition, Reset]
    ) -> None:
        try:
            listed = await self.listing.ask(node, timestamps_ms)
        except (DisconnectedError, TimedOutError, KafkaError) as error:
            self._retry(timestamps_ms)
            if not is_retriable(error) and self.error is None:
                self.error = error
            return
        if listed.to_retry:
            self._retry(dict.fromkeys(listed.to_retry, 0))
        for partition, found in listed.offsets.items():
            self._seek(partition, found.offset, found.leader_epoch, resets[partition])

    def _retry(self, partitions: Mapping[TopicPartition, int]) -> None:
        for state in self.subscription.states(partitions):
            state.next_retry_ms = self.clock.now_ms + self.settings.retry_backoff_ms
        self.metadata.request_update()

    def _seek(self, partition: TopicPartition, offset: int, leader_epoch: int | None, reset: Reset) -> None:
        position = Position(offset, None, self.metadata.leader_of(*partition))
        if leader_epoch is not None:
            self.metadata.saw_epoch(*partition, leader_epoch)
        state = self.subscription.find(partition)
        # Meanwhile the application may have sought elsewhere, or lost the partition.
        if state is not None and state.state == "awaiting reset" and state.reset == reset:
            state.seek_unvalidated(position)
