"""A broker that leads everything, and says what a test wants it to say."""

from typing import Any

from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.fetch.v12.response import AbortedTransaction, FetchableTopicResponse, FetchResponse, PartitionData
from kio.schema.list_offsets.v10.request import ListOffsetsRequest
from kio.schema.list_offsets.v10.response import (
    ListOffsetsPartitionResponse,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
)
from kio.schema.offset_for_leader_epoch.v4.request import OffsetForLeaderEpochRequest
from kio.schema.offset_for_leader_epoch.v4.response import (
    EpochEndOffset,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderTopicResult,
)
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.primitive import ProducerId, Records, duration, i32, i64
from ackproof.reference.protocol.request import Request
from ackproof.reference.records.batch import Batch, Record, encode, new_batch
from tests.reference.consumer.script import Script

NOW_MS = 1_700_000_000_000
P0: TopicPartition = ("t", 0)
P1: TopicPartition = ("t", 1)


class ScriptedLeader(Script):
    """
    The leader of every partition; it keeps no fetch sessions.

    Attributes:
        batches: What stands in each partition.
        aborted: By partition, producers and the first offsets of what they have aborted.
        last_stable: By partition, if that is not its end.
        log_start: By partition, if that is not 0.
        leader_epoch: Of all partitions.
        epoch_ends: By the epoch that is asked for, the epoch and the end that are told.
    """

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self.clock = clock
        self.batches: dict[TopicPartition, list[Batch]] = {}
        self.aborted: dict[TopicPartition, list[tuple[int, int]]] = {}
        self.last_stable: dict[TopicPartition, int] = {}
        self.log_start: dict[TopicPartition, int] = {}
        self.leader_epoch = 0
        self.epoch_ends: dict[int, tuple[int, int]] = {}

    def append(self, *values: str, partition: TopicPartition = P0, **identity: Any) -> None:
        batches = self.batches.setdefault(partition, [])
        base = batches[-1].next_offset if batches else 0
        records = [Record(value.encode(), timestamp_ms=NOW_MS) for value in values]
        batches.append(new_batch(records, base_offset=base, partition_leader_epoch=self.leader_epoch, **identity))

    def append_batch(self, batch: Batch, partition: TopicPartition = P0) -> None:
        self.batches.setdefault(partition, []).append(batch)

    def end(self, partition: TopicPartition) -> int:
        batches = self.batches.get(partition, [])
        return batches[-1].next_offset if batches else 0

    def list_offsets(self, request: Request) -> ResponsePayload:
        body = request.body
        assert isinstance(body, ListOffsetsRequest)
        error = self.error("list_offsets")

        def told(topic: str, number: int, timestamp: int) -> ListOffsetsPartitionResponse:
            place = (topic, number)
            start = self.log_start.get(place, 0)
            offset = start if timestamp == -2 else self.end(place) if timestamp == -1 else start + 1
            return ListOffsetsPartitionResponse(partition_index=i32(number), error_code=error, offset=i64(offset))

        return ListOffsetsResponse(
            throttle_time=duration(0),
            topics=tuple(
                ListOffsetsTopicResponse(
                    name=topic.name,
                    partitions=tuple(told(topic.name, of.partition_index, of.timestamp) for of in topic.partitions),
                )
                for topic in body.topics
            ),
        )

    def epoch_end(self, request: Request) -> ResponsePayload:
        body = request.body
        assert isinstance(body, OffsetForLeaderEpochRequest)
        error = self.error("offset_for_leader_epoch")

        def told(topic: str, number: int, epoch: int) -> EpochEndOffset:
            known, end = self.epoch_ends.get(epoch, (epoch, self.end((topic, number))))
            return EpochEndOffset(error_code=error, partition=i32(number), leader_epoch=i32(known), end_offset=i64(end))

        return OffsetForLeaderEpochResponse(
            throttle_time=duration(0),
            topics=tuple(
                OffsetForLeaderTopicResult(
                    topic=topic.topic,
                    partitions=tuple(told(topic.topic, of.partition, of.leader_epoch) for of in topic.partitions),
                )
                for topic in body.topics
            ),
        )

    def fetch(self, request: Request) -> "ResponsePayload | Any":
        """It answers at once if there is something, else when the time to wait is over."""
        body = request.body
        assert isinstance(body, FetchRequest)
        answer = self.fetched(body)
        has_news = any(of.records or of.error_code for topic in answer.responses for of in topic.partitions)
        if has_news or not body.topics:
            return answer
        later = Future[ResponsePayload](self.clock)
        wait_ms = int(body.max_wait.total_seconds() * 1000)
        self.clock.call_at(self.clock.now_ms + wait_ms, lambda: later.resolve(self.fetched(body)))
        return later

    def fetched(self, body: FetchRequest) -> FetchResponse:
        return FetchResponse(
            throttle_time=duration(0),
            error_code=ErrorCode.none,
            responses=tuple(
                FetchableTopicResponse(
                    topic=topic.topic,
                    partitions=tuple(
                        self._data((str(topic.topic), int(of.partition)), of.fetch_offset) for of in topic.partitions
                    ),
                )
                for topic in body.topics
            ),
        )

    def _data(self, partition: TopicPartition, offset: int) -> PartitionData:
        error = self.error("fetch")
        if error == ErrorCode.none and not self.log_start.get(partition, 0) <= offset <= self.end(partition):
            error = ErrorCode.offset_out_of_range
        found = [batch for batch in self.batches.get(partition, []) if batch.last_offset >= offset]
        stable = self.last_stable.get(partition, self.end(partition))
        return PartitionData(
            partition_index=i32(partition[1]),
            error_code=error,
            high_watermark=i64(self.end(partition) if error == ErrorCode.none else -1),
            last_stable_offset=i64(stable),
            log_start_offset=i64(self.log_start.get(partition, 0)),
            aborted_transactions=tuple(
                AbortedTransaction(producer_id=ProducerId(producer), first_offset=i64(first))
                for producer, first in self.aborted.get(partition, [])
            ),
            records=Records(b"".join(encode(batch) for batch in found)) if error == ErrorCode.none else None,
        )
