"""Classic groups as their coordinator comes and goes."""

from kio.schema.errors import ErrorCode

from ackproof.reference.groups.classic.answers import join_refused, sync_refused
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.rebalancing import prepare, restart_session
from ackproof.reference.groups.shards.shard import Shard


def start(shard: Shard, group: ClassicGroup) -> None:
    """The sessions of a group that was loaded begin; one that is too large now rebalances."""
    for member in group.in_order:
        restart_session(shard, group, member)
    if len(group.members) > shard.settings.group_max_size:
        prepare(shard, group)


def stop(shard: Shard, group: ClassicGroup) -> None:
    """Whoever waits for a generation or an assignment is to look for another coordinator."""
    group.enter("Dead", shard.now_ms)
    for member in group.in_order:
        member.answer_join(join_refused(ErrorCode.not_coordinator, member.member_id))
        member.answer_sync(sync_refused(ErrorCode.not_coordinator))
