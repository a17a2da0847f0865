"""Replicas of one partition, with what the controller says of each."""

from typing import Literal

import attrs

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.truncation import Log

Role = Literal["leader", "in-sync", "eligible", "out"]


@attrs.frozen(cache_hash=True)
class Replica:
    """
    One replica, and its part of the partition's registration at the controller.

    No other component holds the number of a replica, so replicas are interchangeable.

    Attributes:
        role: The leader is in-sync too. "eligible" is an eligible leader replica (KIP-966).
        was_last_leader: It led last, when neither in-sync nor eligible replicas were left (KIP-966).
        is_dirty: It went down uncleanly, so where KIP-966 is in force it loses its place when it registers again.
        high_watermark, fetched_to, leader_epoch, epoch_start: Only where the high watermark is stored instead of
            derived (``stored.py``), the epoch of a leader also where it stamps its batches (``stamping.py``); else 0.
        is_truncating: It follows a new leader, or starts again, and has yet to truncate; only where a replica
            truncates before it fetches.
        is_joining: The leader counts it as in sync, and has asked the controller to let it be so, or will once that has
            answered what it was asked before (KIP-497; ``Partition.maybeIncrementLeaderHW``).
        held: What each stuck connection still holds on its way to it since it led; only where it may lead again.
    """

    role: Role = "in-sync"
    is_up: bool = True
    log: Log = ()
    was_last_leader: bool = False
    is_dirty: bool = False
    high_watermark: int = 0
    fetched_to: int = 0
    leader_epoch: int = 0
    epoch_start: int = 0
    is_truncating: bool = False
    is_joining: bool = False
    held: tuple[Log, ...] = ()

    @property
    def is_in_sync(self) -> bool:
        """Whether it is a member of the in-sync replicas."""
        return self.role in ("leader", "in-sync")


Replicas = tuple[Replica, ...]


def first_replicas(factor: int) -> Replicas:
    """*factor* empty replicas, all in sync, the first of which leads."""
    return (Replica("leader"), *(Replica() for _ in range(factor - 1)))


def in_any_order(replicas: Replicas) -> Replicas:
    """The representative of all orders of *replicas*."""
    return tuple(sorted(replicas, key=_order))


def _order(replica: Replica) -> tuple[object, ...]:
    # What attrs.astuple gives, in a tenth of its time: replicas are sorted whenever they change.
    log, *held = (
        [(b.record, b.producer_id, b.producer_epoch, b.base_sequence, b.partition_leader_epoch) for b in batches]
        for batches in (replica.log, *replica.held)
    )
    watermark = (replica.high_watermark, replica.fetched_to, replica.leader_epoch, replica.epoch_start)
    flags = (replica.was_last_leader, replica.is_dirty, replica.is_truncating, replica.is_joining)
    return (replica.role, replica.is_up, log, *flags, *watermark, held)


def leader_of(replicas: Replicas) -> int | None:
    """Which replica leads and is up."""
    return next((i for i, replica in enumerate(replicas) if replica.role == "leader" and replica.is_up), None)


def is_led(replicas: Replicas) -> bool:
    """Whether the controller has somebody lead, up or not."""
    return any(replica.role == "leader" for replica in replicas)


def has_leader(replicas: Replicas) -> bool:
    """Whether a replica leads and is up."""
    return leader_of(replicas) is not None


def leading(replicas: Replicas) -> int:
    """Which replica leads, where one does."""
    leader = leader_of(replicas)
    assert leader is not None
    return leader


def leader_log(replicas: Replicas) -> Log | None:
    """The log of the leader that is up."""
    leader = leader_of(replicas)
    return None if leader is None else replicas[leader].log


def stored_records(replicas: Replicas) -> tuple[int, ...]:
    """The records in the log of the leader that is up; none without one."""
    return records_of(leader_log(replicas) or ())


def records_of(log: Log) -> tuple[int, ...]:
    """The records of a log."""
    return tuple(batch.record for batch in log)


def has_another_in_sync(replicas: Replicas) -> bool:
    """Whether one of the replicas leads, and another one in sync is up too."""
    return has_leader(replicas) and any(replica.role == "in-sync" and replica.is_up for replica in replicas)


def has_one_down(replicas: Replicas) -> bool:
    """Whether the broker of a replica is down."""
    return not all(replica.is_up for replica in replicas)


def has_to_be_noticed(replicas: Replicas) -> bool:
    """Whether a replica is in sync for the controller and its broker is down, or nobody leads."""
    return not has_leader(replicas) or any(replica.is_in_sync and not replica.is_up for replica in replicas)


def in_sync(replicas: Replicas) -> list[int]:
    """The members of the in-sync replicas."""
    return [i for i, replica in enumerate(replicas) if replica.is_in_sync]


def maximal_in_sync(replicas: Replicas) -> list[int]:
    """Who has to have what is committed: the in-sync replicas, and those about to join (``maximalIsr``)."""
    return [i for i, replica in enumerate(replicas) if replica.is_in_sync or replica.is_joining]


def has_joining(replicas: Replicas) -> bool:
    """Whether the controller has yet to decide on a follower that the leader lets join."""
    return has_leader(replicas) and any(replica.is_joining for replica in replicas)


def is_short(rules: BrokerRules, replicas: Replicas) -> bool:
    """Whether fewer replicas are in sync than ``min.insync.replicas`` asks for."""
    return are_too_few(rules, len(in_sync(replicas)))


def are_too_few(rules: BrokerRules, members: int) -> bool:
    """Whether that many in-sync replicas are fewer than ``min.insync.replicas`` asks for."""
    return members < rules.min_insync_replicas


def replaced(replicas: Replicas, index: int, replica: Replica) -> Replicas:
    """*replicas* with another value at *index*."""
    return (*replicas[:index], replica, *replicas[index + 1 :])


def broker(index: int) -> str:
    """What people call the broker of a replica."""
    return f"broker {index + 1}"
