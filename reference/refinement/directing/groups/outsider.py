"""Somebody else who asks a directed classic group for a member id: it waits for that one though all have joined."""

from collections.abc import Sequence
from dataclasses import replace

import attrs
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.leave_group.v5.request import LeaveGroupRequest, MemberIdentity

from ackproof.model.groups.classic import ClassicGroup
from ackproof.reference.protocol.primitive import duration
from ackproof.reference.protocol.request import Request
from ackproof.reference.refinement.directing.groups.application import FOR_EVER_MS
from ackproof.reference.refinement.directing.groups.ordering import is_complete, is_to_begin
from ackproof.reference.refinement.directing.groups.shift import Shift
from ackproof.reference.refinement.directing.network import Waiting

NAME = "outsider"


@attrs.frozen
class Outsider:
    """
    A process that has been told its member id, and has not joined with it (KIP-394).

    Attributes:
        asked: The JoinGroup of a member like which it joins, and whose coordinator it asks.
        member_id: What it was told.

    Source: ``ClassicGroup``: ``pendingJoinMembers``, ``hasAllMembersJoined``.
    """

    asked: Waiting
    member_id: str

    def leave(self) -> None:
        """It closes, and nobody waits for it any more."""
        body = self.asked.request.body
        assert isinstance(body, JoinGroupRequest)
        identity = MemberIdentity(member_id=self.member_id, group_instance_id=None)
        leaves = LeaveGroupRequest(group_id=body.group_id, members=(identity,))
        self.asked.server.serve(self.asked.caller, Request(leaves, LeaveGroupRequest.__version__, NAME))


def outsider(asked: Waiting) -> Outsider | None:
    """Somebody who asks the coordinator that is about to get the JoinGroup of a member; None if it is not told."""
    body = asked.request.body
    assert isinstance(body, JoinGroupRequest)
    asks = replace(body, member_id="", group_instance_id=None, session_timeout=duration(FOR_EVER_MS))
    answer = asked.server.serve(asked.caller, attrs.evolve(asked.request, body=asks, client_id=NAME))
    told = answer.result() if answer.is_done else None
    return Outsider(asked, told.member_id) if isinstance(told, JoinGroupResponse) and told.member_id else None


def is_to_wait(coming: Sequence[Shift]) -> bool:
    """Whether a group that prepares is to wait for somebody though all have joined that the trace knows."""
    for number, shift in enumerate(coming):
        if not isinstance(shift.after, ClassicGroup) or shift.after.state != "preparing":
            return False
        if is_complete(shift.after) and not is_to_begin(coming[number + 1 :]):
            return True
    return False
