"""Membership with a rebalance as one step: whoever the group has put out is marked stale."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    has_stopped,
    named,
    replaced,
    with_status,
    without_assignment,
)
from ackproof.model.consume.log import Group
from ackproof.model.consume.rules import ConsumerRules, automatic_offset, in_poll, is_quiet
from ackproof.model.system import Next, action


@action(when={"consumers": has_stopped})
def start(consumers: Consumers) -> Iterator[Next]:
    """
    All instances start and the partition goes to one of them.

    The first rebalance waits for them (``group.initial.rebalance.delay.ms``); who comes later is a joining member.
    """
    stopped = with_status(consumers, "stopped")
    for owner in stopped:
        members = tuple(Consumer("member") if index in stopped else other for index, other in enumerate(consumers))
        says = f"the group starts; {named(owner)} is assigned the partition"
        yield Next(says, consumers=replaced(members, owner, Consumer("owner")))


def can_rebalance(consumers: Consumers, consumer: ConsumerRules) -> bool:
    """Whether the owner, if there is one, can rejoin now."""
    return all(is_quiet(consumer, consumers[owner]) for owner in with_status(consumers, "owner"))


def returning(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who is out and can join again now."""
    return tuple(with_status(consumers, "out")) if can_rebalance(consumers, consumer) else ()


@action(when={"consumers": returning})
def join(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """A consumer that crashed or was put out joins again."""
    for index in returning(consumers, consumer):
        yield from joined(consumer, consumers, group, index)


def joined(rules: ConsumerRules, consumers: Consumers, group: Group, index: int) -> Iterator[Next]:
    """The consumer at *index* joins, and the group rebalances."""
    members = replaced(consumers, index, attrs.evolve(consumers[index], status="member"))
    yield from rebalanced(rules, members, group, f"{named(index)} joins")


def rebalanced(rules: ConsumerRules, consumers: Consumers, group: Group, why: str) -> Iterator[Next]:
    """
    The owner rejoins from poll, where its automatic commit comes first, then any member is assigned the partition.

    It is for the caller to ask whether the owner can (``can_rebalance``).

    Source: ``ConsumerCoordinator.onJoinPrepare`` with an eager assignor; librdkafka ``rdkafka_assignment.c``.
    """
    for owner in with_status(consumers, "owner"):
        saved, group = with_commit(group, owner, automatic_offset(rules, consumers[owner], group.committed))
        why += saved
        consumers = replaced(consumers, owner, without_assignment(consumers[owner], "member"))
    for says, after in assigned(consumers, why):
        yield Next(says, consumers=after, group=group)


def with_commit(group: Group, index: int, offset: int | None) -> tuple[str, Group]:
    """What is to be told, and the group, after the consumer at *index* has committed *offset*, if that is new."""
    if offset in (None, group.committed):
        return "", group
    return f"; the commit of {named(index)} of offset {offset} is accepted", attrs.evolve(group, committed=offset)


def assigned(consumers: Consumers, why: str) -> Iterator[tuple[str, Consumers]]:
    """What is to be told, and the consumers, after any member was assigned the partition, if there is one."""
    members = with_status(consumers, "member")
    if not members:
        yield why, consumers
    for index in members:
        owner = attrs.evolve(consumers[index], status="owner")
        yield f"{why}; {named(index)} is assigned the partition", replaced(consumers, index, owner)


def put_out(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who polls after the group has put it out."""
    return in_poll(consumer, consumers, "stale")


@action(when={"consumers": put_out})
def notice(consumer: ConsumerRules, consumers: Consumers) -> Iterator[Next]:
    """A consumer that polls learns that it is no longer in the group (``onPartitionsLost``)."""
    for index in put_out(consumers, consumer):
        after = without_assignment(consumers[index], "out")
        says = f"{named(index)} polls and learns that it is no longer in the group"
        yield Next(says, consumers=replaced(consumers, index, after))
