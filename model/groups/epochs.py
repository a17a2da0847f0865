"""A member of a consumer group, as its coordinator knows it, and which partitions have an owner."""

from collections.abc import Callable

import attrs

from ackproof.model.groups.claims import NONE, Partitions


@attrs.frozen(cache_hash=True)
class Assigned:
    """
    What the coordinator knows of a member (``ConsumerGroupMember``).

    Attributes:
        epoch: The member epoch: how far it is with the group's epochs.
        previous_epoch: The one before, which it may still send if an answer was lost.
        owned: What it has been assigned.
        revoking: What it has to give up, and has not said that it did.
        target: What the target assignment gives it.
        towards: The target that it was last moved towards (only in 3.7).
        has_stopped: A static member that said that it will be back (epoch -2).
        goal: What it is on its way to, or has, where another target has been computed for the same epoch; None if not.
    """

    epoch: int = 0
    previous_epoch: int = 0
    owned: Partitions = NONE
    revoking: Partitions = NONE
    target: Partitions = NONE
    towards: int = 0
    has_stopped: bool = False
    goal: Partitions | None = None

    @property
    def holds(self) -> Partitions:
        """What nobody else can be assigned."""
        return self.owned | self.revoking


PartitionEpochs = Callable[[Partitions, Assigned, Assigned], Partitions]
"""From the partitions that have an owner and a member before and after a change to those that then have one."""


def moved_at_once(held: Partitions, before: Assigned, after: Assigned) -> Partitions:
    """
    What a member held is free, then what it holds is not.

    Source: ``ConsumerGroup.maybeUpdatePartitionEpoch`` since 3.8.
    """
    return held - before.holds | after.holds


def moved_one_by_one(held: Partitions, before: Assigned, after: Assigned) -> Partitions:
    """
    First for what it owns, then for what it is to revoke: what moves from the latter to the former ends up free.

    Source: ``ConsumerGroup.maybeUpdatePartitionEpoch`` in 3.7; KAFKA-16147.
    """
    if before.owned != after.owned:
        held = held - before.owned | after.owned
    if before.revoking != after.revoking:
        held = held - before.revoking | after.revoking
    return held
