"""A member of a classic group."""

import attrs
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.sync_group.v5.response import SyncGroupResponse

from ackproof.reference.groups.errors import UnexpectedError
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.primitive import milliseconds

Protocols = tuple[tuple[str, bytes], ...]
"""What a member supports, as it prefers it: names with the metadata of each."""


@attrs.define(eq=False)
class ClassicMember:
    """
    A member, as its coordinator knows it (``ClassicGroupMember``).

    Attributes:
        instance_id: Of a static member (KIP-345).
        assignment: What the leader assigned it; empty if it did not.
        join_answer, sync_answer: The answer to its request, if it waits for one.
        is_new: It has not heard of a generation yet, so it cannot send heartbeats.
    """

    member_id: str
    instance_id: str | None
    client_id: str
    client_host: str
    rebalance_timeout_ms: int
    session_timeout_ms: int
    protocol_type: str
    protocols: Protocols
    assignment: bytes = b""
    join_answer: Future[JoinGroupResponse] | None = None
    sync_answer: Future[SyncGroupResponse] | None = None
    is_new: bool = False

    @property
    def awaits_join(self) -> bool:
        """Whether it waits for the next generation."""
        return self.join_answer is not None

    @property
    def keeps_session(self) -> bool:
        """Whether its session goes on without heartbeats, since it waits for an answer."""
        return not self.is_new and (self.awaits_join or self.sync_answer is not None)

    @property
    def protocol_names(self) -> tuple[str, ...]:
        """The protocols that it supports."""
        return tuple(name for name, _ in self.protocols)

    def metadata(self, protocol: str) -> bytes:
        """
        What it says for *protocol*.

        Raises:
            UnexpectedError: It does not support that.
        """
        for name, metadata in self.protocols:
            if name == protocol:
                return metadata
        raise UnexpectedError(f"{self.member_id} does not support {protocol}")

    def update(self, request: JoinGroupRequest, answer: Future[JoinGroupResponse]) -> None:
        """It says anew what it supports, and waits for a generation; an earlier request of it is never answered."""
        self.protocols = protocols_of(request)
        self.rebalance_timeout_ms = milliseconds(request.rebalance_timeout)
        self.session_timeout_ms = milliseconds(request.session_timeout)
        self.join_answer = answer

    def answer_join(self, response: JoinGroupResponse) -> None:
        """Its JoinGroup is answered, if it waits for that."""
        if self.join_answer:
            self.join_answer.resolve(response)
            self.join_answer = None

    def answer_sync(self, response: SyncGroupResponse) -> bool:
        """Its SyncGroup is answered, if it waits for that; whether it did."""
        if self.sync_answer is None:
            return False
        self.sync_answer.resolve(response)
        self.sync_answer = None
        return True


def protocols_of(request: JoinGroupRequest) -> Protocols:
    """What a request says that its sender supports."""
    return tuple((protocol.name, protocol.metadata) for protocol in request.protocols)
