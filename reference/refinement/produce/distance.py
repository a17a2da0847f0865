"""How far apart two states of the produce half are."""

from collections import Counter
from collections.abc import Hashable, Mapping
from itertools import pairwise
from typing import cast

import attrs

from ackproof.model.produce.identity import with_numbers
from ackproof.model.produce.network import Connection
from ackproof.model.produce.producer import Producer, in_flight
from ackproof.model.produce.replica import Replicas, leader_of, replaced

FAR = 3
"""How far apart states are where a send has yet to fail, which comes before all that follows it."""


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


def in_same_order(state: Mapping[str, Hashable]) -> tuple[Producer, Connection]:
    """Producer and connection of *state* with message ids 0, 1, ... in the same order, as in ``same_order``."""
    producer, connection = cast("Producer", state["producer"]), cast("Connection", state["connection"])
    flying = in_flight(producer, connection)
    if not any(each.message_id for each in flying):
        return producer, connection
    place = {message_id: number for number, message_id in enumerate(sorted({each.message_id for each in flying}))}
    new = {each: attrs.evolve(each, message_id=place[each.message_id]) for each in flying}
    return with_numbers(producer, connection, new)


def resends_left(producer: Producer, connection: Connection) -> dict[int, int]:
    """How often the application sends each record again that has no outcome: who fails has fewer from then on."""
    attempts = (*in_flight(producer, connection), *producer.queue)
    return {attempt.batch.record: attempt.resends_left for attempt in attempts}


def distance(state: Mapping[str, Hashable], wanted: Mapping[str, Hashable]) -> int:
    """In how many places two states differ; the faults that are left do not count."""
    apart = 0
    mine, others = cast("Replicas", state["replicas"]), cast("Replicas", wanted["replicas"])
    for replica, other in zip(told(mine), told(others), strict=True):
        apart += fields_apart(replica, other)
    (producer, connection), (wanted_producer, wanted_connection) = in_same_order(state), in_same_order(wanted)
    apart += fields_apart(connection, wanted_connection)
    apart += fields_apart(known(producer), known(wanted_producer))
    mine_left, wanted_left = resends_left(producer, connection), resends_left(wanted_producer, wanted_connection)
    apart += FAR * sum(wanted_left.get(record, left) != left for record, left in mine_left.items())
    one, that = cast("frozenset[int]", state["acknowledged"]), cast("frozenset[int]", wanted["acknowledged"])
    return apart + len(one ^ that) + (state["delayed"] != wanted["delayed"])


def fields_apart(one: Hashable, other: Hashable) -> int:
    """In how many fields two values of one class differ, and in how much of what is in line there."""
    apart = 0
    for field in attrs.fields(type(cast("attrs.AttrsInstance", one))):
        mine, others = getattr(one, field.name), getattr(other, field.name)
        if mine != others:
            in_line = isinstance(mine, tuple)
            apart += 1 + (misplaced(cast("tuple[Hashable, ...]", mine), others) if in_line else 0)
    return apart


def misplaced(mine: tuple[Hashable, ...], others: tuple[Hashable, ...]) -> int:
    """How many are missing in *others* or here, and how many stand here before who comes first there."""
    here, there = Counter(mine), Counter(others)
    places = [others.index(each) for each in mine if each in others]
    swapped = sum(one > that for one, that in pairwise(places))
    return (here - there).total() + (there - here).total() + swapped
