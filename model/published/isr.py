"""The in-sync replicas, as their leader shrinks and expands them."""

from collections.abc import Hashable, Iterator

from ackproof.model.published.leadership import (
    Brokers,
    LeaderAndIsr,
    Leadership,
    broker,
    has_member,
    lacks_member,
    led_by,
)
from ackproof.model.published.log import Log, Marks, is_caught_up
from ackproof.model.published.rules import Variant, compared, fenced
from ackproof.model.system import Next, action


@action(
    when={"quorum": led_by, "leader_leadership": led_by, "leader_in_sync_replicas": has_member},
    sees={"leader_log": compared, "follower_log": compared, "follower_leadership": fenced},
    writes=("quorum", "leader_in_sync_replicas"),
)
def shrink_isr(
    variant: Variant,
    leader: int,
    follower: int,
    quorum: LeaderAndIsr,
    leader_leadership: Leadership,
    leader_in_sync_replicas: Brokers,
    leader_log: Marks,
    follower_log: Marks,
    follower_leadership: Hashable,
) -> Iterator[Next]:
    """
    The leader removes a follower that is behind its log end offset; how long it has been so does not matter.

    Source: ``Partition.maybeShrinkIsr``.
    """
    is_following = follower_leadership == variant.fence(leader_leadership)
    is_in_sync = is_following and is_caught_up(leader_log, follower_log, len(leader_log))
    if quorum.leadership == leader_leadership and not is_in_sync:
        says = f"{broker(leader)} removes {broker(follower)} from the in-sync replicas"
        yield changed(says, quorum, leader_in_sync_replicas - {follower})


@action(
    when={
        "quorum": led_by,
        "leader_leadership": led_by,
        "leader_in_sync_replicas": lacks_member,
        "follower_leadership": led_by,
    },
    sees={"follower_log": compared, "follower_leadership": fenced},
    writes=("quorum", "leader_in_sync_replicas"),
)
def expand_isr(
    variant: Variant,
    leader: int,
    follower: int,
    quorum: LeaderAndIsr,
    leader_leadership: Leadership,
    leader_in_sync_replicas: Brokers,
    leader_log: Log,
    leader_high_watermark: int,
    follower_log: Marks,
    follower_leadership: Hashable,
) -> Iterator[Next]:
    """The leader adds a follower that has reached its high watermark (``Partition.maybeExpandIsr``)."""
    epoch, offset = leader_leadership.leader_epoch, leader_high_watermark
    is_following = follower_leadership == variant.fence(leader_leadership)
    is_in_sync = is_following and is_caught_up(variant.marks(leader_log), follower_log, offset)
    if quorum.leadership == leader_leadership and is_in_sync and variant.may_expand(leader_log, offset, epoch):
        says = f"{broker(leader)} adds {broker(follower)} to the in-sync replicas"
        yield changed(says, quorum, leader_in_sync_replicas | {follower})


def changed(says: str, quorum: LeaderAndIsr, members: Brokers) -> Next:
    """The leader's and ZooKeeper's in-sync replicas become *members* at once, without a new epoch."""
    return Next(says, quorum=LeaderAndIsr(quorum.leadership, members), leader_in_sync_replicas=members)
