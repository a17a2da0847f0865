"""How long members of consumer groups are waited for: their sessions, and what they have to revoke, join or sync."""

from functools import partial

from ackproof.reference.groups.modern.fencing import fence
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.member import ConsumerMember, MemberState
from ackproof.reference.groups.modern.timers import join_key, rebalance_key, session_key, sync_key
from ackproof.reference.groups.shards.shard import Shard


def restart_session(shard: Shard, group_id: str, member_id: str, timeout_ms: int | None = None) -> None:
    """A member has shown itself, and may be silent for a session again."""
    session_ms = shard.settings.group_consumer_session_timeout_ms if timeout_ms is None else timeout_ms
    action = partial(_expire, shard, group_id, member_id)
    shard.timers.schedule(session_key(group_id, member_id), session_ms, action, retries=True)


def wait_for_revocation(shard: Shard, group_id: str, member: ConsumerMember) -> None:
    """A member that has to give something up is removed if it does not within its rebalance timeout."""
    key = rebalance_key(group_id, member.member_id)
    if member.state == MemberState.UNREVOKED_PARTITIONS:
        action = partial(_expire_epoch, shard, group_id, member.member_id, member.epoch)
        shard.timers.schedule(key, member.rebalance_timeout_ms, action, retries=True)
    else:
        shard.timers.cancel(key)


def wait_for_join(shard: Shard, group_id: str, member: ConsumerMember) -> None:
    """A member that uses the classic protocol has been told to join again."""
    action = partial(_expire, shard, group_id, member.member_id)
    shard.timers.schedule_if_absent(join_key(group_id, member.member_id), member.rebalance_timeout_ms, action)


def wait_for_sync(shard: Shard, group_id: str, member_id: str, timeout_ms: int) -> None:
    """A member that uses the classic protocol has joined, and is to fetch its assignment."""
    action = partial(_expire, shard, group_id, member_id)
    shard.timers.schedule(sync_key(group_id, member_id), timeout_ms, action, retries=True)


def start(shard: Shard, group: ConsumerGroup) -> None:
    """The sessions of a group that was loaded begin."""
    for member in group.members.values():
        restart_session(shard, group.group_id, member.member_id)
        if member.state == MemberState.UNREVOKED_PARTITIONS:
            wait_for_revocation(shard, group.group_id, member)


def _expire(shard: Shard, group_id: str, member_id: str) -> None:
    group = shard.groups.get(group_id)
    if isinstance(group, ConsumerGroup) and member_id in group.members:
        fence(shard, group, [group.members[member_id]])


def _expire_epoch(shard: Shard, group_id: str, member_id: str, epoch: int) -> None:
    group = shard.groups.get(group_id)
    if isinstance(group, ConsumerGroup) and member_id in group.members and group.members[member_id].epoch == epoch:
        fence(shard, group, [group.members[member_id]])
