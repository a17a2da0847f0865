"""Batches, requests and producers for tests of the producer."""

from ackproof.model.produce.append import Error
from ackproof.model.produce.batch import Attempt, Batch
from ackproof.model.produce.network import Request
from ackproof.model.produce.producer import Producer

RECORDS = 3
"""How many records the application has."""


def attempt(record: int, *, is_retry: bool = False, epoch: int = 0, producer_id: int = 0) -> Attempt:
    """The batch of *record*, with its sequence."""
    return Attempt(Batch(record, producer_id, epoch, record), was_sent=True, is_retry=is_retry)


def request(record: int, error: Error | None = None, *, log_start: int = 0) -> Request:
    """*record* on the wire."""
    return Request(attempt(record).batch, attempt(record), error=error, log_start=log_start)


def producer(
    next_record: int,
    *,
    acked: int = -1,
    unresolved: int | None = None,
    queue: tuple[Attempt, ...] = (),
    acked_offset: int = -1,
    producer_id: int = 0,
) -> Producer:
    """A producer that has sent everything below *next_record*."""
    return Producer(next_record, queue, producer_id, 0, next_record, acked, unresolved, acked_offset)
