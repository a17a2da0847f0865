"""Faults of consumers and group where rebalances and commits take several steps."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import Consumer, Consumers, named, replaced, with_status
from ackproof.model.consume.coordinator import Coordinator, asked, is_current, without_member
from ackproof.model.consume.failing import all_stopped, can_all_stop, can_close, can_crash, losing, status_after_leaving
from ackproof.model.consume.log import Group
from ackproof.model.consume.membership import with_commit
from ackproof.model.consume.rules import ConsumerRules, closing_offset
from ackproof.model.system import Next, action


@action(fault="consumer-crash")
def consumer_crash(consumers: Consumers) -> Iterator[Next]:
    """A consumer's process dies; some of its last requests may still arrive, until its session expires."""
    for index, dying in enumerate(consumers):
        if can_crash(dying):
            for under_way in range(len(requests(dying)) + 1):
                dead = Consumer("out", in_flight=requests(dying)[:under_way], generation=dying.generation)
                yield Next(f"{named(index)} crashes{losing(dying)}", consumers=replaced(consumers, index, dead))


def requests(consumer: Consumer) -> tuple[int, ...]:
    """The offsets of its commits that the group coordinator has not seen."""
    is_waiting = consumer.to_commit is not None and consumer.answer is None
    return consumer.in_flight + ((consumer.to_commit,) if is_waiting and consumer.to_commit is not None else ())


@action(fault="consumer-pause")
def consumer_pause(consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """A consumer stands still for too long; the group puts it out, and it has not heard of it."""
    for index in with_status(consumers, "joining", "member", "owner"):
        if index in coordinator.members:
            says = f"{named(index)} pauses for too long and is put out of the group"
            yield Next(says, coordinator=without_member(coordinator, index))


@action(fault="member-joins")
def member_joins(consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """One more consumer asks to join a group that has started."""
    if not with_status(consumers, "stopped"):
        for index in with_status(consumers, "absent"):
            yield from asked(consumers, coordinator, index)


@action(fault="member-leaves")
def member_leaves(
    consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """A consumer closes: it finishes and commits what it holds, then sends LeaveGroup."""
    for index in with_status(consumers, "member", "owner"):
        if can_close(consumer, consumers[index]) and is_current(coordinator, group, consumers, index):
            saved, after = with_commit(group, index, closing_offset(consumer, consumers[index], group.committed))
            gone = Consumer(status_after_leaving(consumers, index))
            yield Next(
                f"{named(index)} leaves{saved}",
                consumers=replaced(consumers, index, gone),
                group=after,
                coordinator=without_member(coordinator, index),
            )


@action(fault="coordinator-failover")
def coordinator_failover(consumers: Consumers) -> Iterator[Next]:
    """Another broker becomes the group coordinator: requests and answers under way are lost; commitSync tries again."""
    lost = tuple(attrs.evolve(consumer, in_flight=(), answer=None) for consumer in consumers)
    yield Next("the group coordinator moves to another broker", consumers=lost)


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
