"""Which handler serves which request."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from kio.schema.add_offsets_to_txn.v4.request import AddOffsetsToTxnRequest
from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest
from kio.schema.consumer_group_describe.v1.request import ConsumerGroupDescribeRequest
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.describe_groups.v6.request import DescribeGroupsRequest
from kio.schema.end_txn.v5.request import EndTxnRequest
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.leave_group.v5.request import LeaveGroupRequest
from kio.schema.list_groups.v5.request import ListGroupsRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.schema.txn_offset_commit.v5.request import TxnOffsetCommitRequest
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.groups.coordinator import GroupCoordinator
from ackproof.reference.protocol.request import Caller, Request
from ackproof.reference.transactions.coordinator import TransactionCoordinator

Handler = Callable[[Caller, Request], Awaitable[ResponsePayload | None]]
Routes = dict[type[RequestPayload], Handler]

R = TypeVar("R", bound=RequestPayload)


def group_routes(groups: GroupCoordinator) -> Routes:
    """What the group coordinator serves."""
    return {
        ConsumerGroupDescribeRequest: groups.consumer_group_describe,
        ConsumerGroupHeartbeatRequest: groups.consumer_group_heartbeat,
        DescribeGroupsRequest: groups.describe_groups,
        HeartbeatRequest: groups.heartbeat,
        JoinGroupRequest: groups.join_group,
        LeaveGroupRequest: groups.leave_group,
        ListGroupsRequest: groups.list_groups,
        OffsetCommitRequest: groups.offset_commit,
        OffsetFetchRequest: groups.offset_fetch,
        SyncGroupRequest: groups.sync_group,
        TxnOffsetCommitRequest: groups.txn_offset_commit,
    }


def transaction_routes(transactions: TransactionCoordinator) -> Routes:
    """What the transaction coordinator serves."""
    return {
        AddOffsetsToTxnRequest: by_version(AddOffsetsToTxnRequest, transactions.add_offsets_to_txn),
        AddPartitionsToTxnRequest: by_version(AddPartitionsToTxnRequest, transactions.add_partitions_to_txn),
        EndTxnRequest: by_version(EndTxnRequest, transactions.end_txn),
        InitProducerIdRequest: by_version(InitProducerIdRequest, transactions.init_producer_id),
    }


def by_version(kind: type[R], serve: Callable[[R, int], Awaitable[ResponsePayload]]) -> Handler:
    """A handler for one *kind* of request, which is handed the body and the version."""

    def handler(_caller: Caller, request: Request) -> Awaitable[ResponsePayload]:
        assert isinstance(request.body, kind)
        return serve(request.body, request.version)

    return handler


def by_request(serve: Callable[[Request], Awaitable[ResponsePayload | None]]) -> Handler:
    """A handler that does not care who asks."""
    return lambda _caller, request: serve(request)
