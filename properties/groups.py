"""What must hold of a group of several members and partitions, under every protocol."""

from collections.abc import Iterable, Iterator

from ackproof.model.groups.assigning import claims_of, moves_at_once, shares_of
from ackproof.model.groups.claims import NONE, Partitions
from ackproof.model.groups.classic import ClassicGroup, is_current
from ackproof.model.groups.consumer import ConsumerGroup, is_fenced
from ackproof.model.groups.rules import ClassicRules
from ackproof.properties.liveness import eventually
from ackproof.properties.property import always, sometimes

Group = ClassicGroup | ConsumerGroup


def consumed(group: Group) -> tuple[Partitions, ...]:
    """What each consumer fetches from, if the coordinator takes it for one of the present generation or epoch."""
    if isinstance(group, ClassicGroup):
        return tuple(member.owned if is_current(group, member) else NONE for member in group.members)
    return tuple(m.owned if m.registration and not is_fenced(m) else NONE for m in group.members)


def of_assignment(group: Group) -> Iterator[Partitions]:
    """What the coordinator holds each member to own: nobody else may get it."""
    if isinstance(group, ClassicGroup):
        if group.state == "stable":
            yield from (member.registration.assigned for member in group.members if member.registration)
    else:
        yield from (member.registration.holds for member in group.members if member.registration)


def are_disjoint(sets: Iterable[Partitions]) -> bool:
    """Whether no partition is in two of the *sets*."""
    together = list(sets)
    return sum(map(len, together)) == len(NONE.union(*together))


@always(source="ConsumerPartitionAssignor; KIP-429; KIP-848")
def each_partition_has_one_owner(group: Group) -> bool:
    """No two members of the present generation or epoch consume the same partition."""
    return are_disjoint(consumed(group))


@always(source="ConsumerPartitionAssignor; ConsumerGroup.addPartitionEpochs")
def each_partition_is_assigned_once(group: Group) -> bool:
    """The coordinator holds no partition to be owned by two members."""
    return are_disjoint(of_assignment(group))


@always(source="ClassicGroup.initNextGeneration; KIP-848, member epoch")
def no_assignment_is_ahead_of_the_group(group: Group) -> bool:
    """No member has an assignment of a generation or epoch that its group has not reached: they only grow."""
    if isinstance(group, ClassicGroup):
        return all(m.status != "member" or m.generation <= group.generation for m in group.members if m.registration)
    return all(m.epoch <= m.registration.epoch <= group.epoch for m in group.members if m.registration)


@always(source="KIP-814")
def a_leader_watches_the_number_of_partitions(group: ClassicGroup) -> bool:
    """The leader of a stable group, once it has its assignment, watches the number of partitions."""
    is_settled = group.state == "stable"
    return all(m.watched > 0 for m in group.members if is_settled and m.is_leader and m.status == "member")


@always(source="ConsumerCoordinator.validateCooperativeAssignment")
def no_leader_refuses_an_assignment(group: ClassicGroup, rules: ClassicRules) -> bool:
    """
    What the assignor of a leader comes to passes the leader's own check.

    Else its poll throws, and nobody gets an assignment.
    """
    if group.state != "completing" or not rules.refuses_stale_claims:
        return True
    return not any(moves_at_once(claims_of(group), shares) for shares in shares_of(group, rules, group.partitions))


def is_settled(group: Group) -> bool:
    """Whether all running members are in the group and own what they are assigned, and nothing is about to change."""
    if any(member.status == "out" or (member.runs and not member.registration) for member in group.members):
        return False
    if isinstance(group, ClassicGroup):
        members = [member for member in group.members if member.registration]
        return group.state == "stable" and all(m.status == "member" and not m.wants_to_rejoin for m in members)
    known = [(member, member.registration) for member in group.members if member.registration]
    return all(
        member.status == "member"
        and member.told is None
        and not member.has_to_report
        and member.epoch == registration.epoch == group.epoch
        and member.owned == registration.owned == registration.target
        for member, registration in known
    )


def owned(group: Group) -> Partitions:
    """The partitions that a member of the present generation or epoch consumes."""
    return NONE.union(*consumed(group))


@eventually(source="ConsumerPartitionAssignor; KIP-848, reconciliation")
def every_partition_is_owned_at_last(group: Group) -> bool:
    """At last the group is settled, and every partition of the topic has an owner."""
    return is_settled(group) and owned(group) == frozenset(range(group.partitions))


@sometimes(source="ConsumerPartitionAssignor")
def two_members_own_partitions(group: Group) -> bool:
    """Two members own partitions at the same time."""
    return sum(map(bool, consumed(group))) > 1


@sometimes(source="ClassicGroup; KIP-848")
def a_member_is_behind(group: Group) -> bool:
    """A member of the group has not reached its generation or epoch."""
    if isinstance(group, ClassicGroup):
        return any(m.registration and m.generation < group.generation for m in group.members)
    return any(m.registration and m.registration.epoch < group.epoch for m in group.members)


@sometimes(source="KIP-345")
def a_leader_has_its_assignment(group: ClassicGroup) -> bool:
    """The leader of a stable group has its assignment."""
    return group.state == "stable" and any(m.is_leader and m.status == "member" for m in group.members)


@sometimes(source="ClassicGroup; KIP-848")
def a_partition_has_no_owner(group: Group) -> bool:
    """A partition has no owner while the group rebalances."""
    return owned(group) != frozenset(range(group.partitions))


@sometimes(source="KAFKA-13419; KAFKA-14639")
def a_stale_claim_is_made(group: ClassicGroup) -> bool:
    """A member that missed a generation claims what it was assigned before."""
    claimed = {of.registration.claim.generation for of in group.members if of.registration and of.has_joined}
    return group.state == "completing" and any(0 < generation < group.generation - 1 for generation in claimed)
