"""DeleteRecords: a log is cut off at its beginning, on all its replicas."""

import attrs
from kio.schema.delete_records.v2.request import DeleteRecordsRequest
from kio.schema.delete_records.v2.response import (
    DeleteRecordsPartitionResult,
    DeleteRecordsResponse,
    DeleteRecordsTopicResult,
)
from kio.schema.errors import ErrorCode

from ackproof.reference.broker.apis.metadata_cache import INTERNAL_TOPICS
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import TopicName, duration, i32, i64, milliseconds
from ackproof.reference.protocol.request import Request

TO_HIGH_WATERMARK = -1
"""The offset that stands for everything that is committed."""


@attrs.frozen
class Deleted:
    """How far a partition was cut off on all replicas, or why not."""

    low_watermark: int
    error: ErrorCode = ErrorCode.none


@attrs.frozen
class DeleteRecordsHandler:
    """Source: ``KafkaApis.handleDeleteRecordsRequest``, ``ReplicaManager.deleteRecords``, ``DelayedDeleteRecords``."""

    clock: Clock
    replicas: ReplicaManager

    async def serve(self, request: Request) -> DeleteRecordsResponse:
        """The answer, once all replicas that are alive have followed, or the time is over."""
        body = request.body
        assert isinstance(body, DeleteRecordsRequest)
        timeout_ms = milliseconds(body.timeout)
        wanted = {
            TopicPartition(topic.name, asked.partition_index): asked.offset
            for topic in body.topics
            for asked in topic.partitions
        }
        waits = {name: spawn(self.clock, self._delete(name, offset, timeout_ms)) for name, offset in wanted.items()}
        topics: dict[str, list[DeleteRecordsPartitionResult]] = {}
        for name, wait in waits.items():
            topics.setdefault(name.topic, []).append(answer(name.partition, await wait))
        return DeleteRecordsResponse(
            throttle_time=duration(0),
            topics=tuple(
                DeleteRecordsTopicResult(name=TopicName(topic), partitions=tuple(partitions))
                for topic, partitions in topics.items()
            ),
        )

    async def _delete(self, name: TopicPartition, offset: int, timeout_ms: int) -> Deleted:
        try:
            if name.topic in INTERNAL_TOPICS and self.replicas.exists(*name):
                raise KafkaError(ErrorCode.invalid_topic_exception)
            partition = self.replicas.partition(*name)
            wanted = delete_records(partition, offset)
            return await self._until_followed(partition, wanted, timeout_ms)
        except KafkaError as error:
            return Deleted(-1, error.code)

    async def _until_followed(self, partition: Partition, wanted: int, timeout_ms: int) -> Deleted:
        low_watermark = partition.leading().low_watermark
        done = Future[None](self.clock)

        def look() -> None:
            if partition.leadership is None or partition.leadership.low_watermark >= wanted:
                done.resolve(None)

        stop = partition.watch(look)
        timer = self.clock.call_at(self.clock.now_ms + max(timeout_ms, 0), lambda: done.resolve(None))
        look()
        await done
        stop()
        timer.cancel()
        reached = partition.leading().low_watermark
        return Deleted(reached) if reached >= wanted else Deleted(low_watermark, ErrorCode.request_timed_out)


def delete_records(partition: Partition, offset: int) -> int:
    """
    Cut off the leader's log below *offset*; that offset, or the one that ``TO_HIGH_WATERMARK`` stands for.

    Raises:
        KafkaError: NOT_LEADER_OR_FOLLOWER. POLICY_VIOLATION: the topic does not delete. OFFSET_OUT_OF_RANGE: it is
            negative, or not committed.

    Source: ``Partition.deleteRecordsOnLeader``.
    """
    partition.leading()
    log = partition.log
    if not log.settings.deletes:
        raise KafkaError(ErrorCode.policy_violation)
    wanted = log.high_watermark if offset == TO_HIGH_WATERMARK else offset
    if wanted < 0 or wanted > log.high_watermark:
        raise KafkaError(ErrorCode.offset_out_of_range)
    log.increase_log_start(wanted)
    partition.changed()
    return wanted


def answer(index: int, deleted: Deleted) -> DeleteRecordsPartitionResult:
    """The answer for one partition."""
    return DeleteRecordsPartitionResult(
        partition_index=i32(index), low_watermark=i64(deleted.low_watermark), error_code=deleted.error
    )
