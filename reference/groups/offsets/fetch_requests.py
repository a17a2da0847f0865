"""OffsetFetch, as it is answered."""

from kio.schema.errors import ErrorCode
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest, OffsetFetchRequestGroup
from kio.schema.offset_fetch.v9.response import (
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
)

from ackproof.reference.groups.offsets.fetching import fetch
from ackproof.reference.groups.shards.context import Context
from ackproof.reference.groups.shards.operating import write
from ackproof.reference.groups.shards.shards import Shards
from ackproof.reference.kernel.future import all_of, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import duration, i64

FIRST_VERSION_WITH_ONE_ERROR = 2
"""Before, each partition tells the error of the group."""


async def offset_fetch(shards: Shards, context: Context, request: OffsetFetchRequest) -> OffsetFetchResponse:
    """An OffsetFetch."""
    is_stable = request.require_stable
    asked = [spawn(shards.clock, _fetched(shards, context, group, is_stable=is_stable)) for group in request.groups]
    return OffsetFetchResponse(throttle_time=duration(0), groups=tuple(await all_of(asked)))


async def _fetched(
    shards: Shards, context: Context, request: OffsetFetchRequestGroup, *, is_stable: bool
) -> OffsetFetchResponseGroup:
    try:
        if not is_stable:
            return fetch(shards.of(request.group_id), request, is_stable=False)
        return await write(shards, request.group_id, lambda shard: fetch(shard, request, is_stable=True))
    except KafkaError as error:
        code = error.code
    if code == ErrorCode.coordinator_not_available:
        # Consumers older than 3.9 do not know what to make of it.
        code = ErrorCode.not_coordinator
    return _unfetched(context, request, code)


def _unfetched(context: Context, request: OffsetFetchRequestGroup, code: ErrorCode) -> OffsetFetchResponseGroup:
    if context.version >= FIRST_VERSION_WITH_ONE_ERROR:
        return OffsetFetchResponseGroup(group_id=request.group_id, topics=(), error_code=code)
    return OffsetFetchResponseGroup(
        group_id=request.group_id,
        topics=tuple(
            OffsetFetchResponseTopics(
                name=topic.name,
                partitions=tuple(
                    OffsetFetchResponsePartitions(
                        partition_index=number, committed_offset=i64(-1), metadata="", error_code=code
                    )
                    for number in topic.partition_indexes
                ),
            )
            for topic in request.topics or ()
        ),
    )
