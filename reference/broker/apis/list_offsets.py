"""ListOffsets: where a partition begins, ends, or was at some time."""

from collections import Counter

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.list_offsets.v10.request import ListOffsetsPartition, ListOffsetsRequest
from kio.schema.list_offsets.v10.response import (
    ListOffsetsPartitionResponse,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
)

from ackproof.reference.broker.fetches.fetch import READ_COMMITTED, READ_UNCOMMITTED
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.log.log import Isolation
from ackproof.reference.log.timestamps import FoundOffset
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import duration, i32, i64
from ackproof.reference.protocol.request import Request

LATEST, EARLIEST, MAX_TIMESTAMP, EARLIEST_LOCAL, LATEST_TIERED = -1, -2, -3, -4, -5
"""What stands for a time in requests. Source: ``ListOffsetsRequest``."""

SUPPORTED_FROM = {LATEST: 1, EARLIEST: 1, MAX_TIMESTAMP: 7, EARLIEST_LOCAL: 8, LATEST_TIERED: 9}
"""The version of the request from which on each is known."""

CONSUMER, DEBUGGING = -1, -2
"""Who asks, if it is not a follower."""

OFFSET_NOT_AVAILABLE_FROM = 5
"""The version from which on clients know that error."""

NOWHERE = FoundOffset(timestamp_ms=-1, offset=-1, leader_epoch=None)


@attrs.frozen
class ListOffsetsHandler:
    """Source: ``KafkaApis.handleListOffsetRequest``, ``ReplicaManager.fetchOffset``."""

    replicas: ReplicaManager

    async def serve(self, request: Request) -> ListOffsetsResponse:
        """
        The answer, at once.

        Raises:
            KafkaError: UNKNOWN_SERVER_ERROR: there is no such isolation level.
        """
        body = request.body
        assert isinstance(body, ListOffsetsRequest)
        if body.isolation_level not in {READ_UNCOMMITTED, READ_COMMITTED}:
            raise KafkaError(ErrorCode.unknown_server_error)
        times = Counter((topic.name, asked.partition_index) for topic in body.topics for asked in topic.partitions)
        return ListOffsetsResponse(
            throttle_time=duration(0),
            topics=tuple(
                ListOffsetsTopicResponse(
                    name=topic.name,
                    partitions=tuple(
                        self._partition(body, request.version, topic.name, asked)
                        if times[topic.name, asked.partition_index] == 1
                        else answer(asked, ErrorCode.invalid_request)
                        for asked in topic.partitions
                    ),
                )
                for topic in body.topics
            ),
        )

    def _partition(
        self, body: ListOffsetsRequest, version: int, topic: str, asked: ListOffsetsPartition
    ) -> ListOffsetsPartitionResponse:
        if asked.timestamp < 0 and version < SUPPORTED_FROM.get(asked.timestamp, version + 1):
            return answer(asked, ErrorCode.unsupported_version)
        try:
            found = found_offset(self.replicas.partition(topic, asked.partition_index), body, asked)
        except KafkaError as error:
            is_known = error.code is not ErrorCode.offset_not_available or version >= OFFSET_NOT_AVAILABLE_FROM
            return answer(asked, error.code if is_known else ErrorCode.leader_not_available)
        return answer(asked, ErrorCode.none, found)


def found_offset(partition: Partition, body: ListOffsetsRequest, asked: ListOffsetsPartition) -> FoundOffset:
    """
    What is *asked* for; ``NOWHERE`` if there is no such offset.

    Raises:
        KafkaError: The partition cannot be read. OFFSET_NOT_AVAILABLE: the new leader does not know yet what is
            committed, so that consumers are told of nothing that its predecessor had not told them of.

    Source: ``Partition.fetchOffsetForTimestamp``.
    """
    log = partition.readable_log(asked.current_leader_epoch, only_leader=body.replica_id != DEBUGGING)
    end = log.visible_end(isolation_of(body))
    is_consumer = body.replica_id == CONSUMER
    leadership = partition.leadership
    is_behind = is_consumer and leadership is not None and leadership.epoch_start_offset > log.high_watermark
    if asked.timestamp == LATEST:
        if is_behind:
            raise KafkaError(ErrorCode.offset_not_available)
        return FoundOffset(timestamp_ms=-1, offset=end, leader_epoch=partition.leader_epoch)
    found = log.offset_for_timestamp(asked.timestamp)
    if asked.timestamp in {EARLIEST, EARLIEST_LOCAL}:
        return found or NOWHERE
    if found is None or found.offset >= end:
        if is_behind:
            raise KafkaError(ErrorCode.offset_not_available)
        return NOWHERE
    return found


def isolation_of(body: ListOffsetsRequest) -> Isolation:
    """What who asks may see."""
    if body.replica_id != CONSUMER:
        return "log_end"
    return "last_stable" if body.isolation_level == READ_COMMITTED else "high_watermark"


def answer(asked: ListOffsetsPartition, error: ErrorCode, found: FoundOffset = NOWHERE) -> ListOffsetsPartitionResponse:
    """The answer for one partition."""
    return ListOffsetsPartitionResponse(
        partition_index=asked.partition_index,
        error_code=error,
        timestamp=i64(found.timestamp_ms),
        offset=i64(found.offset),
        leader_epoch=i32(-1 if found.leader_epoch is None else found.leader_epoch),
    )
