"""Which partitions of a consumer group have an owner."""

from collections.abc import Mapping

from ackproof.model.groups.epochs import Assigned, PartitionEpochs, moved_at_once
from ackproof.reference.groups.errors import UnexpectedError
from ackproof.reference.groups.modern.member import ConsumerMember, Partition
from ackproof.reference.groups.modern.numbering import Numbering


def moved(
    rule: PartitionEpochs,
    epochs: Mapping[Partition, int],
    before: ConsumerMember | None,
    after: ConsumerMember | None,
) -> Mapping[Partition, int]:
    """
    The owned partitions, each with the epoch of its owner, once a member has changed.

    Raises:
        UnexpectedError: It takes what another member owns at its epoch or a later one.

    Source: ``ConsumerGroup.maybeUpdatePartitionEpoch``, ``removePartitionEpochs``, ``addPartitionEpochs``.
    """
    if rule is moved_at_once:
        freed = set(held(before)) if before else set[Partition]()
        kept = {
            partition: epoch
            for partition, epoch in epochs.items()
            if before is None or partition not in freed or epoch != before.epoch
        }
        return kept | (_taken(kept, after) if after else {})
    return _moved_by_model(rule, epochs, before, after)


def _taken(epochs: Mapping[Partition, int], member: ConsumerMember) -> dict[Partition, int]:
    for partition in held(member):
        if epochs.get(partition, member.epoch - 1) >= member.epoch:
            raise UnexpectedError(f"{partition} still has an owner, at epoch {epochs[partition]}")
    return dict.fromkeys(held(member), member.epoch)


def held(member: ConsumerMember) -> tuple[Partition, ...]:
    """What nobody else can be assigned."""
    return (*member.assigned, *member.pending_revocation)


def _moved_by_model(
    rule: PartitionEpochs,
    epochs: Mapping[Partition, int],
    before: ConsumerMember | None,
    after: ConsumerMember | None,
) -> Mapping[Partition, int]:
    numbering = Numbering((*epochs, *(held(before) if before else ()), *(held(after) if after else ())))
    owned = rule(numbering.of(epochs), _assigned(numbering, before), _assigned(numbering, after))
    epoch = after.epoch if after else 0
    return {partition: epochs.get(partition, epoch) for partition in numbering.partitions(owned)}


def _assigned(numbering: Numbering, member: ConsumerMember | None) -> Assigned:
    if member is None:
        return Assigned()
    return Assigned(
        member.epoch,
        member.previous_epoch,
        numbering.of(member.assigned),
        numbering.of(member.pending_revocation),
    )
