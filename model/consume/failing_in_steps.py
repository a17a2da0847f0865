"""Faults of consumers and group where rebalances and commits take several steps."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import Consumer, Consumers, named, replaced, with_status, without_assignment
from ackproof.model.consume.coordinator import NOBODY, Coordinator, Protocol, reconnected
from ackproof.model.consume.failing import (
    all_stopped,
    can_all_stop,
    can_close,
    can_crash,
    losing,
    loss,
    offset_on_close,
    status_after_leaving,
)
from ackproof.model.consume.keeping import reloaded
from ackproof.model.consume.lingering import disconnected
from ackproof.model.consume.log import Group
from ackproof.model.consume.membership import hearing, with_commit
from ackproof.model.consume.rejoining import asked
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.system import Next, action


@action(fault="consumer-crash")
def consumer_crash(consumers: Consumers) -> Iterator[Next]:
    """A consumer's process dies; some of its last requests may still arrive, until its session expires."""
    for index, dying in enumerate(consumers):
        if can_crash(dying):
            for dead in remains(dying):
                yield Next(f"{named(index)} crashes{losing(dying)}", consumers=replaced(consumers, index, dead))


def remains(dying: Consumer) -> Iterator[Consumer]:
    """What a crash may leave of a consumer: any number of its last requests, which still arrive."""
    for under_way in range(len(requests(dying)) + 1):
        yield Consumer("out", in_flight=requests(dying)[:under_way], generation=dying.generation)


def requests(consumer: Consumer) -> tuple[int, ...]:
    """The offsets of its commits that the group coordinator has not seen."""
    is_waiting = consumer.to_commit is not None and consumer.answer is None
    return consumer.in_flight + ((consumer.to_commit,) if is_waiting and consumer.to_commit is not None else ())


@action(fault="consumer-pause")
def consumer_pause(
    consumer: ConsumerRules, protocol: Protocol, consumers: Consumers, coordinator: Coordinator
) -> Iterator[Next]:
    """
    A consumer stands still for too long; the group puts it out, and it has not heard of it.

    A static member does not leave by itself: it stops its heartbeats, until it polls or its session expires.
    """
    for index in with_status(consumers, "joining", "member", "owner"):
        if index in coordinator.members:
            says = f"{named(index)} pauses for too long and is put out of the group"
            yield Next(says, coordinator=protocol.without_member(coordinator, index))
            if consumer.is_static and consumers[index].status != "joining":
                silent = attrs.evolve(consumers[index], status="silent", is_rejoining=False)
                says = f"{named(index)} pauses for too long and stops its heartbeats"
                for known in protocol.waiting(coordinator, index):
                    yield Next(says, consumers=replaced(consumers, index, silent), coordinator=known)


@action(fault="member-joins")
def member_joins(protocol: Protocol, consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """One more consumer asks to join a group that has started."""
    if not with_status(consumers, "stopped"):
        for index in with_status(consumers, "absent"):
            if index not in coordinator.members:
                yield from asked(protocol, consumers, coordinator, index)


@action(fault="member-leaves")
def member_leaves(
    consumer: ConsumerRules, protocol: Protocol, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """A consumer closes: it finishes and commits what it holds, then leaves; a static one may restart."""
    for index in with_status(consumers, "member", "owner"):
        closing = consumers[index]
        is_known = protocol.answer(consumer, coordinator, group, consumers, index) == "accepted"
        is_late = closing.is_rejoining and index in coordinator.members
        if can_close(consumer, closing) and (is_known or is_late):
            saved, after = with_commit(group, index, offset_on_close(consumer, closing, group.committed))
            left = replaced(consumers, index, Consumer(status_after_leaving(consumers, index)))
            without = (protocol.without_member(coordinator, index),)
            for known in protocol.waiting(coordinator, index) if consumer.is_static else without:
                yield Next(f"{named(index)} leaves{saved}", consumers=left, group=after, coordinator=known)


@action(fault="member-leaves")
def member_stops(consumers: Consumers) -> Iterator[Next]:
    """A consumer just stops, with what it holds; some of its last requests may still arrive."""
    for index in with_status(consumers, "member", "owner"):
        for dead in remains(consumers[index]):
            stopped = attrs.evolve(dead, status=status_after_leaving(consumers, index))
            says = f"{named(index)} stops{losing(consumers[index])}"
            yield Next(says, consumers=replaced(consumers, index, stopped))


@action(fault="coordinator-failover")
def coordinator_failover(
    consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """
    Another broker becomes the group coordinator: requests and answers under way are lost; commitSync tries again.

    It knows nothing of a generation without an assignment: all have to rejoin, and an owner that has read on, and polls
    now, has lost the partition by then. Of a member whose id it does not know it takes what comes for another one's.
    """
    told = disconnected(consumer, consumers, group, coordinator)
    lost = tuple(attrs.evolve(other, in_flight=(), answer=None) for other in told)
    lost = tuple(
        attrs.evolve(other, generation=0) if index in coordinator.unsaved else other for index, other in enumerate(lost)
    )
    kept = attrs.evolve(reconnected(coordinator), unsaved=NOBODY)
    saved = {"coordinator": kept} if kept != coordinator else {}
    for says, loaded in reloaded(consumer.keeping, group):
        moves = f"the group coordinator moves to another broker{loss(consumers)}{says}"
        yield Next(moves, consumers=lost, group=loaded, **saved)
        if coordinator.state == "completing":
            for index in hearing(lost, consumer):
                yield Next(
                    f"{moves}, and {named(index)} loses the partition",
                    consumers=replaced(lost, index, without_assignment(lost[index], "member")),
                    group=loaded,
                    coordinator=Coordinator("preparing", coordinator.members),
                )


@action(fault="offsets-expired")
def offsets_expired(
    consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """All members stop cleanly for so long that the committed offset is deleted."""
    running = frozenset(with_status(consumers, "member", "owner"))
    if coordinator.state == "stable" and running == coordinator.members and can_all_stop(consumers, consumer):
        says = "all consumers stop; after offsets.retention.minutes the committed offset is gone"
        yield Next(
            says,
            consumers=all_stopped(consumers),
            group=attrs.evolve(group, committed=None),
            coordinator=Coordinator(),
        )
