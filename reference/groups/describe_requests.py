"""The requests that ask what groups are, as they are answered."""

from kio.schema.consumer_group_describe.v1.request import ConsumerGroupDescribeRequest
from kio.schema.consumer_group_describe.v1.response import ConsumerGroupDescribeResponse
from kio.schema.consumer_group_describe.v1.response import DescribedGroup as DescribedConsumerGroup
from kio.schema.describe_groups.v6.request import DescribeGroupsRequest
from kio.schema.describe_groups.v6.response import DescribedGroup, DescribeGroupsResponse
from kio.schema.errors import ErrorCode
from kio.schema.list_groups.v5.request import ListGroupsRequest
from kio.schema.list_groups.v5.response import ListGroupsResponse

from ackproof.reference.groups.describing import (
    described,
    described_consumer_group,
    listed,
    undescribed,
    undescribed_consumer_group,
)
from ackproof.reference.groups.shards.context import Context
from ackproof.reference.groups.shards.shards import Shards
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import GroupId, duration

NO_TIME = duration(0)


def describe_groups(shards: Shards, context: Context, request: DescribeGroupsRequest) -> DescribeGroupsResponse:
    """A DescribeGroups."""

    def describe(group_id: GroupId) -> DescribedGroup:
        try:
            return described(shards.of(group_id), group_id, context.version)
        except KafkaError as error:
            return undescribed(group_id, error.code)

    return DescribeGroupsResponse(throttle_time=NO_TIME, groups=tuple(map(describe, request.groups)))


def list_groups(shards: Shards, request: ListGroupsRequest) -> ListGroupsResponse:
    """A ListGroups."""
    try:
        groups = [
            group for shard in shards.all() for group in listed(shard, request.states_filter, request.types_filter)
        ]
    except KafkaError as error:
        return ListGroupsResponse(throttle_time=NO_TIME, error_code=error.code, groups=())
    return ListGroupsResponse(throttle_time=NO_TIME, error_code=ErrorCode.none, groups=tuple(groups))


def consumer_group_describe(shards: Shards, request: ConsumerGroupDescribeRequest) -> ConsumerGroupDescribeResponse:
    """A ConsumerGroupDescribe."""

    def describe(group_id: GroupId) -> DescribedConsumerGroup:
        if not group_id:
            return undescribed_consumer_group(group_id, ErrorCode.invalid_group_id)
        try:
            return described_consumer_group(shards.of(group_id), group_id)
        except KafkaError as error:
            return undescribed_consumer_group(group_id, error.code)

    return ConsumerGroupDescribeResponse(throttle_time=NO_TIME, groups=tuple(map(describe, request.group_ids)))
