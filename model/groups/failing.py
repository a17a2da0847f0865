"""What starts a rebalance of a classic group."""

from collections.abc import Iterable, Iterator

import attrs

from ackproof.model.groups.assigning import generations
from ackproof.model.groups.classic import ClassicGroup, waits_for_join, without_member
from ackproof.model.groups.joining import is_remembered, joined, lost, without_former
from ackproof.model.groups.loading import coordinator_failover
from ackproof.model.groups.member import Member, Status, forgetful
from ackproof.model.groups.naming import named, told
from ackproof.model.groups.rules import ClassicRules
from ackproof.model.groups.watching import Watching, unprepared
from ackproof.model.system import Action, Next, action


@action(fault="consumer-crash")
def consumer_crash(group: ClassicGroup, rules: ClassicRules) -> Iterator[Next]:
    """
    A consumer's process dies; it restarts, but its old session has still to expire.

    One whose instance id another process has does not: that one is there in its place.
    """
    for index, member in enumerate(group.members):
        if member.is_fenced:
            yield Next(f"{named(index)} crashes{losing(member)}", group=without_former(group, index))
        elif member.runs or has_left(member, rules):
            for dead in left_behind(group, member):
                yield Next(f"{named(index)} crashes{losing(member)}", group=group.with_member(index, dead))


def has_left(member: Member, rules: ClassicRules) -> bool:
    """Whether a *member* has left as it does not poll, and is to lose what it owns as it does."""
    return member.status == "out" and bool(member.owned) and not rules.keeps_owned_without_membership


def left_behind(group: ClassicGroup, member: Member) -> Iterator[Member]:
    """What is left of a *member* whose process is gone: a static one may have sent its SyncGroup or not."""
    left = attrs.evolve(
        Member("out", registration=member.registration, stored=member.stored),
        has_taken=member.has_taken,
        instance_rank=member.instance_rank,
    )
    yield left
    if left.registration and left.registration.awaits_sync and may_have_synced(group, member):
        yield attrs.evolve(left, registration=attrs.evolve(left.registration, awaits_sync=False))


def may_have_synced(group: ClassicGroup, member: Member) -> bool:
    """Whether the SyncGroup of a *member* that is not known to have its assignment may have arrived."""
    is_assigning = member.is_leader and group.state == "completing"
    has_heard = member.status in ("joining", "syncing") and not member.misses_answer and not member.has_lost
    return has_heard and not is_assigning


def losing(member: Member) -> str:
    """What nobody reads from now on, for people."""
    return f"; nobody reads {told(member.owned)}" if member.owned else ""


@action(fault="consumer-pause")
def consumer_pause(group: ClassicGroup, rules: ClassicRules, repeats: bool, watching: Watching) -> Iterator[Next]:
    """
    A consumer stands still for too long; the coordinator removes it, and it has not heard of it.

    Or, where it is static, whoever runs it starts another process in its place; or its application alone stands still,
    and it forgets who it is without leaving. One that is not static leaves then, but that may be lost: it joins anew
    beside who it was.

    Source: ``AbstractCoordinator.maybeLeaveGroup``.
    """
    for index, member in enumerate(group.members):
        if member.runs and member.registration and not waits_for_join(group, member):
            yield from put_out(group, rules, index, watching)
        if rules.is_static and member.runs and member.registration and member.generation:
            yield from replaced(group, index)
        if rules.is_static and member.status in ("syncing", "member"):
            yield from forgotten(group, rules, index)
        if rules.is_static and member.status == "member":
            yield from left_out(group, index, repeats=repeats)
        may_leave = member.status in ("syncing", "member") or has_left(member, rules)
        if not rules.is_static and may_leave and member.registration:
            for present in reset(group, member, rules, watching):
                yield from left_unheard(group.with_member(index, present), rules, index)


def put_out(group: ClassicGroup, rules: ClassicRules, index: int, watching: Watching) -> Iterator[Next]:
    """The coordinator removes the member at *index*, which has not heard of it."""
    member = group.members[index]
    says = f"{named(index)} pauses for too long; the coordinator removes it"
    for present in reset(group, member, rules, watching):
        removed = without_member(group.with_member(index, present), index)
        yield Next(says, group=removed)
        if may_prepare(group, member) and is_to_matter(member, rules):
            late = attrs.evolve(removed.members[index], wants_to_rejoin=True)
            yield Next(f"{says} as it is about to join again", group=removed.with_member(index, late))


def reset(group: ClassicGroup, member: Member, rules: ClassicRules, watching: Watching) -> Iterable[Member]:
    """What a *member* may be that is to forget who it is: it gets ready to join then, but before KAFKA-12983."""
    return unprepared(group, member, rules, watching) if rules.keeps_owned_without_membership else (member,)


def may_prepare(group: ClassicGroup, member: Member) -> bool:
    """Whether a *member* may have done all that comes before its JoinGroup, as the group asks for that."""
    return group.state == "preparing" and member.status == "member" and not member.wants_to_rejoin


def is_to_matter(member: Member, rules: ClassicRules) -> bool:
    """Whether a *member* that is put out goes by what it has heard before: it keeps all, or is a member once more."""
    return member.stored is not None or (rules.keeps_owned_without_membership and rules.is_cooperative)


def replaced(group: ClassicGroup, index: int) -> Iterator[Next]:
    """
    A new process takes the instance id of the member at *index*, which still runs (KIP-345, fencing).

    Not modelled: one that does not know its member id yet, as it has not heard of a generation. It has read nothing,
    and takes its instance id back as it asks again.
    """
    old = group.members[index]
    spare = [place for place, member in enumerate(group.members) if member == Member("absent")]
    for place in spare[:1]:
        for left in left_behind(group, old):
            new = attrs.evolve(left, has_taken=True, is_to_take=True)
            says = f"{named(index)} stands still; {named(place)} is started with its instance id"
            yield Next(says, group=group.with_member(place, new).with_member(index, fenced(old)))


def fenced(member: Member) -> Member:
    """*member* once another process has its instance id."""
    former = attrs.evolve(member, registration=None, stored=None, is_stored_as_former=False, instance_rank=0)
    return attrs.evolve(former, sends_heartbeats=False, is_fenced=True, has_taken=False, is_to_take=False)


def left_out(group: ClassicGroup, index: int, *, repeats: bool) -> Iterator[Next]:
    """
    The next generation begins without the static member at *index*, which has not joined for a rebalance timeout.

    It stays in the group, and may still read what it owned: it has polled since the group began to rebalance, without
    having heard that, and not for so long that it would forget who it is.
    """
    if group.members[index].registration and not group.members[index].has_joined:
        others = [place for place in group.registered if place != index]
        for begins in generations(group, others, repeats=repeats):
            yield Next(f"{named(index)} does not poll for too long; {begins.says}", **begins.changes)


def forgotten(group: ClassicGroup, rules: ClassicRules, index: int) -> Iterator[Next]:
    """
    The static member at *index* does not poll for too long and forgets who it is, until it returns as it polls again.

    If another process has its instance id it takes that back.
    """
    member = group.members[index]
    says = f"{named(index)} does not poll for too long and forgets who it is{losing(member)}"
    if member.registration:
        for left in left_behind(group, member):
            yield Next(says, group=group.with_member(index, forgetting(member, rules, left)))
    for place, holder in enumerate(group.members):
        if member.is_fenced and holder.has_taken and holder.runs and holder.registration:
            for left in left_behind(group, holder):
                back = forgetting(member, rules, left)
                back = attrs.evolve(back, is_fenced=False, has_taken=True, is_to_take=True)
                takes = f"{says}; it takes its instance id back from {named(place)}"
                yield Next(takes, group=group.with_member(index, back).with_member(place, fenced(holder)))


def forgetting(member: Member, rules: ClassicRules, left: Member) -> Member:
    """
    *member*, about to join anew, where the coordinator has what is *left* of the one with its instance id.

    One that rejoins already may keep what it owned (KAFKA-12983).
    """
    keeps = rules.keeps_owned_without_membership and not rules.gives_up_as_it_syncs and member.status == "syncing"
    kept = member if keeps else lost(member, rules)
    return attrs.evolve(
        forgetful(kept), registration=left.registration, stored=left.stored, instance_rank=left.instance_rank
    )


def left_unheard(group: ClassicGroup, rules: ClassicRules, index: int) -> Iterator[Next]:
    """
    The member at *index* does not poll for too long and leaves, of which nobody hears: it is about to join as another.

    Who keeps nothing of what it was is one that dies and another one that joins.
    """
    member = group.members[index]
    spare = [place for place, each in enumerate(group.members) if each == Member("absent")]
    for place in spare if is_remembered(rules) else ():
        new, gone = Member("absent"), Member("out", registration=member.registration, stored=member.stored)
        says = f"{named(index)} does not poll for too long and leaves unheard{losing(member)}; it is {named(place)} now"
        after = group.with_member(place, forgetting(member, rules, new)).with_member(index, gone)
        yield Next(says, group=after)


def has_started(group: ClassicGroup) -> bool:
    """Whether a first generation has begun."""
    return group.generation > 0


@action(fault="member-joins", when={"group": has_started})
def member_joins(group: ClassicGroup, rules: ClassicRules) -> Iterator[Next]:
    """One more consumer joins a group that has started."""
    for index, member in enumerate(group.members):
        if member.status == "absent" and member.registration is None:
            yield joined(group, rules, index)


@action(fault="member-leaves")
def member_leaves(group: ClassicGroup, rules: ClassicRules) -> Iterator[Next]:
    """
    A consumer closes: it leaves, or stops and returns where it is static.

    One that waits for others to join has its LeaveGroup heard as the generation begins: a broker serves the requests of
    a connection one after the other. One that has lost its connection, or its generation, can not say so: it is one
    that dies.

    Source: ``AbstractCoordinator.maybeLeaveGroup``; ``SocketServer``, which mutes a connection while it is served.
    """
    for index, member in enumerate(group.members):
        is_cut_off = member.misses_answer or member.has_lost
        if not member.runs or member.registration is None or (is_cut_off and not rules.is_static):
            continue
        if rules.is_static:
            for left in left_behind(group, member):
                yield Next(
                    f"{named(index)} stops without leaving{losing(member)}", group=group.with_member(index, left)
                )
            continue
        status = status_after_leaving(group, index)
        gone = group.with_member(index, Member(status, registration=member.registration, stored=member.stored))
        if waits_for_join(group, member):
            says = f"{named(index)} leaves{losing(member)}; the coordinator hears so once all have joined"
            yield Next(says, group=gone)
        else:
            yield Next(f"{named(index)} leaves{losing(member)}", group=without_member(gone, index))


def status_after_leaving(group: ClassicGroup, index: int) -> Status:
    """Who leaves does not return by itself, except the last one: it starts again."""
    others = (member.status != "absent" for place, member in enumerate(group.members) if place != index)
    return "absent" if any(others) else "out"


@action(fault="partitions-added")
def partitions_added(group: ClassicGroup, most_partitions: int) -> Iterator[Next]:
    """The topic gets one more partition."""
    if group.partitions < most_partitions:
        says = f"partition {group.partitions} is added"
        yield Next(says, group=attrs.evolve(group, partitions=group.partitions + 1))


@action(fault="response-lost")
def response_lost(group: ClassicGroup, rules: ClassicRules, watching: Watching) -> Iterator[Next]:
    """
    The connection of a member to its coordinator breaks, and with it the answer to its JoinGroup or SyncGroup is lost.

    Who has not heard its generation sends the same JoinGroup again. Who has sends one that tells that generation
    (KIP-792), for which all join again, or the same one where its client does not. Who has left while it waited for
    others to join is not heard. Other answers that are lost change nothing.

    Source: ``AbstractCoordinator.joinGroupIfNeeded``; ``ConsumerCoordinator.metadata``; ``SocketServer``, which has not
    read what is behind a JoinGroup.
    """
    for index, member in enumerate(group.members):
        if member.runs and member.registration and waits_for_join(group, member) and not member.misses_answer:
            after = attrs.evolve(member, misses_answer=True)
            yield Next(f"{named(index)} loses the answer to its JoinGroup", group=group.with_member(index, after))
        elif member.status == "absent" and waits_for_join(group, member) and not member.misses_answer:
            after = attrs.evolve(member, misses_answer=True)
            yield Next(f"{named(index)} loses its LeaveGroup", group=group.with_member(index, after))
        elif member.status == "syncing" and member.registration:
            known = attrs.evolve(member.registration, has_joined=False)
            says = f"{named(index)} loses the answer to its SyncGroup and will join again"
            for present in unprepared(group, member, rules, watching):
                beats = watching.fails_over
                after = attrs.evolve(present, status="joining", sends_heartbeats=beats, registration=known)
                yield Next(says, group=group.with_member(index, after))


FAULTS: tuple[Action, ...] = (
    consumer_crash,
    consumer_pause,
    member_joins,
    member_leaves,
    partitions_added,
    response_lost,
    coordinator_failover,
)
