"""How the coordinator moves a member of a consumer group towards its target (``CurrentAssignmentBuilder``)."""

from collections.abc import Callable

import attrs

from ackproof.model.groups.claims import NONE, Partitions
from ackproof.model.groups.epochs import Assigned

Reported = Partitions | None
"""The partitions that a heartbeat says the member owns; None if it says nothing of them."""

Reconcile = Callable[[Assigned, int, Reported, Partitions], Assigned]
"""From a member, the epoch of its target, what it reports and the partitions that have an owner to the next step."""


def once_revoked(member: Assigned, target_epoch: int, reported: Reported, held: Partitions) -> Assigned:
    """
    A member that has to revoke something is moved no further until it says that it has, whatever the target becomes.

    What it has revoked itself it can be assigned again at once.

    Source: ``CurrentAssignmentBuilder`` since 4.2.0; KAFKA-19449.
    """
    return moved_once_revoked(member, target_epoch, reported, held - member.revoking)


def once_revoked_an_epoch_on(member: Assigned, target_epoch: int, reported: Reported, held: Partitions) -> Assigned:
    """
    The same, but a member that has to revoke more once it has revoked goes to the next epoch in between.

    Source: ``CurrentAssignmentBuilder`` of 4.0.2 and 4.1.2.
    """
    return moved_once_revoked(member, target_epoch, reported, held - member.revoking, epochs_between=1)


def once_released(member: Assigned, target_epoch: int, reported: Reported, held: Partitions) -> Assigned:
    """
    The same, but what it has revoked itself still has an owner: it can be assigned that again a heartbeat later.

    Source: ``CurrentAssignmentBuilder`` from 3.8 on; KAFKA-19449.
    """
    return moved_once_revoked(member, target_epoch, reported, held, epochs_between=1)


def moved_once_revoked(
    member: Assigned, target_epoch: int, reported: Reported, held: Partitions, *, epochs_between: int = 0
) -> Assigned:
    """
    *member* one step closer, unless it still owns what it is to revoke.

    Args:
        epochs_between: How many epochs it goes on if it has revoked and is to revoke more.

    Source: ``CurrentAssignmentBuilder.build``.
    """
    if member.revoking:
        if still_owns(reported, member.revoking):
            return member
        return next_assignment(member, target_epoch, reported, held, member.epoch + epochs_between)
    if member.epoch != target_epoch or member.owned != member.target:
        return next_assignment(member, target_epoch, reported, held, member.epoch)
    return member


def next_assignment(
    member: Assigned, target_epoch: int, reported: Reported, held: Partitions, revoking_epoch: int
) -> Assigned:
    """
    First it revokes, at *revoking_epoch*; with nothing left to revoke it gets the new epoch, and what is free.

    As it is told to revoke, its epoch is the one before as well (``ConsumerGroupMember.Builder.updateMemberEpoch``).
    """
    kept = member.owned & member.target
    to_revoke = member.owned - kept
    if to_revoke and still_owns(reported, to_revoke):
        before = attrs.evolve(member, previous_epoch=member.epoch)
        return attrs.evolve(before, epoch=revoking_epoch, owned=kept, revoking=to_revoke)
    return advanced(member, target_epoch, kept, held)


def advanced(member: Assigned, target_epoch: int, kept: Partitions, held: Partitions) -> Assigned:
    """*member* at the epoch of its target, with what it *kept* and what is free."""
    return attrs.evolve(
        member,
        epoch=target_epoch,
        previous_epoch=member.epoch,
        owned=kept | (member.target - kept - held),
        revoking=NONE,
    )


def still_owns(reported: Reported, partitions: Partitions) -> bool:
    """Whether a member has not said that it gave up all of these."""
    return reported is None or bool(reported & partitions)


def at_each_target(member: Assigned, target_epoch: int, reported: Reported, held: Partitions) -> Assigned:
    """
    A new target starts again from what the member still holds, and does not look at what it reports.

    Source: ``CurrentAssignmentBuilder`` in 3.7; KAFKA-16249.
    """
    if member.towards != target_epoch:
        kept = member.holds & member.target
        anew = attrs.evolve(member, owned=kept, revoking=member.holds - kept, towards=target_epoch)
        return anew if anew.revoking else advanced(anew, target_epoch, kept, held)
    if member.revoking:
        return advanced(member, target_epoch, member.owned, held) if matches(reported, member.owned) else member
    can_get_more = bool(member.target - member.owned - held)
    return advanced(member, target_epoch, member.owned, held) if can_get_more else member


def matches(reported: Reported, owned: Partitions) -> bool:
    """Whether a member reports what it is assigned, of one topic."""
    return reported is not None and reported <= owned and bool(reported) == bool(owned)
