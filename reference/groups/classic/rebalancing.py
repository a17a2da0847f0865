"""
Classic groups come to their next generation.

Source: ``GroupMetadataManager``: ``prepareRebalance`` to ``completeClassicGroupJoin``, and what happens on time.
"""

from functools import partial

from kio.schema.errors import ErrorCode

from ackproof.reference.groups.classic.answers import join_refused, joined, sync_refused, synced
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.groups.classic.recording import generation
from ackproof.reference.groups.classic.sessions import (
    classic_group,
    forget_session,
    join_key,
    session_key,
    sync_key,
)
from ackproof.reference.groups.shards.shard import Shard


def rebalance_or_complete(shard: Shard, group: ClassicGroup) -> None:
    """Begin to prepare a generation; or end that, if it is on and nobody is missing any more."""
    if group.can_rebalance:
        prepare(shard, group)
    else:
        complete_if_all_joined(shard, group)


def prepare(shard: Shard, group: ClassicGroup) -> None:
    """Members are to join again: whoever waits for its assignment hears so at once, the others with a heartbeat."""
    if group.state == "CompletingRebalance":
        refuse_assignments(shard, group, ErrorCode.rebalance_in_progress)
    group.pending_sync_members.clear()
    shard.timers.cancel(sync_key(group.group_id))
    was_empty = group.is_empty
    if was_empty:
        _wait_for_more(shard, group)
    group.enter("PreparingRebalance", shard.now_ms)
    if not was_empty:
        _complete_or_wait(shard, group)


def _wait_for_more(shard: Shard, group: ClassicGroup) -> None:
    delay_ms = shard.settings.group_initial_rebalance_delay_ms
    left_ms = max(group.rebalance_timeout_ms - delay_ms, 0)
    _schedule_extension(shard, group.group_id, delay_ms, left_ms)


def _schedule_extension(shard: Shard, group_id: str, delay_ms: int, left_ms: int) -> None:
    shard.timers.schedule(join_key(group_id), delay_ms, partial(_extend, shard, group_id, delay_ms, left_ms))


def _extend(shard: Shard, group_id: str, delay_ms: int, left_ms: int) -> None:
    """The first generation waits longer as long as members come, but not longer than their rebalance timeout."""
    group = classic_group(shard, group_id)
    if group is None:
        return
    if group.has_new_member and left_ms:
        group.has_new_member = False
        next_ms = min(shard.settings.group_initial_rebalance_delay_ms, left_ms)
        _schedule_extension(shard, group_id, next_ms, max(left_ms - delay_ms, 0))
    else:
        complete(shard, group)


def _complete_or_wait(shard: Shard, group: ClassicGroup) -> None:
    if group.have_all_joined:
        complete(shard, group)
    else:
        _wait_for_members(shard, group)


def _wait_for_members(shard: Shard, group: ClassicGroup) -> None:
    action = partial(_time_is_up, shard, group.group_id)
    shard.timers.schedule(join_key(group.group_id), group.rebalance_timeout_ms, action)


def _time_is_up(shard: Shard, group_id: str) -> None:
    group = classic_group(shard, group_id)
    if group:
        complete(shard, group)


def complete_if_all_joined(shard: Shard, group: ClassicGroup) -> None:
    """The generation is prepared once nobody is missing; the first one only when its delay is over."""
    if group.state == "PreparingRebalance" and group.previous_state != "Empty" and group.have_all_joined:
        complete(shard, group)


def complete(shard: Shard, group: ClassicGroup) -> None:
    """
    Whoever has joined makes up the next generation, static members also if they have not; if nobody has, wait on.

    Raises:
        KafkaError: The group is empty now, and its record is refused.

    Source: ``GroupMetadataManager.completeClassicGroupJoin``.
    """
    shard.timers.cancel(join_key(group.group_id))
    for member in [m for m in group.in_order if not m.awaits_join and m.instance_id is None]:
        group.remove(member.member_id)
        forget_session(shard, group, member)
    if not group.elect_joined_leader() and group.members:
        _wait_for_members(shard, group)
        return
    group.start_next_generation(shard.now_ms)
    if group.is_empty:
        shard.keep([generation(group, {})], is_replayed=False)
    else:
        _tell_generation(shard, group)


def _tell_generation(shard: Shard, group: ClassicGroup) -> None:
    for member in group.in_order:
        member.answer_join(joined(group, member.member_id))
        restart_session(shard, group, member)
        member.is_new = False
        if shard.rules.classic.expires_awaited_syncs:
            group.pending_sync_members.add(member.member_id)
    await_syncs(shard, group, group.rebalance_timeout_ms)


def await_syncs(shard: Shard, group: ClassicGroup, for_ms: int) -> None:
    """
    Wait no longer than *for_ms* for the SyncGroups of the present generation.

    Source: ``GroupMetadataManager.schedulePendingSync``.
    """
    action = partial(_expire_sync, shard, group.group_id, group.generation)
    shard.timers.schedule(sync_key(group.group_id), for_ms, action)


def _expire_sync(shard: Shard, group_id: str, of_generation: int) -> None:
    """Members that have not sent a SyncGroup by now are removed."""
    group = classic_group(shard, group_id)
    if group is None or group.generation != of_generation or group.state not in ("CompletingRebalance", "Stable"):
        return
    if group.pending_sync_members:
        for member_id in sorted(group.pending_sync_members):
            group.remove(member_id)
            shard.timers.cancel(session_key(group_id, member_id))
        prepare(shard, group)


# Assignments.


def refuse_assignments(shard: Shard, group: ClassicGroup, code: ErrorCode) -> None:
    """There is no assignment for this generation: whoever waits for it hears *code*."""
    assert group.state == "CompletingRebalance"
    for member in group.in_order:
        member.assignment = b""
        if member.answer_sync(sync_refused(code)):
            restart_session(shard, group, member)


def tell_assignments(shard: Shard, group: ClassicGroup, assignments: dict[str, bytes]) -> None:
    """Members have these assignments, and whoever waits for its own hears it."""
    assert group.state == "CompletingRebalance"
    for member in group.in_order:
        member.assignment = assignments.get(member.member_id, b"")
        if member.answer_sync(synced(group.protocol_type, group.protocol, member.assignment)):
            restart_session(shard, group, member)


# Sessions.


def restart_session(shard: Shard, group: ClassicGroup, member: ClassicMember, timeout_ms: int | None = None) -> None:
    """A member has shown itself, and may be silent for so long again."""
    schedule_session(
        shard,
        group.group_id,
        member.member_id,
        member.session_timeout_ms if timeout_ms is None else timeout_ms,
    )


def schedule_session(shard: Shard, group_id: str, member_id: str, timeout_ms: int) -> None:
    """A member, or one that is to join, is waited for so long."""
    action = partial(_expire_session, shard, group_id, member_id)
    shard.timers.schedule(session_key(group_id, member_id), timeout_ms, action)


def _expire_session(shard: Shard, group_id: str, member_id: str) -> None:
    group = classic_group(shard, group_id)
    if group is None or group.state == "Dead":
        return
    if member_id in group.pending_members:
        group.remove(member_id)
        if group.state == "PreparingRebalance" and group.have_all_joined:
            complete(shard, group)
    elif member_id in group.members and not group.members[member_id].keeps_session:
        _remove_member(shard, group, group.members[member_id])


def _remove_member(shard: Shard, group: ClassicGroup, member: ClassicMember) -> None:
    member.answer_join(join_refused(ErrorCode.unknown_member_id))
    group.remove(member.member_id)
    if group.state in ("Stable", "CompletingRebalance"):
        rebalance_or_complete(shard, group)
    elif group.state == "PreparingRebalance" and group.have_all_joined:
        complete(shard, group)
