"""Retention: which segments have had their time. Source: ``UnifiedLog.deleteOldSegments``."""

from collections.abc import Callable

from ackproof.reference.log.segment import Segment
from ackproof.reference.log.segments import Segments

Condition = Callable[[Segment, Segment | None], bool]
"""Whether a segment, which the other follows, may go."""


def before_log_start(log_start_offset: int) -> Condition:
    """It holds nothing from the log start on."""
    return lambda _segment, following: following is not None and following.base_offset <= log_start_offset


def beyond_size(segments: Segments, retention_bytes: int) -> Condition:
    """The log is still too large without it; to be asked of one segment after the other."""
    excess = segments.size_bytes - retention_bytes

    def may_go(segment: Segment, _following: Segment | None) -> bool:
        nonlocal excess
        if retention_bytes < 0 or excess < segment.size_bytes:
            return False
        excess -= segment.size_bytes
        return True

    return may_go


def beyond_age(retention_ms: int, now_ms: int) -> Condition:
    """Its newest record is too old."""
    return lambda segment, _following: retention_ms >= 0 and now_ms - segment.largest_timestamp_ms > retention_ms


def deletable(segments: Segments, high_watermark: int, condition: Condition) -> tuple[int, ...]:
    """
    The base offsets of the segments that may go: the first ones, up to one for which *condition* does not hold.

    None of them reaches above the high watermark, and an empty active segment stays.
    """
    found: list[int] = []
    for segment in segments:
        following = segments.after(segment)
        if following is None and segment.size_bytes == 0:
            break
        end = segments.log_end_offset if following is None else following.base_offset
        if high_watermark < end or not condition(segment, following):
            break
        found.append(segment.base_offset)
    return tuple(found)
