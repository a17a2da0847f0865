"""WriteTxnMarkers: a transaction coordinator has markers written that end transactions."""

from typing import Literal, Protocol

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.write_txn_markers.v2.request import WritableTxnMarker, WriteTxnMarkersRequest
from kio.schema.write_txn_markers.v2.response import (
    WritableTxnMarkerPartitionResult,
    WritableTxnMarkerResult,
    WritableTxnMarkerTopicResult,
    WriteTxnMarkersResponse,
)

from ackproof.reference.broker.apis.metadata_cache import GROUP_METADATA_TOPIC
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import ProducerId, TopicName, i32
from ackproof.reference.protocol.request import Request
from ackproof.reference.records.batch import Batch, encode
from ackproof.reference.records.control import marker

UNREADY = frozenset(
    {
        ErrorCode.coordinator_not_available,
        ErrorCode.coordinator_load_in_progress,
        ErrorCode.not_coordinator,
    }
)
"""What a group coordinator says that a transaction coordinator does not expect."""


class Groups(Protocol):
    """The group coordinator, which has to hear of markers among its offsets."""

    def marker_written(
        self, partition: int, producer_id: int, is_commit: bool, replicated: Future[int] | None = None
    ) -> None:
        """A marker is in the log of *partition*."""
        ...


@attrs.frozen
class WriteTxnMarkersHandler:
    """Source: ``KafkaApis.handleWriteTxnMarkersRequest``."""

    clock: Clock
    replicas: ReplicaManager
    groups: Groups
    timeout_ms: int

    async def serve(self, request: Request) -> WriteTxnMarkersResponse:
        """The answer, once all markers are replicated, or cannot be."""
        body = request.body
        assert isinstance(body, WriteTxnMarkersRequest)
        waits = [
            (asked.producer_id, name, spawn(self.clock, self._write(asked, name)))
            for asked in body.markers
            for name in partitions_of(asked)
        ]
        errors: dict[ProducerId, dict[TopicPartition, ErrorCode]] = {}
        for producer_id, name, wait in waits:
            errors.setdefault(producer_id, {})[name] = await wait
        return WriteTxnMarkersResponse(
            markers=tuple(
                WritableTxnMarkerResult(producer_id=producer_id, topics=answers(found))
                for producer_id, found in errors.items()
            )
        )

    async def _write(self, asked: WritableTxnMarker, name: TopicPartition) -> ErrorCode:
        partition = self.replicas.find(*name)
        if partition is None:
            return ErrorCode.unknown_topic_or_partition
        if asked.producer_id < 0 or asked.producer_epoch < 0:
            # Kafka fails over that.
            return ErrorCode.unknown_server_error
        is_of_groups = name.topic == GROUP_METADATA_TOPIC
        try:
            appended = partition.append(
                encode(self._marker(asked)),
                # The group coordinator appends at once, whoever is in sync, and waits.
                acks=1 if is_of_groups else -1,
                origin="coordinator",
                transaction_version=asked.transaction_version,
            )
            replicated = partition.replicated(appended.last_offset + 1, self.timeout_ms)
            if is_of_groups:
                self._tell_groups(asked, name, replicated, appended.base_offset)
            await replicated
        except KafkaError as error:
            return ErrorCode.not_leader_or_follower if error.code in UNREADY else error.code
        return ErrorCode.none

    def _tell_groups(
        self, asked: WritableTxnMarker, name: TopicPartition, replicated: Future[None], offset: int
    ) -> None:
        outcome = spawn(self.clock, offset_once(replicated, offset))
        # Whether it is replicated is answered here too: nothing is lost if nobody there waits for it.
        outcome.may_fail()
        self.groups.marker_written(name.partition, asked.producer_id, asked.transaction_result, outcome)

    def _marker(self, asked: WritableTxnMarker) -> Batch:
        kind: Literal["commit", "abort"] = "commit" if asked.transaction_result else "abort"
        return marker(
            kind, asked.producer_id, asked.producer_epoch, asked.coordinator_epoch, timestamp_ms=self.clock.now_ms
        )


async def offset_once(replicated: Future[None], offset: int) -> int:
    """*offset*, once it is replicated."""
    await replicated
    return offset


def partitions_of(asked: WritableTxnMarker) -> list[TopicPartition]:
    """Where a marker is to be written."""
    return [TopicPartition(topic.name, index) for topic in asked.topics for index in topic.partition_indexes]


def answers(errors: dict[TopicPartition, ErrorCode]) -> tuple[WritableTxnMarkerTopicResult, ...]:
    """The answer for one producer."""
    topics: dict[str, list[WritableTxnMarkerPartitionResult]] = {}
    for name, error in errors.items():
        result = WritableTxnMarkerPartitionResult(partition_index=i32(name.partition), error_code=error)
        topics.setdefault(name.topic, []).append(result)
    return tuple(
        WritableTxnMarkerTopicResult(name=TopicName(topic), partitions=tuple(results))
        for topic, results in topics.items()
    )
