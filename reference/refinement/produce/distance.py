"""How far apart two states of the produce half are."""

from collections.abc import Hashable, Mapping
from typing import cast

import attrs

from ackproof.model.produce.replica import Replica, Replicas


def same_order(replicas: Replicas) -> Replicas:
    """*replicas* with leader epochs 0, 1, ... in the same order, as how they are counted says nothing."""
    epochs = {replica.leader_epoch for replica in replicas}
    epochs |= {batch.partition_leader_epoch for replica in replicas for batch in replica.log}
    place = {epoch: number for number, epoch in enumerate(sorted(epochs))}
    if all(epoch == number for epoch, number in place.items()):
        return replicas
    return tuple(
        attrs.evolve(
            replica,
            leader_epoch=place[replica.leader_epoch],
            log=tuple(attrs.evolve(b, partition_leader_epoch=place[b.partition_leader_epoch]) for b in replica.log),
        )
        for replica in replicas
    )


def distance(state: Mapping[str, Hashable], wanted: Mapping[str, Hashable]) -> int:
    """In how many places two states differ; the faults that are left do not count."""
    apart = 0
    mine, others = cast("Replicas", state["replicas"]), cast("Replicas", wanted["replicas"])
    for replica, other in zip(same_order(mine), same_order(others), strict=True):
        apart += sum(getattr(replica, field.name) != getattr(other, field.name) for field in attrs.fields(Replica))
        apart += abs(len(replica.log) - len(other.log))
    for name in ("connection", "producer"):
        one, that = cast("attrs.AttrsInstance", state[name]), wanted[name]
        apart += sum(getattr(one, f.name) != getattr(that, f.name) for f in attrs.fields(type(one)))
    return apart + sum(state[name] != wanted[name] for name in ("delayed", "acknowledged"))
