"""Validating: after a change of leader, whether it has what was read (KIP-320)."""

from collections.abc import Mapping

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.offset_for_leader_epoch.v4.request import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)
from kio.schema.offset_for_leader_epoch.v4.response import EpochEndOffset, OffsetForLeaderEpochResponse

from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.metadata import Leader, Metadata
from ackproof.reference.client.node import Node
from ackproof.reference.consumer.errors import LogTruncationError, is_retriable
from ackproof.reference.consumer.partition import AssignedPartition
from ackproof.reference.consumer.position import Position
from ackproof.reference.consumer.requests import Requests, by_topic
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import TimedOutError, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import BrokerId, TopicName, i32
from ackproof.reference.protocol.request import DisconnectedError

CONSUMER = -1
OLDEST_USABLE = 3
"""The version of OffsetForLeaderEpoch from which on consumers may ask."""

Positions = Mapping[TopicPartition, Position]


@attrs.define(eq=False)
class Validating:
    """
    Asks new leaders where the epoch of the last record that was read ends.

    Attributes:
        compares_epochs: Whether it does: clients before KIP-320 go on at their offset (KAFKA-7747).
        error: Of the last answer, if the application has to be told: the next poll raises it.

    Source: ``OffsetFetcher.validatePositionsIfNeeded``, ``PositionsValidator``, ``OffsetsForLeaderEpochClient``.
    """

    clock: Clock
    requests: Requests
    metadata: Metadata
    subscription: Subscription
    settings: ConsumerSettings
    compares_epochs: bool = True
    error: Exception | None = None
    seen_version: int = -1

    def validate_on_change(self) -> None:
        """Positions whose leader has changed, as newer metadata tells, await validation."""
        if self.seen_version != self.metadata.version:
            self.seen_version = self.metadata.version
            for partition in self.subscription.assigned:
                self._leader_changed(partition, self.metadata.leader_of(*partition))

    def validate_if_needed(self) -> None:
        """
        Ask for what awaits validation and is not being asked for.

        Raises:
            LogTruncationError: What was read is gone, and ``auto.offset.reset`` is none.
            KafkaError: An earlier question failed for good.
        """
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.validate_on_change()
        for node, positions in self._by_leader().values():
            self._begin(node, positions)

    def _leader_changed(self, partition: TopicPartition, leader: Leader) -> None:
        state = self.subscription.state(partition)
        versions = None if leader.node is None else self.requests.nodes.versions_of(leader.node)
        if leader.node is None or versions is None or self._can_ask(leader.node):
            state.leader_changed(leader)
        elif state.position is not None and state.state != "awaiting reset":
            state.seek(attrs.evolve(state.position, leader=leader))

    def _can_ask(self, node: Node) -> bool:
        version = self.requests.nodes.version_for(node, "offset_for_leader_epoch")
        return self.compares_epochs and version is not None and version >= OLDEST_USABLE

    def _by_leader(self) -> dict[int, tuple[Node, dict[TopicPartition, Position]]]:
        by_node: dict[int, tuple[Node, dict[TopicPartition, Position]]] = {}
        now_ms = self.clock.now_ms
        for partition in self.subscription.where(lambda of: of.state == "awaiting validation" and of.may_retry(now_ms)):
            position = self.subscription.state(partition).position
            if position is not None and position.leader.node is not None:
                node = position.leader.node
                by_node.setdefault(node.node_id, (node, {}))[1][partition] = position
        return by_node

    def _begin(self, node: Node, positions: Positions) -> None:
        if self.requests.nodes.versions_of(node) is None:
            self.requests.nodes.ready(node)
        elif not self._can_ask(node):
            for state in self.subscription.states(positions):
                state.complete_validation()
        else:
            for state in self.subscription.states(positions):
                state.next_retry_ms = self.clock.now_ms + self.settings.request_timeout_ms
            spawn(self.clock, self._validate(node, positions))

    async def _validate(self, node: Node, positions: Positions) -> None:
        try:
            answer = await self.requests.ask(node, request(positions), OffsetForLeaderEpochResponse)
            ends = read(answer)
        except (DisconnectedError, TimedOutError, UnsupportedVersionError, KafkaError) as error:
            self._retry(positions)
            if not is_retriable(error):
                self.error = self.error or error
            return
        missing = {partition: position for partition, position in positions.items() if partition not in ends}
        if missing:
            self._retry(missing)
        self._complete(
            {partition: (positions[partition], ends[partition]) for partition in positions if partition in ends}
        )

    def _retry(self, positions: Positions) -> None:
        for state in self.subscription.states(positions):
            state.next_retry_ms = self.clock.now_ms + self.settings.retry_backoff_ms
        self.metadata.request_update()

    def _complete(self, told: Mapping[TopicPartition, tuple[Position, EpochEndOffset]]) -> None:
        truncated: dict[TopicPartition, int] = {}
        divergent: dict[TopicPartition, int] = {}
        for partition, (asked, end) in told.items():
            state = self.subscription.find(partition)
            if state is None or state.state != "awaiting validation" or state.position != asked:
                continue
            if not self._settle(state, asked, end):
                truncated[partition] = asked.offset
                if end.end_offset >= 0 and end.leader_epoch >= 0:
                    divergent[partition] = end.end_offset
        if truncated:
            self.error = self.error or LogTruncationError(truncated, divergent)

    def _settle(self, state: AssignedPartition, asked: Position, end: EpochEndOffset) -> bool:
        """
        Go on, or from where the logs diverge; whether it can go on without asking the application.

        Source: ``SubscriptionState.maybeCompleteValidation``.
        """
        is_known = end.end_offset >= 0 and end.leader_epoch >= 0
        if is_known and end.end_offset >= asked.offset:
            state.complete_validation()
        elif self.settings.reset.kind == "none":
            return False
        elif is_known:
            state.seek(Position(end.end_offset, end.leader_epoch, asked.leader))
        else:
            state.request_reset(self.settings.reset)
        return True


def request(positions: Positions) -> OffsetForLeaderEpochRequest:
    """The question: where the epoch of what was read last ends."""
    return OffsetForLeaderEpochRequest(
        replica_id=BrokerId(CONSUMER),
        topics=tuple(
            OffsetForLeaderTopic(
                topic=TopicName(topic),
                partitions=tuple(
                    OffsetForLeaderPartition(
                        partition=i32(number),
                        current_leader_epoch=i32(_epoch(positions[topic, number].leader.leader_epoch)),
                        leader_epoch=i32(_epoch(positions[topic, number].offset_epoch)),
                    )
                    for number in numbers
                ),
            )
            for topic, numbers in by_topic(positions).items()
        ),
    )


def read(answer: OffsetForLeaderEpochResponse) -> dict[TopicPartition, EpochEndOffset]:
    """
    What an *answer* tells, without what it has errors for.

    Raises:
        KafkaError: TOPIC_AUTHORIZATION_FAILED.
    """
    ends: dict[TopicPartition, EpochEndOffset] = {}
    for topic in answer.topics:
        for told in topic.partitions:
            if told.error_code == ErrorCode.topic_authorization_failed:
                raise KafkaError(told.error_code, topic.topic)
            if told.error_code == ErrorCode.none:
                ends[str(topic.topic), int(told.partition)] = told
    return ends


def _epoch(epoch: int | None) -> int:
    return -1 if epoch is None else epoch
