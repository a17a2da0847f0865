"""What a producer holds, beside a buffer that is filled record by record."""

import pytest

from ackproof.proofs.timing.answering import answered, decided
from ackproof.proofs.timing.buffering import (
    BATCH_OVERHEAD,
    RECORD_OVERHEAD,
    buffer_blocks,
    buffer_overflows,
    queue_bytes_overflow,
    queue_overflows,
)
from tests.proofs.timing.numbers import producer

MEASURED = {"outage_ms": (0, 10_000), "request_ms": (0, 0), "arrival_per_s": (0, 100)}


def held_bytes(records: int, record_bytes: int, batch_size: int) -> int:
    """What so many records of one partition take: each batch is a whole one, or as large as its only record."""
    batches: list[int] = []
    room = 0
    for _ in range(records):
        needed = record_bytes + RECORD_OVERHEAD
        if room < needed:
            batches.append(max(batch_size, needed + BATCH_OVERHEAD))
            room = batches[-1] - BATCH_OVERHEAD
        room -= needed
    return sum(batches)


@pytest.mark.parametrize("record_bytes", [1, 100, 900, 9_000, 40_000])
def test_a_buffer_that_is_filled_in_a_simulation_takes_no_more(record_bytes: int) -> None:
    measured = {**MEASURED, "record_bytes": (1, record_bytes)}
    setting = producer(measured=measured, partitions=1, buffer_memory=2**40, linger_ms=1, retry_backoff_ms=1)

    bound = answered(buffer_blocks, setting).values["at_most"]

    held = held_bytes(1_000, record_bytes, 16_384)
    assert held <= bound
    assert bound - held <= 2 * max(16_384, record_bytes + 100)


def test_a_send_fails_if_the_buffer_has_been_full_for_max_block_ms() -> None:
    # Full once there are 15 batches of 17 records of 900 bytes, and one that is begun: after 15 * 17 / 100 s.
    measured = {**MEASURED, "record_bytes": (900, 900)}
    waits_ms = 10_002 - 15 * 17 * 10

    for max_block_ms, expected in ((waits_ms - 1, "can happen"), (waits_ms, "cannot happen")):
        setting = producer(
            measured=measured,
            partitions=1,
            buffer_memory=16 * 16_384,
            linger_ms=1,
            retry_backoff_ms=1,
            max_block_ms=max_block_ms,
        )
        assert decided(buffer_overflows, setting) == expected


def test_a_buffer_that_is_never_full_never_overflows() -> None:
    answer = answered(buffer_overflows, producer())

    assert answer.decision == "cannot happen"
    assert answer.tells == "the buffer is never full; max.block.ms = 60,000"


def test_batches_that_pass_their_deadline_give_their_memory_back() -> None:
    measured = {**MEASURED, "outage_ms": (0, 10_000_000), "record_bytes": (1, 900)}

    assert decided(buffer_blocks, producer(measured=measured)) == "cannot happen"
    assert decided(buffer_blocks, producer(measured=measured, delivery_timeout_ms=2_000_000)) == "can happen"


def test_a_queue_is_full_by_records_or_by_bytes() -> None:
    by_records = producer(measured=MEASURED, queue_messages=900)
    by_bytes = producer(measured=MEASURED, queue_kbytes=100)

    assert decided(queue_overflows, by_records) == "can happen"
    assert decided(queue_bytes_overflow, by_records) == "cannot happen"
    assert decided(queue_overflows, by_bytes) == "cannot happen"
    assert decided(queue_bytes_overflow, by_bytes) == "can happen"
