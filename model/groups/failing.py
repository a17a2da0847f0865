"""What starts a rebalance of a classic group."""

from collections.abc import Iterator
from itertools import product

import attrs

from ackproof.model.groups.classic import ClassicGroup, has_assigned, waits_for_join, without_member
from ackproof.model.groups.joining import joined
from ackproof.model.groups.member import Member, Status
from ackproof.model.groups.naming import named, told
from ackproof.model.groups.rules import ClassicRules
from ackproof.model.system import Action, Next, action


@action(fault="consumer-crash")
def consumer_crash(group: ClassicGroup) -> Iterator[Next]:
    """A consumer's process dies; it restarts, but its old session has still to expire."""
    for index, member in enumerate(group.members):
        if member.runs:
            dead = Member("out", registration=member.registration, stored=member.stored)
            yield Next(f"{named(index)} crashes{losing(member)}", group=group.with_member(index, dead))


def losing(member: Member) -> str:
    """What nobody reads from now on, for people."""
    return f"; nobody reads {told(member.owned)}" if member.owned else ""


@action(fault="consumer-pause")
def consumer_pause(group: ClassicGroup, rules: ClassicRules) -> Iterator[Next]:
    """
    A consumer stands still for too long; the coordinator removes it, and it has not heard of it.

    Or, where it is static, whoever runs it starts another process in its place.
    """
    for index, member in enumerate(group.members):
        if member.runs and member.registration and not waits_for_join(group, member):
            says = f"{named(index)} pauses for too long; the coordinator removes it"
            yield Next(says, group=without_member(group, index))
            yield from replaced(group, rules, index)


def replaced(group: ClassicGroup, rules: ClassicRules, index: int) -> Iterator[Next]:
    """A new process takes the instance id of the member at *index*, which still runs (KIP-345, fencing)."""
    spare = [place for place, member in enumerate(group.members) if member == Member("absent")]
    for place in spare[:1] if rules.is_static else []:
        old = group.members[index]
        new = Member("out", registration=old.registration, stored=old.stored)
        fenced = attrs.evolve(old, registration=None, stored=None, is_fenced=True)
        says = f"{named(index)} stands still; {named(place)} is started with its instance id"
        yield Next(says, group=group.with_member(place, new).with_member(index, fenced))


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
    a connection one after the other.

    Source: ``AbstractCoordinator.maybeLeaveGroup``; ``SocketServer``, which mutes a connection while it is served.
    """
    for index, member in enumerate(group.members):
        if not member.runs or member.registration is None:
            continue
        status = "out" if rules.is_static else status_after_leaving(group, index)
        gone = group.with_member(index, Member(status, registration=member.registration, stored=member.stored))
        if rules.is_static:
            yield Next(f"{named(index)} stops without leaving{losing(member)}", group=gone)
        elif waits_for_join(group, member):
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
def response_lost(group: ClassicGroup) -> Iterator[Next]:
    """
    The connection of a member to its coordinator breaks, and with it the answer to its JoinGroup or SyncGroup is lost.

    Who has not heard its generation sends the same JoinGroup again; who has, one of that generation, for which all join
    again. Other answers that are lost change nothing.

    Source: ``AbstractCoordinator.joinGroupIfNeeded``; ``ConsumerCoordinator.metadata``.
    """
    for index, member in enumerate(group.members):
        if member.runs and member.registration and waits_for_join(group, member) and not member.misses_answer:
            after = attrs.evolve(member, misses_answer=True)
            yield Next(f"{named(index)} loses the answer to its JoinGroup", group=group.with_member(index, after))
        elif member.status == "syncing" and member.registration:
            known = attrs.evolve(member.registration, has_joined=False)
            after = attrs.evolve(member, status="joining", registration=known)
            says = f"{named(index)} loses the answer to its SyncGroup and will join again"
            yield Next(says, group=group.with_member(index, after))


@action(fault="coordinator-failover")
def coordinator_failover(group: ClassicGroup) -> Iterator[Next]:
    """
    Another broker becomes the group coordinator and reads the group from its log, as it last was stable.

    Answers of the former one may be lost. Who waits for its assignment then joins again with what it owns; who has
    heard that the group rebalances joins again as well.

    Source: ``GroupMetadataManager.loadGroupsAndOffsets``; a generation is stored with its assignment.
    """
    has_members = any(member.stored for member in group.members)
    loaded = attrs.evolve(group, state="stable" if has_members else "empty", generation=group.stored_generation)
    for members in product(*(members_after_failover(group, member) for member in group.members)):
        after = attrs.evolve(loaded, members=members)
        back = "" if after == group else f", which knows generation {group.stored_generation}"
        again = [named(i) for i, of in enumerate(members) if of != with_stored(group, group.members[i])]
        rejoining = f"; {' and '.join(again)} will join again" if again else ""
        yield Next(f"the group coordinator moves to another broker{back}{rejoining}", group=after)


def members_after_failover(group: ClassicGroup, member: Member) -> Iterator[Member]:
    """What a member may be once the coordinator has moved, by what it had heard of the former one."""
    present = with_stored(group, member)
    yield present
    if member.status == "syncing" and member.stored:
        yield attrs.evolve(present, status="joining")
    elif member.status == "member" and member.stored and group.state == "preparing" and not member.wants_to_rejoin:
        yield attrs.evolve(present, wants_to_rejoin=True)


def with_stored(group: ClassicGroup, member: Member) -> Member:
    """*member* as a coordinator knows it that has read the log, which may have another JoinGroup than its last one."""
    misses = member.misses_answer and has_assigned(group) and not waits_for_join(group, member)
    return attrs.evolve(member, registration=member.stored, misses_answer=misses)


FAULTS: tuple[Action, ...] = (
    consumer_crash,
    consumer_pause,
    member_joins,
    member_leaves,
    partitions_added,
    response_lost,
    coordinator_failover,
)
