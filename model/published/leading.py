"""Leading: what a replica does that presumes to lead, whether or not it still does."""

from collections.abc import Hashable, Iterator

from ackproof.model.published.leadership import (
    Brokers,
    LeaderAndIsr,
    Leadership,
    appoints,
    broker,
    brokers,
    is_older,
    led_by,
)
from ackproof.model.published.log import Log, Marks, Record, has_records, has_room, is_caught_up
from ackproof.model.published.rules import Variant, compared, fenced
from ackproof.model.system import Next, action


@action(
    when={"request": appoints, "leader_leadership": is_older},
    writes=("leader_leadership", "leader_in_sync_replicas"),
)
def become_leader(
    request: LeaderAndIsr,
    leader: int,
    leader_epoch: int,
    leader_leadership: Leadership,
    leader_in_sync_replicas: Brokers,
) -> Iterator[Next]:
    """A replica hears that it leads; log and high watermark stay (``Partition.makeLeader``)."""
    yield Next(
        f"{broker(leader)} becomes the leader in epoch {leader_epoch}; in sync: {brokers(request.in_sync_replicas)}",
        leader_leadership=request.leadership,
        leader_in_sync_replicas=request.in_sync_replicas,
    )


def is_left(next_record: int, records: int) -> bool:
    """Whether the application has another record."""
    return next_record < records


@action(
    when={"next_record": is_left, "leader_log": has_room, "leader_leadership": led_by},
    writes=("next_record", "leader_log"),
)
def append(
    leader: int, records: int, log_size: int, next_record: int, leader_log: Log, leader_leadership: Leadership
) -> Iterator[Next]:
    """The leader appends the next record (``Partition.appendRecordsToLeader``)."""
    record = Record(next_record, leader_leadership.leader_epoch)
    says = f"{broker(leader)} appends {record} at offset {len(leader_log)} in epoch {record.leader_epoch}"
    yield Next(says, next_record=next_record + 1, leader_log=(*leader_log, record))


def may_rise(high_watermark: int, log_size: int) -> bool:
    """Whether there can be a record at the high watermark."""
    return high_watermark < log_size


@action(
    when={"leader_high_watermark": may_rise, "leader_log": has_records, "leader_leadership": led_by},
    sees={
        "leader_log": compared,
        "leader_leadership": fenced,
        "followers_log": compared,
        "followers_leadership": fenced,
    },
    writes=("leader_high_watermark",),
)
def raise_high_watermark(
    variant: Variant,
    log_size: int,
    leader: int,
    followers: tuple[int, ...],
    leader_high_watermark: int,
    leader_log: Marks,
    leader_leadership: Hashable,
    leader_in_sync_replicas: Brokers,
    followers_log: tuple[Marks, ...],
    followers_leadership: tuple[Hashable, ...],
) -> Iterator[Next]:
    """Every in-sync replica follows and has the record at the high watermark (``Partition.maybeIncrementLeaderHW``)."""
    offset = leader_high_watermark + 1
    if offset > len(leader_log):
        return
    for follower, log, leadership in zip(followers, followers_log, followers_leadership, strict=True):
        is_committed = leadership == leader_leadership and is_caught_up(leader_log, log, offset)
        if follower in leader_in_sync_replicas and not is_committed:
            return
    yield Next(f"{broker(leader)} raises the high watermark to {offset}", leader_high_watermark=offset)
