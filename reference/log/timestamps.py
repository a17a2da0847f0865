"""Offsets by timestamp (ListOffsets). Source: ``UnifiedLog.fetchOffsetByTimestamp``."""

from typing import NamedTuple

from ackproof.reference.log.leader_epochs import LeaderEpochs
from ackproof.reference.log.segment import Segment
from ackproof.reference.log.segments import Segments
from ackproof.reference.records.batch import Batch, decode

NO_TIMESTAMP = -1
LATEST, EARLIEST, LARGEST, EARLIEST_LOCAL = -1, -2, -3, -4
"""What a request asks for in place of a timestamp."""


class FoundOffset(NamedTuple):
    """
    An offset, with the timestamp of the record there.

    Attributes:
        timestamp_ms: -1 where no record was looked for.
        leader_epoch: That it was written in; None if it is not known.
    """

    timestamp_ms: int
    offset: int
    leader_epoch: int | None


def found_offset(
    segments: Segments, epochs: LeaderEpochs, timestamp_ms: int, log_start_offset: int
) -> FoundOffset | None:
    """
    The first record whose timestamp is as large, or what a negative *timestamp_ms* asks for; None if there is none.

    What is about tiered storage, of which there is none, is -1.
    """
    if timestamp_ms == LATEST:
        return FoundOffset(NO_TIMESTAMP, segments.log_end_offset, epochs.latest)
    if timestamp_ms in (EARLIEST, EARLIEST_LOCAL):
        earliest = epochs.earliest
        is_known = earliest is not None and earliest.start_offset <= log_start_offset
        return FoundOffset(NO_TIMESTAMP, log_start_offset, earliest.epoch if earliest and is_known else None)
    if timestamp_ms == LARGEST:
        return first_of_largest(segments)
    if timestamp_ms < EARLIEST_LOCAL:
        return FoundOffset(NO_TIMESTAMP, -1, -1)
    return first_reaching(segments, timestamp_ms, log_start_offset)


def first_reaching(segments: Segments, timestamp_ms: int, log_start_offset: int) -> FoundOffset | None:
    """The first record from the log start on whose timestamp is as large, in the first segment that has one."""
    for segment in segments:
        if segment.largest_timestamp_ms >= timestamp_ms:
            return _first_in(segment, timestamp_ms, log_start_offset)
    return None


def _first_in(segment: Segment, timestamp_ms: int, log_start_offset: int) -> FoundOffset | None:
    for data in segment.batches_reaching(timestamp_ms):
        batch = decode(data)
        for record in batch.records:
            offset, found_ms = batch.offset_of(record), batch.timestamp_ms_of(record)
            if found_ms >= timestamp_ms and offset >= log_start_offset:
                return FoundOffset(found_ms, offset, _epoch(batch))
    return None


def first_of_largest(segments: Segments) -> FoundOffset | None:
    """The first record with the largest timestamp of all; None if there is none."""
    largest = max(segments, key=lambda segment: segment.max_timestamp_ms)
    return _first_in(largest, largest.max_timestamp_ms, 0)


def _epoch(batch: Batch) -> int | None:
    return batch.partition_leader_epoch if batch.partition_leader_epoch >= 0 else None
