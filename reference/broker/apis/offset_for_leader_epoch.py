"""OffsetForLeaderEpoch: where a leader epoch ends, so that others see where their logs part."""

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.offset_for_leader_epoch.v4.request import OffsetForLeaderEpochRequest, OffsetForLeaderPartition
from kio.schema.offset_for_leader_epoch.v4.response import (
    EpochEndOffset,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderTopicResult,
)

from ackproof.reference.broker.partitions.epoch_ends import end_of_epoch
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import duration, i32, i64
from ackproof.reference.protocol.request import Request


@attrs.frozen
class OffsetForLeaderEpochHandler:
    """Source: ``ReplicaManager.lastOffsetForLeaderEpoch``."""

    replicas: ReplicaManager

    async def serve(self, request: Request) -> OffsetForLeaderEpochResponse:
        """The answer, at once."""
        body = request.body
        assert isinstance(body, OffsetForLeaderEpochRequest)
        return OffsetForLeaderEpochResponse(
            throttle_time=duration(0),
            topics=tuple(
                OffsetForLeaderTopicResult(
                    topic=topic.topic,
                    partitions=tuple(self._partition(topic.topic, asked) for asked in topic.partitions),
                )
                for topic in body.topics
            ),
        )

    def _partition(self, topic: str, asked: OffsetForLeaderPartition) -> EpochEndOffset:
        try:
            partition = self.replicas.partition(topic, asked.partition)
            log = partition.readable_log(asked.current_leader_epoch)
        except KafkaError as error:
            return EpochEndOffset(error_code=error.code, partition=asked.partition)
        end = end_of_epoch(log, asked.leader_epoch, partition.rules)
        return EpochEndOffset(
            error_code=ErrorCode.none,
            partition=asked.partition,
            leader_epoch=i32(end.epoch),
            end_offset=i64(end.end_offset),
        )
