"""Fetch, ListOffsets and DeleteRecords, also where nothing is."""

import attrs
from hypothesis import strategies as st
from kio.schema.delete_records.v2.request import DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic
from kio.schema.fetch.v12.request import FetchPartition, FetchRequest, FetchTopic
from kio.schema.list_offsets.v10.request import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from kio.static.protocol import ResponsePayload

from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i8, i32, i64
from tests.conformance.batch_flaws import HOUR_MS
from tests.conformance.story import Hears, Story


@attrs.frozen(kw_only=True)
class Asked:
    """What all of them have."""

    version: int
    topic: int
    partition: int
    slot: int = 0
    hears: Hears = "an answer"

    def heard(self, story: Story, answer: ResponsePayload) -> None:
        """Nothing to take note of."""


@attrs.frozen(kw_only=True)
class Fetch(Asked):
    """A fetch that does not wait."""

    offset: int
    isolation: int
    leader_epoch: int = -1
    last_fetched_epoch: int = -1
    max_bytes: int = 1 << 20

    def request(self, story: Story) -> FetchRequest:
        partition = FetchPartition(
            partition=i32(self.partition),
            current_leader_epoch=i32(self.leader_epoch),
            fetch_offset=i64(self.offset),
            last_fetched_epoch=i32(self.last_fetched_epoch),
            partition_max_bytes=i32(self.max_bytes),
        )
        return FetchRequest(
            max_wait=duration(0),
            min_bytes=i32(0),
            isolation_level=i8(self.isolation),
            topics=(FetchTopic(topic=TopicName(story.topic(self.topic)), partitions=(partition,)),),
            forgotten_topics_data=(),
        )


@attrs.frozen(kw_only=True)
class ListOffsets(Asked):
    """ListOffsets; what is not a special timestamp counts from when the first records say that they were made."""

    timestamp: int
    isolation: int
    leader_epoch: int = -1

    def request(self, story: Story) -> ListOffsetsRequest:
        timestamp = self.timestamp if self.timestamp < 0 else story.started_ms - HOUR_MS + self.timestamp - 1
        partition = ListOffsetsPartition(
            partition_index=i32(self.partition),
            current_leader_epoch=i32(self.leader_epoch),
            timestamp=i64(timestamp),
        )
        topic = ListOffsetsTopic(name=TopicName(story.topic(self.topic)), partitions=(partition,))
        return ListOffsetsRequest(
            replica_id=BrokerId(-1), isolation_level=i8(self.isolation), topics=(topic,), timeout=duration(30_000)
        )


@attrs.frozen(kw_only=True)
class DeleteRecords(Asked):
    """DeleteRecords."""

    offset: int

    def request(self, story: Story) -> DeleteRecordsRequest:
        partition = DeleteRecordsPartition(partition_index=i32(self.partition), offset=i64(self.offset))
        topic = DeleteRecordsTopic(name=TopicName(story.topic(self.topic)), partitions=(partition,))
        return DeleteRecordsRequest(topics=(topic,), timeout=duration(30_000))


TOPICS = st.sampled_from([0, 0, 0, 0, 1, 2, 3])
PARTITIONS = st.sampled_from([0, 0, 0, 1, 1, 2])
EPOCHS = st.sampled_from([-1, -1, 0, 1])

fetch = st.builds(
    Fetch,
    version=st.integers(4, 12),
    topic=TOPICS,
    partition=PARTITIONS,
    offset=st.sampled_from([0, 0, 0, 1, 2, 3, 5, 50, -1]),
    isolation=st.sampled_from([0, 1]),
    leader_epoch=EPOCHS,
    last_fetched_epoch=st.sampled_from([-1, -1, -1, 0, 1]),
    max_bytes=st.sampled_from([1 << 20, 1 << 20, 100, 1]),
)
list_offsets = st.builds(
    ListOffsets,
    version=st.integers(1, 10),
    topic=TOPICS,
    partition=PARTITIONS,
    timestamp=st.sampled_from([-1, -1, -2, -3, -4, -5, 0, 1, 2, 3, 10]),
    isolation=st.sampled_from([0, 1]),
    leader_epoch=EPOCHS,
)
delete = st.builds(
    DeleteRecords,
    version=st.integers(0, 2),
    topic=TOPICS,
    partition=PARTITIONS,
    offset=st.sampled_from([-1, 0, 1, 2, 3, 50, -2]),
)
STEPS = st.one_of(fetch, fetch, list_offsets, delete)
