"""A classic group (``ClassicGroup``): its states, and what changes them."""

from collections.abc import Hashable, Iterable, Iterator
from typing import Literal, cast

import attrs

from ackproof.model.groups.claims import NO_CLAIM, Claim
from ackproof.model.groups.member import Member, Members, Registration, Told
from ackproof.model.groups.places import numbers, with_fewest_places

GroupState = Literal["empty", "preparing", "completing", "stable"]
"""``Empty``, ``PreparingRebalance``, ``CompletingRebalance``, ``Stable``."""


@attrs.frozen(cache_hash=True)
class ClassicGroup:
    """
    A group, its coordinator and its consumers.

    Attributes:
        generation: Counts rebalances.
        members: All consumers, those too that are not in the group. No action names one, so they are interchangeable.
        partitions: How many the topic has.
        stored_generation: The last one that got an assignment, with which the coordinator writes it to its log.
        awaits_former: The coordinator waits for a SyncGroup of a member id that another one has replaced.
    """

    members: Members
    partitions: int
    state: GroupState = "empty"
    generation: int = 0
    stored_generation: int = 0
    awaits_former: bool = False

    @property
    def registered(self) -> tuple[int, ...]:
        """Which consumers the coordinator knows."""
        return tuple(index for index, member in enumerate(self.members) if member.registration)

    def with_member(self, index: int, member: Member) -> "ClassicGroup":
        """The group with another value of the consumer at *index*."""
        return attrs.evolve(self, members=(*self.members[:index], member, *self.members[index + 1 :]))


def is_current(group: ClassicGroup, member: Member) -> bool:
    """Whether the coordinator takes requests of *member* for those of a member of the present generation."""
    return member.registration is not None and member.generation == group.generation and not member.has_lost


def waits_for_join(group: ClassicGroup, member: Member) -> bool:
    """
    Whether the coordinator has a JoinGroup of *member* to answer: meanwhile its session does not expire.

    Source: ``ClassicGroupMember.hasSatisfiedHeartbeat``. Not modelled: new members, which expire after five minutes.
    """
    return group.state == "preparing" and member.has_joined


def has_assigned(group: ClassicGroup) -> bool:
    """Whether the present generation has an assignment."""
    return group.stored_generation == group.generation


def preparing(group: ClassicGroup) -> ClassicGroup:
    """*group* as it asks its members to join again; a JoinGroup that was already answered no longer counts."""
    if group.state == "preparing":
        return group
    has_told, members = group.state == "stable", group.members
    members = tuple(attrs.evolve(each, registration=not_joined(each.registration, has_told)) for each in members)
    return attrs.evolve(group, state="preparing", members=members, awaits_former=False)


def not_joined(registration: Registration | None, has_told: bool) -> Registration | None:
    """*registration* before its member has joined the generation to come, where its group *has told* assignments."""
    if registration is None:
        return None
    claim = registration.claim if registration.is_static else NO_CLAIM
    is_replaced = registration.is_replaced and has_told
    return attrs.evolve(registration, has_joined=False, claim=claim, is_replaced=is_replaced, awaits_sync=False)


def fails_unassigned(group: ClassicGroup, member: Member) -> bool:
    """Whether a running *member* has been told no assignment: polls fail of that, be it that its group prepares."""
    is_told_none = member.registration is not None and member.registration.is_replaced and group.state != "completing"
    return is_told_none and member.status == "syncing" and member.generation == group.generation


def with_joined(
    group: ClassicGroup, index: int, member: Member, claim: Claim, told: Told = "no generation"
) -> ClassicGroup:
    """*group* with a JoinGroup of the consumer at *index*, which becomes *member*; the others have to join again."""
    after = preparing(group)
    known = after.members[index].registration or Registration()
    is_first = all(place == index for place in after.registered) and not known.is_leader
    joined = attrs.evolve(known, has_joined=True, claim=claim, told=told, is_replaced=False)
    registration = attrs.evolve(joined, may_lead=is_first or known.may_lead)
    joining = attrs.evolve(member, status="joining", wants_to_rejoin=False, misses_answer=False, has_lost=False)
    return after.with_member(index, attrs.evolve(joining, sends_heartbeats=False, registration=registration))


def without_member(group: ClassicGroup, index: int) -> ClassicGroup:
    """
    *group* after the coordinator has removed the consumer at *index*; the others have to join again.

    If that was the leader, another member is at once, whoever comes first in a hash map.

    Source: ``ClassicGroup.remove``.
    """
    gone = group.members[index].registration
    removed = compared(preparing(group).with_member(index, attrs.evolve(group.members[index], registration=None)))
    if removed.registered:
        return with_any_leader(removed) if gone and (gone.is_leader or gone.may_lead) else removed
    nobody = tuple(attrs.evolve(member, stored=None, is_stored_as_former=False) for member in removed.members)
    return attrs.evolve(removed, state="empty", members=nobody, stored_generation=removed.generation)


def without_members(group: ClassicGroup, gone: Iterable[int]) -> ClassicGroup:
    """*group* after the coordinator has removed these."""
    for index in gone:
        group = without_member(group, index)
    return group


def with_any_leader(group: ClassicGroup) -> ClassicGroup:
    """*group* of which any member may lead, of those that it has now."""
    members = tuple(
        attrs.evolve(member, registration=attrs.evolve(member.registration, may_lead=True))
        if member.registration
        else member
        for member in group.members
    )
    return attrs.evolve(group, members=members)


def with_known_ids(group: ClassicGroup) -> ClassicGroup:
    """*group* whose leader knows all members by their present ids."""
    members = tuple(
        attrs.evolve(each, registration=each.registration and attrs.evolve(each.registration, is_replaced=False))
        for each in group.members
    )
    return attrs.evolve(group, members=members)


def in_any_order(value: Hashable) -> Hashable:
    """The representative of a group up to the order of its members and to which numbers its generations have."""
    group = cast("ClassicGroup", value)
    rank = {generation: place for place, generation in enumerate(sorted({0, *generations(group)}))}
    present = compared_in_log(compared(group))
    members = sorted((renumbered(member, rank) for member in present.members), key=_order)
    numbers = (rank[group.generation], rank[group.stored_generation])
    return attrs.evolve(group, members=tuple(members), generation=numbers[0], stored_generation=numbers[1])


def generations(group: ClassicGroup) -> Iterator[int]:
    """Every generation that somebody still knows."""
    yield from (group.generation, group.stored_generation)
    for member in group.members:
        yield from (member.generation, member.remembered.generation)
        yield from (known.claim.generation for known in (member.registration, member.stored) if known)


def compared(group: ClassicGroup) -> ClassicGroup:
    """*group* with places of its members that say no more than who comes before whom."""
    known = with_fewest_places([member.registration for member in group.members])
    ranks = numbers([member.instance_rank for member in group.members])
    members = (
        attrs.evolve(member, registration=of, instance_rank=ranks[member.instance_rank])
        for member, of in zip(group.members, known, strict=True)
    )
    return attrs.evolve(group, members=tuple(members))


def compared_in_log(group: ClassicGroup) -> ClassicGroup:
    """The same of what its coordinator has written to its log, and reads as a whole."""
    known = with_fewest_places([member.stored for member in group.members])
    members = (attrs.evolve(member, stored=of) for member, of in zip(group.members, known, strict=True))
    return attrs.evolve(group, members=tuple(members))


def renumbered(member: Member, rank: dict[int, int]) -> Member:
    """*member* with other numbers for generations."""

    def claim(of: Claim) -> Claim:
        return attrs.evolve(of, generation=rank[of.generation])

    def registration(known: Registration | None) -> Registration | None:
        return known and attrs.evolve(known, claim=claim(known.claim))

    return attrs.evolve(
        member,
        generation=rank[member.generation],
        remembered=claim(member.remembered),
        registration=registration(member.registration),
        stored=registration(member.stored),
    )


def _order(member: Member) -> tuple[object, ...]:
    flags = (member.wants_to_rejoin, member.misses_answer, member.has_lost, member.is_stored_as_former)
    beats = (member.sends_heartbeats,)
    watches = (member.watched, member.has_news, member.takes_itself_for_leader)
    of_instance = (member.is_fenced, member.has_taken, member.is_to_take, member.instance_rank)
    own = (member.status, sorted(member.owned), member.generation, *flags, *beats, *watches, *of_instance)
    return (*own, *_claim(member.remembered), *_registration(member.registration), *_registration(member.stored))


def _claim(claim: Claim) -> tuple[object, ...]:
    return sorted(claim.partitions), claim.generation


def _registration(known: Registration | None) -> tuple[object, ...]:
    if known is None:
        return ((),)
    flags = (known.has_joined, known.is_leader, known.may_lead, known.is_replaced, known.is_static, known.awaits_sync)
    places = (known.rank, known.slot)
    return ((*flags, *places, tuple(sorted(known.assigned)), tuple(map(str, _claim(known.claim))), known.told),)
