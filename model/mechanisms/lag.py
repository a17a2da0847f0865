"""Lag: the five offsets of a partition that people compare, and which two each tool takes."""

from collections.abc import Callable
from typing import Literal

import attrs

Isolation = Literal["read_uncommitted", "read_committed"]


@attrs.frozen(cache_hash=True)
class Transaction:
    """
    A transaction on the partition that still matters to readers.

    Attributes:
        first: The offset of its first record.
        marker: That of its end; None while it is open.
    """

    first: int
    marker: int | None = None


@attrs.frozen(cache_hash=True)
class Log:
    """
    The leader's log in numbers: each offset is the *next* one, so a log with a record at offset 12 ends at 13.

    Attributes:
        transaction: The oldest one that is open, or whose end is not below the high watermark.
    """

    log_end_offset: int = 0
    high_watermark: int = 0
    transaction: Transaction | None = None

    @property
    def last_stable_offset(self) -> int:
        """Where a read_committed reader has to stop (``ProducerStateManager.firstUnstableOffset``)."""
        return self.high_watermark if self.transaction is None else min(self.transaction.first, self.high_watermark)

    def readable(self, isolation: Isolation) -> int:
        """The offset that such a reader can not read yet (``FetchIsolation``)."""
        return self.last_stable_offset if isolation == "read_committed" else self.high_watermark


@attrs.frozen(cache_hash=True)
class Reader:
    """
    A group that reads the partition.

    Attributes:
        position: The next offset to hand out.
        committed: The next offset to read after a restart.
    """

    position: int = 0
    committed: int | None = None


Lag = Callable[[Log, Reader, Isolation], int | None]
"""What somebody calls the lag."""


def lag_of_the_tool(log: Log, reader: Reader, isolation: Isolation) -> int | None:
    """
    LAG of ``kafka-consumer-groups --describe``: its LOG-END-OFFSET is the high watermark, whatever its name says.

    Records stand at the offsets 0 to 12 and the group has committed 5, so it has yet to read 5, 6, ... 12:

    >>> lag_of_the_tool(Log(log_end_offset=13, high_watermark=13), Reader(5, 5), "read_uncommitted")
    8

    Nothing is clamped. None, printed as ``-``, where nothing is committed.

    Source: ``ConsumerGroupCommand.getLag``, ``ListOffsetsRequest`` with read_uncommitted.
    """
    return None if reader.committed is None else log.high_watermark - reader.committed


def lag_of_the_client(log: Log, reader: Reader, isolation: Isolation) -> int | None:
    """
    The metric ``records-lag``: from the position, as far as this reader may read.

    >>> waiting = Log(log_end_offset=13, high_watermark=13, transaction=Transaction(first=6))
    >>> (
    ...     lag_of_the_client(waiting, Reader(6, 5), "read_committed"),
    ...     lag_of_the_tool(waiting, Reader(6, 5), "read_committed"),
    ... )
    (0, 8)

    Source: ``SubscriptionState.partitionLag``.
    """
    return log.readable(isolation) - reader.position


def lag_of_the_picture(log: Log, reader: Reader, isolation: Isolation) -> int | None:
    """
    What many pictures show: the last record's offset less the committed one.

    >>> lag_of_the_picture(Log(log_end_offset=13, high_watermark=13), Reader(5, 5), "read_uncommitted")
    7
    """
    return None if reader.committed is None else log.log_end_offset - 1 - reader.committed
