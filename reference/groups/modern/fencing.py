"""
Members of consumer groups go, or are removed.

Source: ``GroupMetadataManager``: ``consumerGroupLeave``, ``consumerGroupFenceMembers``.
"""

from collections.abc import Sequence

import attrs
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest

from ackproof.reference.groups.group import consumer_group
from ackproof.reference.groups.modern import recording
from ackproof.reference.groups.modern.downgrading import can_downgrade_without, downgrade
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.member import STATIC_LEAVING_EPOCH, ConsumerMember
from ackproof.reference.groups.modern.metadata_hash import metadata_hash
from ackproof.reference.groups.modern.resolving import forgotten
from ackproof.reference.groups.modern.timers import forget
from ackproof.reference.groups.modern.validating import known_static_member
from ackproof.reference.groups.shards.shard import Shard


def leave(shard: Shard, request: ConsumerGroupHeartbeatRequest) -> None:
    """
    A member leaves for good, or a static one says that it will be back.

    Raises:
        KafkaError: It is not a member, or its records are refused.
    """
    group = consumer_group(shard.groups.get(request.group_id))
    if request.instance_id is None:
        fence(shard, group, [group.member(request.member_id)])
        return
    member = known_static_member(group, request.instance_id, request.member_id)
    if request.member_epoch == STATIC_LEAVING_EPOCH:
        shard.keep([recording.current(group.group_id, stopped(member))])
    else:
        fence(shard, group, [member])


def stopped(member: ConsumerMember) -> ConsumerMember:
    """A static member that will be back: its partitions stay its own, as they always have been (KIP-1251)."""
    return attrs.evolve(
        member,
        epoch=STATIC_LEAVING_EPOCH,
        assigned=dict.fromkeys(member.assigned, 0),
        pending_revocation={},
    )


def fence(shard: Shard, group: ConsumerGroup, members: Sequence[ConsumerMember]) -> None:
    """
    These members are no longer in the group, which begins a new epoch.

    If only members of the classic protocol are left it becomes a classic group.

    Raises:
        KafkaError: The records are refused.
    """
    if not members:
        return
    if can_downgrade_without(shard, group, members):
        downgrade(shard, group, without=members)
        return
    records = [record for member in members for record in recording.without_member(group.group_id, member.member_id)]
    gone = {member.member_id for member in members}
    left = [member for member_id, member in group.members.items() if member_id not in gone]
    records += forgotten(group, members)
    shard.keep([*records, recording.epoch(group.group_id, group.epoch + 1, metadata_hash(left, shard.topics))])
    for member in members:
        forget(shard, group.group_id, member.member_id)
