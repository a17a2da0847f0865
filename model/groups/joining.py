"""Members of a classic group join, and leave what they are told to."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.groups.claims import NO_CLAIM, NONE, Claim
from ackproof.model.groups.classic import (
    ClassicGroup,
    fails_unassigned,
    has_assigned,
    is_current,
    waits_for_join,
    with_any_leader,
    with_joined,
)
from ackproof.model.groups.member import Member, Registration, forgetful, renamed
from ackproof.model.groups.naming import named, told
from ackproof.model.groups.repeating import claim_of, heard_again, says_nothing_new, told_by
from ackproof.model.groups.rules import ClassicRules
from ackproof.model.groups.watching import Watching, unprepared, watched_by
from ackproof.model.system import Next, action


@action
def join(group: ClassicGroup, rules: ClassicRules) -> Iterator[Next]:
    """A consumer sends its first JoinGroup. One that crashed has to wait until its old session has expired."""
    for index, member in enumerate(group.members):
        if member.status == "out" and (member.registration is None or member.is_stored_as_former):
            yield joined(group, rules, index)


def joined(group: ClassicGroup, rules: ClassicRules, index: int) -> Next:
    """
    The consumer at *index* has sent its first JoinGroup.

    If its former member id leads it has joined beside that, and may lead itself once that is gone.

    Source: ``ClassicGroup.remove``.
    """
    member = group.members[index]
    says = f"{named(index)} joins; the group prepares to rebalance"
    kept = member if rules.keeps_owned_without_membership else attrs.evolve(member, owned=NONE)
    new = renamed(kept, Registration(is_static=rules.is_static))
    after = with_joined(group.with_member(index, new), index, new, member.remembered)
    if member.registration is None:
        return Next(says, group=after)
    return Next(f"{says}; the session of its former member id expires", group=with_any_leader(after))


@action
def return_as_the_same(group: ClassicGroup, rules: ClassicRules) -> Iterator[Next]:
    """
    A static member that has restarted joins under a new member id, which replaces the old one.

    If the coordinator waits for a SyncGroup of the old one it goes on to do so, in vain.

    Source: ``GroupMetadataManager.updateStaticMemberThenRebalanceOrCompleteJoin``;
    ``ClassicGroup.replaceStaticMember``, which leaves ``pendingSyncMembers`` as they are.
    """
    for index, member in enumerate(group.members):
        if rules.is_static and member.status == "out" and member.registration:
            yield from returned(group, rules, index)


def returned(group: ClassicGroup, rules: ClassicRules, index: int) -> Iterator[Next]:
    """The static member at *index* is back: a stable group goes on as it was, another one rebalances."""
    member = attrs.evolve(group.members[index], is_to_take=False)
    again = f"{named(index)} returns under its instance id"
    known = member.registration
    assert known is not None
    if group.state == "stable":
        new = attrs.evolve(known, claim=member.remembered, told="no generation", awaits_sync=False, slot=0)
        stored = attrs.evolve(new, has_joined=False) if member.stored else None
        heard = attrs.evolve(member, status="syncing", generation=group.generation, misses_answer=False)
        back = attrs.evolve(heard, registration=new, stored=stored, is_stored_as_former=False)
        is_awaited = known.awaits_sync and rules.expires_awaited_syncs
        present = attrs.evolve(group, awaits_former=group.awaits_former or is_awaited)
        for watched in watched_by(group, member, rules):
            after = present.with_member(index, attrs.evolve(back, watched=watched))
            yield Next(f"{again}; nothing else changes", group=after)
    elif group.state == "completing" and rules.forgets_replaced_members:
        heard = attrs.evolve(member, status="syncing", generation=group.generation, misses_answer=False)
        new = attrs.evolve(known, claim=member.remembered, told="no generation", awaits_sync=False, slot=0)
        back = renamed(heard, attrs.evolve(new, is_replaced=True))
        yield Next(f"{again}, with a member id that the leader does not know", group=group.with_member(index, back))
    else:
        back = renamed(member, attrs.evolve(known, slot=0))
        present = group.with_member(index, back)
        yield Next(f"{again} and joins", group=with_joined(present, index, back, member.remembered))


@action
def rejoin(group: ClassicGroup, rules: ClassicRules, repeats: bool, watching: Watching) -> Iterator[Next]:
    """
    A member that polls joins again: because the group rebalances, or it wants it to.

    Source: ``ConsumerCoordinator.onJoinPrepare``.
    """
    for index, member in enumerate(group.members):
        if member.runs and member.registration and may_join(group, member) and has_to_join(group, member):
            for present in unprepared(group, member, rules, watching):
                yield from rejoining(group.with_member(index, present), rules, index, repeats=repeats)


def rejoining(group: ClassicGroup, rules: ClassicRules, index: int, *, repeats: bool) -> Iterator[Next]:
    """The member at *index* joins again, as one that has lost its generation or not, which it hears before or after."""
    member = group.members[index]
    assert member.registration is not None
    is_lost = member.has_lost or (member.status != "joining" and not is_current(group, member))
    yield rejoined(group, rules, index, is_lost=is_lost, repeats=repeats)
    if is_lost and member.status == "member" and member.registration.is_static:
        # It had heard before that the group rebalances, and has not heard yet that this is over.
        yield rejoined(group, rules, index, is_lost=False, repeats=repeats)
    if member.sends_heartbeats and member.generation not in (0, group.generation) and not is_lost:
        yield from rejoined_late(group, rules, index, repeats=repeats)


def may_join(group: ClassicGroup, member: Member) -> bool:
    """Whether no JoinGroup of *member* is on its way to its coordinator, or it does not wait for the answer."""
    waits = waits_for_join(group, member) and not member.misses_answer
    return not waits if member.has_lost else not member.has_joined


def rejoined_late(group: ClassicGroup, rules: ClassicRules, index: int, *, repeats: bool) -> Iterator[Next]:
    """
    The member at *index* joins again, and hears only then that its generation is gone: a heartbeat came before.

    One that is told a generation at once joins as if it had heard so before. Who has lost its JoinGroup sends no
    heartbeats until it has a generation.

    Source: ``AbstractCoordinator``: ``HeartbeatResponseHandler``, ``JoinGroupResponseHandler``
    (``UnjoinedGroupException``); ``MemberState.hasNotJoinedGroup``, which ``HeartbeatThread.run`` looks at.
    """
    joins = rejoined(group, rules, index, is_lost=False, repeats=repeats)
    after = cast("ClassicGroup", joins.changes["group"])
    member = after.members[index]
    if waits_for_join(after, member):
        gives_up = f", and it gives up {told(member.owned)}" if member.owned != without(member, rules).owned else ""
        says = f"{joins.says}; a heartbeat tells it that its generation is gone{gives_up}"
        yield Next(says, group=after.with_member(index, attrs.evolve(without(member, rules), has_lost=True)))


def has_to_join(group: ClassicGroup, member: Member) -> bool:
    """Whether a member sends a JoinGroup: it is told to, wants to, or its request went to a former coordinator."""
    if member.has_lost:
        return True
    if member.misses_answer:
        return group.state == "preparing"
    if fails_unassigned(group, member):
        return False
    if member.is_leader and member.status == "syncing" and member.generation == group.generation:
        # The answer to the SyncGroup that brought the assignment is on its way.
        return group.state == "preparing" and not has_assigned(group)
    return group.state == "preparing" or member.wants_to_rejoin or member.status == "joining" or is_stray(group, member)


def is_stray(group: ClassicGroup, member: Member) -> bool:
    """
    Whether a member is in another generation than the coordinator (ILLEGAL_GENERATION).

    It has heard one that the coordinator no longer knows, or the next one has begun without it as it is static.
    """
    return member.status in ("syncing", "member") and member.generation != group.generation


def rejoined(group: ClassicGroup, rules: ClassicRules, index: int, *, is_lost: bool, repeats: bool) -> Next:
    """
    The member at *index* joins again, eagerly without what it owned.

    A follower that says nothing new is told the present generation once more.

    Source: ``GroupMetadataManager.classicGroupJoinExistingMember``.
    """
    member = group.members[index]
    if is_lost:
        says = f"{named(index)} learns that its generation is gone"
        ready = without(member, rules)
        says = says if ready is member else f"{says}, gives up what it owned"
    elif rules.is_cooperative or not member.owned:
        says, ready = named(index), member
    else:
        says, ready = f"{named(index)} gives up {told(member.owned)}", attrs.evolve(member, owned=NONE)
    says += " joins again" if says == named(index) else " and joins again"
    claim, tells = claim_of(ready, rules, is_lost=is_lost), told_by(group, member, is_lost=is_lost, repeats=repeats)
    if says_nothing_new(group, rules, member, claim, tells if repeats else "another"):
        return Next(f"{says}; it hears of generation {group.generation} again", group=heard_again(group, index, ready))
    if group.state != "preparing":
        says += "; the group prepares to rebalance"
    return Next(says, group=with_joined(group, index, ready, claim, tells))


def without(member: Member, rules: ClassicRules) -> Member:
    """*member* that has heard that its generation is gone: one that was ready to join may keep all (KAFKA-12983)."""
    keeps = rules.keeps_owned_without_membership and not rules.gives_up_as_it_syncs
    is_ready = keeps and member.status != "member"
    return member if is_ready else lost(member, rules)


def lost(member: Member, rules: ClassicRules) -> Member:
    """*member* after it has lost its partitions (``onPartitionsLost``): the group has given them to others."""
    keeps_claim = rules.claims_what_was_lost or not rules.is_cooperative
    nothing = Claim(NONE, member.remembered.generation) if rules.tells_past_generation else NO_CLAIM
    remembered = member.remembered if keeps_claim else nothing
    return attrs.evolve(member, owned=NONE, remembered=remembered, takes_itself_for_leader=False)


def is_remembered(rules: ClassicRules) -> bool:
    """Whether who has forgotten who it was may still tell or keep something of that as it joins anew."""
    keeps_claim = rules.claims_what_was_lost or not rules.is_cooperative
    tells = rules.assignor.is_sticky and (keeps_claim or rules.tells_past_generation)
    return tells or rules.keeps_owned_without_membership


@action
def ask_again(group: ClassicGroup, rules: ClassicRules) -> Iterator[Next]:
    """
    A member that has missed the answer to its JoinGroup sends the same one again, and hears what it has missed.

    Who leads a stable group has heard that it does: else all would join again. A static member whose first answer it
    was does not know its member id, and gets another one.

    Source: ``GroupMetadataManager``: ``classicGroupJoinExistingMember``, ``classicGroupJoinNewStaticMember``.
    """
    for index, member in enumerate(group.members):
        if not (member.runs and member.misses_answer and member.registration) or member.has_lost:
            continue
        says = f"{named(index)} sends its JoinGroup again"
        if waits_for_join(group, member):
            yield Next(says, group=group.with_member(index, attrs.evolve(member, misses_answer=False)))
        elif rules.is_static and member.generation == 0:
            yield from returned(group, rules, index)
        elif group.state != "preparing":
            heard = attrs.evolve(member, status="syncing", generation=group.generation, misses_answer=False)
            yield Next(f"{says} and hears of generation {group.generation}", group=group.with_member(index, heard))


@action
def hear_of_removal(group: ClassicGroup, rules: ClassicRules) -> Iterator[Next]:
    """
    A consumer hears that the group does not know it any more (UNKNOWN_MEMBER_ID), and joins as a new member.

    One whose instance id another process has joined with ends (``FencedInstanceIdException``). It stands still until
    then: its group would take it for the member that it was, or for none if that is gone.

    Source: ``ClassicGroup``: ``validateMember``, ``replaceStaticMember``.
    """
    is_taken = any(each.has_taken and each.registration and not each.is_to_take for each in group.members)
    for index, member in enumerate(group.members):
        if not member.runs or (member.is_fenced and not is_taken):
            continue
        if member.is_fenced:
            says = f"{named(index)} hears that another process has its instance id, and ends"
            yield Next(says, group=without_former(group, index))
        elif member.registration is None:
            for kept in after_removal(member, rules):
                out = forgetful(kept)
                gives_up = "" if kept.owned == member.owned else f" and gives up {told(member.owned)}"
                says = f"{named(index)} learns that it is no longer in the group{gives_up}"
                yield Next(says, group=group.with_member(index, out))


def without_former(group: ClassicGroup, index: int) -> ClassicGroup:
    """*group* without the process at *index*, which has ended and whose instance id another one has."""
    members = tuple(attrs.evolve(each, has_taken=False, is_to_take=False) for each in group.members)
    return attrs.evolve(group, members=members).with_member(index, Member("absent"))


def after_removal(member: Member, rules: ClassicRules) -> Iterator[Member]:
    """
    What a *member* is that hears of its removal: it has lost everything, unless it rejoins already (KAFKA-12983).

    One that is about to rejoin hears of it by a heartbeat, or by its JoinGroup, before which it gives up all if it is
    eager.
    """
    has_prepared = member.status != "member" or (member.wants_to_rejoin and rules.is_cooperative)
    gives_up = rules.gives_up_as_it_syncs and member.status == "syncing"
    keeps = rules.keeps_owned_without_membership and not gives_up
    if not keeps or member.status == "member":
        yield lost(member, rules)
    if keeps and has_prepared:
        yield member
