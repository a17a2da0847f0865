"""The log that transactions are made from, or the records that an application has to send."""

import attrs

from ackproof.model.transactions.rules import ApplicationRules


@attrs.frozen(cache_hash=True)
class Log:
    """
    Durable, committed records, one an offset.

    Attributes:
        start: The log start offset: what is below it is deleted.
        end: The offset that the next record will get.
    """

    start: int = 0
    end: int = 0


def end_of(log: Log) -> int:
    """Where *log* ends."""
    return log.end


def starting_offset(application: ApplicationRules, committed: int | None, log: Log) -> int | None:
    """
    Where a consumer without a valid position starts; None if it can not.

    Source: ``OffsetFetcher.resetPositionsIfNeeded``.
    """
    if committed is not None and log.start <= committed <= log.end:
        return committed
    return {"earliest": log.start, "latest": log.end, "none": None}[application.reset]
