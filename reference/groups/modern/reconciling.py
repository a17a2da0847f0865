"""
A member moves towards what its target says.

Source: ``CurrentAssignmentBuilder``.
"""

from collections.abc import Mapping
from uuid import UUID

import attrs
from kio.schema.errors import ErrorCode

from ackproof.model.groups.epochs import Assigned
from ackproof.model.groups.reconciling import Reconcile, at_each_target, once_revoked
from ackproof.reference.groups.modern.member import ConsumerMember, MemberState, Partition, Partitions
from ackproof.reference.groups.modern.numbering import Numbering
from ackproof.reference.protocol.errors import KafkaError


@attrs.frozen
class Aim:
    """
    What a member is to be moved towards, and what is known on the way.

    Attributes:
        epoch: Of the target assignment.
        target: What it is to have in the end.
        reported: What it says that it owns; None if it says nothing of it.
        owned: The partitions that have an owner.
        subscribed: The ids of the topics that it subscribes to.
        has_new_subscription: What it no longer subscribes to it has to give up at once.
    """

    epoch: int
    target: Partitions
    reported: Partitions | None
    owned: Mapping[Partition, int]
    subscribed: frozenset[UUID]
    has_new_subscription: bool = False

    def still_has(self, partitions: Mapping[Partition, int]) -> bool:
        """Whether the member has not said that it gave up all of these."""
        return self.reported is None or any(partition in self.reported for partition in partitions)


def reconciled(member: ConsumerMember, aim: Aim, rule: Reconcile) -> ConsumerMember:
    """
    The member one step closer: first it revokes, then it gets the new epoch and what others have released.

    Raises:
        KafkaError: FENCED_MEMBER_EPOCH: it is in a state that this version does not know.
    """
    if member.state is MemberState.UNKNOWN and (aim.reported is None or aim.reported):
        raise KafkaError(ErrorCode.fenced_member_epoch, "the state of the member is unknown")
    if rule is not once_revoked:
        return _by_model(member, aim, rule)
    match member.state:
        case MemberState.STABLE if member.epoch == aim.epoch:
            return _consistent(member, aim) if aim.has_new_subscription else member
        case MemberState.UNREVOKED_PARTITIONS if aim.still_has(member.pending_revocation):
            return _consistent(member, aim) if aim.has_new_subscription else member
        case MemberState.UNKNOWN:
            return _next(attrs.evolve(member, epoch=aim.epoch), aim)
        case _:
            return _next(member, aim)


def _consistent(member: ConsumerMember, aim: Aim) -> ConsumerMember:
    """The member, without partitions of topics that it has unsubscribed from (``updateCurrentAssignment``)."""
    kept = {partition: epoch for partition, epoch in member.assigned.items() if partition[0] in aim.subscribed}
    dropped = {partition: epoch for partition, epoch in member.assigned.items() if partition not in kept}
    if not dropped:
        return member
    to_revoke = {**member.pending_revocation, **dropped}
    if to_revoke and aim.still_has(to_revoke):
        return attrs.evolve(
            member,
            state=MemberState.UNREVOKED_PARTITIONS,
            previous_epoch=member.epoch,
            assigned=kept,
            pending_revocation=to_revoke,
        )
    return attrs.evolve(member, previous_epoch=member.epoch, assigned=kept)


def _next(member: ConsumerMember, aim: Aim) -> ConsumerMember:
    """The member with what it keeps, and what is to be revoked, or else what is free (``computeNextAssignment``)."""
    target = {partition for partition in aim.target if partition[0] in aim.subscribed}
    kept = {partition: epoch for partition, epoch in member.assigned.items() if partition in target}
    to_revoke = {partition: epoch for partition, epoch in member.assigned.items() if partition not in target}
    if to_revoke and aim.still_has(to_revoke):
        return attrs.evolve(
            member,
            state=MemberState.UNREVOKED_PARTITIONS,
            previous_epoch=member.epoch,
            assigned=kept,
            pending_revocation=to_revoke,
        )
    missing = target - set(kept)
    # What the member itself has given up is free for it.
    free = {p for p in missing if p not in aim.owned or p in member.pending_revocation}
    return attrs.evolve(
        member,
        state=MemberState.STABLE if free == missing else MemberState.UNRELEASED_PARTITIONS,
        epoch=aim.epoch,
        previous_epoch=member.epoch,
        assigned={**kept, **dict.fromkeys(sorted(free), aim.epoch)},
        pending_revocation={},
    )


def _by_model(member: ConsumerMember, aim: Aim, rule: Reconcile) -> ConsumerMember:
    """As the model has it."""
    numbering = Numbering(
        (*member.assigned, *member.pending_revocation, *member.goal, *aim.target, *(aim.reported or ()), *aim.owned)
    )
    before = Assigned(
        member.epoch,
        member.previous_epoch,
        numbering.of(member.assigned),
        numbering.of(member.pending_revocation),
        numbering.of(member.goal if rule is at_each_target and member.towards == aim.epoch else aim.target),
        towards=member.towards,
    )
    reported = None if aim.reported is None else numbering.of(aim.reported)
    after = rule(before, aim.epoch, reported, numbering.of(aim.owned))
    assigned = numbering.partitions(after.owned)
    revoking = numbering.partitions(after.revoking)
    target = numbering.partitions(before.target)
    known = {**member.assigned, **member.pending_revocation}
    return attrs.evolve(
        member,
        state=_state(bool(revoking), has_all=assigned == target),
        epoch=after.epoch,
        previous_epoch=after.previous_epoch,
        assigned={partition: known.get(partition, after.epoch) for partition in sorted(assigned)},
        pending_revocation={partition: known[partition] for partition in sorted(revoking)},
        towards=aim.epoch,
        goal=target,
    )


def _state(is_revoking: bool, *, has_all: bool) -> MemberState:
    if is_revoking:
        return MemberState.UNREVOKED_PARTITIONS
    return MemberState.STABLE if has_all else MemberState.UNRELEASED_PARTITIONS
