"""OffsetCommit and TxnOffsetCommit, as they are answered: partitions that do not exist fail alone."""

from collections.abc import Sequence

from kio.schema.errors import ErrorCode
from kio.schema.offset_commit.v9.request import OffsetCommitRequest, OffsetCommitRequestPartition
from kio.schema.offset_commit.v9.response import (
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from kio.schema.txn_offset_commit.v5.request import TxnOffsetCommitRequest, TxnOffsetCommitRequestPartition
from kio.schema.txn_offset_commit.v5.response import (
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)

from ackproof.reference.groups.errors import answered
from ackproof.reference.groups.offsets.committing import Commit, Committer, commit
from ackproof.reference.groups.shards.context import Context
from ackproof.reference.groups.shards.operating import write
from ackproof.reference.groups.shards.shard import Producer, Shard
from ackproof.reference.groups.shards.shards import Shards
from ackproof.reference.groups.topics import Topics, Transactions
from ackproof.reference.kernel.making import cheaply
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import TopicName, duration, i32

new_response, new_topic = cheaply(OffsetCommitResponse), cheaply(OffsetCommitResponseTopic)
new_partition = cheaply(OffsetCommitResponsePartition)

NO_TIME = duration(0)
FIRST_VERSION_THAT_KNOWS_LOADING = 2
"""Of TxnOffsetCommit: older producers could fail of COORDINATOR_LOAD_IN_PROGRESS (KAFKA-7296)."""

Outcomes = list[tuple[TopicName, int, ErrorCode]]


async def offset_commit(
    shards: Shards,
    topics: Topics,
    context: Context,
    request: OffsetCommitRequest,
    retention_ms: int | None,
) -> OffsetCommitResponse:
    """An OffsetCommit."""
    commits = [_commit(topic.name, partition) for topic in request.topics for partition in topic.partitions]
    committer = Committer(
        request.group_id,
        request.generation_id_or_member_epoch,
        request.member_id,
        request.group_instance_id,
        context.version,
    )
    outcomes = await _committed(shards, topics, committer, commits, retention_ms=retention_ms)
    topics_told = [
        new_topic(
            name=name,
            partitions=tuple([new_partition(partition_index=i32(number), error_code=code) for number, code in told]),
        )
        for name, told in _by_topic(outcomes)
    ]
    return new_response(throttle_time=NO_TIME, topics=tuple(topics_told))


async def txn_offset_commit(
    shards: Shards,
    topics: Topics,
    transactions: Transactions | None,
    context: Context,
    request: TxnOffsetCommitRequest,
) -> TxnOffsetCommitResponse:
    """A TxnOffsetCommit."""
    commits = [_commit(topic.name, partition) for topic in request.topics for partition in topic.partitions]
    outcomes = await _transactional(shards, topics, transactions, context, request, commits)
    if context.version < FIRST_VERSION_THAT_KNOWS_LOADING:
        outcomes = [(name, number, _without_loading(code)) for name, number, code in outcomes]
    return TxnOffsetCommitResponse(
        throttle_time=NO_TIME,
        topics=tuple(
            TxnOffsetCommitResponseTopic(
                name=name,
                partitions=tuple(
                    TxnOffsetCommitResponsePartition(partition_index=i32(number), error_code=code)
                    for number, code in of_topic
                ),
            )
            for name, of_topic in _by_topic(outcomes)
        ),
    )


async def _transactional(
    shards: Shards,
    topics: Topics,
    transactions: Transactions | None,
    context: Context,
    request: TxnOffsetCommitRequest,
    commits: Sequence[Commit],
) -> Outcomes:
    committer = Committer(
        request.group_id,
        request.generation_id,
        request.member_id,
        request.group_instance_id,
        context.version,
        is_transactional=True,
    )
    if not request.group_id:
        return _all(_known(topics, commits), ErrorCode.invalid_group_id) + _unknown(topics, commits)
    if transactions and _known(topics, commits):
        try:
            await _verify(shards, transactions, context, request)
        except KafkaError as error:
            return _all(_known(topics, commits), answered(error.code)) + _unknown(topics, commits)
    producer = Producer(request.producer_id, request.producer_epoch)
    return await _committed(shards, topics, committer, commits, producer=producer)


async def _verify(
    shards: Shards, transactions: Transactions, context: Context, request: TxnOffsetCommitRequest
) -> None:
    """Whether the transaction is open, and has the group's partition: that is asked before anything else is."""
    partition = shards.partition_of(request.group_id)
    if not shards.leads(partition):
        raise KafkaError(ErrorCode.not_coordinator)
    await transactions.verify(
        partition,
        request.transactional_id,
        request.producer_id,
        request.producer_epoch,
        context.version,
    )


async def _committed(
    shards: Shards,
    topics: Topics,
    committer: Committer,
    commits: Sequence[Commit],
    *,
    retention_ms: int | None = None,
    producer: Producer | None = None,
) -> Outcomes:
    known, unknown = _known(topics, commits), _unknown(topics, commits)
    if not known:
        return unknown

    def operation(shard: Shard) -> list[ErrorCode]:
        records, codes = commit(shard, committer, known, retention_ms)
        shard.keep(records, producer=producer)
        return codes

    try:
        codes = await write(shards, committer.group_id, operation)
    except KafkaError as error:
        return unknown + _all(known, error.code)
    return unknown + [(TopicName(c.topic), c.partition, code) for c, code in zip(known, codes, strict=True)]


def _known(topics: Topics, commits: Sequence[Commit]) -> list[Commit]:
    return [one for one in commits if 0 <= one.partition < (topics.partition_count(one.topic) or 0)]


def _unknown(topics: Topics, commits: Sequence[Commit]) -> Outcomes:
    known = _known(topics, commits)
    return _all([one for one in commits if one not in known], ErrorCode.unknown_topic_or_partition)


def _all(commits: Sequence[Commit], code: ErrorCode) -> Outcomes:
    return [(TopicName(one.topic), one.partition, code) for one in commits]


def _commit(topic: str, partition: OffsetCommitRequestPartition | TxnOffsetCommitRequestPartition) -> Commit:
    return Commit(
        topic,
        partition.partition_index,
        partition.committed_offset,
        partition.committed_leader_epoch,
        partition.committed_metadata,
    )


def _by_topic(outcomes: Outcomes) -> list[tuple[TopicName, list[tuple[int, ErrorCode]]]]:
    topics: dict[TopicName, list[tuple[int, ErrorCode]]] = {}
    for name, number, code in outcomes:
        topics.setdefault(name, []).append((number, code))
    return list(topics.items())


def _without_loading(code: ErrorCode) -> ErrorCode:
    return ErrorCode.coordinator_not_available if code == ErrorCode.coordinator_load_in_progress else code
