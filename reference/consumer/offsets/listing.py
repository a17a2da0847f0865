"""ListOffsets: where a partition starts, ends, or stood at some time."""

from collections.abc import Iterable, Mapping

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.list_offsets.v10.request import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from kio.schema.list_offsets.v10.response import ListOffsetsResponse

from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.client.node import Node
from ackproof.reference.consumer.deadline import Deadline
from ackproof.reference.consumer.interest import ConsumerInterest
from ackproof.reference.consumer.record import OffsetAndTimestamp
from ackproof.reference.consumer.requests import Requests, by_topic
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.kernel.future import Future, TimedOutError, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i8, i32, i64
from ackproof.reference.protocol.request import DisconnectedError

CONSUMER = -1
"""Who asks, where a follower would give its id."""

Offsets = dict[TopicPartition, OffsetAndTimestamp]


@attrs.frozen
class Listed:
    """
    What came of a request.

    Attributes:
        offsets: Of those partitions that have one: at a time that is later than all records there is none.
        to_retry: Those that somebody else may know of, or later.
    """

    offsets: Offsets = attrs.field(factory=dict[TopicPartition, OffsetAndTimestamp])
    to_retry: frozenset[TopicPartition] = frozenset()


@attrs.define(eq=False)
class Listing:
    """
    Asks leaders for offsets.

    Source: ``OffsetFetcher``, ``OffsetFetcherUtils``.
    """

    requests: Requests
    metadata: Metadata
    settings: ConsumerSettings
    interest: ConsumerInterest

    async def find(self, timestamps_ms: Mapping[TopicPartition, int], until: Deadline) -> Offsets:
        """
        The offsets at *timestamps_ms*, which may stand for the start or the end; what has none is left out.

        Raises:
            TimedOutError: Not all leaders answered in time.
            KafkaError: One of them refused.
        """
        # Metadata has to tell of their topics, although perhaps nobody reads them.
        topics = {topic for topic, _ in timestamps_ms}
        self.interest.transient_topics |= topics
        try:
            return await self._find(dict(timestamps_ms), until)
        finally:
            self.interest.transient_topics -= topics

    async def _find(self, remaining: dict[TopicPartition, int], until: Deadline) -> Offsets:
        found: Offsets = {}
        while remaining:
            listed = await self._attempt(remaining, until)
            found |= listed.offsets
            remaining = {partition: remaining[partition] for partition in remaining if partition in listed.to_retry}
            if remaining:
                version = self.metadata.request_update()
                await until.settled(self.metadata.updated(version))
            if remaining and until.has_passed:
                raise TimedOutError("Failed to get offsets by times")
        return found

    async def _attempt(self, timestamps_ms: Mapping[TopicPartition, int], until: Deadline) -> Listed:
        by_node, unknown = self.by_leader(timestamps_ms)
        clock = until.clock
        answers = [spawn(clock, self.ask(node, of)) for node, of in by_node]
        offsets, to_retry = Offsets(), set(unknown)
        for (_, of), answer in zip(by_node, answers, strict=True):
            listed = await self._answer(answer, of, until)
            offsets |= listed.offsets
            to_retry |= listed.to_retry
        return Listed(offsets, frozenset(to_retry))

    async def _answer(self, answer: Future[Listed], asked: Iterable[TopicPartition], until: Deadline) -> Listed:
        if not await until.settled(answer):
            raise TimedOutError("Failed to get offsets by times")
        if isinstance(answer.error, DisconnectedError | TimedOutError):
            return Listed(to_retry=frozenset(asked))
        return answer.result()

    def by_leader(
        self, timestamps_ms: Mapping[TopicPartition, int]
    ) -> tuple[list[tuple[Node, dict[TopicPartition, int]]], list[TopicPartition]]:
        """What each leader is to be asked, and the partitions for which there is none that can be."""
        by_node: dict[int, tuple[Node, dict[TopicPartition, int]]] = {}
        unknown: list[TopicPartition] = []
        for partition, timestamp_ms in timestamps_ms.items():
            node = self.metadata.leader_of(*partition).node
            if node is None:
                self.metadata.request_update(resets_backoff=True)
            if node is None or self.requests.nodes.is_unavailable(node):
                unknown.append(partition)
            else:
                by_node.setdefault(node.node_id, (node, {}))[1][partition] = timestamp_ms
        return list(by_node.values()), unknown

    async def ask(self, node: Node, timestamps_ms: Mapping[TopicPartition, int]) -> Listed:
        """
        What *node* says.

        Raises:
            DisconnectedError, TimedOutError: It says nothing.
            KafkaError: TOPIC_AUTHORIZATION_FAILED.
        """
        try:
            answer = await self.requests.ask(node, self._request(timestamps_ms), ListOffsetsResponse)
        except UnsupportedVersionError as error:
            raise KafkaError(ErrorCode.unsupported_version, str(error)) from error
        return read(answer)

    def _request(self, timestamps_ms: Mapping[TopicPartition, int]) -> ListOffsetsRequest:
        return ListOffsetsRequest(
            replica_id=BrokerId(CONSUMER),
            isolation_level=i8(self.settings.is_read_committed),
            topics=tuple(
                ListOffsetsTopic(
                    name=TopicName(topic),
                    partitions=tuple(
                        self._partition(topic, number, timestamps_ms[topic, number]) for number in numbers
                    ),
                )
                for topic, numbers in by_topic(timestamps_ms).items()
            ),
            timeout=duration(self.settings.request_timeout_ms),
        )

    def _partition(self, topic: str, number: int, timestamp_ms: int) -> ListOffsetsPartition:
        epoch = self.metadata.leader_of(topic, number).leader_epoch
        return ListOffsetsPartition(
            partition_index=i32(number),
            current_leader_epoch=i32(-1 if epoch is None else epoch),
            timestamp=i64(timestamp_ms),
        )


def read(answer: ListOffsetsResponse) -> Listed:
    """
    What an *answer* tells.

    Raises:
        KafkaError: TOPIC_AUTHORIZATION_FAILED, which is not worth another try.
    """
    offsets, to_retry = Offsets(), set[TopicPartition]()
    for topic in answer.topics:
        for told in topic.partitions:
            partition = (str(topic.name), int(told.partition_index))
            if told.error_code == ErrorCode.topic_authorization_failed:
                raise KafkaError(told.error_code, topic.name)
            if told.error_code not in (ErrorCode.none, ErrorCode.unsupported_for_message_format):
                to_retry.add(partition)
            elif told.error_code == ErrorCode.none and told.offset >= 0:
                epoch = None if told.leader_epoch < 0 else int(told.leader_epoch)
                offsets[partition] = OffsetAndTimestamp(told.offset, told.timestamp, epoch)
    return Listed(offsets, frozenset(to_retry))
