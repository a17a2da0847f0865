"""What takes time on the way to the group coordinator, in a run of the consume half beside the model."""

from collections.abc import Mapping
from functools import partial

import attrs
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.leave_group.v5.request import LeaveGroupRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_commit.v9.response import OffsetCommitResponse
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.static.protocol import ResponsePayload

from ackproof.model.consume.consumer import Answer
from ackproof.reference.kernel.future import Future
from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.wire import Letter, Wire

SLOW = (OffsetCommitRequest, SyncGroupRequest)
"""What takes time; what follows it on its connection waits, as a broker serves one request of it after the other."""

HURRYING = (JoinGroupRequest, LeaveGroupRequest)
"""What is sent before these is there before them, at once: in the model these two are part of what else happens."""

OF_GROUPS = (*SLOW, *HURRYING, HeartbeatRequest, ConsumerGroupHeartbeatRequest)

REFUSALS = (
    ErrorCode.illegal_generation,
    ErrorCode.unknown_member_id,
    ErrorCode.group_id_not_found,
    ErrorCode.fenced_instance_id,
)


ANSWERS: Mapping[ErrorCode, Answer] = {
    ErrorCode.none: "accepted",
    ErrorCode.rebalance_in_progress: "put off",
    ErrorCode.stale_member_epoch: "put off",
    ErrorCode.illegal_generation: "refused",
    ErrorCode.unknown_member_id: "refused",
    ErrorCode.group_id_not_found: "refused",
    ErrorCode.fenced_instance_id: "refused",
}
"""What a decision on a commit is in the model; after any other the client tries again."""


@attrs.define(eq=False)
class Parcel:
    """
    A slow request, from when it is sent until its answer is.

    Attributes:
        offset: What it commits; None if it does not.
        is_news: That was not committed when it was sent, and its sender was not known to be refused.
        is_answered_late: Its answer takes time too.
        is_hurried: It does not wait any longer.
        is_lost: It never arrives.
        is_heard: Its answer has.
        has_join_behind: A JoinGroup waits for it.
        serves: Has it served, once it has arrived.
        answer: What the coordinator has decided, once it has been served.
        tells: Has its sender told, once it has been decided on.
    """

    letter: Letter
    offset: int | None
    is_news: bool
    is_answered_late: bool
    is_hurried: bool = False
    is_lost: bool = False
    is_heard: bool = False
    has_join_behind: bool = False
    serves: partial[None] | None = None
    answer: Future[ResponsePayload | None] | None = None
    tells: partial[None] | None = None

    @property
    def wire(self) -> Wire:
        """Its connection."""
        return self.letter.wire

    @property
    def process(self) -> Process:
        """Who has sent it."""
        return self.wire.client.process

    @property
    def is_under_way(self) -> bool:
        """Whether it has not been served, and may be."""
        return self.answer is None and not self.is_lost

    @property
    def decision(self) -> ErrorCode | None:
        """What the coordinator has decided on a commit; None if nothing that anybody will hear of."""
        if self.answer is None or self.is_lost or not self.answer.is_done:
            return None
        told = self.answer.result()
        assert isinstance(told, OffsetCommitResponse)
        return next(each.error_code for topic in told.topics for each in topic.partitions)

    def tell(self) -> None:
        """Its answer takes no longer, if there is one."""
        tells, self.tells = self.tells, None
        if tells is not None:
            tells()

    def hurry(self) -> None:
        """It is served now, or as soon as it comes to that."""
        self.is_hurried = True
        if self.serves is not None and self.is_under_way:
            self.serves()


def is_hurrying(letter: Letter) -> bool:
    """Whether what was sent before it is there before it; also a heartbeat that joins, leaves, or says what it has."""
    body = letter.request.body
    if isinstance(body, ConsumerGroupHeartbeatRequest):
        return body.member_epoch <= 0 or body.topic_partitions is not None
    return isinstance(body, HURRYING)


def committer_of(letter: Letter) -> tuple[str | None, int]:
    """As which member a request commits, and of which generation, or with which epoch; as none if it does not."""
    body = letter.request.body
    if not isinstance(body, OffsetCommitRequest):
        return None, -1
    return body.member_id, body.generation_id_or_member_epoch


def committed_by(letter: Letter) -> int | None:
    """The offset that a request commits for the partition."""
    body = letter.request.body
    if not isinstance(body, OffsetCommitRequest):
        return None
    return next((each.committed_offset for each in body.topics[0].partitions if each.partition_index == PLACE[1]), None)
