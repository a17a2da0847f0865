"""Fetch: what consumers and followers read, at once or when there is enough of it."""

from collections.abc import Sequence
from functools import lru_cache

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.fetch.v12.response import FetchResponse, PartitionData

from ackproof.reference.broker.fetches.delayed_fetch import DelayedFetch, Wanted
from ackproof.reference.broker.fetches.fetch_answer import partition_data, refused_partition
from ackproof.reference.broker.fetches.fetch_session import FetchSessions
from ackproof.reference.broker.partitions.reading import Reader
from ackproof.reference.broker.partitions.replica import broker_epoch_of_follower
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.log.log import Isolation
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import milliseconds
from ackproof.reference.protocol.request import Request

REMEMBERED = 1_000
"""How many followers are remembered as readers, by their ids and client ids."""
READ_UNCOMMITTED, READ_COMMITTED = 0, 1
READS_FOLLOWERS_FROM = 11
"""The version of Fetch from which on consumers may read from followers (KIP-392)."""


@attrs.frozen
class FetchHandler:
    """Source: ``KafkaApis.handleFetchRequest``."""

    clock: Clock
    replicas: ReplicaManager
    settings: BrokerSettings
    sessions: FetchSessions

    async def serve(self, request: Request) -> FetchResponse:
        """
        The answer, once there is enough to read, or the time is over.

        Raises:
            KafkaError: UNKNOWN_SERVER_ERROR: there is no such isolation level.
        """
        body = request.body
        assert isinstance(body, FetchRequest)
        session = self.sessions.open(body)
        answers: list[tuple[TopicPartition, PartitionData]] = []
        wanted: list[Wanted] = []
        for want in session.partitions():
            name = want[0]
            if self.replicas.exists(*name):
                wanted.append(want)
            else:
                answers.append((name, refused_partition(name.partition, ErrorCode.unknown_topic_or_partition)))
        if not wanted:
            return session.answer(answers)
        if body.isolation_level not in {READ_UNCOMMITTED, READ_COMMITTED}:
            raise KafkaError(ErrorCode.unknown_server_error)
        reads = await self._delayed(request, body, wanted).run(milliseconds(body.max_wait))
        found = [(name, partition_data(name.partition, read)) for (name, _), read in zip(wanted, reads, strict=True)]
        return session.answer([*found, *answers])

    def _delayed(self, request: Request, body: FetchRequest, wanted: Sequence[Wanted]) -> DelayedFetch:
        max_bytes = body.max_bytes if body.replica_id >= 0 else min(body.max_bytes, self.settings.fetch_max_bytes)
        min_bytes = body.min_bytes if body.min_bytes < max_bytes else max_bytes
        reader = reader_of(request, body, self.settings)
        return DelayedFetch(self.clock, self.replicas, reader, wanted, max_bytes, min_bytes)


@lru_cache(REMEMBERED)
def follower_reader(replica_id: int, client_id: str | None) -> Reader:
    """A follower that fetches, which sees all of the leader's log."""
    return Reader("log_end", replica_id, broker_epoch_of_follower(client_id), only_leader=True)


def reader_of(request: Request, body: FetchRequest, settings: BrokerSettings) -> Reader:
    """Who reads, and what they may see. Source: ``FetchIsolation.of``, ``FetchParams.fetchOnlyLeader``."""
    if body.replica_id >= 0:
        return follower_reader(body.replica_id, request.client_id)
    isolation: Isolation = "last_stable" if body.isolation_level == READ_COMMITTED else "high_watermark"
    only_leader = request.version < READS_FOLLOWERS_FROM
    rack = body.rack_id if settings.sends_consumers_to_followers and not only_leader else ""
    return Reader(isolation, only_leader=only_leader, rack=rack)
