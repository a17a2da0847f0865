"""Members of classic groups, and what they ask."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest, JoinGroupRequestProtocol
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.leave_group.v5.request import LeaveGroupRequest, MemberIdentity
from kio.schema.leave_group.v5.response import LeaveGroupResponse
from kio.schema.sync_group.v5.request import SyncGroupRequest, SyncGroupRequestAssignment
from kio.schema.sync_group.v5.response import SyncGroupResponse

from ackproof.reference.groups.subscription import Subscription, written_subscription
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.primitive import GroupId, duration, i32
from ackproof.reference.protocol.request import Caller, Request
from tests.reference.groups.scene import Scene

CALLER = Caller()
SUBSCRIPTION = written_subscription(Subscription(("t",)))
RANGE = (("range", SUBSCRIPTION),)
Protocols = Sequence[tuple[str, bytes]]


class Joining(TypedDict, total=False):
    """What a member says as it joins."""

    group: str
    instance: str | None
    protocols: Protocols
    protocol_type: str
    version: int
    session_ms: int
    rebalance_ms: int
    client_id: str | None


def subscribed(*topics: str) -> Protocols:
    """A member of these topics."""
    return (("range", written_subscription(Subscription(topics))),)


def begin_join(scene: Scene, member: str = "", **how: Unpack[Joining]) -> Future[JoinGroupResponse]:
    """Send a JoinGroup; the answer comes with the next generation."""
    body = JoinGroupRequest(
        group_id=GroupId(how.get("group", "g")),
        session_timeout=duration(how.get("session_ms", 10_000)),
        rebalance_timeout=duration(how.get("rebalance_ms", 60_000)),
        member_id=member,
        group_instance_id=how.get("instance"),
        protocol_type=how.get("protocol_type", "consumer"),
        protocols=tuple(
            JoinGroupRequestProtocol(name=name, metadata=metadata) for name, metadata in how.get("protocols", RANGE)
        ),
    )
    request = Request(body, how.get("version", 9), how.get("client_id", "client"))
    return scene.begin(scene.coordinator.join_group(CALLER, request))


def begin_first_join(scene: Scene, **how: Unpack[Joining]) -> Future[JoinGroupResponse]:
    """A dynamic member joins for the first time, as clients do since version 4: with the id that it is told."""
    told = begin_join(scene, **how).result()
    assert told.error_code == ErrorCode.member_id_required
    return begin_join(scene, told.member_id, **how)


def begin_sync(
    scene: Scene,
    member: str,
    generation: int,
    assignments: dict[str, bytes] | None = None,
    *,
    group: str = "g",
    instance: str | None = None,
    protocol: str | None = "range",
    protocol_type: str | None = "consumer",
    version: int = 5,
) -> Future[SyncGroupResponse]:
    """Send a SyncGroup; the answer comes when the leader has assigned."""
    body = SyncGroupRequest(
        group_id=GroupId(group),
        generation_id=i32(generation),
        member_id=member,
        group_instance_id=instance,
        protocol_type=protocol_type,
        protocol_name=protocol,
        assignments=tuple(
            SyncGroupRequestAssignment(member_id=member_id, assignment=assignment)
            for member_id, assignment in (assignments or {}).items()
        ),
    )
    return scene.begin(scene.coordinator.sync_group(CALLER, Request(body, version)))


def heartbeat(
    scene: Scene, member: str, generation: int, *, group: str = "g", instance: str | None = None
) -> ErrorCode:
    """Send a Heartbeat."""
    body = HeartbeatRequest(
        group_id=GroupId(group), generation_id=i32(generation), member_id=member, group_instance_id=instance
    )
    return scene.ask(scene.coordinator.heartbeat(CALLER, Request(body, 4))).error_code


def leave(scene: Scene, *members: tuple[str, str | None], group: str = "g", version: int = 5) -> LeaveGroupResponse:
    """Send a LeaveGroup for members and their instance ids."""
    body = LeaveGroupRequest(
        group_id=GroupId(group),
        members=tuple(
            MemberIdentity(member_id=member_id, group_instance_id=instance_id) for member_id, instance_id in members
        ),
    )
    return scene.ask(scene.coordinator.leave_group(CALLER, Request(body, version)))


def errors(response: LeaveGroupResponse) -> list[ErrorCode]:
    """What came of it for each member."""
    return [member.error_code for member in response.members]


def joined_group(
    scene: Scene, size: int = 2, *, instances: Sequence[str | None] | None = None, **how: Unpack[Joining]
) -> list[JoinGroupResponse]:
    """The members of generation 1, its leader first, who have not sent a SyncGroup yet."""
    joins = [
        begin_first_join(scene, **how) if instance is None else begin_join(scene, **_as_instance(how, instance))
        for instance in instances or [None] * size
    ]
    while not all(join.is_done for join in joins):
        scene.wait(scene.settings.group_initial_rebalance_delay_ms)
    return sorted((join.result() for join in joins), key=lambda joined: joined.leader != joined.member_id)


def _as_instance(how: Joining, instance: str) -> Joining:
    static = how.copy()
    static["instance"] = instance
    return static


def stable_group(
    scene: Scene, size: int = 2, *, instances: Sequence[str | None] | None = None, **how: Unpack[Joining]
) -> list[str]:
    """A stable group at generation 1; the member ids, its leader's first."""
    members = [joined.member_id for joined in joined_group(scene, size, instances=instances, **how)]
    synchronise(scene, members, 1, group=how.get("group", "g"), protocol_type=how.get("protocol_type", "consumer"))
    return members


def synchronise(
    scene: Scene, members: Sequence[str], generation: int, *, group: str = "g", protocol_type: str = "consumer"
) -> None:
    """The first of the members leads, and assigns each a share with its number."""
    assignments = {member: f"share {place}".encode() for place, member in enumerate(members)}
    syncs = [
        begin_sync(
            scene,
            member,
            generation,
            assignments if place == 0 else None,
            group=group,
            protocol_type=protocol_type,
        )
        for place, member in enumerate(members)
    ]
    assert all(sync.result().error_code == ErrorCode.none for sync in syncs)
