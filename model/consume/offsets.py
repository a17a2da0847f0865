"""
The offsets log, ``__consumer_offsets``: what was committed is kept by few replicas, and by as little as one.

Its min.insync.replicas is that of the brokers, 1 by default, so a commit may be accepted by a leader that is alone.
"""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import Consumers, with_status
from ackproof.model.consume.coordinator import Coordinator, reconnected
from ackproof.model.consume.failing import unanswered
from ackproof.model.consume.log import Group
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.system import Next, action


def has_company(offsets_in_sync: int) -> bool:
    """Whether the leader is not alone."""
    return offsets_in_sync > 1


@action(fault="follower-lag", when={"offsets_in_sync": has_company})
def offsets_follower_lags(offsets_in_sync: int) -> Iterator[Next]:
    """A follower of the offsets log falls behind, and leaves the in-sync replicas."""
    yield Next("a follower of __consumer_offsets falls behind", offsets_in_sync=offsets_in_sync - 1)


def lacks_some(offsets_in_sync: int, offsets_replicas: int) -> bool:
    """Whether a replica is not in sync."""
    return offsets_in_sync < offsets_replicas


@action(fair=False, when={"offsets_in_sync": lacks_some})
def offsets_follower_catches_up(offsets_in_sync: int, offsets_replicas: int) -> Iterator[Next]:
    """A replica of the offsets log has all that the leader has, and is in sync again."""
    says = f"a follower of __consumer_offsets catches up: {offsets_in_sync + 1} of {offsets_replicas} are in sync"
    yield Next(says, offsets_in_sync=offsets_in_sync + 1)


Loss = tuple[str, Consumers, Group, int, bool]
"""
What happened, for people; the consumers, what is committed, how many replicas are in sync, whether the group is gone.
"""


@action(fault="power-loss")
def offsets_power_loss(
    consumer: ConsumerRules, consumers: Consumers, group: Group, offsets_in_sync: int
) -> Iterator[Next]:
    """
    The broker of the group coordinator loses power: another in-sync replica takes over, with all that was committed.

    A leader that was alone comes back with what was flushed: an earlier commit, or none, or not even the group itself
    (KIP-966, last replica standing). Commits on their way are lost; a synchronous one is tried again.

    Not modelled: an owner that looks up its first position before it hears that the group does not know it.
    """
    for saved, before in (("", group), *unanswered(consumer, consumers, group)):
        for says, lost, left, in_sync, is_forgotten in losses(consumers, before, offsets_in_sync):
            after = forgotten(lost) if is_forgotten else lost
            yield Next(f"{says}{saved}", consumers=after, group=left, offsets_in_sync=in_sync)


@action(fault="power-loss")
def offsets_power_loss_in_steps(
    consumers: Consumers, group: Group, offsets_in_sync: int, coordinator: Coordinator
) -> Iterator[Next]:
    """The same where members hear one by one that the group does not know them (UNKNOWN_MEMBER_ID)."""
    for says, after, left, in_sync, is_forgotten in losses(consumers, group, offsets_in_sync):
        known = Coordinator(is_lost=True) if is_forgotten else reconnected(coordinator)
        there = without_first_owner(after) if is_forgotten else after
        yield Next(says, consumers=there, group=left, offsets_in_sync=in_sync, coordinator=known)


def without_first_owner(consumers: Consumers) -> Consumers:
    """*consumers* without an owner that has no position."""
    return tuple(
        attrs.evolve(consumer, status="member", is_rejoining=False)
        if consumer.status == "owner" and consumer.position is None
        else consumer
        for consumer in consumers
    )


def losses(consumers: Consumers, group: Group, in_sync: int) -> Iterator[Loss]:
    """What a loss of power may do to the offsets log, and to commits on their way."""
    lost = tuple(attrs.evolve(consumer, in_flight=(), answer=None) for consumer in consumers)
    says = "the broker of the group coordinator loses power"
    if in_sync > 1:
        yield f"{says}; another takes over", lost, group, in_sync - 1, False
        return
    yield f"{says} and comes back", lost, group, in_sync, False
    yield f"{says}; the group and all that it committed are gone", lost, rewound(group, None), in_sync, True
    if group.committed is not None:
        yield f"{says}; all that was committed is gone", lost, rewound(group, None), in_sync, False
    for offset in sorted(group.earlier or ()):
        if group.committed is not None and offset < group.committed:
            yield (
                f"{says}; of all commits that of offset {offset} is left",
                lost,
                rewound(group, offset),
                in_sync,
                False,
            )


def forgotten(consumers: Consumers) -> Consumers:
    """*consumers* of a group that does not know them any more."""
    members = with_status(consumers, "member", "owner", "silent")
    return tuple(
        attrs.evolve(consumer, status="stale", is_rejoining=False) if index in members else consumer
        for index, consumer in enumerate(consumers)
    )


def rewound(group: Group, offset: int | None) -> Group:
    """*group* after the commits behind that of *offset* are gone."""
    earlier = frozenset(kept for kept in group.earlier or () if offset is not None and kept < offset)
    return attrs.evolve(group, committed=offset, earlier=earlier)
