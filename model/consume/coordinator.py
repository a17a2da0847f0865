"""The group coordinator where membership takes several steps: what it knows, and what it does about a member."""

from collections.abc import Callable
from typing import Literal

import attrs

from ackproof.model.consume.consumer import Answer, Consumer, Consumers
from ackproof.model.consume.log import Group
from ackproof.model.consume.rules import ConsumerRules

NOBODY: frozenset[int] = frozenset()


@attrs.frozen(cache_hash=True)
class Coordinator:
    """
    A group as its coordinator knows it (``ClassicGroup``, ``ConsumerGroup``).

    Attributes:
        joined: The members that have joined the generation to come (classic).
        claimant: Which of them has joined with the partition (cooperative).
        older: Who has joined with it too, but of an earlier generation, the earliest first.
        owner: Whom the present assignment gives the partition; the target assignment of the new protocol.
        holder: Who has the partition and has not acknowledged its revocation (new protocol).
        behind: Members that have not come to the epoch of the group (new protocol).
        ahead: Members that have an epoch which they have not heard of (new protocol).
        released: Static members that have said that they leave for a while (new protocol).
        unsaved: Static members that have an id which the group's log does not have (classic, KAFKA-10284).
        followers: Who has joined with the partition though it was put out, and does not lead: others came first.
        is_lost: There is no such group any more, as its log is gone, until somebody joins.
    """

    state: Literal["empty", "preparing", "completing", "stable"] = "empty"
    members: frozenset[int] = NOBODY
    joined: frozenset[int] = NOBODY
    claimant: int | None = None
    older: tuple[int, ...] = ()
    owner: int | None = None
    holder: int | None = None
    behind: frozenset[int] = NOBODY
    ahead: frozenset[int] = NOBODY
    released: frozenset[int] = NOBODY
    unsaved: frozenset[int] = NOBODY
    followers: frozenset[int] = NOBODY
    is_lost: bool = False


@attrs.frozen
class Protocol:
    """
    What a group coordinator does about a member.

    Attributes:
        with_member: The group once a consumer asks to join.
        without_member: The group once a member has left or its session has expired.
        with_more_partitions: The group once the topic has more partitions.
        waiting: What the group may be while it waits for a static member that has stopped.
        restarting: The group, and what a static member is that is back: the same member, of the present generation.
        answer: What becomes of a commit that arrives now.
    """

    with_member: Callable[[Coordinator, int], Coordinator]
    without_member: Callable[[Coordinator, int], Coordinator]
    with_more_partitions: Callable[[Coordinator], Coordinator]
    waiting: Callable[[Coordinator, int], tuple[Coordinator, ...]]
    restarting: Callable[[Coordinator, Group, int], tuple[Coordinator, Consumer] | None]
    answer: Callable[[ConsumerRules, Coordinator, Group, Consumers, int], Answer]


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
    of = coordinator if is_preparing(coordinator) else Coordinator()
    members, joined = coordinator.members | {index}, of.joined | {index}
    return Coordinator("preparing", members, joined, of.claimant, of.older, followers=of.followers)


def with_claim(coordinator: Coordinator, index: int) -> Coordinator:
    """*coordinator* with a JoinGroup request of the consumer at *index*, which says that it owns the partition."""
    joined = with_joined(coordinator, index)
    others = () if joined.claimant is None else (joined.claimant,)
    return attrs.evolve(joined, claimant=index, older=joined.older + others)


def without_member(coordinator: Coordinator, index: int) -> Coordinator:
    """*coordinator* without a member; the others have to rejoin."""
    of = without_claim(coordinator, index) if is_preparing(coordinator) else Coordinator()
    members = coordinator.members - {index}
    return Coordinator("preparing" if members else "empty", members, of.joined - {index}, of.claimant, of.older)


def without_claim(coordinator: Coordinator, index: int) -> Coordinator:
    """*coordinator* whose member at *index* does not claim the partition: then the latest of the others does."""
    claims = [each for each in (*coordinator.older, coordinator.claimant) if each not in (None, index)]
    return attrs.evolve(coordinator, claimant=claims[-1] if claims else None, older=tuple(claims[:-1]))


def reconnected(coordinator: Coordinator) -> Coordinator:
    """*coordinator* as connections to it break: what waits behind a SyncGroup may be sent again before that."""
    return attrs.evolve(coordinator, followers=NOBODY)


def with_more_partitions(coordinator: Coordinator) -> Coordinator:
    """*coordinator* once the group's leader has rejoined for them (``ConsumerCoordinator.rejoinNeededOrPending``)."""
    return coordinator if is_preparing(coordinator) else Coordinator("preparing", coordinator.members)


def waiting(coordinator: Coordinator, index: int) -> tuple[Coordinator, ...]:
    """*coordinator* when a static member has stopped: it is not told (``AbstractCoordinator.maybeLeaveGroup``)."""
    return (coordinator,)


def restarting(coordinator: Coordinator, group: Group, index: int) -> tuple[Coordinator, Consumer] | None:
    """
    A stable group gives a static member that is back what it had; during a rebalance it takes part in that.

    It then claims nothing: what it joins with takes the place of what it had joined with before.

    Source: ``GroupMetadataManager.updateStaticMemberThenRebalanceOrCompleteJoin``, ``updateMember``.
    """
    if coordinator.state != "stable" or coordinator.owner is None:
        return without_claim(with_joined(coordinator, index), index), Consumer("joining")
    status: Literal["owner", "member"] = "owner" if coordinator.owner == index else "member"
    return coordinator, Consumer(status, generation=group.generation)


def answer(rules: ConsumerRules, coordinator: Coordinator, group: Group, consumers: Consumers, index: int) -> Answer:
    """
    A commit is accepted from a member of the present generation, unless its client refuses it while it rejoins.

    A member that rejoins and has forgotten its generation (0) is told in vain that it names none. Who is out of the
    group with the partition commits without a member id.

    Source: ``ClassicGroup.validateOffsetCommit``, ``OffsetMetadataManager.validateOffsetCommit``;
    ``ConsumerCoordinator.sendOffsetCommitRequest``.
    """
    sender = consumers[index]
    if sender.status == "lingering":
        return "refused"
    is_known = index in coordinator.members
    has_begun = coordinator.state == "completing" or (is_known and not sender.generation)
    if sender.is_rejoining and (has_begun or not rules.rebalancing.accepts_meanwhile):
        return "put off"
    if coordinator.is_lost and not rules.commits_as_nobody:
        return "no group"
    return "accepted" if is_current(coordinator, group, consumers, index) else "refused"


def is_current(coordinator: Coordinator, group: Group, consumers: Consumers, index: int) -> bool:
    """Whether a request of the consumer at *index* comes from a member of the present generation."""
    names_it = consumers[index].generation == group.generation and consumers[index].status not in (
        "silent",
        "lingering",
    )
    return index in coordinator.members and names_it


CLASSIC = Protocol(with_joined, without_member, with_more_partitions, waiting, restarting, answer)
"""JoinGroup and SyncGroup: every change makes all members rejoin."""
