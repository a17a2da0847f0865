"""A classic group assigns: a generation begins, its leader assigns, members learn what they own."""

from collections.abc import Iterable, Iterator
from functools import partial

import attrs

from ackproof.model.groups.assignors import Shares
from ackproof.model.groups.claims import NO_CLAIM, NONE, Claim, Claims
from ackproof.model.groups.classic import ClassicGroup, fails_unassigned, has_assigned, without_members
from ackproof.model.groups.meeting import assignments
from ackproof.model.groups.member import Member, Registration
from ackproof.model.groups.naming import named, told
from ackproof.model.groups.repeating import assigned_since, told_in
from ackproof.model.groups.rules import ClassicRules
from ackproof.model.groups.watching import Watching, watched_from_now_on
from ackproof.model.system import Next, action


@action
def begin_generation(group: ClassicGroup, repeats: bool) -> Iterator[Next]:
    """
    All members have joined: the next generation begins. The leader stays if it has joined, else any one leads that has.

    Static members are in it also if there is no process that joins, or whose polls fail: nobody waits longer than the
    rebalance timeout.

    The first time all instances are waited for (``group.initial.rebalance.delay.ms``). Who has left meanwhile is heard
    now, so that the others join again.

    Source: ``GroupMetadataManager.completeClassicGroupJoin``, which removes dynamic members alone.
    """
    yield from generations(group, group.registered, repeats=repeats)


def generations(group: ClassicGroup, awaited: Iterable[int], *, repeats: bool) -> Iterator[Next]:
    """The next generation, if all that are *awaited* have joined: one for each leader that there may be."""
    if group.state != "preparing" or not all(is_ready(group, group.members[index]) for index in awaited):
        return
    if group.generation == 0 and any(m.status == "out" and m.registration is None for m in group.members):
        return
    for leader in leaders(group):
        left = [index for index in group.registered if has_left(group.members[index])]
        says = f"generation {group.generation + 1} begins; {named(leader)} leads it"
        says += f"; {' and '.join(map(named, left))} left" if left else ""
        yield Next(says, group=without_members(begun(group, leader, repeats=repeats), left))


def has_left(member: Member) -> bool:
    """Whether the LeaveGroup of a *member* is heard behind its JoinGroup, and not lost with its connection."""
    return member.status == "absent" and not member.misses_answer


def leaders(group: ClassicGroup) -> list[int]:
    """
    Who may lead the next generation: the leader, or any one that has joined if the leader has not.

    Source: ``ClassicGroup``: ``add``, ``remove``, ``maybeElectNewJoinedLeader``.
    """
    known = {index: of.registration for index, of in enumerate(group.members) if of.registration}
    chosen = [index for index, of in known.items() if of.is_leader] or [i for i, of in known.items() if of.may_lead]
    joined = [index for index, of in known.items() if of.has_joined]
    return chosen if chosen and set(chosen) <= set(joined) else joined


def is_ready(group: ClassicGroup, member: Member) -> bool:
    """Whether nobody has to wait for *member* for longer."""
    known = member.registration
    does_not_join = not member.runs or fails_unassigned(group, member)
    return known is not None and (known.has_joined or (known.is_static and does_not_join))


def begun(group: ClassicGroup, leader: int, *, repeats: bool) -> ClassicGroup:
    """*group* with a new generation, as its members have heard."""
    generation = group.generation + 1
    members = tuple(
        answered(member, generation, leads=index == leader, repeats=repeats) if member.registration else member
        for index, member in enumerate(group.members)
    )
    return attrs.evolve(group, state="completing", generation=generation, members=members)


def answered(member: Member, generation: int, *, leads: bool, repeats: bool) -> Member:
    """*member* with the answer to its JoinGroup, if it is heard."""
    assert member.registration is not None
    known = attrs.evolve(
        member.registration,
        told=told_in(member, generation, repeats=repeats),
        is_leader=leads,
        may_lead=False,
        is_replaced=False,
        awaits_sync=member.registration.is_static,
    )
    if member.status == "absent":
        return attrs.evolve(member, registration=known, misses_answer=False)
    if member.status != "joining" or member.misses_answer or member.has_lost:
        return attrs.evolve(member, registration=known)
    heard = attrs.evolve(member, status="syncing", generation=generation, registration=known)
    # As it hears that it leads it looks at the topic anew.
    return attrs.evolve(heard, has_news=False, takes_itself_for_leader=False) if leads else heard


@action
def assign(group: ClassicGroup, rules: ClassicRules, fewest_partitions: int, fails_over: bool) -> Iterator[Next]:
    """
    The leader runs the assignor and sends everybody's assignment with its SyncGroup.

    It goes by the partitions that it knows of: its metadata may be older than the topic. One that was replaced is told
    that its former self leads, and sends none: who is left out is assigned nothing.

    Source: ``ConsumerCoordinator.onLeaderElected``, ``updateGroupSubscription``; ``metadata.max.age.ms``;
    ``GroupCoordinator.doSyncGroup`` of 2.4.
    """
    leaders = [index for index, each in enumerate(group.members) if each.is_leader and each.status == "syncing"]
    if group.state != "completing" or not leaders:
        return
    leader, keeps_claims = group.members[leaders[0]], not rules.claims_heard_generation
    fails = not rules.reads_no_assignment
    settled = partial(assigned, remembers=fails_over, keeps_claims=keeps_claims, fails_unassigned=fails)
    if leader.registration and leader.registration.is_replaced:
        nothing = dict.fromkeys(group.registered, NONE)
        says = f"{named(leaders[0])} sends its SyncGroup and does not know that it leads: nobody is assigned anything"
        yield Next(says, group=settled(without_assignment(group), nothing))
        return
    for seen in range(group.partitions, max(leader.watched, fewest_partitions) - 1, -1):
        watching = group.with_member(leaders[0], attrs.evolve(leader, watched=seen))
        for met, shares in assignments(watching, rules.assignor, seen):
            if not (rules.refuses_stale_claims and moves_at_once(claims_of(group), shares)):
                told_shares = ", ".join(f"{named(index)} {told(shares[index])}" for index in group.registered)
                says = f"{named(leaders[0])} assigns: {told_shares}"
                yield Next(says, group=settled(met, shares))


def without_assignment(group: ClassicGroup) -> ClassicGroup:
    """*group* whose leader has no assignment for any member."""
    members = tuple(
        attrs.evolve(each, registration=each.registration and attrs.evolve(each.registration, is_replaced=True))
        for each in group.members
    )
    return attrs.evolve(group, members=members)


def shares_of(group: ClassicGroup, rules: ClassicRules, partitions: int) -> Iterator[Shares]:
    """What the assignor may come to, of so many *partitions*."""
    return (shares for _, shares in assignments(group, rules.assignor, partitions))


def claims_of(group: ClassicGroup) -> dict[int, Claim]:
    """What members said in their JoinGroup."""
    return {index: of.registration.claim for index, of in enumerate(group.members) if of.registration}


def moves_at_once(claims: Claims, shares: Shares) -> bool:
    """
    Whether a partition goes to one member while another one that claims it is to revoke it.

    Source: ``ConsumerCoordinator.validateCooperativeAssignment``.
    """
    revoked = NONE.union(*(claim.partitions - shares[member] for member, claim in claims.items()))
    added = NONE.union(*(shares[member] - claim.partitions for member, claim in claims.items()))
    return bool(revoked & added)


def assigned(
    group: ClassicGroup, shares: Shares, *, remembers: bool, keeps_claims: bool = False, fails_unassigned: bool = True
) -> ClassicGroup:
    """
    *group*, stable with this assignment, as its coordinator also writes it to its log.

    Args:
        remembers: Somebody may read that log.
        keeps_claims: Somebody may ask whether a member says something new.
        fails_unassigned: Clients fail of it where they are told no assignment.

    Source: ``GroupMetadataManager.storeGroup``.
    """
    known = [
        member.registration and with_share(member.registration, shares[index], keeps_claims, fails_unassigned)
        for index, member in enumerate(group.members)
    ]
    members = tuple(
        written(member, of) if remembers else attrs.evolve(member, registration=of)
        for member, of in zip(group.members, known, strict=True)
    )
    return attrs.evolve(group, state="stable", members=members, stored_generation=group.generation)


def written(member: Member, known: Registration | None) -> Member:
    """*member* with this registration, as its coordinator also writes it to its log."""
    stored = known and attrs.evolve(known, awaits_sync=False)
    return attrs.evolve(member, registration=known, stored=stored, is_stored_as_former=False)


def with_share(known: Registration, share: frozenset[int], keeps_claims: bool, fails_unassigned: bool) -> Registration:
    """*known* with its assignment; a member id that the leader does not know gets nothing."""
    return attrs.evolve(
        known,
        has_joined=False,
        claim=known.claim if known.is_static or keeps_claims else NO_CLAIM,
        assigned=NONE if known.is_replaced else share,
        is_replaced=known.is_replaced and fails_unassigned,
        awaits_sync=known.awaits_sync and not known.is_leader,
    )


@action
def learn(group: ClassicGroup, rules: ClassicRules, fewest_partitions: int, repeats: bool) -> Iterator[Next]:
    """A member hears its assignment, also if its group prepares to rebalance again while the answer is on its way."""
    for index, member in enumerate(group.members):
        if is_answered(group, member):
            for watched in watched_from_now_on(group, member, rules, fewest_partitions):
                yield from learned(group, rules, index, watched, repeats=repeats)


def is_answered(group: ClassicGroup, member: Member) -> bool:
    """Whether the answer to a member's SyncGroup may be on its way."""
    knows_it = member.registration is not None and member.generation == group.generation
    is_told = group.state != "completing" and has_assigned(group) and not fails_unassigned(group, member)
    return knows_it and member.status == "syncing" and is_told


def learned(group: ClassicGroup, rules: ClassicRules, index: int, watched: int, *, repeats: bool) -> Iterator[Next]:
    """
    The member at *index* gives up what it is not assigned, and wants to join again if there is something.

    Who has led before watches until now, and may join again for that.

    Args:
        watched: How many partitions it watches from now on.
        repeats: It may join again without a generation.

    Source: ``ConsumerCoordinator``: ``onJoinComplete``, ``rejoinNeededOrPending``.
    """
    member = group.members[index]
    assert member.registration is not None
    assigned_now = member.registration.assigned
    revoked = member.owned - assigned_now
    goes_on = member.takes_itself_for_leader and member.has_news
    after = attrs.evolve(
        member,
        status="member",
        owned=assigned_now,
        remembered=Claim(assigned_now, group.generation) if rules.assignor.is_sticky else NO_CLAIM,
        wants_to_rejoin=bool(revoked) or goes_on,
        watched=watched,
        has_news=goes_on,
        takes_itself_for_leader=False,
        registration=attrs.evolve(member.registration, awaits_sync=False),
    )
    if repeats and rules.assignor.is_sticky:
        after = assigned_since(after)
    gives_up = f", gives up {told(revoked)} and will join again" if revoked else ""
    says = f"{named(index)} learns that it owns {told(assigned_now)}{gives_up}"
    yield Next(says, group=group.with_member(index, after))
    has_news = member.has_news or member.watched < group.partitions
    if watched < member.watched and has_news and not revoked:
        says += ", sees more partitions than it has assigned before and will join again"
        yield Next(says, group=group.with_member(index, attrs.evolve(after, wants_to_rejoin=True)))


@action
def notice_partitions(group: ClassicGroup, rules: ClassicRules, watching: Watching) -> Iterator[Next]:
    """
    The leader sees that the topic has more partitions than it has assigned (``metadata.max.age.ms``).

    It may not see the latest ones yet. Where all members watch them, another one sees them as well; so does who has
    taken itself for the leader.

    Source: ``ConsumerCoordinator.rejoinNeededOrPending``.
    """
    for index, member in enumerate(group.members):
        if member.status == "member" and member.watched and not member.wants_to_rejoin:
            for seen in range(group.partitions, member.watched, -1):
                has_news = watching.moves_leaders and not rules.all_watch_partitions
                after = attrs.evolve(member, wants_to_rejoin=True, watched=seen, has_news=has_news)
                some = "" if seen == group.partitions else " (but not all)"
                leads = ", the leader," if member.is_leader else ""
                says = f"{named(index)}{leads} sees more partitions{some} and will join again"
                yield Next(says, group=group.with_member(index, after))
