"""A coordinator that says to the one member of its group what a test wants it to say."""

from collections.abc import Iterable
from uuid import UUID

from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.consumer_group_heartbeat.v1.response import (
    Assignment,
    ConsumerGroupHeartbeatResponse,
    TopicPartitions,
)
from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v6.response import Coordinator, FindCoordinatorResponse
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.heartbeat.v4.response import HeartbeatResponse
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse, JoinGroupResponseMember
from kio.schema.leave_group.v5.response import LeaveGroupResponse
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_commit.v9.response import (
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.offset_fetch.v9.response import (
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
)
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.schema.sync_group.v5.response import SyncGroupResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.assignors.subscribing import decode_subscription, encode_assignment
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.protocol.primitive import BrokerId, duration, i32, i64
from ackproof.reference.protocol.request import Address, Request
from tests.reference.consumer.scripted_leader import ScriptedLeader

ADDRESS = Address("broker", 9092)


class ScriptedCoordinator(ScriptedLeader):
    """
    The coordinator of a group with one member; it leads the partitions too.

    Attributes:
        counts: How many partitions each topic has.
        committed: By partition.
        unstable: The partitions with commits of open transactions.
        given: Bytes for the member in the place of an assignment.
        assigned: What the group gives to the member; what its own assignor says, if that is not set.
        leads: Whether the member leads the group.
        target: What the consumer protocol gives to the member in the next heartbeat; all there is as it joins.
    """

    def __init__(self, clock: VirtualClock, counts: dict[str, int]) -> None:
        super().__init__(clock)
        self.counts = counts
        self.committed: dict[TopicPartition, int] = {}
        self.unstable: set[TopicPartition] = set()
        self.given: bytes | None = None
        self.assigned: list[TopicPartition] | None = None
        self.generation = 0
        self.member_id = "member"
        self.leads = True
        self.member_epoch = 1
        self.target: list[TopicPartition] | None = None
        self.interval_ms = 1_000

    def find(self, _: Request) -> ResponsePayload:
        return coordinator(self.error("find_coordinator"))

    def heartbeat(self, request: Request) -> ResponsePayload:
        assert isinstance(request.body, HeartbeatRequest)
        has_none = request.body.generation_id < 0
        error = ErrorCode.illegal_generation if has_none else self.error("heartbeat")
        return HeartbeatResponse(throttle_time=duration(0), error_code=error)

    def leave(self, _: Request) -> ResponsePayload:
        return LeaveGroupResponse(throttle_time=duration(0), error_code=ErrorCode.none, members=())

    def beat(self, request: Request) -> ResponsePayload:
        body = request.body
        assert isinstance(body, ConsumerGroupHeartbeatRequest)
        error = self.error("consumer_group_heartbeat")
        joins, leaves = body.member_epoch == 0, body.member_epoch < 0
        given, self.target = self.target, None
        if joins and given is None:
            given = [(topic, number) for topic, count in self.counts.items() for number in range(count)]
        epoch = body.member_epoch if leaves else self.member_epoch
        return ConsumerGroupHeartbeatResponse(
            throttle_time=duration(0),
            error_code=error,
            member_id=body.member_id,
            member_epoch=i32(epoch if error == ErrorCode.none else 0),
            heartbeat_interval=duration(self.interval_ms if error == ErrorCode.none else 0),
            assignment=None if given is None or error != ErrorCode.none else assignment(given),
        )

    def join(self, request: Request) -> ResponsePayload:
        body = request.body
        assert isinstance(body, JoinGroupRequest)
        error = self.error("join_group")
        if error == ErrorCode.none:
            self.generation += 1
        self.wanted = decode_subscription(body.protocols[0].metadata).topics
        members = (JoinGroupResponseMember(member_id=self.member_id, metadata=body.protocols[0].metadata),)
        return JoinGroupResponse(
            throttle_time=duration(0),
            error_code=error,
            generation_id=i32(self.generation if error == ErrorCode.none else -1),
            protocol_type="consumer",
            protocol_name=body.protocols[0].name,
            leader=self.member_id if self.leads else "another",
            member_id=self.member_id,
            members=members if self.leads else (),
        )

    def sync(self, request: Request) -> ResponsePayload:
        body = request.body
        assert isinstance(body, SyncGroupRequest)
        given = next((of.assignment for of in body.assignments if of.member_id == self.member_id), b"")
        mine = given if self.assigned is None else encode_assignment(self.assigned)
        if self.given is not None:
            mine = self.given
        return SyncGroupResponse(throttle_time=duration(0), error_code=self.error("sync_group"), assignment=mine)

    def commit(self, request: Request) -> ResponsePayload:
        body = request.body
        assert isinstance(body, OffsetCommitRequest)
        error = self.error("offset_commit")
        for topic in body.topics:
            for of in topic.partitions:
                if error == ErrorCode.none:
                    self.committed[str(topic.name), int(of.partition_index)] = of.committed_offset
        return OffsetCommitResponse(
            throttle_time=duration(0),
            topics=tuple(
                OffsetCommitResponseTopic(
                    name=topic.name,
                    partitions=tuple(
                        OffsetCommitResponsePartition(partition_index=of.partition_index, error_code=error)
                        for of in topic.partitions
                    ),
                )
                for topic in body.topics
            ),
        )

    def offset_fetch(self, request: Request) -> ResponsePayload:
        body = request.body
        assert isinstance(body, OffsetFetchRequest)
        (group,) = body.groups
        topics = tuple(
            OffsetFetchResponseTopics(
                name=topic.name,
                partitions=tuple(self._committed((str(topic.name), int(n))) for n in topic.partition_indexes),
            )
            for topic in group.topics or ()
        )
        told = OffsetFetchResponseGroup(group_id=group.group_id, topics=topics, error_code=self.error("offset_fetch"))
        return OffsetFetchResponse(throttle_time=duration(0), groups=(told,))

    def _committed(self, partition: TopicPartition) -> OffsetFetchResponsePartitions:
        is_unstable = partition in self.unstable
        return OffsetFetchResponsePartitions(
            partition_index=i32(partition[1]),
            committed_offset=i64(self.committed.get(partition, -1)),
            metadata="",
            error_code=ErrorCode.unstable_offset_commit if is_unstable else ErrorCode.none,
        )


def coordinator(error: ErrorCode) -> FindCoordinatorResponse:
    told = Coordinator(
        key="g",
        node_id=BrokerId(1),
        host=ADDRESS.host,
        port=i32(ADDRESS.port),
        error_code=error,
        error_message=None,
    )
    return FindCoordinatorResponse(throttle_time=duration(0), coordinators=(told,))


def topic_id(topic: str) -> UUID:
    return UUID(bytes=topic.encode().ljust(16, b"-")[:16])


def assignment(partitions: Iterable[TopicPartition]) -> Assignment:
    topics: dict[str, list[int]] = {}
    for topic, number in partitions:
        topics.setdefault(topic, []).append(number)
    return Assignment(
        topic_partitions=tuple(
            TopicPartitions(topic_id=topic_id(topic), partitions=tuple(i32(number) for number in numbers))
            for topic, numbers in topics.items()
        )
    )
