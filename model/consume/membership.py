"""Membership with a rebalance as one step: whoever the group has put out is marked stale."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    named,
    replaced,
    with_status,
    without_assignment,
)
from ackproof.model.consume.log import Group
from ackproof.model.consume.rules import ConsumerRules, automatic_offset, is_in_poll, is_quiet
from ackproof.model.system import Next, action


@action
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


@action
def join(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """A consumer that crashed or was put out joins again."""
    for index in with_status(consumers, "out"):
        yield from joined(consumer, consumers, group, index)


def joined(rules: ConsumerRules, consumers: Consumers, group: Group, index: int) -> Iterator[Next]:
    """The consumer at *index* joins, and the group rebalances."""
    members = replaced(consumers, index, attrs.evolve(consumers[index], status="member"))
    yield from rebalanced(rules, members, group, f"{named(index)} joins")


def rebalanced(rules: ConsumerRules, consumers: Consumers, group: Group, why: str) -> Iterator[Next]:
    """
    The owner rejoins from poll, where its automatic commit comes first, then any member is assigned the partition.

    Source: ``ConsumerCoordinator.onJoinPrepare`` with an eager assignor; librdkafka ``rdkafka_assignment.c``.
    """
    for owner in with_status(consumers, "owner"):
        if not is_quiet(rules, consumers[owner]):
            return
        saved, group = with_commit(group, owner, automatic_offset(rules, consumers[owner], group.committed))
        why += saved
        consumers = replaced(consumers, owner, without_assignment(consumers[owner], "member"))
    yield from assigned(consumers, group, why)


def with_commit(group: Group, index: int, offset: int | None) -> tuple[str, Group]:
    """What is to be told, and the group, after the consumer at *index* has committed *offset*, if that is new."""
    if offset in (None, group.committed):
        return "", group
    return f"; the commit of {named(index)} of offset {offset} is accepted", attrs.evolve(group, committed=offset)


def assigned(consumers: Consumers, group: Group, why: str) -> Iterator[Next]:
    """Any member is assigned the partition, if there is one."""
    members = with_status(consumers, "member")
    if not members:
        yield Next(why, consumers=consumers, group=group)
    for index in members:
        owner = attrs.evolve(consumers[index], status="owner")
        says = f"{why}; {named(index)} is assigned the partition"
        yield Next(says, consumers=replaced(consumers, index, owner), group=group)


@action
def notice(consumer: ConsumerRules, consumers: Consumers) -> Iterator[Next]:
    """A consumer that polls learns that it is no longer in the group (``onPartitionsLost``)."""
    for index in with_status(consumers, "stale"):
        if is_in_poll(consumer, consumers[index]):
            after = without_assignment(consumers[index], "out")
            says = f"{named(index)} polls and learns that it is no longer in the group"
            yield Next(says, consumers=replaced(consumers, index, after))
