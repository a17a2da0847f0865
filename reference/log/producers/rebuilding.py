"""Producer state from what is in a log, opened or truncated. Source: ``UnifiedLog.rebuildProducerState``."""

from collections.abc import Iterable

from ackproof.reference.log.producers.producers import Producers
from ackproof.reference.log.producers.transaction_index import AbortedTransaction
from ackproof.reference.log.segments import Segments
from ackproof.reference.records.batch import BatchHeader, decode, read_header
from ackproof.reference.records.control import marker_of


def noted(producers: Producers, data: bytes, header: BatchHeader) -> AbortedTransaction | None:
    """
    *producers* know of the batch *data*, which is in the log and so is not checked any more.

    Returns:
        What goes into the transaction index, if it is a marker that aborts something.
    """
    aborted = None
    if header.producer_id >= 0:
        if not header.is_control:
            producers.wrote(header)
        elif header.record_count:
            # Of a control batch without a record, compaction has taken the whole transaction.
            aborted = producers.ended(header, marker_of(decode(data)))
        if header.is_transactional:
            producers.verifications.end(header.producer_id, header.producer_epoch, is_control=header.is_control)
    producers.end_offset = header.next_offset
    return aborted


def rebuild(
    producers: Producers, segments: Segments, *, log_start_offset: int, end_offset: int, now_ms: int, is_clean: bool
) -> None:
    """
    *producers* know what the log says up to *end_offset*: the latest snapshot, and the batches after it.

    Args:
        is_clean: The log was closed cleanly. Then that there is no snapshot means that there are no producers.
    """
    marks = _snapshot_offsets(segments, end_offset)
    if is_clean and producers.snapshots.latest is None:
        for offset in marks:
            producers.end_offset = offset
            producers.take_snapshot()
        return
    was_empty = producers.is_empty and producers.end_offset >= end_offset
    producers.truncate_and_reload(log_start_offset, end_offset, now_ms)
    if end_offset > producers.end_offset and not was_empty:
        _replay(producers, segments, marks, log_start_offset, end_offset)
    producers.end_offset = end_offset
    producers.take_snapshot()


def _snapshot_offsets(segments: Segments, end_offset: int) -> list[int]:
    """Where snapshots are taken on the way: where the last two segments start, and at the end."""
    return [*segments.base_offsets[-2:], end_offset]


def _replay(
    producers: Producers, segments: Segments, marks: Iterable[int], log_start_offset: int, end_offset: int
) -> None:
    """Add the batches from where *producers* are to *end_offset*."""
    for segment in segments.between(producers.end_offset, end_offset):
        start = max(segment.base_offset, producers.end_offset, log_start_offset)
        producers.end_offset = start
        if segment.base_offset in marks:
            producers.take_snapshot()
        for data in segment.batches():
            header = read_header(data)
            if header.last_offset >= end_offset:
                break
            if header.last_offset >= start:
                noted(producers, data, header)
