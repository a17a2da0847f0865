"""Committed offsets, and what is asked about them."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

from kio.schema.errors import ErrorCode
from kio.schema.offset_commit.v9.request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kio.schema.offset_commit.v9.response import OffsetCommitResponse
from kio.schema.offset_fetch.v9.request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from kio.schema.offset_fetch.v9.response import OffsetFetchResponseGroup
from kio.schema.txn_offset_commit.v5.request import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)

from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.primitive import (
    GroupId,
    ProducerId,
    TopicName,
    TransactionalId,
    i16,
    i32,
    i64,
)
from ackproof.reference.protocol.request import Caller, Request
from tests.reference.groups.scene import Scene

CALLER = Caller()
NOTHING = -1


class Committing(TypedDict, total=False):
    """Who commits."""

    member: str
    generation: int
    instance: str | None
    group: str
    version: int


def begin_commits(
    scene: Scene,
    offsets: Mapping[tuple[str, int], int],
    *,
    metadata: str | None = None,
    retention_ms: int | None = None,
    **who: Unpack[Committing],
) -> Future[OffsetCommitResponse]:
    """Send an OffsetCommit for some partitions."""
    body = OffsetCommitRequest(
        group_id=GroupId(who.get("group", "g")),
        generation_id_or_member_epoch=i32(who.get("generation", -1)),
        member_id=who.get("member", ""),
        group_instance_id=who.get("instance"),
        topics=tuple(
            OffsetCommitRequestTopic(
                name=TopicName(topic),
                partitions=(
                    OffsetCommitRequestPartition(
                        partition_index=i32(partition), committed_offset=i64(offset), committed_metadata=metadata
                    ),
                ),
            )
            for (topic, partition), offset in offsets.items()
        ),
    )
    request = Request(body, who.get("version", 9), retention_ms=retention_ms)
    return scene.begin(scene.coordinator.offset_commit(CALLER, request))


def outcomes(answer: Future[OffsetCommitResponse]) -> dict[tuple[str, int], ErrorCode]:
    """What came of commits."""
    return {
        (topic.name, partition.partition_index): partition.error_code
        for topic in answer.result().topics
        for partition in topic.partitions
    }


def commit(scene: Scene, offset: int, *, partition: int = 0, topic: str = "t", **who: Unpack[Committing]) -> ErrorCode:
    """Commit an offset; what came of it."""
    return outcomes(begin_commits(scene, {(topic, partition): offset}, **who))[topic, partition]


def commit_with(scene: Scene, offset: int, metadata: str) -> ErrorCode:
    """Commit an offset with metadata; what came of it."""
    return outcomes(begin_commits(scene, {("t", 0): offset}, metadata=metadata))["t", 0]


def begin_fetch(
    scene: Scene,
    *,
    partitions: Sequence[int] | None = (0,),
    topic: str = "t",
    group: str = "g",
    member: str | None = None,
    epoch: int = -1,
    is_stable: bool = False,
    version: int = 9,
) -> Future[OffsetFetchResponseGroup]:
    """Send an OffsetFetch; of everything if *partitions* is None."""
    topics = (
        None
        if partitions is None
        else (OffsetFetchRequestTopics(name=TopicName(topic), partition_indexes=tuple(map(i32, partitions))),)
    )
    asked = OffsetFetchRequestGroup(group_id=GroupId(group), member_id=member, member_epoch=i32(epoch), topics=topics)
    body = OffsetFetchRequest(groups=(asked,), require_stable=is_stable)

    async def first() -> OffsetFetchResponseGroup:
        return (await scene.coordinator.offset_fetch(CALLER, Request(body, version))).groups[0]

    return scene.begin(first())


def fetch_error(scene: Scene, *, member: str | None = None, epoch: int = -1, group: str = "g") -> ErrorCode:
    """The error of a whole group."""
    return begin_fetch(scene, member=member, epoch=epoch, group=group).result().error_code


def committed(
    scene: Scene, *, partition: int = 0, topic: str = "t", group: str = "g", is_stable: bool = False
) -> int | ErrorCode:
    """The offset that is committed, -1 if none is; or the error of the partition."""
    answer = begin_fetch(scene, partitions=(partition,), topic=topic, group=group, is_stable=is_stable).result()
    assert answer.error_code == ErrorCode.none
    of_partition = answer.topics[0].partitions[0]
    return of_partition.committed_offset if of_partition.error_code == ErrorCode.none else of_partition.error_code


def txn_commit(
    scene: Scene,
    offset: int,
    *,
    producer_id: int = 7,
    producer_epoch: int = 0,
    partition: int = 0,
    topic: str = "t",
    **who: Unpack[Committing],
) -> ErrorCode:
    """Commit an offset in a transaction; what came of it."""
    body = TxnOffsetCommitRequest(
        transactional_id=TransactionalId("transactional"),
        group_id=GroupId(who.get("group", "g")),
        producer_id=ProducerId(producer_id),
        producer_epoch=i16(producer_epoch),
        generation_id=i32(who.get("generation", -1)),
        member_id=who.get("member", ""),
        group_instance_id=who.get("instance"),
        topics=(
            TxnOffsetCommitRequestTopic(
                name=TopicName(topic),
                partitions=(
                    TxnOffsetCommitRequestPartition(
                        partition_index=i32(partition), committed_offset=i64(offset), committed_metadata=None
                    ),
                ),
            ),
        ),
    )
    answer = scene.ask(scene.coordinator.txn_offset_commit(CALLER, Request(body, who.get("version", 5))))
    return answer.topics[0].partitions[0].error_code
