"""The leader as a follower asks it."""

from collections.abc import Callable, Mapping, Sequence

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchPartition, FetchRequest, FetchTopic
from kio.schema.fetch.v12.response import FetchResponse, PartitionData
from kio.schema.list_offsets.v10.request import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from kio.schema.list_offsets.v10.response import ListOffsetsResponse
from kio.schema.offset_for_leader_epoch.v4.request import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)
from kio.schema.offset_for_leader_epoch.v4.response import EpochEndOffset, OffsetForLeaderEpochResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.broker.fetchers.fetcher_state import FetchState
from ackproof.reference.broker.partitions.replica import client_id_of_follower
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import settled
from ackproof.reference.kernel.making import cheaply
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i8, i32, i64
from ackproof.reference.protocol.request import Address, Connection, DisconnectedError, Network, Request

new_request, new_topic, new_partition = cheaply(FetchRequest), cheaply(FetchTopic), cheaply(FetchPartition)
LATEST, EARLIEST = -1, -2
"""Timestamps that stand for the log end and the log start."""


@attrs.frozen
class Follower:
    """
    The broker that fetches.

    Attributes:
        broker_epoch: Its broker epoch as it is now (KIP-903).
    """

    broker_id: int
    broker_epoch: Callable[[], int]
    clock: Clock
    network: Network
    settings: BrokerSettings


class LeaderEndpoint:
    """
    A connection to a leader, made when it is needed.

    Source: ``RemoteLeaderEndPoint``, ``BrokerBlockingSender``.
    """

    def __init__(self, follower: Follower, address: Address) -> None:
        self._follower = follower
        self._address = address
        self._connection: Connection | None = None
        self._max_wait = duration(follower.settings.replica_fetch_wait_max_ms)

    def close(self) -> None:
        """Nothing more is asked."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    async def fetch(self, states: Sequence[FetchState]) -> Mapping[tuple[str, int], PartitionData]:
        """
        What the leader has for each of *states*.

        Raises:
            DisconnectedError: There was no answer.
        """
        settings = self._follower.settings
        topics: dict[str, list[FetchPartition]] = {}
        for state in states:
            topics.setdefault(state.partition.topic, []).append(self._asked(state))
        body = new_request(
            replica_id=BrokerId(self._follower.broker_id),
            max_wait=self._max_wait,
            min_bytes=i32(settings.replica_fetch_min_bytes),
            max_bytes=i32(settings.replica_fetch_response_max_bytes),
            topics=tuple(
                [new_topic(topic=TopicName(topic), partitions=tuple(asked)) for topic, asked in topics.items()]
            ),
            forgotten_topics_data=(),
        )
        answer = await self._ask(body)
        assert isinstance(answer, FetchResponse)
        return {
            (topic.topic, partition.partition_index): partition
            for topic in answer.responses
            for partition in topic.partitions
        }

    async def epoch_ends(self, states: Sequence[FetchState]) -> Mapping[TopicPartition, EpochEndOffset]:
        """
        Where the leader's log ends in the last leader epoch of each follower's.

        Raises:
            DisconnectedError: There was no answer.
        """
        topics = tuple(
            OffsetForLeaderTopic(topic=TopicName(topic), partitions=tuple(_last_epoch(state) for state in each))
            for topic, each in _by_topic(states).items()
        )
        answer = await self._ask(
            OffsetForLeaderEpochRequest(replica_id=BrokerId(self._follower.broker_id), topics=topics)
        )
        assert isinstance(answer, OffsetForLeaderEpochResponse)
        return {
            TopicPartition(topic.topic, partition.partition): partition
            for topic in answer.topics
            for partition in topic.partitions
        }

    async def offset_at(self, state: FetchState, timestamp: int) -> int:
        """
        The leader's log end (``LATEST``) or log start (``EARLIEST``).

        Raises:
            DisconnectedError: There was no answer.
            KafkaError: What the leader said instead.
        """
        partition = ListOffsetsPartition(
            partition_index=i32(state.partition.index),
            current_leader_epoch=i32(state.leader_epoch),
            timestamp=i64(timestamp),
        )
        body = ListOffsetsRequest(
            replica_id=BrokerId(self._follower.broker_id),
            isolation_level=i8(0),
            topics=(ListOffsetsTopic(name=TopicName(state.partition.topic), partitions=(partition,)),),
            timeout=duration(self._follower.settings.request_timeout_ms),
        )
        answer = await self._ask(body)
        assert isinstance(answer, ListOffsetsResponse)
        found = answer.topics[0].partitions[0]
        if found.error_code is not ErrorCode.none:
            raise KafkaError(found.error_code)
        return found.offset

    def _asked(self, state: FetchState) -> FetchPartition:
        last = state.last_fetched_epoch
        return new_partition(
            partition=i32(state.partition.index),
            current_leader_epoch=i32(state.leader_epoch),
            fetch_offset=i64(state.offset),
            last_fetched_epoch=i32(-1 if last is None else last),
            log_start_offset=i64(state.partition.log.log_start_offset),
            partition_max_bytes=i32(self._follower.settings.replica_fetch_max_bytes),
        )

    async def _ask(self, body: RequestPayload) -> ResponsePayload:
        connection = self._connection
        if connection is None or not connection.is_open:
            connection = self._connection = await self._follower.network.connect(self._address)
        client_id = client_id_of_follower(self._follower.broker_id, self._follower.broker_epoch())
        request = Request(body, body.__version__, client_id)
        answer, timeout_ms = connection.ask(request), self._follower.settings.replica_socket_timeout_ms
        if not await settled(self._follower.clock, answer, timeout_ms):
            self.close()
            raise DisconnectedError("the leader does not answer")
        return answer.result()


def _last_epoch(state: FetchState) -> OffsetForLeaderPartition:
    latest = state.partition.log.latest_epoch
    assert latest is not None
    return OffsetForLeaderPartition(
        partition=i32(state.partition.index),
        current_leader_epoch=i32(state.leader_epoch),
        leader_epoch=i32(latest),
    )


def _by_topic(states: Sequence[FetchState]) -> Mapping[str, list[FetchState]]:
    found: dict[str, list[FetchState]] = {}
    for state in states:
        found.setdefault(state.partition.topic, []).append(state)
    return found
