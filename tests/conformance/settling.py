"""When a broker is done with what it was asked, though it has not answered."""

from collections.abc import Iterator, Sequence

from kio.schema.add_partitions_to_txn.v5.request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from kio.schema.offset_commit.v9.request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)

from ackproof.reference.protocol.primitive import GroupId, ProducerId, TopicName, TransactionalId, i16, i32, i64
from tests.conformance.connection import PATIENCE_MS
from tests.conformance.describing import ConsumerGroupDescribe, DescribeGroups
from tests.conformance.fetching import ListOffsets
from tests.conformance.grouping import (
    CLASSIC,
    MODERN,
    ConsumerGroupHeartbeat,
    JoinGroup,
    LeaveGroup,
    OffsetFetch,
    SyncGroup,
)
from tests.conformance.plain import errors_of, plain
from tests.conformance.story import SLOTS, Step, Story

REGROUPS = JoinGroup | SyncGroup | LeaveGroup | ConsumerGroupHeartbeat
"""What changes who is in a group, and how far that is, some of it a moment later."""


def catch_up(story: Story) -> None:
    """
    Wait until a broker has done what it was asked before, and said all that it has to say for now.

    It reads with one thread, serves with one, and its group coordinator has one queue. The first commit is read no
    sooner than what was sent before; the second is served, kept and answered after that; the third after the answers
    to that, if there are any, are sent.
    """
    for _ in range(3):
        answer = story.ask(SLOTS, commit(story), 8, PATIENCE_MS)
        assert errors_of(plain(answer, story.names)) == {"none"}


def commit(story: Story) -> OffsetCommitRequest:
    """A commit in a group that nobody else asks about."""
    partition = OffsetCommitRequestPartition(partition_index=i32(0), committed_offset=i64(0), committed_metadata=None)
    return OffsetCommitRequest(
        group_id=GroupId(f"catching-up-{story.number}"),
        member_id="",
        topics=(OffsetCommitRequestTopic(name=TopicName(story.topic(0)), partitions=(partition,)),),
    )


def shows_group(group: int) -> Sequence[Step]:
    """What shows how far a group is."""
    return DescribeGroups(version=6, group=group), ConsumerGroupDescribe(version=1, group=group)


def shows_markers() -> Iterator[Step]:
    """What shows which markers are written."""
    for topic in (0, 1):
        for partition in (0, 1):
            for isolation in (0, 1):
                yield ListOffsets(version=7, topic=topic, partition=partition, timestamp=-1, isolation=isolation)
    for group in (CLASSIC, MODERN):
        yield OffsetFetch(version=8, slot=0, group=group, topic=None, requires_stable=True)


def has_pending(story: Story, who: str) -> bool:
    """Whether something is pending for a transactional id."""
    heard = story.ask(0, probe(story, who), 3, PATIENCE_MS)
    return "concurrent_transactions" in errors_of(plain(heard, story.names))


def probe(story: Story, who: str) -> AddPartitionsToTxnRequest:
    """A request that changes nothing: CONCURRENT_TRANSACTIONS while something is pending, else a wrong producer id."""
    transaction = AddPartitionsToTxnTransaction(
        transactional_id=TransactionalId(story.transactional_id(who)),
        producer_id=ProducerId(-9),
        producer_epoch=i16(0),
        topics=(AddPartitionsToTxnTopic(name=TopicName(story.topic(0)), partitions=(i32(0),)),),
    )
    return AddPartitionsToTxnRequest(transactions=(transaction,))
