"""What a ConsumerGroupHeartbeat must say, and whether its sender is who it says."""

from collections.abc import Iterable, Sequence

from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest, TopicPartitions
from kio.schema.errors import ErrorCode

from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.member import (
    JOINING_EPOCH,
    LEAVING_EPOCH,
    STATIC_LEAVING_EPOCH,
    ConsumerMember,
    Partitions,
)
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import milliseconds

FIRST_VERSION_WITH_OWN_MEMBER_IDS = 1

BLANK = "".join(map(chr, range(ord(" ") + 1)))
"""What Java's ``String.trim`` takes away: control characters too, but no wide spaces."""


def validate_request(request: ConsumerGroupHeartbeatRequest, version: int, assignors: Sequence[str]) -> None:
    """
    Whether a request can be one.

    Raises:
        KafkaError: INVALID_REQUEST; UNSUPPORTED_ASSIGNOR.

    Source: ``GroupCoordinatorService.throwIfConsumerGroupHeartbeatRequestIsInvalid``.
    """
    epoch = request.member_epoch
    if version >= FIRST_VERSION_WITH_OWN_MEMBER_IDS or epoch > 0 or epoch == LEAVING_EPOCH:
        _not_blank("member id", request.member_id)
    _not_blank("group id", request.group_id)
    _not_blank("instance id", request.instance_id)
    _not_blank("rack id", request.rack_id)
    if epoch == JOINING_EPOCH:
        _validate_join(request)
    elif epoch == STATIC_LEAVING_EPOCH and request.instance_id is None:
        raise _invalid("only a static member says that it will be back")
    elif epoch < STATIC_LEAVING_EPOCH:
        raise _invalid(f"no member is at epoch {epoch}")
    if request.server_assignor is not None and request.server_assignor not in assignors:
        raise KafkaError(ErrorCode.unsupported_assignor, f"there is no assignor {request.server_assignor}")


def _validate_join(request: ConsumerGroupHeartbeatRequest) -> None:
    if milliseconds(request.rebalance_timeout) == -1:
        raise _invalid("who joins says its rebalance timeout")
    if request.topic_partitions is None or request.topic_partitions:
        raise _invalid("who joins owns no partitions, and says so")
    if request.subscribed_topic_names is None and request.subscribed_topic_regex is None:
        raise _invalid("who joins says what it subscribes to")


def _not_blank(what: str, value: str | None) -> None:
    if value is not None and not value.strip(BLANK):
        raise _invalid(f"the {what} is empty")


def _invalid(message: str) -> KafkaError:
    return KafkaError(ErrorCode.invalid_request, message)


def validate_room(group: ConsumerGroup, member_id: str, size_max: int) -> None:
    """
    Whether the group is not too large for a member.

    Raises:
        KafkaError: GROUP_MAX_SIZE_REACHED.
    """
    if len(group.members) >= size_max and member_id not in group.members:
        raise KafkaError(ErrorCode.group_max_size_reached, f"{group.group_id} has {size_max} members")


def validate_epoch(
    member: ConsumerMember, epoch: int, reported: Partitions | None, *, takes_back_at_once: bool = True
) -> None:
    """
    Whether a member is where it should be.

    Who comes with the previous epoch may have missed the answer, if it owns nothing that it should not.

    Args:
        member: As the coordinator knows it.
        epoch: That it says.
        reported: What it says that it owns; None if it says nothing of that.
        takes_back_at_once: It may join again as what it is (KAFKA-19233).

    Raises:
        KafkaError: FENCED_MEMBER_EPOCH.

    Source: ``GroupMetadataManager.throwIfConsumerGroupMemberEpochIsInvalid``.
    """
    if epoch == member.epoch or (epoch == JOINING_EPOCH and takes_back_at_once):
        return
    missed_answer = epoch == member.previous_epoch and reported is not None and reported <= set(member.assigned)
    if epoch > member.epoch or not missed_answer:
        raise KafkaError(ErrorCode.fenced_member_epoch, f"the member is at epoch {member.epoch}, not {epoch}")


def known_static_member(group: ConsumerGroup, instance_id: str, member_id: str) -> ConsumerMember:
    """
    The member with this instance id.

    Raises:
        KafkaError: UNKNOWN_MEMBER_ID; FENCED_INSTANCE_ID if it is another member.
    """
    member = group.static_member(instance_id)
    if member is None:
        raise KafkaError(ErrorCode.unknown_member_id, f"nobody has the instance id {instance_id}")
    if member.member_id != member_id:
        raise KafkaError(ErrorCode.fenced_instance_id, f"{member.member_id} has the instance id {instance_id}")
    return member


def reported_partitions(topics: Iterable[TopicPartitions] | None) -> Partitions | None:
    """What a request says that its sender owns; None if it says nothing of it."""
    if topics is None:
        return None
    return frozenset(
        (topic.topic_id, number) for topic in topics if topic.topic_id is not None for number in topic.partitions
    )
