"""
Only members of the classic protocol are left in a consumer group: it becomes a classic group.

Source: ``GroupMetadataManager.convertToClassicGroup``, ``ClassicGroup.fromConsumerGroup``.
"""

from collections.abc import Iterable, Sequence

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.groups.classic.rebalancing import prepare
from ackproof.reference.groups.classic.rebalancing import restart_session as restart_classic_session
from ackproof.reference.groups.classic.recording import generation
from ackproof.reference.groups.errors import UnexpectedError
from ackproof.reference.groups.modern import recording
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.member import ConsumerMember, Partition, by_topic
from ackproof.reference.groups.record import StateRecord
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.groups.subscription import (
    PROTOCOL_TYPE,
    MalformedError,
    read_version,
    written_assignment,
)
from ackproof.reference.groups.topics import Topics
from ackproof.reference.protocol.errors import KafkaError


def can_downgrade_without(shard: Shard, group: ConsumerGroup, leaving: Sequence[ConsumerMember]) -> bool:
    """Whether *group* becomes a classic one as these members leave it."""
    left = len(group.members) - len(leaving)
    classic = group.classic_members - sum(member.is_classic for member in leaving)
    return classic == left and 0 < left <= shard.settings.group_max_size and shard.settings.allows_downgrade


def can_downgrade_replacing(shard: Shard, group: ConsumerGroup, replaced: ConsumerMember) -> bool:
    """Whether *group* becomes a classic one as this static member returns with the classic protocol."""
    is_last = group.classic_members == len(group.members) - 1 and not replaced.is_classic
    return is_last and len(group.members) <= shard.settings.group_max_size and shard.settings.allows_downgrade


def downgrade(shard: Shard, group: ConsumerGroup, *, without: Sequence[ConsumerMember]) -> None:
    """
    *group* is a classic group without these members, and rebalances.

    Raises:
        KafkaError: The records are refused, or GROUP_ID_NOT_FOUND: a member cannot be read.
    """
    gone = {member.member_id for member in without}
    members = [group.members[member_id] for member_id in group.in_order if member_id not in gone]
    classic = _classic(shard, group, [(member, group.target_in_order(member.member_id)) for member in members])
    records = recording.without_group(group)
    _become(shard, group, classic, records)
    prepare(shard, classic)


def downgrade_replacing(
    shard: Shard,
    group: ConsumerGroup,
    replaced: ConsumerMember,
    joining: ConsumerMember,
    records: list[StateRecord],
    *,
    rebalances: bool,
) -> None:
    """
    *group* is a classic group in which a static member takes the place of its former self.

    Raises:
        KafkaError: As above.
    """
    others = [member for member_id in group.in_order if (member := group.members[member_id]) is not replaced]
    if replaced.instance_id != joining.instance_id:
        raise UnexpectedError(f"{replaced.member_id} has taken another instance id, and uses the consumer protocol")
    members = [(member, group.target_in_order(member.member_id)) for member in others]
    members.append((joining, group.target_in_order(replaced.member_id)))
    classic = _classic(shard, group, members)
    renamed = {joining.member_id if name == replaced.member_id else name: m for name, m in group.members.items()}
    gone = recording.without_group(attrs.evolve(group, members=renamed))
    _become(shard, group, classic, [*records, *gone])
    if rebalances:
        prepare(shard, classic)


def _become(shard: Shard, group: ConsumerGroup, classic: ClassicGroup, records: list[StateRecord]) -> None:
    assignments = {member.member_id: member.assignment for member in classic.in_order}
    shard.groups.put(group.group_id, classic)
    try:
        shard.keep([*records, generation(classic, assignments)], is_replayed=False)
    except KafkaError:
        shard.groups.put(group.group_id, group)
        raise
    for member in classic.in_order:
        restart_classic_session(shard, classic, member)


def _classic(
    shard: Shard, group: ConsumerGroup, members: Iterable[tuple[ConsumerMember, Iterable[Partition]]]
) -> ClassicGroup:
    classic = ClassicGroup(
        group.group_id,
        "Stable",
        shard.now_ms,
        group.epoch,
        PROTOCOL_TYPE,
    )
    targets = dict[str, Iterable[Partition]]()
    for member, target in members:
        classic.add(_member(member))
        targets[member.member_id] = target
    classic.protocol = classic.select_protocol()
    classic.subscribed_topics = classic.topics_of_members()
    try:
        for of_group in classic.in_order:
            version = read_version(of_group.metadata(classic.protocol))
            of_group.assignment = assignment_bytes(targets[of_group.member_id], shard.topics, version)
    except MalformedError as error:
        raise KafkaError(ErrorCode.group_id_not_found, f"a member cannot be read: {error}") from None
    return classic


def _member(member: ConsumerMember) -> ClassicMember:
    assert member.classic is not None
    return ClassicMember(
        member.member_id,
        member.instance_id,
        member.client_id,
        member.client_host,
        member.rebalance_timeout_ms,
        member.classic.session_timeout_ms,
        PROTOCOL_TYPE,
        tuple((protocol.name, protocol.metadata) for protocol in member.classic.supported_protocols),
    )


def assignment_bytes(partitions: Iterable[Partition], topics: Topics, version: int) -> bytes:
    """What a member that uses the classic protocol is told to own; topics that are gone are left out."""
    named = {topics.topic_name(topic_id): numbers for topic_id, numbers in by_topic(partitions)}
    return written_assignment({name: numbers for name, numbers in named.items() if name is not None}, version)
