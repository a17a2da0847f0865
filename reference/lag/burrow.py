"""
Whether a group keeps up, as Burrow judges it: by a window of its commits instead of a threshold.

Source: LinkedIn Burrow, ``core/internal/evaluator/caching.go``.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from itertools import pairwise

import attrs

from ackproof.reference.lag.window import Commit, Window


class Status(IntEnum):
    """From fine to worst, with Burrow's numbers."""

    NOTFOUND = 0
    OK = 1
    WARN = 2
    ERR = 3
    STOP = 4
    STALL = 5
    REWIND = 6


@attrs.frozen
class Thresholds:
    """
    What counts.

    Attributes:
        allowed_lag: Up to which nothing is wrong (``allowed-lag``).
        minimum_complete: How much of the window has to be filled before it is judged (``minimum-complete``).
    """

    allowed_lag: int = 0
    minimum_complete: float = 0.0


@attrs.frozen
class PartitionStatus:
    """
    What is said of a partition.

    Attributes:
        complete: How much of its window is filled, from 0 to 1.
        start, end: The oldest and the newest commit.
    """

    status: Status
    current_lag: int
    complete: float = 0.0
    start: Commit | None = None
    end: Commit | None = None


@attrs.frozen
class GroupStatus:
    """
    What is said of a group.

    Attributes:
        status: OK, WARN, ERR or NOTFOUND.
        complete: The share of partitions with a full window.
        greatest: The partition that is the furthest behind.
    """

    status: Status
    complete: float
    total_lag: int
    greatest: PartitionStatus | None = None
    partitions: tuple[PartitionStatus, ...] = ()


def group_status(partitions: Sequence[PartitionStatus] | None) -> GroupStatus:
    """
    The status of a group by those of its *partitions*: the worst of them, but never worse than ERR.

    Args:
        partitions: None if nobody knows of the group.
    """
    if partitions is None:
        return GroupStatus(Status.NOTFOUND, 1.0, 0)
    worst = max((partition.status for partition in partitions), default=Status.OK)
    full = sum(partition.complete == 1.0 for partition in partitions)
    return GroupStatus(
        min(worst, Status.ERR),
        full / len(partitions) if partitions else 0.0,
        sum(partition.current_lag for partition in partitions),
        max(partitions, key=lambda partition: partition.current_lag, default=None),
        tuple(partitions),
    )


def partition_status(window: Window, now_ms: int, thresholds: Thresholds = Thresholds()) -> PartitionStatus:
    """The status of a partition by its *window*: nothing is wrong with one that has no commits."""
    if not window.commits:
        return PartitionStatus(Status.OK, window.current_lag)
    complete = len(window.commits) / window.intervals
    is_judged = complete >= thresholds.minimum_complete
    status = judged(window, now_ms, thresholds.allowed_lag) if is_judged else Status.OK
    return PartitionStatus(status, window.current_lag, complete, window.commits[0], window.commits[-1])


def judged(window: Window, now_ms: int, allowed_lag: int = 0) -> Status:
    """
    The first rule that applies says what is wrong; with no lag now nothing is.

    Source: ``calculatePartitionStatus``.
    """
    if window.current_lag <= allowed_lag:
        return Status.OK
    return next((status for status, applies in RULES if applies(window, now_ms, allowed_lag)), Status.OK)


def has_stopped(window: Window, now_ms: int, allowed_lag: int) -> bool:
    """The last commit is longer ago than the window is long, and there was lag through all that is known of the log."""
    first, last = window.commits[0], window.commits[-1]
    # Burrow's clock counts seconds.
    since_last_ms = now_ms // 1000 * 1000 - last.timestamp_ms
    return since_last_ms > last.timestamp_ms - first.timestamp_ms and all(
        end_offset > last.offset for end_offset in window.end_offsets
    )


def has_rewound(window: Window, now_ms: int, allowed_lag: int) -> bool:
    """A commit was lower than the one before, and none since has come back to that."""
    offsets = [commit.offset for commit in window.commits]
    fallen = next((place for place in range(1, len(offsets)) if offsets[place] < offsets[place - 1]), None)
    return fallen is not None and max(offsets[fallen:]) < offsets[fallen - 1]


def was_there(window: Window, now_ms: int, allowed_lag: int) -> bool:
    """It had caught up at some commit."""
    return any(commit.lag is not None and commit.lag <= allowed_lag for commit in window.commits)


def has_stalled(window: Window, now_ms: int, allowed_lag: int) -> bool:
    """All commits are of the same offset."""
    return len({commit.offset for commit in window.commits}) == 1


def falls_behind(window: Window, now_ms: int, allowed_lag: int) -> bool:
    """Its lag never shrinks from one commit to the next."""
    lags = [commit.lag for commit in window.commits if commit.lag is not None]
    return all(after >= before for before, after in pairwise(lags))


Rule = Callable[[Window, int, int], bool]
"""Whether something can be said of a window, at a time, with an allowed lag."""

RULES: tuple[tuple[Status, Rule], ...] = (
    (Status.STOP, has_stopped),
    (Status.REWIND, has_rewound),
    (Status.OK, was_there),
    (Status.STALL, has_stalled),
    (Status.WARN, falls_behind),
)
"""What is said, and when: the first that applies counts."""
