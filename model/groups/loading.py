"""The coordinator of a classic group moves: another broker reads the group from its log."""

from collections.abc import Iterator
from itertools import product

import attrs

from ackproof.model.groups.classic import ClassicGroup, GroupState, has_assigned, waits_for_join
from ackproof.model.groups.joining import lost
from ackproof.model.groups.member import Member, Registration, forgetful
from ackproof.model.groups.naming import named
from ackproof.model.groups.rules import ClassicRules
from ackproof.model.groups.watching import Watching, unprepared
from ackproof.model.system import Next, action


@action(fault="coordinator-failover")
def coordinator_failover(group: ClassicGroup, rules: ClassicRules, watching: Watching) -> Iterator[Next]:
    """
    Another broker becomes the group coordinator and reads the group from its log, as it last was stable.

    Answers of the former one may be lost. Who waits for its assignment then joins again with what it owns; who has
    heard that the group rebalances joins again as well. Who has a new member id since the group last was stable is not
    known by that, but by its former one. So is who has left as it does not poll, until it polls and loses what it owns.

    Source: ``GroupMetadataManager.loadGroupsAndOffsets``; a generation is stored with its assignment.
    ``AbstractCoordinator.HeartbeatThread``, ``maybeLeaveGroup``.
    """
    has_members = any(member.stored for member in group.members)
    state: GroupState = "stable" if has_members else "empty"
    loaded = attrs.evolve(group, state=state, generation=group.stored_generation, awaits_former=False)
    ways = (members_after_failover(group, rules, member, watching) for member in group.members)
    for members in product(*ways):
        after = attrs.evolve(loaded, members=members)
        back = "" if after == group else f", which knows generation {group.stored_generation}"
        again = [i for i, of in enumerate(members) if is_changed(with_stored(group, group.members[i]), of)]
        left = [named(i) for i in again if members[i].status == "out"]
        back_again = [named(i) for i in again if members[i].status != "out"]
        rejoining = f"; {' and '.join(back_again)} will join again" if back_again else ""
        rejoining += f"; {' and '.join(left)} had left, and is known again" if left else ""
        former = [named(i) for i, of in enumerate(group.members) if is_known_as_former(of)]
        renamed = f"; it knows {' and '.join(former)} by a former id alone" if former else ""
        yield Next(f"the group coordinator moves to another broker{back}{rejoining}{renamed}", group=after)


def is_changed(before: Member, after: Member) -> bool:
    """Whether a member is to do something else than *before*."""
    return (before.status, before.wants_to_rejoin) != (after.status, after.wants_to_rejoin)


def members_after_failover(
    group: ClassicGroup, rules: ClassicRules, member: Member, watching: Watching
) -> Iterator[Member]:
    """What a member may be once the coordinator has moved, by what it had heard of the former one."""
    for running in unprepared(group, member, rules, watching):
        yield from ways_after_failover(group, rules, running)


def ways_after_failover(group: ClassicGroup, rules: ClassicRules, member: Member) -> Iterator[Member]:
    """The same of a *member* of which it is known what it watches."""
    present = with_stored(group, member)
    yield present
    if present.status == "syncing" and present.registration:
        is_to_ask = present.generation != group.stored_generation
        yield attrs.evolve(present, status="joining", sends_heartbeats=is_to_ask)
    elif present.status == "member" and present.registration and may_have_heard(group, member):
        yield attrs.evolve(present, wants_to_rejoin=True)
    elif may_have_left(member, rules):
        yield attrs.evolve(
            forgetful(lost(present, rules)), owned=member.owned, is_stored_as_former=is_to_lead(member.stored)
        )


def may_have_left(member: Member, rules: ClassicRules) -> bool:
    """
    Whether a *member* that was removed may have left by itself, of which it has to take note as it polls.

    Not modelled: who keeps what it owned all the same (KAFKA-12983).
    """
    is_removed = member.runs and member.registration is None and not member.is_stored_as_former
    is_to_lose = bool(member.owned) and not rules.keeps_owned_without_membership
    return is_removed and is_to_lose and member.stored is not None and not rules.is_static


def may_have_heard(group: ClassicGroup, member: Member) -> bool:
    """Whether a *member* may have heard that its group rebalances: one that was removed has heard it before that."""
    return group.state == "preparing" and member.registration is not None and not member.wants_to_rejoin


def with_stored(group: ClassicGroup, member: Member) -> Member:
    """*member* as a coordinator knows it that has read the log, which may have another JoinGroup than its last one."""
    misses = member.misses_answer and has_assigned(group) and not waits_for_join(group, member)
    present = attrs.evolve(member, registration=member.stored, misses_answer=misses)
    if is_known_as_former(member):
        return as_former(present)
    if member.status == "out" and member.registration is None:
        # The group had removed it, and has it once more.
        return attrs.evolve(present, is_stored_as_former=is_to_lead(member.stored))
    return present


def is_to_lead(known: Registration | None) -> bool:
    """Whether it shows who joins beside this former self: who leads in its place is one of those that are there."""
    return known is not None and not known.is_static and (known.is_leader or known.may_lead)


def is_known_as_former(member: Member) -> bool:
    """Whether a process is known to the log of its coordinator by a former member id alone."""
    return member.runs and member.is_stored_as_former


def as_former(member: Member) -> Member:
    """
    *member* whose group knows it by a former id alone.

    It is told so (UNKNOWN_MEMBER_ID), and joins once more. One that is static takes the place of its former self,
    unless it has heard its new id: then it ends (FENCED_INSTANCE_ID), and is started again.

    Source: ``ClassicGroup.validateMember``.
    """
    known = member.registration
    assert known is not None
    if not known.is_static or not member.generation:
        return attrs.evolve(forgetful(member), is_to_take=member.has_taken, is_stored_as_former=is_to_lead(known))
    restarted = Member("out", registration=known, stored=known, instance_rank=member.instance_rank)
    return attrs.evolve(restarted, has_taken=member.has_taken, is_to_take=member.has_taken)
