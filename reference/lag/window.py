"""
The last commits of a group for a partition, and the last ends of the log, as Burrow stores them.

Source: LinkedIn Burrow, ``core/internal/storage/inmemory.go``.
"""

import attrs

INTERVALS = 10
"""How many of each are kept (``intervals``)."""


@attrs.frozen
class Commit:
    """
    A commit as it was seen.

    Attributes:
        order: Its offset in ``__consumer_offsets``, by which late ones are put in their place.
        lag: What was left to read at that time; None for one that was seen late.
    """

    offset: int
    timestamp_ms: int
    order: int = 0
    lag: int | None = None


@attrs.frozen
class Window:
    """
    What is remembered of one partition.

    Attributes:
        commits: Oldest first.
        end_offsets: As the broker told them every ``offset-refresh`` seconds, oldest first.
    """

    commits: tuple[Commit, ...] = ()
    end_offsets: tuple[int, ...] = ()
    intervals: int = INTERVALS

    @property
    def current_lag(self) -> int:
        """From the last commit to the last end that is known, which may be older than the commit: never below 0."""
        if not self.commits or not self.end_offsets:
            return 0
        return max(self.end_offsets[-1] - self.commits[-1].offset, 0)


def with_end_offset(window: Window, end_offset: int) -> Window:
    """*window* after the broker has told where the log ends."""
    return attrs.evolve(window, end_offsets=(*window.end_offsets, end_offset)[-window.intervals :])


def with_commit(window: Window, commit: Commit, min_distance_s: int = 0) -> Window:
    """
    *window* after a *commit* was seen: one that comes late goes where it belongs, if that is not too far back.

    Args:
        window: Ignores commits before it knows an end of the log.
        commit: Its lag is filled in, if it is the newest.
        min_distance_s: A commit that follows the one before sooner than that replaces it, but not its time, or commits
            in quick succession would never make a second one (``min-distance``).

    Source: ``addConsumerOffset``, ``findConsumerOffsetDestination``, ``mergeFrequentCommitIntoPrevious``.
    """
    if not window.end_offsets or _is_too_late(window, commit):
        return window
    earlier = [known for known in window.commits if known.order < commit.order]
    later = [known for known in window.commits if known.order > commit.order]
    seen = attrs.evolve(commit, lag=None if later else max(window.end_offsets[-1] - commit.offset, 0))
    # A late commit that only the oldest one precedes in a full window pushes that out, whatever the distance.
    is_full = len(window.commits) == window.intervals
    pushes_out = is_full and len(earlier) == 1 and later
    if earlier and not pushes_out and commit.timestamp_ms - earlier[-1].timestamp_ms < min_distance_s * 1000:
        seen = attrs.evolve(seen, timestamp_ms=earlier.pop().timestamp_ms)
    return attrs.evolve(window, commits=(*earlier, seen, *later)[-window.intervals :])


def _is_too_late(window: Window, commit: Commit) -> bool:
    """Whether it is known already, or a full window does not go back that far."""
    is_full = len(window.commits) == window.intervals
    return any(known.order == commit.order for known in window.commits) or (
        is_full and window.commits[0].order >= commit.order
    )
