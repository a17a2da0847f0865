"""Truncation: down to which offset a replica cuts its log when it begins to follow a leader."""

from collections.abc import Callable
from itertools import accumulate

from ackproof.model.produce.batch import Batch, is_same

Log = tuple[Batch, ...]
Truncation = Callable[[Log, Log, int], int]
"""An offset, given the follower's log, the leader's log and the follower's high watermark."""
EpochEnd = tuple[int, int]
"""A leader epoch, and the offset at which it ends in some log."""


def to_own_high_watermark(follower: Log, leader: Log, high_watermark: int) -> int:
    """
    To the follower's own high watermark, which may be behind what is committed.

    Source: ``ReplicaManager.makeFollowers`` before 0.11; KIP-101, "Motivation".
    """
    return min(high_watermark, len(follower))


def by_leader_epoch(follower: Log, leader: Log, high_watermark: int) -> int:
    """
    To where the follower's last epoch ends in the leader's log, asked once; if it does not know, to the high watermark.

    Source: KIP-101; ``ReplicaFetcherThread.maybeTruncate`` and ``LeaderEpochFileCache.endOffsetFor``, 0.11 to 1.1.
    """
    answer = end_of_epoch(leader, follower[-1].partition_leader_epoch) if follower else None
    return after_one_answer(answer, high_watermark, len(follower))


def after_one_answer(answer: EpochEnd | None, high_watermark: int, end: int) -> int:
    """Where a log that ends at *end* is cut, if nothing more is asked."""
    return min(high_watermark if answer is None else answer[1], end)


def by_leader_epochs(follower: Log, leader: Log, high_watermark: int) -> int:
    """
    The same with the epoch in the answer, so that a follower that does not have that epoch asks again.

    Source: KIP-279; ``AbstractFetcherThread.getOffsetTruncationState`` of 2.0.0. The rounds are one step here.
    """
    end = len(follower)
    while end:
        answer = end_of_epoch(leader, follower[end - 1].partition_leader_epoch)
        own = end_of_epoch(follower[:end], answer[0]) if answer else None
        end, is_last = after_a_round(answer, own, high_watermark, end)
        if is_last:
            return end
    return 0


def after_a_round(answer: EpochEnd | None, own: EpochEnd | None, high_watermark: int, end: int) -> tuple[int, bool]:
    """
    Where a log that ends at *end* is cut after an *answer*, and whether that is the last one.

    Args:
        own: The end of the epoch in the answer, or of the last one before it, in the follower's log.
    """
    if answer is None:
        return after_one_answer(None, high_watermark, end), True
    epoch, leader_end = answer
    if own is None or own[0] == epoch:
        return min(leader_end, own[1] if own else end), True
    return own[1], False


def end_of_epoch(log: Log, epoch: int) -> EpochEnd | None:
    """
    The last epoch of *log* up to *epoch*, and where it ends; None if *epoch* is before its first or after its last one.

    Source: ``LeaderEpochFileCache.endOffsetFor`` before 2.0.1 (KAFKA-7415), when only appending made an epoch known.
    """
    # An epoch lower than the one before it, in a log that has diverged already, makes none known (``assign``).
    epochs = list(accumulate((batch.partition_leader_epoch for batch in log), max))
    if not epochs or not epochs[0] <= epoch <= epochs[-1]:
        return None
    end = next((offset for offset, other in enumerate(epochs) if other > epoch), len(log))
    return epochs[end - 1], end


def to_end_of_agreement(follower: Log, leader: Log, high_watermark: int) -> int:
    """
    To where both logs agree: a new leader knows its own epoch, and the first one stands for all before it.

    Since 2.7 the answer to a fetch says so (``DivergingEpoch``) and nothing is asked beforehand.

    Source: KIP-279 with KAFKA-7415; KIP-595, ``UnifiedLog.endOffsetForEpoch``.
    """
    return common_prefix(follower, leader)


def common_prefix(one: Log, other: Log) -> int:
    """How many batches from the start two logs share."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b and not is_same(a, b)), min(len(one), len(other)))
