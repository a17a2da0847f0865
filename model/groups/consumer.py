"""A consumer group under the consumer protocol (KIP-848): epochs, the target assignment, and its members."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Literal, cast

import attrs

from ackproof.model.groups.assignors import Shares
from ackproof.model.groups.claims import NONE, Order, Partitions
from ackproof.model.groups.epochs import Assigned, PartitionEpochs
from ackproof.model.groups.places import numbers, orders
from ackproof.model.groups.rules import ConsumerRules

Status = Literal["absent", "out", "member", "silent"]
"""
What a consumer is to its group, as it knows.

absent: Not running, and not expected to; only ``member-joins`` starts it.
out: Running or restarting, and about to join.
member: It sends heartbeats.
silent: It fetches but has stopped to send heartbeats (KAFKA-16215).
"""


@attrs.frozen(cache_hash=True)
class Consumer:
    """
    One consumer.

    Attributes:
        epoch: Its member epoch, as far as it has heard.
        owned: The partitions that it fetches from.
        told: The assignment that it has been told and does not follow yet; None if there is none.
        begun: Another one, of which it was told before and which it has begun to take; None if there is none.
        has_to_report: Its next heartbeat says what it owns.
        keeps_id: It is out, and comes back under the id of a member that has stopped, if it does not end before.
        rank: Its place in the order in which the assignor meets members, as far as that has made a difference since it
            has its id; 0 if it has not. A process keeps its member id as it is put out.
        registration: None where the coordinator does not know it, or no longer.
    """

    status: Status
    epoch: int = 0
    owned: Partitions = NONE
    told: Partitions | None = None
    begun: Partitions | None = None
    has_to_report: bool = False
    keeps_id: bool = False
    rank: int = 0
    registration: Assigned | None = None

    @property
    def runs(self) -> bool:
        """Whether there is a process that takes itself for part of the group."""
        return self.status in ("member", "silent")


@attrs.frozen(cache_hash=True)
class ConsumerGroup:
    """
    A group, its coordinator and its consumers.

    Attributes:
        members: All consumers, those too that are not in the group. No action names one, so they are interchangeable.
        partitions: How many the topic has.
        epoch: The group epoch.
        target_epoch: That of the target assignment, which is computed as a member sends a heartbeat.
        seen_partitions: How many the topic had when the present epoch began.
        held: The partitions that have an owner, as the coordinator has noted (``currentPartitionEpoch``).
    """

    members: tuple[Consumer, ...]
    partitions: int
    epoch: int = 0
    target_epoch: int = 0
    seen_partitions: int = 0
    held: Partitions = NONE

    @property
    def registered(self) -> tuple[int, ...]:
        """Which consumers the coordinator knows."""
        return tuple(index for index, member in enumerate(self.members) if member.registration)

    def with_member(self, index: int, member: Consumer) -> "ConsumerGroup":
        """The group with another value of the consumer at *index*."""
        return attrs.evolve(self, members=(*self.members[:index], member, *self.members[index + 1 :]))


def with_registration(
    group: ConsumerGroup, index: int, known: Assigned | None, notes: PartitionEpochs
) -> ConsumerGroup:
    """*group* whose coordinator knows something else of the consumer at *index*, or nothing any more."""
    member = group.members[index]
    held = notes(group.held, member.registration or Assigned(), known or Assigned())
    return attrs.evolve(group.with_member(index, attrs.evolve(member, registration=known)), held=held)


def with_new_epoch(group: ConsumerGroup) -> ConsumerGroup:
    """*group* with the next epoch, for which there is no target assignment yet."""
    return attrs.evolve(group, epoch=group.epoch + 1, seen_partitions=group.partitions)


def retargeted(group: ConsumerGroup, rules: ConsumerRules, without: int | None = None) -> Iterator[ConsumerGroup]:
    """
    *group* with a target assignment for its epoch, one for each order in which the assignor may meet its members.

    One of them may be left out.

    An order is drawn as it first makes a difference, and stays; a member with a new id may come anywhere. Who goes on
    with its id has its place among the others also while it is none of them.

    Source: ``TargetAssignmentBuilder``, which has members in a hash map; ``RangeAssignor.sortMemberIds``.
    """
    present = {index: registration_of(group, index).target for index in group.registered if index != without}
    places = {index: each.rank for index, each in enumerate(group.members) if each.registration or each.rank}
    stay = not rules.orders_may_change
    found = [
        (order, rules.assign(present, tuple(filter(present.__contains__, order)), group.seen_partitions))
        for order in orders(places if stay else dict.fromkeys(present, 0))
    ]
    order_matters = any(shares != found[0][1] for _, shares in found)
    for order, shares in found if order_matters else found[:1]:
        drawn = order if order_matters and stay else ()
        yield attrs.evolve(targeted(group, shares, drawn), target_epoch=group.epoch)


def targeted(group: ConsumerGroup, shares: Shares, order: Order) -> ConsumerGroup:
    """*group* with these targets, and these places of its members if there is an order."""
    members = list(group.members)
    for index in group.registered:
        known = registration_of(group, index)
        target = shares.get(index, NONE)
        goal = (known.target if known.goal is None else known.goal) if group.target_epoch == group.epoch else None
        known = attrs.evolve(known, target=target, goal=None if goal == target else goal)
        members[index] = attrs.evolve(members[index], registration=known)
    for rank, index in enumerate(order, start=1):
        members[index] = attrs.evolve(members[index], rank=rank)
    return attrs.evolve(group, members=tuple(members))


def registration_of(group: ConsumerGroup, index: int) -> Assigned:
    """What the coordinator knows of a member."""
    known = group.members[index].registration
    assert known is not None
    return known


def without_member(group: ConsumerGroup, index: int, rules: ConsumerRules) -> ConsumerGroup:
    """
    *group* after the coordinator has removed the consumer at *index* (``consumerGroupFenceMember``).

    A process that goes on keeps its id, and what is started in its place has another one, but for an instance id.
    """
    member = group.members[index]
    keeps_rank = member.runs or rules.goes_by_instance_ids
    gone = group if keeps_rank else group.with_member(index, attrs.evolve(member, rank=0))
    return with_new_epoch(with_registration(gone, index, None, rules.partition_epochs))


def is_fenced(member: Consumer) -> bool:
    """
    Whether the coordinator refuses the member's epoch (FENCED_MEMBER_EPOCH), or takes it for one that joins.

    Source: ``GroupMetadataManager.throwIfConsumerGroupMemberEpochIsInvalid``.
    """
    known = member.registration
    if known is None or member.epoch == known.epoch:
        return is_refused(member)
    return not (member.epoch == known.previous_epoch and member.owned <= known.owned)


def is_refused(member: Consumer) -> bool:
    """
    Whether it is a static member that has returned in 3.7 and has no epoch before it has given up what it is to.

    With epoch 0 it is one that joins, and its own instance id is in use (UNRELEASED_INSTANCE_ID).

    Source: ``GroupMetadataManager.throwIfInstanceIdIsUnreleased``; ``CurrentAssignmentBuilder`` of 3.7.
    """
    return member.registration is not None and member.epoch == 0


def in_any_order(value: Hashable) -> Hashable:
    """The representative of a group up to the order of its members, numbers of epochs, and what no one asks for."""
    group = cast("ConsumerGroup", value)
    present = with_fewest_ranks([as_asked(member) for member in group.members])
    known = {0, group.epoch, group.target_epoch, *epochs(present)}
    rank = {epoch: place for place, epoch in enumerate(sorted(known))}
    members = sorted((renumbered(member, rank) for member in present), key=_order)
    numbers = (rank[group.epoch], rank[group.target_epoch])
    return attrs.evolve(group, members=tuple(members), epoch=numbers[0], target_epoch=numbers[1])


def with_fewest_ranks(members: Sequence[Consumer]) -> list[Consumer]:
    """*members* whose ranks say no more than who comes before whom."""
    ranks = numbers(member.rank for member in members)
    return [attrs.evolve(member, rank=ranks[member.rank]) for member in members]


def as_asked(member: Consumer) -> Consumer:
    """*member* without what no action and no statement asks for: what the removed own, an epoch before the known."""
    known = member.registration
    if known is None:
        return Consumer(member.status, rank=member.rank)
    if member.epoch == known.epoch:
        return attrs.evolve(member, registration=attrs.evolve(known, previous_epoch=0))
    return member


def epochs(members: Iterable[Consumer]) -> Iterator[int]:
    """Every epoch that somebody still knows."""
    for member in members:
        yield member.epoch
        if known := member.registration:
            yield from (known.epoch, known.previous_epoch, known.towards)


def renumbered(member: Consumer, rank: dict[int, int]) -> Consumer:
    """*member* with other numbers for epochs."""
    known = member.registration and attrs.evolve(
        member.registration,
        epoch=rank[member.registration.epoch],
        previous_epoch=rank[member.registration.previous_epoch],
        towards=rank[member.registration.towards],
    )
    return attrs.evolve(member, epoch=rank[member.epoch], registration=known)


def _order(member: Consumer) -> tuple[object, ...]:
    told, begun = (sorted(of) if of is not None else [-1] for of in (member.told, member.begun))
    own = (member.status, member.epoch, sorted(member.owned), told, begun, member.has_to_report, member.rank)
    known = member.registration
    if known is None:
        return (*own, member.keeps_id, ())
    epochs_known = (known.epoch, known.previous_epoch, known.towards, known.has_stopped)
    partitions = (known.owned, known.revoking, known.target, {-1} if known.goal is None else known.goal)
    return (*own, member.keeps_id, (*epochs_known, *(tuple(sorted(of)) for of in partitions)))
