"""Where a follower truncates its log to."""

import attrs

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.truncation import by_leader_epoch, to_own_high_watermark
from ackproof.reference.broker.partitions.epoch_ends import end_of_epoch
from ackproof.reference.log.leader_epochs import EpochEnd
from ackproof.reference.log.log import PartitionLog

UNDEFINED = -1
"""The epoch or offset of a leader that does not know."""


@attrs.frozen
class Truncation:
    """
    Where to truncate.

    Attributes:
        is_complete: The logs agree below; otherwise the leader is asked once more (KIP-279).

    Source: ``OffsetTruncationState``.
    """

    offset: int
    is_complete: bool = True


def asks_leader(rules: BrokerRules) -> bool:
    """Whether a follower asks its leader where to (KIP-101), or truncates to its own high watermark."""
    return rules.truncation is not to_own_high_watermark


def truncation(log: PartitionLog, leader: EpochEnd, fetch_offset: int, rules: BrokerRules) -> Truncation:
    """
    Where to truncate *log*, given what the leader knows.

    Args:
        leader: The leader's last epoch up to the one that it was asked for, and where that ends.
        fetch_offset: Where to if the leader does not know: the high watermark as the follower began to follow.
        rules: Whether the leader's answer has an epoch; KIP-101's had none.

    Source: ``AbstractFetcherThread.getOffsetTruncationState``.
    """
    if leader.end_offset == UNDEFINED:
        return Truncation(fetch_offset)
    own_end = log.log_end_offset
    if leader.epoch == UNDEFINED or rules.truncation is by_leader_epoch:
        return Truncation(min(leader.end_offset, own_end))
    own = end_of_epoch(log, leader.epoch, rules)
    if own.epoch == UNDEFINED:
        return Truncation(min(leader.end_offset, own_end))
    if own.epoch != leader.epoch:
        # The follower has nothing of that epoch: what it has of later ones goes.
        return Truncation(min(own.end_offset, own_end), is_complete=False)
    return Truncation(min(leader.end_offset, own.end_offset, own_end))
