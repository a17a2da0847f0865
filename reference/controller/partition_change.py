"""What becomes of a partition when its in-sync replicas change or it needs a leader."""

from collections.abc import Callable
from typing import Literal

import attrs

from ackproof.reference.controller.image import NO_LEADER, PartitionImage

Election = Literal["preferred", "online", "unclean"]
"""Who may lead: the first replica before others; whoever is in sync or eligible; else anybody who is there."""


@attrs.frozen
class Electorate:
    """
    What decides an election besides the partition itself.

    Attributes:
        is_acceptable: Whether a broker could lead at all.
        min_insync_replicas: As the partition applies it: no more than it has replicas.
        has_eligible_leader_replicas: KIP-966.
    """

    is_acceptable: Callable[[int], bool]
    min_insync_replicas: int
    has_eligible_leader_replicas: bool = True
    election: Election = "online"


@attrs.frozen
class Elected:
    """Who is to lead; an unclean election may lose what was committed."""

    leader: int
    is_unclean: bool = False


def changed(
    partition: PartitionImage,
    electorate: Electorate,
    in_sync_replicas: tuple[int, ...] | None = None,
    unclean_shutdown: int | None = None,
    is_recovering: bool | None = None,
) -> PartitionImage:
    """
    *partition* after the in-sync replicas became *in_sync_replicas*, with a leader if it can have one.

    Args:
        in_sync_replicas: None for those that it has.
        unclean_shutdown: A broker that may have lost what it had, and so is not eligible.
        is_recovering: None for as it was.

    Returns:
        The same if nothing changes. Otherwise the partition epoch is one higher, and so is the leader epoch if the
        leader is another, or there is none any more.

    Source: ``PartitionChangeBuilder.build``, ``PartitionRegistration.merge``.
    """
    in_sync = partition.in_sync_replicas if in_sync_replicas is None else in_sync_replicas
    eligible = eligible_leader_replicas(partition, electorate, in_sync, unclean_shutdown)
    target = attrs.evolve(
        partition,
        in_sync_replicas=in_sync,
        eligible_leader_replicas=eligible,
        is_recovering=partition.is_recovering if is_recovering is None else is_recovering,
    )
    after = _led(target, electorate, elected(target, electorate))
    if not after.in_sync_replicas and not electorate.has_eligible_leader_replicas:
        # The last member stays listed, so that it is known who may lead.
        after = attrs.evolve(after, in_sync_replicas=partition.in_sync_replicas)
    return _with_epochs(partition, after)


def eligible_leader_replicas(
    partition: PartitionImage, electorate: Electorate, in_sync: tuple[int, ...], unclean_shutdown: int | None
) -> tuple[int, ...]:
    """
    Who has everything below the high watermark, though it is not in sync.

    The high watermark stands still while the in-sync replicas are too few, so who leaves then has all of it.

    Source: KIP-966; ``PartitionChangeBuilder.maybePopulateTargetElr``.
    """
    if not electorate.has_eligible_leader_replicas or len(in_sync) >= electorate.min_insync_replicas:
        return ()
    candidates = {*partition.eligible_leader_replicas, *partition.in_sync_replicas}
    return tuple(sorted(candidates - {*in_sync, unclean_shutdown}))


def elected(partition: PartitionImage, electorate: Electorate) -> Elected:
    """
    Who is to lead *partition*: whoever does, if that is still allowed.

    Source: ``PartitionChangeBuilder.electLeader``.
    """
    preferred = partition.replicas[:1] if electorate.election == "preferred" else ()
    for replica in (*preferred, partition.leader, *partition.replicas):
        if is_valid_leader(partition, electorate, replica):
            return Elected(replica)
    last = partition.last_known_leader
    if last is not None and can_elect_last_known_leader(partition, electorate):
        return Elected(last, is_unclean=True)
    if electorate.election == "unclean":
        return _elected_uncleanly(partition, electorate)
    return Elected(NO_LEADER)


def is_valid_leader(partition: PartitionImage, electorate: Electorate, replica: int) -> bool:
    """Whether *replica* has all that is committed, and is there: in sync, or eligible if nobody is in sync."""
    members = partition.in_sync_replicas or partition.eligible_leader_replicas
    return replica in members and electorate.is_acceptable(replica)


def can_elect_last_known_leader(partition: PartitionImage, electorate: Electorate) -> bool:
    """
    Whether who led last may lead again because nobody is known to have what is committed.

    Source: ``PartitionChangeBuilder.canElectLastKnownLeader`` with KAFKA-19522.
    """
    return (
        electorate.has_eligible_leader_replicas
        and not partition.in_sync_replicas
        and not partition.eligible_leader_replicas
        and partition.last_known_leader is not None
        and electorate.is_acceptable(partition.last_known_leader)
    )


def _elected_uncleanly(partition: PartitionImage, electorate: Electorate) -> Elected:
    for replica in partition.replicas:
        if electorate.is_acceptable(replica):
            return Elected(replica, is_unclean=True)
    return Elected(NO_LEADER)


def _led(partition: PartitionImage, electorate: Electorate, choice: Elected) -> PartitionImage:
    """*partition* led by who was elected."""
    leader = choice.leader
    if leader == partition.leader:
        return partition
    if leader in partition.eligible_leader_replicas or choice.is_unclean:
        eligible = () if choice.is_unclean else partition.eligible_leader_replicas
        others = tuple(replica for replica in eligible if replica != leader)
        partition = attrs.evolve(partition, in_sync_replicas=(leader,), eligible_leader_replicas=others)
    return attrs.evolve(
        partition,
        leader=leader,
        leader_epoch=partition.leader_epoch + 1,
        is_recovering=partition.is_recovering or choice.is_unclean,
        last_known_leader=_last_known_leader(partition, electorate, leader),
    )


def _last_known_leader(partition: PartitionImage, electorate: Electorate, leader: int) -> int | None:
    """Source: ``PartitionChangeBuilder.maybeUpdateLastKnownLeader``."""
    if not electorate.has_eligible_leader_replicas or leader != NO_LEADER:
        return None
    return partition.leader if partition.last_known_leader is None else partition.last_known_leader


def _with_epochs(before: PartitionImage, after: PartitionImage) -> PartitionImage:
    return before if after == before else attrs.evolve(after, partition_epoch=before.partition_epoch + 1)
