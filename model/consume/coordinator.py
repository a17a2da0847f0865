"""Membership in several steps: members are told to rejoin, a generation begins, the partition is assigned."""

from collections.abc import Iterator
from typing import Literal

import attrs

from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    Status,
    named,
    replaced,
    with_status,
    without_assignment,
)
from ackproof.model.consume.log import Group
from ackproof.model.consume.membership import with_commit
from ackproof.model.consume.rules import ConsumerRules, automatic_offset, is_quiet
from ackproof.model.system import Next, action

NOBODY: frozenset[int] = frozenset()


@attrs.frozen(cache_hash=True)
class Coordinator:
    """
    A classic group (``ClassicGroup``).

    Attributes:
        joined: The members that have joined the generation to come.
        owner: Whom the present assignment gives the partition.
    """

    state: Literal["empty", "preparing", "completing", "stable"] = "empty"
    members: frozenset[int] = NOBODY
    joined: frozenset[int] = NOBODY
    owner: int | None = None


def is_preparing(coordinator: Coordinator) -> bool:
    """Whether members are to rejoin."""
    return coordinator.state == "preparing"


def is_completing(coordinator: Coordinator) -> bool:
    """Whether a generation has begun that has no assignment yet."""
    return coordinator.state == "completing"


def is_stable(coordinator: Coordinator) -> bool:
    """Whether the partition is assigned."""
    return coordinator.state == "stable"


def with_joined(coordinator: Coordinator, index: int) -> Coordinator:
    """*coordinator* with a JoinGroup request of the consumer at *index*; the others have to rejoin."""
    joined = coordinator.joined if coordinator.state == "preparing" else NOBODY
    return Coordinator("preparing", coordinator.members | {index}, joined | {index})


def without_member(coordinator: Coordinator, index: int) -> Coordinator:
    """*coordinator* without a member; the others have to rejoin."""
    joined = coordinator.joined if coordinator.state == "preparing" else NOBODY
    members = coordinator.members - {index}
    return Coordinator("preparing" if members else "empty", members, joined - {index})


def is_current(coordinator: Coordinator, group: Group, consumers: Consumers, index: int) -> bool:
    """
    Whether a request of the consumer at *index* comes from a member of the present generation.

    Source: ``ClassicGroup.validateOffsetCommit``.
    """
    return index in coordinator.members and consumers[index].generation == group.generation


@action
def ask_to_join(consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """A consumer sends its first JoinGroup; one that crashed has to wait until its old session has expired."""
    for index in with_status(consumers, "stopped", "out"):
        if index not in coordinator.members:
            yield from asked(consumers, coordinator, index)


def asked(consumers: Consumers, coordinator: Coordinator, index: int) -> Iterator[Next]:
    """The consumer at *index* has sent its first JoinGroup."""
    # A process that has crashed leaves nothing on its way that a later generation would take for its own.
    joining = attrs.evolve(consumers[index], status="joining", in_flight=())
    says = f"{named(index)} asks to join; the group prepares to rebalance"
    yield Next(says, consumers=replaced(consumers, index, joining), coordinator=with_joined(coordinator, index))


@action(when={"coordinator": is_preparing})
def rejoin(consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator) -> Iterator[Next]:
    """A member that polls hears of the rebalance, commits if it does so by itself, gives up the partition, rejoins."""
    for index in sorted(coordinator.members - coordinator.joined):
        member = consumers[index]
        if member.status != "out" and is_quiet(consumer, member):
            offset = automatic_offset(consumer, member, group.committed) if member.status == "owner" else None
            saved, after = with_commit(group, index, offset)
            joining = without_assignment(member, "joining")
            yield Next(
                f"{named(index)} rejoins{saved}",
                consumers=replaced(consumers, index, joining),
                group=after,
                coordinator=with_joined(coordinator, index),
            )


@action(when={"coordinator": is_preparing})
def begin_generation(consumers: Consumers, group: Group, coordinator: Coordinator) -> Iterator[Next]:
    """All members have joined, and the first time all instances: the next generation begins."""
    if coordinator.joined == coordinator.members and not with_status(consumers, "stopped"):
        generation = group.generation + 1
        yield Next(
            f"generation {generation} begins",
            consumers=tuple(told(consumer, generation) for consumer in consumers),
            group=attrs.evolve(group, generation=generation),
            coordinator=attrs.evolve(coordinator, state="completing", joined=NOBODY),
        )


def told(consumer: Consumer, generation: int) -> Consumer:
    """*consumer* with the answer to its JoinGroup, if it waits for one."""
    return attrs.evolve(consumer, generation=generation) if consumer.status == "joining" else consumer


@action(when={"coordinator": is_completing})
def assign(coordinator: Coordinator) -> Iterator[Next]:
    """The assignment arrives with the SyncGroup of the group's leader: any member gets the partition."""
    for index in sorted(coordinator.members):
        stable = attrs.evolve(coordinator, state="stable", owner=index)
        yield Next(f"the group assigns the partition to {named(index)}", coordinator=stable)


@action(when={"coordinator": is_stable})
def learn(consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """A member hears its assignment."""
    for index in with_status(consumers, "joining"):
        if index in coordinator.members:
            status: Status = "owner" if index == coordinator.owner else "member"
            after = attrs.evolve(consumers[index], status=status)
            yield Next(f"{named(index)} learns that it is {status}", consumers=replaced(consumers, index, after))


@action
def hear_of_removal(consumer: ConsumerRules, consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """A consumer that polls hears that the group does not know it any more (``onPartitionsLost``)."""
    for index in with_status(consumers, "joining", "member", "owner"):
        if index not in coordinator.members and is_quiet(consumer, consumers[index]):
            after = without_assignment(consumers[index], "out")
            says = f"{named(index)} polls and learns that it is no longer in the group"
            yield Next(says, consumers=replaced(consumers, index, after))


@action
def session_expires(consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """A crashed member's session expires; nothing that is still under way from it is accepted then."""
    for index in with_status(consumers, "out"):
        if index in coordinator.members:
            yield Next(
                f"the session of {named(index)} expires",
                consumers=replaced(consumers, index, attrs.evolve(consumers[index], in_flight=())),
                coordinator=without_member(coordinator, index),
            )
