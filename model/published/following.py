"""Following: how a replica begins to follow a leader, and what it does then."""

from collections.abc import Hashable, Iterator

from ackproof.model.published.leadership import (
    Brokers,
    LeaderAndIsr,
    Leadership,
    appoints,
    broker,
    is_older,
    led_by,
    nothing_more,
)
from ackproof.model.published.log import (
    Log,
    end_of_agreement,
    has_records,
    has_room,
    is_caught_up,
    leader_epochs,
)
from ackproof.model.published.rules import Variant, admits, fenced
from ackproof.model.system import Next, action


@action(
    when={"request": appoints, "follower_leadership": is_older, "leader_leadership": admits},
    sees={"leader_leadership": nothing_more},
    writes=("follower_log", "follower_high_watermark", "follower_leadership", "follower_in_sync_replicas"),
)
def become_follower(
    variant: Variant,
    leader: int,
    follower: int,
    leader_epoch: int,
    request: LeaderAndIsr,
    leader_leadership: None,
    leader_log: Log,
    follower_log: Log,
    follower_high_watermark: int,
    follower_leadership: Leadership,
    follower_in_sync_replicas: Brokers,
) -> Iterator[Next]:
    """
    A replica hears who leads and truncates its log; where it would have to truncate beyond its end, it does nothing.

    Source: ``Partition.makeFollower``, ``AbstractFetcherThread.maybeTruncate``; one step here.
    """
    offset = variant.truncation(follower_log, leader_log, follower_high_watermark)
    if offset > len(follower_log):
        return
    truncates = f" and truncates to offset {offset}" if offset < len(follower_log) else ""
    yield Next(
        f"{broker(follower)} follows {broker(leader)} in epoch {leader_epoch}{truncates}",
        follower_log=follower_log[:offset],
        follower_high_watermark=min(offset, follower_high_watermark),
        follower_leadership=request.leadership,
        follower_in_sync_replicas=request.in_sync_replicas,
    )


@action(
    when={
        "leader_log": has_records,
        "leader_leadership": led_by,
        "follower_log": has_room,
        "follower_leadership": led_by,
    },
    sees={"leader_leadership": fenced, "follower_leadership": fenced},
    writes=("follower_log", "follower_high_watermark"),
)
def fetch(
    variant: Variant,
    log_size: int,
    leader: int,
    follower: int,
    leader_log: Log,
    leader_high_watermark: int,
    leader_leadership: Hashable,
    follower_log: Log,
    follower_high_watermark: int,
    follower_leadership: Hashable,
) -> Iterator[Next]:
    """
    A follower fetches the next record and the high watermark, which can go down.

    Source: ``ReplicaFetcherThread.processPartitionData``.
    """
    end = len(follower_log)
    is_caught_up_so_far = is_caught_up(variant.marks(leader_log), variant.marks(follower_log), end)
    if leader_leadership != follower_leadership or not is_caught_up_so_far or end == len(leader_log):
        return
    high_watermark = min(leader_high_watermark, end + 1)
    yield Next(
        f"{broker(follower)} fetches {leader_log[end]} from {broker(leader)}; its high watermark is {high_watermark}",
        follower_log=(*follower_log, leader_log[end]),
        follower_high_watermark=high_watermark,
    )


@action(
    when={"leader_leadership": led_by, "follower_log": has_records, "follower_leadership": led_by},
    sees={"leader_leadership": nothing_more, "follower_leadership": nothing_more},
    writes=("follower_log", "follower_high_watermark"),
)
def truncate(
    leader: int,
    follower: int,
    leader_log: Log,
    leader_leadership: None,
    follower_log: Log,
    follower_high_watermark: int,
    follower_leadership: None,
) -> Iterator[Next]:
    """A follower finds that its last record is not the leader's, and truncates. Source: a draft of KIP-320."""
    if not is_caught_up(leader_epochs(leader_log), leader_epochs(follower_log), len(follower_log)):
        offset = end_of_agreement(follower_log, leader_log)
        yield Next(
            f"{broker(follower)} differs from {broker(leader)} and truncates to offset {offset}",
            follower_log=follower_log[:offset],
            follower_high_watermark=min(offset, follower_high_watermark),
        )
