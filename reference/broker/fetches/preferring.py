"""
Which replica a consumer had better read from: one that stands where it does (KIP-392).

Source: ``ReplicaManager.findPreferredReadReplica``, ``RackAwareReplicaSelector``.
"""

from collections.abc import Mapping

from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.broker.partitions.replica import Replica
from ackproof.reference.controller.image import BrokerRegistration


def preferred_replica(
    partition: Partition, brokers: Mapping[int, BrokerRegistration], rack: str, offset: int
) -> int | None:
    """
    The follower that a consumer in *rack* should read *offset* from.

    It is in sync, has that offset, and of several it has most. None if this broker, or whoever leads, will do.
    """
    leadership = partition.leadership
    if leadership is None or not rack or _rack(brokers, partition.leader_id) == rack:
        return None
    near = [
        follower
        for follower in leadership.followers.values()
        if follower.broker_id in leadership.in_sync.committed
        and follower.log_start_offset <= offset <= follower.log_end_offset
        and _rack(brokers, follower.broker_id) == rack
    ]
    best = max(near, key=_order, default=None)
    return None if best is None else best.broker_id


def _rack(brokers: Mapping[int, BrokerRegistration], broker_id: int) -> str | None:
    found = brokers.get(broker_id)
    return found.rack if found and not found.is_fenced else None


def _order(follower: Replica) -> tuple[int, int, int]:
    """Source: ``ReplicaView.comparator``."""
    return follower.log_end_offset, follower.last_caught_up_ms, follower.broker_id
