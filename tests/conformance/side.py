"""A broker to ask: how it is reached, and what it needs before sequences begin."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import cast
from uuid import UUID

import attrs
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.consumer_group_heartbeat.v1.response import ConsumerGroupHeartbeatResponse
from kio.schema.create_topics.v7.request import CreatableTopic, CreatableTopicConfig, CreateTopicsRequest
from kio.schema.create_topics.v7.response import CreateTopicsResponse
from kio.schema.delete_topics.v6.request import DeleteTopicsRequest, DeleteTopicState
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest
from kio.schema.list_offsets.v10.request import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest, OffsetFetchRequestGroup
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.protocol.primitive import (
    BrokerId,
    GroupId,
    TopicName,
    TransactionalId,
    duration,
    i8,
    i16,
    i32,
    i64,
)
from tests.conformance.connection import PATIENCE_MS, TRIES, Connect, Connection
from tests.conformance.plain import Names, errors_of, plain
from tests.conformance.story import Story

CONFIGS: tuple[dict[str, str], ...] = (
    {},
    {"cleanup.policy": "compact", "max.message.bytes": "2000"},
    {"message.timestamp.type": "LogAppendTime"},
)
"""Of the topics that each sequence has."""
PARTITIONS = 2
CHUNK = 40
"""For how many sequences topics are made at once."""
GROUP, TRANSACTION = 0, 1
PAUSE_MS = 5


@attrs.define(eq=False)
class Side:
    """
    A broker.

    Attributes:
        pass_ms: Lets time pass for it.
        topic_ids: Those of the topics that were created last, in their order.
    """

    connect: Connect
    pass_ms: Callable[[int], None]
    now_ms: Callable[[], int]
    topic_ids: deque[UUID] = attrs.Factory(deque[UUID])

    def settled(self, connection: Connection, body: RequestPayload, version: int) -> ResponsePayload:
        """The answer to *body*, asked again until it has no error."""
        for _ in range(TRIES):
            connection.send(body, version)
            answer = connection.poll(PATIENCE_MS)
            assert answer is not None
            if not errors_of(plain(answer, Names())) - {"none"}:
                return answer
            self.pass_ms(PAUSE_MS)
        raise TimeoutError(f"{body}")

    def warm_up(self) -> None:
        """Let it make its internal topics, and take up its coordinators."""
        connection = Connection(self.connect())
        for kind, name in ((GROUP, "warm"), (TRANSACTION, "warm")):
            self.settled(connection, FindCoordinatorRequest(key_type=i8(kind), coordinator_keys=(name,)), 4)
        for transactional_id in (None, TransactionalId("warm")):
            request = InitProducerIdRequest(transactional_id=transactional_id, transaction_timeout=duration(1_000))
            self.settled(connection, request, 4)
        group = OffsetFetchRequestGroup(group_id=GroupId("warm"), topics=())
        self.settled(connection, OffsetFetchRequest(groups=(group,)), 8)
        connection.transport.close()

    def stories(self) -> Iterator[Story]:
        """Sequences, one after the other, each with topics of its own."""
        number = 0
        while True:
            made = [Story(self.connect, number + each, self.now_ms()) for each in range(CHUNK)]
            self.create(made)
            yield from made
            self.delete(made)
            number += CHUNK

    def create(self, stories: list[Story]) -> None:
        """Create the topics of *stories*, and wait until the broker leads them."""
        connection = Connection(self.connect())
        topics = [topic(story.topic(index), config) for story in stories for index, config in enumerate(CONFIGS)]
        connection.send(CreateTopicsRequest(topics=tuple(topics), timeout=duration(PATIENCE_MS)), 7)
        answer = cast("CreateTopicsResponse", connection.poll(3 * PATIENCE_MS))
        ids = {each.name: each.topic_id for each in answer.topics if each.topic_id is not None}
        self.topic_ids.extend(ids[each.name] for each in topics)
        for story in stories:
            story.topic_ids = tuple(ids[TopicName(story.topic(index))] for index in range(len(CONFIGS)))
            for topic_id in story.topic_ids:
                story.names.name("topic", topic_id)
        self.settled(connection, list_offsets([each.name for each in topics]), 7)
        self.settle_groups(connection, stories[-1])
        connection.transport.close()

    def delete(self, stories: list[Story]) -> None:
        """Delete the topics of *stories*, which are over: brokers have only so many open files."""
        connection = Connection(self.connect())
        names = [TopicName(story.topic(index)) for story in stories for index in range(len(CONFIGS))]
        topics = tuple(DeleteTopicState(name=name, topic_id=None) for name in names)
        connection.send(DeleteTopicsRequest(topics=topics, timeout=duration(PATIENCE_MS)), 6)
        assert connection.poll(PATIENCE_MS) is not None
        connection.transport.close()

    def settle_groups(self, connection: Connection, story: Story) -> None:
        """Wait until the group coordinator knows the topics of *story*, which it hears of a little later."""
        for attempt in range(TRIES):
            connection.send(joining(f"settling-{story.number}-{attempt}", story.topic(len(CONFIGS) - 1)), 1)
            answer = cast("ConsumerGroupHeartbeatResponse", connection.poll(PATIENCE_MS))
            if answer.assignment is not None and answer.assignment.topic_partitions:
                return
            self.pass_ms(PAUSE_MS)
        raise TimeoutError("a group coordinator does not hear of topics")


def joining(group: str, name: str) -> ConsumerGroupHeartbeatRequest:
    """A request to join a group that nobody else is in, for one topic."""
    return ConsumerGroupHeartbeatRequest(
        group_id=GroupId(group),
        member_id="settling",
        member_epoch=i32(0),
        rebalance_timeout=duration(PATIENCE_MS),
        subscribed_topic_names=(TopicName(name),),
        topic_partitions=(),
    )


def topic(name: str, config: dict[str, str]) -> CreatableTopic:
    """A topic to be created."""
    return CreatableTopic(
        name=TopicName(name),
        num_partitions=i32(PARTITIONS),
        replication_factor=i16(1),
        assignments=(),
        configs=tuple(CreatableTopicConfig(name=key, value=value) for key, value in config.items()),
    )


def list_offsets(topics: list[TopicName]) -> ListOffsetsRequest:
    """A request for the end of every partition."""
    partitions = tuple(ListOffsetsPartition(partition_index=i32(each), timestamp=i64(-1)) for each in range(PARTITIONS))
    return ListOffsetsRequest(
        replica_id=BrokerId(-1),
        isolation_level=i8(0),
        topics=tuple(ListOffsetsTopic(name=name, partitions=partitions) for name in topics),
        timeout=duration(PATIENCE_MS),
    )
