"""Positions: the next record of a partition, and who is thought to lead it."""

from ackproof.reference.client.metadata import Leader
from ackproof.reference.kernel.value import value

NO_LEADER = Leader(None, None)


@value
class Position:
    """
    Where a consumer reads on (``SubscriptionState.FetchPosition``).

    Attributes:
        offset: That of the next record.
        offset_epoch: The leader epoch of the record before it, where that is known: what a truncation is noticed by.
        leader: As last known when the position was set or checked.
    """

    offset: int
    offset_epoch: int | None = None
    leader: Leader = NO_LEADER
