"""JoinGroup, SyncGroup and LeaveGroup: what is sent, and what the answers mean."""

from typing import TypeVar

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.leave_group.v5.request import LeaveGroupRequest, MemberIdentity
from kio.schema.leave_group.v5.response import LeaveGroupResponse
from kio.schema.sync_group.v5.request import SyncGroupRequest, SyncGroupRequestAssignment
from kio.schema.sync_group.v5.response import SyncGroupResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.node import Node
from ackproof.reference.consumer.classic.generation import Generation
from ackproof.reference.consumer.classic.heartbeats import Heartbeats
from ackproof.reference.consumer.classic.membership import Assignments, Membership, Rebalance
from ackproof.reference.consumer.errors import CoordinatorUnknownError, FencedInstanceIdError, UnjoinedError
from ackproof.reference.consumer.lookup import CoordinatorLookup
from ackproof.reference.consumer.requests import Requests
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import GroupId, duration, i32
from ackproof.reference.protocol.request import DisconnectedError

PROTOCOL_TYPE = "consumer"
JOIN_TIMEOUT_LAPSE_MS = 5_000
REASON_LENGTH_MAX = 255
"""Of the reason that a member gives for joining or leaving."""

R = TypeVar("R", bound=ResponsePayload)


@attrs.define(eq=False)
class Joining:
    """
    Joins the group once, or leaves it.

    Source: ``AbstractCoordinator``: ``sendJoinGroupRequest``, ``JoinGroupResponseHandler``,
    ``SyncGroupResponseHandler``, ``maybeLeaveGroup``.
    """

    clock: Clock
    requests: Requests
    lookup: CoordinatorLookup
    settings: ConsumerSettings
    membership: Membership
    rebalance: Rebalance
    heartbeats: Heartbeats

    def begin(self) -> Future[bytes]:
        """Join: the assignment, or what the group says instead."""
        return spawn(self.clock, self._join())

    def leave(self, reason: str) -> Future[LeaveGroupResponse] | None:
        """Be out of the group, and tell it, unless this is a static member that may come back."""
        node, member = self.lookup.node, self.membership
        answer: Future[LeaveGroupResponse] | None = None
        is_in = member.state != "unjoined" and bool(member.generation.member_id)
        if node is not None and is_in and self.settings.group_instance_id is None:
            identity = MemberIdentity(
                member_id=member.generation.member_id, group_instance_id=None, reason=reason[:REASON_LENGTH_MAX]
            )
            request = LeaveGroupRequest(group_id=self._group_id, members=(identity,))
            answer = spawn(self.clock, self._ask(node, request, LeaveGroupResponse))
            answer.may_fail()
        member.reset("consumer pro-actively leaving the group")
        return answer

    @property
    def _group_id(self) -> GroupId:
        return GroupId(self.settings.group_id or "")

    async def _ask(self, node: Node, body: RequestPayload, kind: type[R], timeout_ms: int | None = None) -> R:
        try:
            return await self.requests.ask(node, body, kind, timeout_ms)
        except DisconnectedError:
            self.lookup.mark_unknown(is_disconnected=True)
            raise
        except UnsupportedVersionError as error:
            raise KafkaError(ErrorCode.unsupported_version, str(error)) from error

    def _coordinator(self) -> Node:
        if self.lookup.node is None:
            raise CoordinatorUnknownError("no coordinator is known")
        return self.lookup.node

    async def _join(self) -> bytes:
        sent = self.membership.generation
        # The coordinator answers when all have joined, or that time is over.
        timeout_ms = max(self.settings.request_timeout_ms, self.settings.max_poll_interval_ms + JOIN_TIMEOUT_LAPSE_MS)
        answer = await self._ask(self._coordinator(), self._join_request(sent), JoinGroupResponse, timeout_ms)
        if answer.error_code != ErrorCode.none:
            raise self._join_refused(sent, answer)
        if answer.protocol_type not in (None, PROTOCOL_TYPE):
            raise KafkaError(ErrorCode.inconsistent_group_protocol)
        if self.membership.state != "preparing rebalance":
            raise UnjoinedError("left while joining")
        self.membership.state = "completing rebalance"
        self.membership.generation = Generation(answer.generation_id, answer.member_id, answer.protocol_name)
        self.heartbeats.enable()
        leads = answer.leader == answer.member_id
        return await self._sync(await self._assign(answer) if leads else ())

    async def _assign(self, answer: JoinGroupResponse) -> Assignments:
        """
        What each member gets, as this one leads, once it knows the topics as they are: no heartbeat is sent meanwhile.

        Source: ``AbstractCoordinator``: ``JoinGroupResponseHandler`` and ``HeartbeatThread`` take one lock; librdkafka
        ``rd_kafka_cgrp_join_state_serve``, kafka-python and aiokafka send none before they have their assignment.
        """
        self.heartbeats.hold()
        try:
            return await self.rebalance.elected(answer)
        finally:
            self.heartbeats.let_go()

    def _join_request(self, generation: Generation) -> JoinGroupRequest:
        return JoinGroupRequest(
            group_id=self._group_id,
            session_timeout=duration(self.settings.session_timeout_ms),
            rebalance_timeout=duration(self.settings.max_poll_interval_ms),
            member_id=generation.member_id,
            group_instance_id=self.settings.group_instance_id,
            protocol_type=PROTOCOL_TYPE,
            protocols=self.rebalance.protocols(),
            reason=self.membership.rejoin_reason[:REASON_LENGTH_MAX],
        )

    def _join_refused(self, sent: Generation, answer: JoinGroupResponse) -> Exception:
        member, code = self.membership, answer.error_code
        if code == ErrorCode.unknown_member_id and member.generation == sent:
            member.reset("encountered UNKNOWN_MEMBER_ID from JOIN_GROUP response")
        elif code in (ErrorCode.coordinator_not_available, ErrorCode.not_coordinator):
            self.lookup.mark_unknown()
        elif code == ErrorCode.fenced_instance_id:
            return FencedInstanceIdError()
        elif code == ErrorCode.member_id_required:
            member.generation = Generation(member_id=answer.member_id)
            member.request_rejoin(f"need to re-join with the given member-id: {answer.member_id}")
        return KafkaError(code)

    async def _sync(self, assignments: Assignments) -> bytes:
        sent = self.membership.generation
        request = SyncGroupRequest(
            group_id=self._group_id,
            generation_id=i32(sent.generation_id),
            member_id=sent.member_id,
            group_instance_id=self.settings.group_instance_id,
            protocol_type=PROTOCOL_TYPE,
            protocol_name=sent.protocol_name,
            assignments=tuple(
                SyncGroupRequestAssignment(member_id=member, assignment=data) for member, data in assignments
            ),
        )
        answer = await self._ask(self._coordinator(), request, SyncGroupResponse)
        if answer.error_code != ErrorCode.none:
            raise self._sync_refused(sent, answer.error_code)
        return self._synced(answer)

    def _synced(self, answer: SyncGroupResponse) -> bytes:
        member = self.membership
        if answer.protocol_type not in (None, PROTOCOL_TYPE):
            raise KafkaError(ErrorCode.inconsistent_group_protocol)
        if member.generation.is_none or member.state != "completing rebalance":
            raise KafkaError(ErrorCode.illegal_generation)
        if answer.protocol_name not in (None, member.generation.protocol_name):
            raise KafkaError(ErrorCode.inconsistent_group_protocol)
        member.state = "stable"
        member.rejoin_needed, member.rejoin_reason = False, ""
        return answer.assignment

    def _sync_refused(self, sent: Generation, code: ErrorCode) -> Exception:
        member = self.membership
        if code in (ErrorCode.unknown_member_id, ErrorCode.illegal_generation) and member.generation == sent:
            keeps_member_id = code == ErrorCode.illegal_generation
            member.reset(f"encountered {code.name.upper()} from SYNC_GROUP response", keeps_member_id=keeps_member_id)
        elif code in (ErrorCode.coordinator_not_available, ErrorCode.not_coordinator):
            self.lookup.mark_unknown()
        elif code == ErrorCode.fenced_instance_id:
            return FencedInstanceIdError()
        return KafkaError(code)
