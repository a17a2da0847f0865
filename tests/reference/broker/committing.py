"""Offsets of a group without members, on a broker that stands alone."""

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
from kio.schema.offset_fetch.v9.response import OffsetFetchResponse
from kio.schema.txn_offset_commit.v5.request import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from kio.schema.txn_offset_commit.v5.response import TxnOffsetCommitResponse

from ackproof.reference.protocol.primitive import GroupId, ProducerId, TopicName, TransactionalId, i16, i32, i64
from tests.reference.broker.standing import TOPIC, Standing
from tests.reference.broker.transacting import Producer, find_coordinator

GROUP = GroupId("group")


def find_group(standing: Standing) -> None:
    """Ask until the group has a coordinator that has loaded it."""
    find_coordinator(standing, GROUP, key_type=0)
    while committed(standing)[0] is ErrorCode.coordinator_load_in_progress:
        standing.pass_time(1)


def commit(standing: Standing, offset: int) -> ErrorCode:
    request = OffsetCommitRequest(
        group_id=GROUP,
        generation_id_or_member_epoch=i32(-1),
        member_id="",
        topics=(
            OffsetCommitRequestTopic(
                name=TopicName(TOPIC),
                partitions=(
                    OffsetCommitRequestPartition(
                        partition_index=i32(0), committed_offset=i64(offset), committed_metadata=""
                    ),
                ),
            ),
        ),
    )
    return standing.ask(OffsetCommitResponse, request).topics[0].partitions[0].error_code


def commit_in_transaction(producer: Producer, offset: int, version: int = 5) -> ErrorCode:
    request = TxnOffsetCommitRequest(
        transactional_id=TransactionalId(producer.transactional_id),
        group_id=GROUP,
        producer_id=ProducerId(producer.producer_id),
        producer_epoch=i16(producer.epoch),
        topics=(
            TxnOffsetCommitRequestTopic(
                name=TopicName(TOPIC),
                partitions=(
                    TxnOffsetCommitRequestPartition(
                        partition_index=i32(0), committed_offset=i64(offset), committed_metadata=""
                    ),
                ),
            ),
        ),
    )
    return producer.standing.ask(TxnOffsetCommitResponse, request, version).topics[0].partitions[0].error_code


def committed(standing: Standing, *, is_stable: bool = False) -> tuple[ErrorCode, int]:
    """The error, and the offset that was committed; -1 if none was."""
    topic = OffsetFetchRequestTopics(name=TopicName(TOPIC), partition_indexes=(i32(0),))
    group = OffsetFetchRequestGroup(group_id=GROUP, topics=(topic,))
    answer = standing.ask(OffsetFetchResponse, OffsetFetchRequest(groups=(group,), require_stable=is_stable))
    found = answer.groups[0]
    if found.error_code is not ErrorCode.none:
        return found.error_code, -1
    partition = found.topics[0].partitions[0]
    return partition.error_code, partition.committed_offset
