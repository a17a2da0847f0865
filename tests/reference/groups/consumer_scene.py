"""Members of consumer groups, and what they ask."""

from collections.abc import Mapping, Sequence

from kio.schema.consumer_group_describe.v1.request import ConsumerGroupDescribeRequest
from kio.schema.consumer_group_describe.v1.response import DescribedGroup
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest, TopicPartitions
from kio.schema.consumer_group_heartbeat.v1.response import ConsumerGroupHeartbeatResponse
from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.primitive import GroupId, TopicName, duration, i32
from ackproof.reference.protocol.request import Caller, Request
from tests.reference.groups.scene import Scene, topic_id, topic_of

CALLER = Caller()
Owned = Mapping[str, Sequence[int]]


def beat(
    scene: Scene,
    member: str,
    epoch: int,
    *,
    owned: Owned | None = None,
    topics: Sequence[str] | None = None,
    group: str = "g",
    instance: str | None = None,
    rebalance_ms: int = -1,
    assignor: str | None = None,
    regex: str | None = None,
    version: int = 1,
) -> ConsumerGroupHeartbeatResponse:
    """Send a ConsumerGroupHeartbeat that says only what is given."""
    body = ConsumerGroupHeartbeatRequest(
        group_id=GroupId(group),
        member_id=member,
        member_epoch=i32(epoch),
        instance_id=instance,
        rebalance_timeout=duration(rebalance_ms),
        subscribed_topic_names=None if topics is None else tuple(map(TopicName, topics)),
        subscribed_topic_regex=regex,
        server_assignor=assignor,
        topic_partitions=None if owned is None else _owned(owned),
    )
    return scene.ask(scene.coordinator.consumer_group_heartbeat(CALLER, Request(body, version, "client")))


def _owned(owned: Owned) -> tuple[TopicPartitions, ...]:
    return tuple(
        TopicPartitions(topic_id=topic_id(topic), partitions=tuple(map(i32, numbers)))
        for topic, numbers in owned.items()
    )


def join(
    scene: Scene,
    member: str,
    topics: Sequence[str] = ("t",),
    *,
    group: str = "g",
    instance: str | None = None,
    rebalance_ms: int = 60_000,
    assignor: str | None = None,
) -> ConsumerGroupHeartbeatResponse:
    """Join with a full request."""
    return beat(
        scene,
        member,
        0,
        owned={},
        topics=topics,
        group=group,
        instance=instance,
        rebalance_ms=rebalance_ms,
        assignor=assignor,
    )


def leave(
    scene: Scene, member: str, *, epoch: int = -1, instance: str | None = None, group: str = "g"
) -> ConsumerGroupHeartbeatResponse:
    """Leave, for a while if *epoch* is -2."""
    return beat(scene, member, epoch, instance=instance, group=group)


def assigned(response: ConsumerGroupHeartbeatResponse) -> dict[str, list[int]] | None:
    """The topics and partitions that a member is assigned; None if it is told nothing new."""
    if response.assignment is None:
        return None
    return {
        topic_of(of_topic.topic_id): sorted(of_topic.partitions) for of_topic in response.assignment.topic_partitions
    }


def described(scene: Scene, group: str = "g") -> DescribedGroup:
    """What a group is."""
    body = ConsumerGroupDescribeRequest(group_ids=(GroupId(group),), include_authorized_operations=False)
    return scene.ask(scene.coordinator.consumer_group_describe(CALLER, Request(body, 1))).groups[0]


def targets(scene: Scene) -> dict[str, dict[str, list[int]]]:
    """What each member is to have in the end."""
    return {
        member.member_id: {
            topic.topic_name: sorted(topic.partitions) for topic in member.target_assignment.topic_partitions
        }
        for member in described(scene).members
    }


def refused(response: ConsumerGroupHeartbeatResponse) -> ErrorCode:
    """The error of an answer that has one."""
    assert response.error_code != ErrorCode.none
    return response.error_code
