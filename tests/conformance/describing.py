"""DescribeGroups, ConsumerGroupDescribe and OffsetForLeaderEpoch: what shows more of a broker's state."""

import attrs
from hypothesis import strategies as st
from kio.schema.consumer_group_describe.v1.request import ConsumerGroupDescribeRequest
from kio.schema.describe_groups.v6.request import DescribeGroupsRequest
from kio.schema.offset_for_leader_epoch.v4.request import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)
from kio.static.protocol import ResponsePayload

from ackproof.reference.protocol.primitive import GroupId, TopicName, i32
from tests.conformance.story import Hears, Story


@attrs.frozen(kw_only=True)
class Asked:
    """What all of them have."""

    version: int
    slot: int = 0
    hears: Hears = "an answer"

    def heard(self, story: Story, answer: ResponsePayload) -> None:
        """Nothing to take note of."""


@attrs.frozen(kw_only=True)
class DescribeGroups(Asked):
    """DescribeGroups."""

    group: int

    def request(self, story: Story) -> DescribeGroupsRequest:
        return DescribeGroupsRequest(groups=(GroupId(story.group(self.group)),), include_authorized_operations=False)


@attrs.frozen(kw_only=True)
class ConsumerGroupDescribe(Asked):
    """ConsumerGroupDescribe (KIP-848)."""

    group: int

    def request(self, story: Story) -> ConsumerGroupDescribeRequest:
        group_ids = (GroupId(story.group(self.group)),)
        return ConsumerGroupDescribeRequest(group_ids=group_ids, include_authorized_operations=False)


@attrs.frozen(kw_only=True)
class OffsetForLeaderEpoch(Asked):
    """OffsetForLeaderEpoch."""

    topic: int
    partition: int
    leader_epoch: int
    current_leader_epoch: int

    def request(self, story: Story) -> OffsetForLeaderEpochRequest:
        partition = OffsetForLeaderPartition(
            partition=i32(self.partition),
            current_leader_epoch=i32(self.current_leader_epoch),
            leader_epoch=i32(self.leader_epoch),
        )
        topic = OffsetForLeaderTopic(topic=TopicName(story.topic(self.topic)), partitions=(partition,))
        return OffsetForLeaderEpochRequest(topics=(topic,))


GROUPS = st.sampled_from([0, 1])
GROUP_STEPS = st.one_of(
    st.builds(DescribeGroups, version=st.integers(0, 6), group=GROUPS),
    st.builds(ConsumerGroupDescribe, version=st.integers(0, 1), group=GROUPS),
)
LOG_STEPS = st.builds(
    OffsetForLeaderEpoch,
    version=st.integers(2, 4),
    topic=st.sampled_from([0, 0, 1, 3]),
    partition=st.sampled_from([0, 0, 1, 2]),
    leader_epoch=st.sampled_from([-1, 0, 0, 1]),
    current_leader_epoch=st.sampled_from([-1, 0, 1]),
)
