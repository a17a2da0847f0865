"""Truncation: down to which offset a replica cuts its log when it begins to follow a leader."""

from collections.abc import Callable

from ackproof.model.published.log import Log, end_of_agreement

Truncation = Callable[[Log, Log, int], int]
"""An offset, given the follower's log, the leader's log and the follower's high watermark."""


def to_high_watermark(follower: Log, leader: Log, high_watermark: int) -> int:
    """
    To the follower's own high watermark, which may be behind what is committed.

    Source: KIP-101, "Motivation"; ``ReplicaManager.makeFollowers`` before 0.11.
    """
    return high_watermark


def by_leader_epoch(follower: Log, leader: Log, high_watermark: int) -> int:
    """
    To the end of the follower's last epoch in the leader's log. It can lie beyond the follower's log.

    Source: KIP-101; ``LeaderEpochFileCache.endOffsetFor`` before 2.0.
    """
    if not follower:
        return 0
    if not leader:
        return high_watermark
    last_epoch = follower[-1].leader_epoch
    if leader[-1].leader_epoch == last_epoch:
        return len(leader)
    later = (offset for offset, record in enumerate(leader) if record.leader_epoch > last_epoch)
    return next(later, high_watermark)


def to_end_of_agreement(follower: Log, leader: Log, high_watermark: int) -> int:
    """
    To where both logs agree, however many epochs that takes.

    Source: KIP-279; ``AbstractFetcherThread.getOffsetTruncationState``. The requests back and forth are one step here.
    """
    return end_of_agreement(follower, leader)


def not_yet(follower: Log, leader: Log, high_watermark: int) -> int:
    """Nowhere: divergence is found while fetching. Source: a draft of KIP-320."""
    return len(follower)
