"""JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit and OffsetFetch, and the heartbeat of the new protocol."""

from typing import cast

import attrs
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest, TopicPartitions
from kio.schema.consumer_group_heartbeat.v1.response import ConsumerGroupHeartbeatResponse
from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest, JoinGroupRequestProtocol
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.leave_group.v5.request import LeaveGroupRequest, MemberIdentity
from kio.schema.offset_commit.v9.request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics
from kio.schema.sync_group.v5.request import SyncGroupRequest, SyncGroupRequestAssignment
from kio.static.protocol import ResponsePayload

from ackproof.reference.protocol.converting import to_canonical
from ackproof.reference.protocol.primitive import GroupId, TopicName, duration, i32, i64
from tests.conformance.story import Hears, Member, Story

CLASSIC, MODERN = 0, 1
SUBSCRIPTION = bytes.fromhex("0000 00000001 0001 61 ffffffff")
"""Of the topic ``a``, as the Java client encodes it."""
TIMEOUT_MS = 300_000


@attrs.frozen(kw_only=True)
class Asked:
    """
    What all of them have.

    Attributes:
        slot: The connection, behind which there is a member.
        instance: Its ``group.instance.id``; none if empty.
        is_stranger: It says a member id that nobody has.
        epoch_offset: How far what it says is from the generation, or epoch, that it last heard.
    """

    version: int
    slot: int
    group: int = CLASSIC
    instance: str = ""
    is_stranger: bool = False
    epoch_offset: int = 0
    hears: Hears = "an answer"

    def name(self, story: Story) -> GroupId:
        return GroupId(story.group(self.group))

    def member(self, story: Story) -> Member:
        known = story.member(self.group, self.slot)
        return Member("stranger" if self.is_stranger else known.member_id, known.epoch + self.epoch_offset)

    @property
    def instance_id(self) -> str | None:
        return self.instance or None

    def heard(self, story: Story, answer: ResponsePayload) -> None:
        """Nothing to take note of."""


@attrs.frozen(kw_only=True)
class JoinGroup(Asked):
    """JoinGroup; below version 4 nobody hears its member id before it is in the group."""

    protocols: tuple[str, ...] = ("range",)
    protocol_type: str = "consumer"
    session_timeout_ms: int = TIMEOUT_MS

    def request(self, story: Story) -> JoinGroupRequest:
        return JoinGroupRequest(
            group_id=self.name(story),
            session_timeout=duration(self.session_timeout_ms),
            rebalance_timeout=duration(TIMEOUT_MS),
            member_id=self.member(story).member_id,
            group_instance_id=self.instance_id,
            protocol_type=self.protocol_type,
            protocols=tuple(JoinGroupRequestProtocol(name=name, metadata=SUBSCRIPTION) for name in self.protocols),
        )

    def heard(self, story: Story, answer: ResponsePayload) -> None:
        said = cast("JoinGroupResponse", to_canonical(answer))
        member = story.member(self.group, self.slot)
        if said.error_code in {ErrorCode.none, ErrorCode.member_id_required}:
            member.member_id = said.member_id
        if said.error_code is ErrorCode.none:
            member.epoch = said.generation_id


@attrs.frozen(kw_only=True)
class SyncGroup(Asked):
    """SyncGroup, with an assignment for some members, as a leader sends it."""

    assigns: tuple[int, ...] = ()
    protocol: str = "range"
    protocol_type: str = "consumer"

    def request(self, story: Story) -> SyncGroupRequest:
        member = self.member(story)
        members = [story.member(self.group, slot).member_id for slot in self.assigns]
        return SyncGroupRequest(
            group_id=self.name(story),
            generation_id=i32(member.epoch),
            member_id=member.member_id,
            group_instance_id=self.instance_id,
            protocol_type=self.protocol_type if self.version >= 5 else None,
            protocol_name=self.protocol if self.version >= 5 else None,
            assignments=tuple(
                SyncGroupRequestAssignment(member_id=each, assignment=b"a%d" % slot)
                for slot, each in zip(self.assigns, members, strict=True)
                if each
            ),
        )


@attrs.frozen(kw_only=True)
class Heartbeat(Asked):
    """Heartbeat."""

    def request(self, story: Story) -> HeartbeatRequest:
        member = self.member(story)
        return HeartbeatRequest(
            group_id=self.name(story),
            generation_id=i32(member.epoch),
            member_id=member.member_id,
            group_instance_id=self.instance_id,
        )


@attrs.frozen(kw_only=True)
class LeaveGroup(Asked):
    """
    LeaveGroup.

    Attributes:
        others: The connections of members that leave with it, if the version can say so.
    """

    others: tuple[int, ...] = ()

    def request(self, story: Story) -> LeaveGroupRequest:
        is_old = self.version < 3
        identity = MemberIdentity(
            member_id=self.member(story).member_id, group_instance_id=None if is_old else self.instance_id
        )
        others = () if is_old else self.others
        also = (MemberIdentity(member_id=story.member(self.group, slot).member_id) for slot in others)
        return LeaveGroupRequest(group_id=self.name(story), members=(identity, *also))


@attrs.frozen(kw_only=True)
class OffsetCommit(Asked):
    """
    OffsetCommit.

    Attributes:
        is_simple: It says no member and no generation.
    """

    topic: int
    partition: int
    offset: int
    is_simple: bool = False
    leader_epoch: int = -1
    metadata: str | None = "m"

    def request(self, story: Story) -> OffsetCommitRequest:
        member = Member() if self.is_simple else self.member(story)
        partition = OffsetCommitRequestPartition(
            partition_index=i32(self.partition),
            committed_offset=i64(self.offset),
            committed_leader_epoch=i32(self.leader_epoch),
            committed_metadata=self.metadata,
        )
        return OffsetCommitRequest(
            group_id=self.name(story),
            generation_id_or_member_epoch=i32(member.epoch),
            member_id=member.member_id,
            group_instance_id=self.instance_id,
            topics=(OffsetCommitRequestTopic(name=TopicName(story.topic(self.topic)), partitions=(partition,)),),
        )


@attrs.frozen(kw_only=True)
class OffsetFetch(Asked):
    """
    OffsetFetch of one topic, or of all.

    Attributes:
        has_both: It asks for the other group as well, if the version can.
    """

    topic: int | None
    has_both: bool = False
    requires_stable: bool = False
    says_member: bool = False

    def request(self, story: Story) -> OffsetFetchRequest:
        member = self.member(story) if self.says_member and self.version >= 9 else None
        topics = (
            None
            if self.topic is None and self.version >= 2
            else (
                OffsetFetchRequestTopics(
                    name=TopicName(story.topic(self.topic or 0)), partition_indexes=(i32(0), i32(1), i32(2))
                ),
            )
        )
        group = OffsetFetchRequestGroup(
            group_id=self.name(story),
            member_id=member.member_id if member else None,
            member_epoch=i32(member.epoch if member else -1),
            topics=topics,
        )
        other = OffsetFetchRequestGroup(group_id=GroupId(story.group(CLASSIC + MODERN - self.group)), topics=topics)
        groups = (group, other) if self.has_both and self.version >= 8 else (group,)
        return OffsetFetchRequest(groups=groups, require_stable=self.requires_stable and self.version >= 7)


@attrs.frozen(kw_only=True)
class ConsumerGroupHeartbeat(Asked):
    """
    ConsumerGroupHeartbeat (KIP-848).

    Attributes:
        epoch: The member epoch that it says; the one that it last heard if None.
        topics: What it subscribes to; not said if None.
        owned: The partitions of the first topic that it says it has; not said if None.
        regex: What follows the beginning of the names of topics; not said if None.
    """

    epoch: int | None = None
    topics: tuple[int, ...] | None = None
    owned: tuple[int, ...] | None = None
    assignor: str | None = None
    regex: str | None = None
    rack: str | None = None
    rebalance_timeout_ms: int = -1

    def request(self, story: Story) -> ConsumerGroupHeartbeatRequest:
        member = story.member(self.group, self.slot)
        named = "stranger" if self.is_stranger else member.member_id or f"member-{story.number}-{self.slot}"
        owned = None
        if self.owned is not None:
            partitions = tuple(i32(each) for each in self.owned)
            owned = (TopicPartitions(topic_id=story.topic_ids[0], partitions=partitions),) if partitions else ()
        names = None if self.topics is None else tuple(TopicName(story.topic(each)) for each in self.topics)
        has_regex = self.regex is not None and self.version >= 1
        return ConsumerGroupHeartbeatRequest(
            group_id=self.name(story),
            member_id=named if self.version >= 1 else member.member_id,
            member_epoch=i32(member.epoch + self.epoch_offset if self.epoch is None else self.epoch),
            instance_id=self.instance_id,
            rebalance_timeout=duration(self.rebalance_timeout_ms),
            rack_id=self.rack,
            subscribed_topic_names=names,
            subscribed_topic_regex=self.regex and f"topic-{story.number}-{self.regex}" if has_regex else None,
            server_assignor=self.assignor,
            topic_partitions=owned,
        )

    def heard(self, story: Story, answer: ResponsePayload) -> None:
        said = cast("ConsumerGroupHeartbeatResponse", to_canonical(answer))
        if said.error_code is ErrorCode.none:
            member = story.member(self.group, self.slot)
            member.member_id = said.member_id or member.member_id
            member.epoch = said.member_epoch
