"""What must hold of replication as published: small statements, one for each pair of replicas."""

from itertools import permutations

from ackproof.model.published.alter_isr import LEADER, VersionedIsr, high_watermark
from ackproof.model.published.leadership import Brokers, LeaderAndIsr, has_member, led_by, nothing_more
from ackproof.model.published.log import Log
from ackproof.model.published.placing import on_brokers
from ackproof.properties.property import Property, always, sometimes


def has_risen(leader_high_watermark: int) -> bool:
    """Whether anything is committed."""
    return leader_high_watermark > 0


def has_what_is_committed(leader_log: Log, committed: int, follower_log: Log) -> bool:
    """Whether both logs are the same below the offset *committed*."""
    return len(leader_log) >= committed and leader_log[:committed] == follower_log[:committed]


@always(
    source="KIP-101; Partition.maybeIncrementLeaderHW",
    when={"leader_leadership": led_by, "leader_high_watermark": has_risen, "leader_in_sync_replicas": has_member},
    sees={"leader_leadership": nothing_more, "leader_in_sync_replicas": nothing_more},
)
def leader_knows_who_has_what_is_committed(
    leader: int,
    follower: int,
    leader_leadership: None,
    leader_in_sync_replicas: None,
    leader_high_watermark: int,
    leader_log: Log,
    follower_log: Log,
) -> bool:
    """All that a leader counts as in sync has what the leader has below its high watermark."""
    return has_what_is_committed(leader_log, leader_high_watermark, follower_log)


@always(
    source="KIP-101, KIP-279, KIP-320; PartitionLeaderElectionAlgorithms",
    when={"leader_leadership": led_by, "leader_high_watermark": has_risen, "quorum": has_member},
    sees={"leader_leadership": nothing_more, "quorum": nothing_more},
)
def who_can_be_elected_has_what_is_committed(
    leader: int,
    follower: int,
    leader_leadership: None,
    quorum: None,
    leader_high_watermark: int,
    leader_log: Log,
    follower_log: Log,
) -> bool:
    """Every replica that the controller counts as in sync has what any leader has below its high watermark."""
    return has_what_is_committed(leader_log, leader_high_watermark, follower_log)


@sometimes(source="Partition.maybeIncrementLeaderHW")
def a_record_is_committed(leader_high_watermark: int, leader_in_sync_replicas: Brokers, follower: int) -> bool:
    """A leader has raised its high watermark and counts the follower as in sync."""
    return leader_high_watermark > 0 and follower in leader_in_sync_replicas


def leader_and_members(quorum: LeaderAndIsr) -> tuple[int | None, Brokers]:
    """A decision without its epoch."""
    return quorum.leader, quorum.in_sync_replicas


@always(source="PartitionRegistration.leader", sees={"quorum": leader_and_members})
def the_leader_is_in_sync(quorum: tuple[int | None, Brokers]) -> bool:
    """The leader is among the in-sync replicas, or there is no leader."""
    leader, members = quorum
    return leader is None or leader in members


def has_versioned_member(controller: VersionedIsr, follower: int) -> bool:
    """Whether the controller counts *follower* as in sync."""
    return follower in controller.in_sync_replicas


def members_of(leader: VersionedIsr) -> Brokers:
    """In-sync replicas, whatever the version."""
    return leader.in_sync_replicas


@always(
    source="KIP-497; Partition.maybeIncrementLeaderHW",
    when={"controller": has_versioned_member},
    sees={"controller": nothing_more, "leader": members_of},
)
def who_can_be_elected_has_reached_the_high_watermark(
    controller: None, follower: int, leader: Brokers, pending: Brokers, offset: int, offsets: tuple[int, ...]
) -> bool:
    """Every replica that the controller counts as in sync has everything below the high watermark."""
    return offset >= high_watermark(leader | pending, offsets)


@sometimes(source="KIP-497; Partition.maybeIncrementLeaderHW")
def the_in_sync_replicas_change_while_followers_fetch(controller: VersionedIsr, offset: int) -> bool:
    """The controller has changed the in-sync replicas, and the follower has fetched a record."""
    return controller.version > 0 and offset > 0


def pairs(statement: Property, replicas: int) -> tuple[Property, ...]:
    """*statement* of every leader and every follower."""
    brokers = range(1, replicas + 1)
    return tuple(on_brokers(statement, leader=one, follower=other) for one, other in permutations(brokers, 2))


def weak_isr(replicas: int) -> tuple[Property, ...]:
    """Of every pair: whoever the leader itself counts as in sync has what is committed (WeakIsr)."""
    return pairs(leader_knows_who_has_what_is_committed, replicas)


def strong_isr(replicas: int) -> tuple[Property, ...]:
    """Of every pair: whoever can be elected has what is committed (StrongIsr)."""
    return pairs(who_can_be_elected_has_what_is_committed, replicas)


def valid_high_watermark(replicas: int) -> tuple[Property, ...]:
    """Of every follower under asynchronous ISR change (ValidHighWatermark)."""
    offsets = tuple(f"offset_{one}" for one in range(LEADER, LEADER + replicas))
    reached = who_can_be_elected_has_reached_the_high_watermark
    return tuple(
        reached.on(offset=f"offset_{one}", offsets=offsets, follower=f"broker_{one}")
        for one in range(LEADER + 1, LEADER + replicas)
    )
