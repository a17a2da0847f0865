"""How long members of classic groups are waited for: their sessions, and whoever has to send a SyncGroup."""

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.groups.shards.timers import Key


def session_key(group_id: str, member_id: str) -> Key:
    """The timer of a member's session."""
    return ("heartbeat", group_id, member_id)


def join_key(group_id: str) -> Key:
    """The timer of a rebalance."""
    return ("join", group_id)


def sync_key(group_id: str) -> Key:
    """The timer of a generation that waits for SyncGroups."""
    return ("sync", group_id)


def classic_group(shard: Shard, group_id: str) -> ClassicGroup | None:
    """The classic group of this id; None if there is none."""
    group = shard.groups.get(group_id)
    return group if isinstance(group, ClassicGroup) else None


def received_sync(shard: Shard, group: ClassicGroup, member_id: str) -> None:
    """A member has sent its SyncGroup. Source: ``GroupMetadataManager.removePendingSyncMember``."""
    group.pending_sync_members.discard(member_id)
    if not group.pending_sync_members:
        shard.timers.cancel(sync_key(group.group_id))


def forget_session(shard: Shard, group: ClassicGroup, member: ClassicMember) -> None:
    """A member's session is no longer looked at."""
    shard.timers.cancel(session_key(group.group_id, member.member_id))
