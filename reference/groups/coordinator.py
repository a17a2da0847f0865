"""The group coordinator: what a broker hands requests about groups to."""

from collections.abc import Sequence
from contextlib import suppress
from random import Random

from kio.schema.consumer_group_describe.v1.request import ConsumerGroupDescribeRequest
from kio.schema.consumer_group_describe.v1.response import ConsumerGroupDescribeResponse
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.consumer_group_heartbeat.v1.response import ConsumerGroupHeartbeatResponse
from kio.schema.describe_groups.v6.request import DescribeGroupsRequest
from kio.schema.describe_groups.v6.response import DescribeGroupsResponse
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.heartbeat.v4.response import HeartbeatResponse
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.leave_group.v5.request import LeaveGroupRequest
from kio.schema.leave_group.v5.response import LeaveGroupResponse
from kio.schema.list_groups.v5.request import ListGroupsRequest
from kio.schema.list_groups.v5.response import ListGroupsResponse
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_commit.v9.response import OffsetCommitResponse
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.offset_fetch.v9.response import OffsetFetchResponse
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.schema.sync_group.v5.response import SyncGroupResponse
from kio.schema.txn_offset_commit.v5.request import TxnOffsetCommitRequest
from kio.schema.txn_offset_commit.v5.response import TxnOffsetCommitResponse

from ackproof.reference.groups import describe_requests, handling
from ackproof.reference.groups.offsets import commit_requests, fetch_requests
from ackproof.reference.groups.offsets.expiring import delete_offsets
from ackproof.reference.groups.rules import NEWEST, CoordinatorRules
from ackproof.reference.groups.settings import GroupSettings
from ackproof.reference.groups.shards.context import context_of
from ackproof.reference.groups.shards.shard import Setting, Shard
from ackproof.reference.groups.shards.shards import Shards
from ackproof.reference.groups.topics import Topics, Transactions
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.log.state_log import StateLog
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import Caller, Request


class GroupCoordinator:
    """
    The groups whose partitions of ``__consumer_offsets`` this broker leads.

    Each handler takes a request as it came and answers with the class of its API's version in ``apis.py``. They are to
    be called in the order in which requests came: what a request changes has changed when the handler first waits.

    Source: ``GroupCoordinatorService``, ``CoordinatorRuntime``; ``KafkaApis`` for what is checked before.
    """

    def __init__(
        self,
        clock: Clock,
        settings: GroupSettings,
        rng: Random,
        topics: Topics,
        transactions: Transactions | None = None,
        rules: CoordinatorRules = NEWEST,
        loading_ms: int = 0,
    ) -> None:
        """
        A coordinator that leads no partition yet.

        Args:
            clock: What is the time.
            settings: The broker's.
            rng: Member ids come from it.
            topics: Those of the cluster.
            transactions: Who is asked before offsets are committed in a transaction; nobody without it.
            rules: What it does otherwise than Kafka 4.3.
            loading_ms: How long it takes to load a partition.
        """
        self._settings = settings
        self._topics = topics
        self._transactions = transactions
        self._shards = Shards(Setting(clock, settings, rules, rng, topics), loading_ms)

    def elected(self, partition: int, log: StateLog) -> None:
        """This broker leads *partition*: it is loaded, until then groups are answered COORDINATOR_LOAD_IN_PROGRESS."""
        self._shards.elected(partition, log)

    def resigned(self, partition: int) -> None:
        """This broker no longer leads *partition*: what waits and what comes is answered NOT_COORDINATOR."""
        self._shards.resigned(partition)

    def marker_written(
        self, partition: int, producer_id: int, is_commit: bool, replicated: Future[int] | None = None
    ) -> None:
        """
        The marker that ends a producer's transaction is in the log of *partition*.

        To be called as soon as it is in the leader's log, in its order among what the coordinator appends; *replicated*
        tells when all in-sync replicas have it, None that they do. Of a partition that is not loaded the log tells.
        """
        try:
            shard = self._shards.at(partition)
        except KafkaError:
            return
        shard.marker_written(producer_id, is_commit, replicated)

    def topics_deleted(self, topics: Sequence[str]) -> None:
        """These topics are gone: so are the offsets that were committed for them."""
        for shard in self._shards.active():
            with suppress(KafkaError):
                delete_offsets(shard, topics)

    def shard_of(self, group_id: str) -> Shard | None:
        """Where a group is kept, for whoever looks at it from outside; None while that is not loaded here."""
        try:
            return self._shards.of(group_id)
        except KafkaError:
            return None

    async def join_group(self, caller: Caller, request: Request) -> JoinGroupResponse:
        """Become, or stay, a member of a group, and learn its next generation."""
        body = request.body
        assert isinstance(body, JoinGroupRequest)
        return await handling.join_group(self._shards, self._settings, context_of(caller, request), body)

    async def sync_group(self, caller: Caller, request: Request) -> SyncGroupResponse:
        """Hand in the assignment as the leader, and learn one's own."""
        body = request.body
        assert isinstance(body, SyncGroupRequest)
        return await handling.sync_group(self._shards, context_of(caller, request), body)

    async def heartbeat(self, caller: Caller, request: Request) -> HeartbeatResponse:
        """Stay a member, and learn whether to join again."""
        body = request.body
        assert isinstance(body, HeartbeatRequest)
        return await handling.heartbeat(self._shards, body)

    async def leave_group(self, caller: Caller, request: Request) -> LeaveGroupResponse:
        """Members leave, or are made to by their instance ids."""
        body = request.body
        assert isinstance(body, LeaveGroupRequest)
        return await handling.leave_group(self._shards, context_of(caller, request), body)

    async def describe_groups(self, caller: Caller, request: Request) -> DescribeGroupsResponse:
        """What classic groups are."""
        body = request.body
        assert isinstance(body, DescribeGroupsRequest)
        return describe_requests.describe_groups(self._shards, context_of(caller, request), body)

    async def list_groups(self, caller: Caller, request: Request) -> ListGroupsResponse:
        """The groups that this broker coordinates."""
        body = request.body
        assert isinstance(body, ListGroupsRequest)
        return describe_requests.list_groups(self._shards, body)

    async def consumer_group_heartbeat(self, caller: Caller, request: Request) -> ConsumerGroupHeartbeatResponse:
        """Join, stay in or leave a consumer group."""
        body = request.body
        assert isinstance(body, ConsumerGroupHeartbeatRequest)
        return await handling.consumer_group_heartbeat(self._shards, self._settings, context_of(caller, request), body)

    async def consumer_group_describe(self, caller: Caller, request: Request) -> ConsumerGroupDescribeResponse:
        """What consumer groups are."""
        body = request.body
        assert isinstance(body, ConsumerGroupDescribeRequest)
        return describe_requests.consumer_group_describe(self._shards, body)

    async def offset_commit(self, caller: Caller, request: Request) -> OffsetCommitResponse:
        """Keep offsets for a group, as long as the request says or, if it does not, as the group is used."""
        body = request.body
        assert isinstance(body, OffsetCommitRequest)
        context = context_of(caller, request)
        return await commit_requests.offset_commit(self._shards, self._topics, context, body, request.retention_ms)

    async def offset_fetch(self, caller: Caller, request: Request) -> OffsetFetchResponse:
        """The offsets that were committed for groups."""
        body = request.body
        assert isinstance(body, OffsetFetchRequest)
        return await fetch_requests.offset_fetch(self._shards, context_of(caller, request), body)

    async def txn_offset_commit(self, caller: Caller, request: Request) -> TxnOffsetCommitResponse:
        """Keep offsets for a group once a transaction has committed."""
        body = request.body
        assert isinstance(body, TxnOffsetCommitRequest)
        return await commit_requests.txn_offset_commit(
            self._shards, self._topics, self._transactions, context_of(caller, request), body
        )
