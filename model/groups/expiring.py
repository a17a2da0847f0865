"""What becomes of members of a classic group for which its coordinator waits in vain."""

from collections.abc import Iterator

from ackproof.model.groups.classic import ClassicGroup, preparing, waits_for_join, without_member, without_members
from ackproof.model.groups.member import Member
from ackproof.model.groups.naming import named
from ackproof.model.system import Next, action


@action
def session_expires(group: ClassicGroup) -> Iterator[Next]:
    """
    The session of a process that is gone expires (``session.timeout.ms``), but not while a request of it waits.

    Source: ``GroupMetadataManager.expireClassicGroupMemberHeartbeat``; ``ClassicGroupMember.hasSatisfiedHeartbeat``.
    """
    for index, member in enumerate(group.members):
        if member.runs or waits_for_join(group, member) or waits_for_assignment(group, member):
            continue
        if member.registration:
            yield Next(f"the session of {named(index)} expires", group=without_member(group, index))


def waits_for_assignment(group: ClassicGroup, member: Member) -> bool:
    """Whether the coordinator is known to have a SyncGroup of *member*, a static one, and no assignment yet."""
    known = member.registration
    has_synced = known is not None and known.is_static and not known.awaits_sync and not known.is_replaced
    return group.state == "completing" and has_synced


@action
def sync_expires(group: ClassicGroup) -> Iterator[Next]:
    """
    The coordinator has waited in vain for the SyncGroup of a member id that was replaced, and has all join again.

    Whose process is gone that has not sent its own either is removed; whose runs has sent it by then.

    Source: ``GroupMetadataManager.expirePendingSync``, a rebalance timeout after the generation began.
    """
    if group.awaits_former:
        known = ((index, group.members[index].registration) for index in group.registered)
        missing = [index for index, of in known if of and of.awaits_sync]
        if any(group.members[index].runs for index in missing):
            return
        says = "the coordinator has waited in vain for a SyncGroup of a former process; the group prepares to rebalance"
        says += f"; it removes {' and '.join(map(named, missing))}" if missing else ""
        yield Next(says, group=without_members(preparing(group), missing))
