"""What members of classic groups are answered."""

from kio.schema.errors import ErrorCode
from kio.schema.join_group.v9.response import JoinGroupResponse, JoinGroupResponseMember
from kio.schema.sync_group.v5.response import SyncGroupResponse

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.protocol.primitive import duration, i32

NO_TIME = duration(0)


def join_refused(code: ErrorCode, member_id: str = "") -> JoinGroupResponse:
    """A JoinGroup that brings no generation; MEMBER_ID_REQUIRED tells the id to use."""
    return JoinGroupResponse(
        throttle_time=NO_TIME, error_code=code, protocol_name=None, leader="", member_id=member_id, members=()
    )


def joined(
    group: ClassicGroup, member_id: str, *, leader: str | None = None, skips_assignment: bool = False
) -> JoinGroupResponse:
    """The present generation of *group*; who leads it, unless another *leader* is told, is told of all members."""
    leads = leader is None and group.leader_id == member_id
    return JoinGroupResponse(
        throttle_time=NO_TIME,
        error_code=ErrorCode.none,
        generation_id=i32(group.generation),
        protocol_type=group.protocol_type,
        protocol_name=group.protocol,
        leader=leader or group.leader_id or "",
        skip_assignment=skips_assignment,
        member_id=member_id,
        members=members_of(group) if leads else (),
    )


def members_of(group: ClassicGroup) -> tuple[JoinGroupResponseMember, ...]:
    """What the leader is to assign for."""
    assert group.protocol is not None
    return tuple(
        JoinGroupResponseMember(
            member_id=member.member_id,
            group_instance_id=member.instance_id,
            metadata=member.metadata(group.protocol),
        )
        for member in group.in_order
    )


def sync_refused(code: ErrorCode) -> SyncGroupResponse:
    """A SyncGroup that brings no assignment."""
    return SyncGroupResponse(throttle_time=NO_TIME, error_code=code, assignment=b"")


def synced(protocol_type: str | None, protocol_name: str | None, assignment: bytes) -> SyncGroupResponse:
    """An assignment."""
    return SyncGroupResponse(
        throttle_time=NO_TIME,
        error_code=ErrorCode.none,
        protocol_type=protocol_type,
        protocol_name=protocol_name,
        assignment=assignment,
    )
