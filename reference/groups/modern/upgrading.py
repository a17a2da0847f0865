"""
A member of the consumer protocol joins a classic group of consumers: it becomes a consumer group.

Its members go on with the classic protocol, and are told to join again.

Source: ``GroupMetadataManager.convertToConsumerGroup``, ``ConsumerGroup.fromClassicGroup``.
"""

from collections.abc import Iterable, Mapping

from kio.schema.errors import ErrorCode

from ackproof.reference.groups.classic.answers import join_refused, sync_refused
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.groups.classic.recording import tombstone
from ackproof.reference.groups.errors import UnexpectedError
from ackproof.reference.groups.modern import recording
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.member import ConsumerMember, Partition
from ackproof.reference.groups.modern.metadata_hash import metadata_hash
from ackproof.reference.groups.modern.owning import moved
from ackproof.reference.groups.modern.schema import ClassicMemberMetadata, ClassicProtocol
from ackproof.reference.groups.modern.timing import restart_session
from ackproof.reference.groups.record import StateRecord
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.groups.subscription import MalformedError, read_assignment, read_subscription
from ackproof.reference.groups.topics import Topics
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import i32


def upgrade(shard: Shard, group: ClassicGroup, records: list[StateRecord]) -> ConsumerGroup:
    """
    The consumer group that *group* becomes; *records* get what makes it so.

    Raises:
        KafkaError: GROUP_ID_NOT_FOUND: that is not allowed, or it is not a group of consumers that can be read.
    """
    _validate(shard, group)
    for member in group.in_order:
        member.answer_join(join_refused(ErrorCode.rebalance_in_progress, member.member_id))
        member.answer_sync(sync_refused(ErrorCode.rebalance_in_progress))
    upgraded = _upgraded(group, shard)
    records.append(tombstone(group.group_id))
    records += recording.whole_group(upgraded)
    for member in group.in_order:
        restart_session(shard, group.group_id, member.member_id, member.session_timeout_ms)
    return upgraded


def _validate(shard: Shard, group: ClassicGroup) -> None:
    if not shard.settings.allows_upgrade:
        raise KafkaError(ErrorCode.group_id_not_found, "upgrades of classic groups are disabled")
    if not group.is_of_consumers:
        raise KafkaError(ErrorCode.group_id_not_found, "the classic group is not one of consumers")
    if len(group.members) > shard.settings.group_consumer_max_size:
        raise KafkaError(ErrorCode.group_id_not_found, "the classic group is too large for a consumer group")


def _upgraded(group: ClassicGroup, shard: Shard) -> ConsumerGroup:
    try:
        members = {member.member_id: _member(group, member, shard.topics) for member in group.in_order}
    except MalformedError as error:
        raise KafkaError(ErrorCode.group_id_not_found, f"a member cannot be read: {error}") from None
    epochs: Mapping[Partition, int] = {}
    for member in members.values():
        epochs = moved(shard.rules.consumer.partition_epochs, epochs, None, member)
    return ConsumerGroup(
        group.group_id,
        group.generation,
        metadata_hash(members.values(), shard.topics),
        group.generation,
        partition_epochs=epochs,
        members=members,
        static_members={member.instance_id: member_id for member_id, member in members.items() if member.instance_id},
        targets={member_id: frozenset(member.assigned) for member_id, member in members.items()},
        target_topics={
            member_id: tuple(dict.fromkeys(topic_id for topic_id, _ in member.assigned))
            for member_id, member in members.items()
        },
    )


def _member(group: ClassicGroup, member: ClassicMember, topics: Topics) -> ConsumerMember:
    assigned = dict.fromkeys(_assigned(member, topics), group.generation)
    if group.protocol is None:
        raise UnexpectedError("no protocol has been selected")
    subscription = read_subscription(member.metadata(group.protocol))
    return ConsumerMember(
        member.member_id,
        group.generation,
        group.generation,
        instance_id=member.instance_id,
        rack_id=subscription.rack_id or None,
        rebalance_timeout_ms=member.rebalance_timeout_ms,
        client_id=member.client_id,
        client_host=member.client_host,
        subscribed_topic_names=frozenset(subscription.topics),
        assigned=assigned,
        classic=classic_metadata(member.session_timeout_ms, member.protocols),
    )


def _assigned(member: ClassicMember, topics: Topics) -> Iterable[Partition]:
    if not member.assignment:
        return []
    assignment = read_assignment(member.assignment)
    if assignment.user_data:
        raise KafkaError(ErrorCode.group_id_not_found, "what a custom assignor said would be lost")
    return [
        (topic_id, number)
        for topic, numbers in assignment.partitions
        if (topic_id := topics.topic_id(topic)) is not None
        for number in numbers
    ]


def classic_metadata(session_timeout_ms: int, protocols: Iterable[tuple[str, bytes]]) -> ClassicMemberMetadata:
    """What is kept of a member that uses the classic protocol."""
    return ClassicMemberMetadata(
        session_timeout_ms=i32(session_timeout_ms),
        supported_protocols=tuple(ClassicProtocol(name=name, metadata=metadata) for name, metadata in protocols),
    )
