"""
The integers, times and names of kio's messages.

For kio they are types of their own, with bounds that are checked where bytes are written; here they are plain values to
whoever builds a message, which is what keeps a simulated message cheap.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from kio.schema.types import BrokerId, GroupId, ProducerId, TopicName, TransactionalId
    from kio.static.primitive import Records, TZAware, i8, i16, i32, i32Timedelta, i64
else:
    BrokerId = ProducerId = i8 = i16 = i32 = i64 = int
    GroupId = TopicName = TransactionalId = str
    Records = bytes

__all__ = [
    "BrokerId",
    "GroupId",
    "ProducerId",
    "Records",
    "TopicName",
    "TransactionalId",
    "duration",
    "i8",
    "i16",
    "i32",
    "i64",
    "milliseconds",
    "moment",
]

EPOCH = datetime.fromtimestamp(0, UTC)
MILLISECOND = timedelta(milliseconds=1)
REMEMBERED = 1_000
"""How many durations are remembered: most messages carry one of a few timeouts."""


@lru_cache(REMEMBERED)
def duration(duration_ms: int) -> "i32Timedelta":
    """A duration in milliseconds as messages carry it."""
    return cast("i32Timedelta", timedelta(milliseconds=duration_ms))


@lru_cache(REMEMBERED)
def milliseconds(value: timedelta | datetime | None) -> int:
    """A duration, or a moment since the epoch, of a message in milliseconds; -1 for none."""
    if value is None:
        return -1
    return (value - EPOCH if isinstance(value, datetime) else value) // MILLISECOND


def moment(at_ms: int) -> "TZAware | None":
    """A moment in milliseconds since the epoch as messages carry it; none where that is negative."""
    return None if at_ms < 0 else cast("TZAware", EPOCH + timedelta(milliseconds=at_ms))
