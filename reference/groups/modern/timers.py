"""The timers of members of consumer groups."""

from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.groups.shards.timers import Key


def session_key(group_id: str, member_id: str) -> Key:
    """Until a member's session expires."""
    return ("session", group_id, member_id)


def rebalance_key(group_id: str, member_id: str) -> Key:
    """Until it has to have given up what it is told to."""
    return ("revocation", group_id, member_id)


def join_key(group_id: str, member_id: str) -> Key:
    """Until a member that uses the classic protocol has to have joined again."""
    return ("join", group_id, member_id)


def sync_key(group_id: str, member_id: str) -> Key:
    """Until it has to have fetched its assignment."""
    return ("sync", group_id, member_id)


def forget(shard: Shard, group_id: str, member_id: str) -> None:
    """A member is waited for no longer."""
    for key in (session_key, rebalance_key, join_key, sync_key):
        shard.timers.cancel(key(group_id, member_id))
