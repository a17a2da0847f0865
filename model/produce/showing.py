"""What consumers can read of a partition."""

from collections.abc import Iterator

from ackproof.model.naming import record_name
from ackproof.model.produce.append import Leader
from ackproof.model.produce.replica import Replicas, has_leader, records_of, stored_records
from ackproof.model.system import Next, action


def committed_records(replicas: Replicas, leader: Leader) -> tuple[int, ...]:
    """What is below the high watermark of the leader that is up; nothing without one."""
    if not has_leader(replicas):
        return ()
    return stored_records(replicas)[: leader.watermark.committed(leader.rules, replicas)]


def readable_logs(replicas: Replicas, leader: Leader) -> tuple[tuple[int, ...], ...]:
    """
    What consumers can read: what is below the high watermark of the leader, or of whoever they may fetch from.

    Source: ``FetchIsolation.HIGH_WATERMARK``; ``FileRecords.slice`` before KAFKA-9835; KIP-392.
    """
    shown = (
        stored_records(replicas) if leader.rules.shows_beyond_high_watermark else committed_records(replicas, leader)
    )
    if not leader.rules.serves_reads_from_followers:
        return (shown,)
    return (shown, *(records_of(replica.log[: replica.high_watermark]) for replica in replicas if replica.is_up))


def high_watermark(replicas: Replicas, leader: Leader) -> int:
    """How many records are below it."""
    return len(committed_records(replicas, leader))


def too_early(is_above: bool) -> str:
    """How a step says so."""
    return ", above the high watermark (KAFKA-9835)" if is_above else ""


@action(urgent=True, sees={"readable": readable_logs, "high_watermark": high_watermark})
def show(
    leader: Leader, readable: tuple[tuple[int, ...], ...], high_watermark: int, visible: tuple[int, ...]
) -> Iterator[Next]:
    """Consumers read; the longest that they could ever read is remembered, or what is not part of it."""
    for records in readable:
        if visible[: len(records)] != records:
            names = ", ".join(record_name(record) for record in records)
            # What followers show is below theirs.
            early = too_early(records == readable[0] and len(records) > high_watermark)
            yield Next(f"consumers can read {names}, up to offset {len(records)}{early}", visible=records)
