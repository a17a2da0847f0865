"""How far apart two states of the produce half are."""

from collections.abc import Hashable, Mapping
from typing import cast

import attrs

from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import Replicas, leader_of, replaced


def told(replicas: Replicas) -> Replicas:
    """
    *replicas* without what nobody asks for.

    That is in which epoch led who leads no more, and how far followers were known to be while nobody leads.
    """
    has_no_leader = leader_of(replicas) is None
    for index, replica in enumerate(replicas):
        if replica.role != "leader":
            replicas = replaced(replicas, index, attrs.evolve(replica, leader_epoch=0, epoch_start=0))
        if has_no_leader:
            replicas = replaced(replicas, index, attrs.evolve(replicas[index], fetched_to=0))
    return same_order(replicas)


def same_order(replicas: Replicas) -> Replicas:
    """*replicas* with leader epochs 0, 1, ... in the same order, as how they are counted says nothing."""
    epochs = {replica.leader_epoch for replica in replicas if replica.role == "leader"}
    epochs |= {batch.partition_leader_epoch for replica in replicas for batch in replica.log}
    place = {epoch: number for number, epoch in enumerate(sorted(epochs))}
    if all(epoch == number for epoch, number in place.items()):
        return replicas
    return tuple(
        attrs.evolve(
            replica,
            leader_epoch=place.get(replica.leader_epoch, 0),
            log=tuple(attrs.evolve(b, partition_leader_epoch=place[b.partition_leader_epoch]) for b in replica.log),
        )
        for replica in replicas
    )


def known(producer: Producer) -> Producer:
    """*producer* without what nobody asks for: which number what waits to be sent had when it was sent last."""
    return attrs.evolve(producer, queue=tuple(attrs.evolve(each, keeps_number=False) for each in producer.queue))


def distance(state: Mapping[str, Hashable], wanted: Mapping[str, Hashable]) -> int:
    """In how many places two states differ; the faults that are left do not count."""
    apart = 0
    mine, others = cast("Replicas", state["replicas"]), cast("Replicas", wanted["replicas"])
    for replica, other in zip(told(mine), told(others), strict=True):
        apart += fields_apart(replica, other)
    apart += fields_apart(state["connection"], wanted["connection"])
    apart += fields_apart(*(known(cast("Producer", each["producer"])) for each in (state, wanted)))
    one, that = cast("frozenset[int]", state["acknowledged"]), cast("frozenset[int]", wanted["acknowledged"])
    return apart + len(one ^ that) + (state["delayed"] != wanted["delayed"])


def fields_apart(one: Hashable, other: Hashable) -> int:
    """In how many fields two values of one class differ, and in how much they are longer or shorter there."""
    apart = 0
    for field in attrs.fields(type(cast("attrs.AttrsInstance", one))):
        mine, others = getattr(one, field.name), getattr(other, field.name)
        if mine != others:
            apart += 1
            if isinstance(mine, tuple):
                apart += abs(len(cast("tuple[object, ...]", mine)) - len(others))
    return apart
