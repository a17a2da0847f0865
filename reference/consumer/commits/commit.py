"""One commit: the request, and what an answer means."""

from collections.abc import Iterator, Mapping

from kio.schema.errors import ErrorCode
from kio.schema.offset_commit.v9.request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kio.schema.offset_commit.v9.response import OffsetCommitResponse

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.record import OffsetAndMetadata
from ackproof.reference.consumer.requests import by_topic
from ackproof.reference.kernel.making import cheaply
from ackproof.reference.kernel.value import value
from ackproof.reference.protocol.primitive import GroupId, TopicName, i32, i64

new_request, new_topic = cheaply(OffsetCommitRequest), cheaply(OffsetCommitRequestTopic)
new_partition = cheaply(OffsetCommitRequestPartition)

Offsets = Mapping[TopicPartition, OffsetAndMetadata]
"""What to commit, or what is committed."""


@value
class Identity:
    """
    Who commits.

    Attributes:
        epoch: The generation of a classic group, or the member epoch; -1 for who is in no group.
    """

    epoch: int = -1
    member_id: str = ""
    group_instance_id: str | None = None


NOBODY = Identity()


def commit_request(group_id: str, identity: Identity, offsets: Offsets) -> OffsetCommitRequest:
    """
    The request that commits *offsets*.

    Raises:
        ValueError: One is negative.
    """
    for partition, offset in offsets.items():
        if offset.offset < 0:
            raise ValueError(f"Invalid offset: {offset.offset} for {partition[0]}-{partition[1]}")
    return new_request(
        group_id=GroupId(group_id),
        generation_id_or_member_epoch=i32(identity.epoch),
        member_id=identity.member_id,
        group_instance_id=identity.group_instance_id,
        topics=tuple(
            [
                new_topic(
                    name=TopicName(topic),
                    partitions=tuple([_partition(number, offsets[topic, number]) for number in numbers]),
                )
                for topic, numbers in by_topic(offsets).items()
            ]
        ),
    )


def _partition(number: int, offset: OffsetAndMetadata) -> OffsetCommitRequestPartition:
    return new_partition(
        partition_index=i32(number),
        committed_offset=i64(offset.offset),
        committed_leader_epoch=i32(-1 if offset.leader_epoch is None else offset.leader_epoch),
        committed_metadata=offset.metadata,
    )


def errors_of(answer: OffsetCommitResponse) -> Iterator[ErrorCode]:
    """The errors of an *answer*, in order; clients look at the first one alone."""
    for topic in answer.topics:
        for told in topic.partitions:
            if told.error_code != ErrorCode.none:
                yield told.error_code
