"""Membership by heartbeats: the coordinator assigns, the owner acknowledges what it revokes, then another gets it."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import (
    Answer,
    Consumer,
    Consumers,
    Status,
    named,
    replaced,
    with_status,
    without_assignment,
)
from ackproof.model.consume.coordinator import Coordinator, Protocol, is_preparing, is_stable
from ackproof.model.consume.log import Group
from ackproof.model.consume.membership import offset_on_revoke, with_commit
from ackproof.model.consume.rules import ConsumerRules, is_quiet
from ackproof.model.system import Next, action


def with_member(coordinator: Coordinator, index: int) -> Coordinator:
    """*coordinator* with a first heartbeat of the consumer at *index*: the group gets a new epoch."""
    return attrs.evolve(coordinator, state="preparing", members=coordinator.members | {index}, is_lost=False)


def without_member(coordinator: Coordinator, index: int) -> Coordinator:
    """*coordinator* without a member, which releases what it has; the group gets a new epoch."""
    members = coordinator.members - {index}
    return attrs.evolve(
        coordinator,
        state="preparing" if members else "empty",
        members=members,
        owner=None if coordinator.owner == index else coordinator.owner,
        holder=None if coordinator.holder == index else coordinator.holder,
        behind=coordinator.behind - {index},
        ahead=coordinator.ahead - {index},
        released=coordinator.released - {index},
    )


def restarting(coordinator: Coordinator, group: Group, index: int) -> tuple[Coordinator, Consumer] | None:
    """
    A static member that has left for a while gets back what it had; before it has left, nobody gets its place.

    Source: ``GroupMetadataManager``: ``consumerGroupStaticMemberGroupLeave``, ``throwIfInstanceIdIsUnreleased``.
    """
    if index not in coordinator.released:
        return None
    status: Status = "owner" if coordinator.holder == index else "member"
    back = attrs.evolve(coordinator, released=coordinator.released - {index}, ahead=coordinator.ahead - {index})
    return back, Consumer(status, generation=group.generation)


def answer(rules: ConsumerRules, coordinator: Coordinator, group: Group, consumers: Consumers, index: int) -> Answer:
    """
    A commit is accepted from a member, but with an older epoch only where the rules accept it.

    Source: ``ConsumerGroup.validateOffsetCommit``.
    """
    if index not in coordinator.members - coordinator.released:
        return "refused"
    is_stale = index in coordinator.ahead and rules.rebalancing.refuses_older_epochs
    return "put off" if is_stale else "accepted"


def with_more_partitions(coordinator: Coordinator) -> Coordinator:
    """*coordinator* once it has seen it in the metadata (``GroupMetadataManager.onNewMetadataImage``)."""
    return attrs.evolve(coordinator, state="preparing")


def waiting(coordinator: Coordinator, index: int) -> tuple[Coordinator, ...]:
    """
    *coordinator* once a static member has said that it leaves for a while: with the member epoch -2.

    What it has is kept for it, but for what it was told to revoke, if it was told that by then.

    Source: ``GroupMetadataManager.consumerGroupStaticMemberGroupLeave``.
    """
    away = attrs.evolve(coordinator, released=coordinator.released | {index})
    may_have_to_revoke = coordinator.holder == index != coordinator.owner
    return (away, attrs.evolve(away, holder=None)) if may_have_to_revoke else (away,)


HEARTBEATS = Protocol(with_member, without_member, with_more_partitions, waiting, restarting, answer)
"""ConsumerGroupHeartbeat (KIP-848)."""


@action(when={"coordinator": is_preparing})
def compute_target(coordinator: Coordinator) -> Iterator[Next]:
    """The coordinator computes a new target assignment: any member is to get the partition."""
    for index in sorted(coordinator.members):
        target = attrs.evolve(coordinator, state="stable", owner=index, behind=coordinator.members)
        yield Next(f"the group is to assign the partition to {named(index)}", coordinator=target)


def has_members_behind(coordinator: Coordinator) -> bool:
    """Whether a member has not come to the epoch of the group."""
    return coordinator.state == "stable" and bool(coordinator.behind)


@action(when={"coordinator": has_members_behind})
def advance(consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """A member that has nothing to revoke heartbeats and is given the epoch of the group."""
    for index in with_status(consumers, "joining", "member", "owner"):
        has_to_revoke = coordinator.holder == index != coordinator.owner
        if index in coordinator.behind and not has_to_revoke:
            yield Next(f"{named(index)} is given a new epoch", coordinator=with_epoch(coordinator, index))


def with_epoch(coordinator: Coordinator, index: int) -> Coordinator:
    """*coordinator* once it has given a member the epoch of the group, which that has not heard of."""
    return attrs.evolve(coordinator, behind=coordinator.behind - {index}, ahead=coordinator.ahead | {index})


@action(strongly_fair=True, when={"coordinator": has_members_behind})
def revoke(consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator) -> Iterator[Next]:
    """The owner of what is to move commits, revokes it, and acknowledges that with a heartbeat."""
    for index in with_status(consumers, "owner"):
        is_asked = index in coordinator.behind and coordinator.holder == index != coordinator.owner
        if is_asked and is_quiet(consumer, consumers[index]):
            saved, after = with_commit(group, index, offset_on_revoke(consumer, consumers[index], group.committed))
            yield Next(
                f"{named(index)} revokes the partition{saved}",
                consumers=replaced(consumers, index, without_assignment(consumers[index], "member")),
                group=after,
                coordinator=attrs.evolve(with_epoch(coordinator, index), holder=None),
            )


@action(when={"coordinator": is_stable})
def hear_epoch(consumers: Consumers, group: Group, coordinator: Coordinator) -> Iterator[Next]:
    """A member hears its epoch, and that the partition is its own, once nobody else has it."""
    for index in with_status(consumers, "joining", "member", "owner"):
        present = consumers[index]
        if coordinator.owner == index and coordinator.holder is None and index not in coordinator.behind:
            generation = group.generation + 1
            yield Next(
                f"{named(index)} is assigned the partition",
                consumers=replaced(consumers, index, attrs.evolve(present, status="owner", generation=generation)),
                group=attrs.evolve(group, generation=generation),
                coordinator=attrs.evolve(coordinator, holder=index, ahead=coordinator.ahead - {index}),
            )
        elif index in coordinator.ahead:
            heard = attrs.evolve(present, status="owner" if present.status == "owner" else "member")
            yield Next(
                f"{named(index)} hears its new epoch",
                consumers=replaced(consumers, index, heard),
                coordinator=attrs.evolve(coordinator, ahead=coordinator.ahead - {index}),
            )
