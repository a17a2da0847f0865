"""A partition as a queue, and how many records arrive in it."""

from math import exp, sqrt
from random import Random

import attrs

from ackproof.reference.lag.burrow import partition_status
from ackproof.reference.lag.metrics import Isolation
from ackproof.reference.lag.sample import PartitionSample
from ackproof.reference.lag.scenario import HangingTransaction
from ackproof.reference.lag.window import Commit, Window, with_commit, with_end_offset

MANY = 30
"""From this mean on, a Poisson distribution is as good as normal."""

EMPTY = Window()


@attrs.define(eq=False)
class Queue:
    """
    A partition.

    Attributes:
        committed: None while nothing is.
        open_from: Where each transaction begins that is open.
        window: What Burrow has seen.
    """

    end: int = 0
    position: int = 0
    committed: int | None = None
    open_from: dict[HangingTransaction, int] = attrs.field(factory=dict[HangingTransaction, int])
    window: Window = EMPTY

    @property
    def last_stable_offset(self) -> int:
        """Where a read_committed reader has to stop: where the earliest open transaction begins."""
        return min(self.open_from.values(), default=self.end)

    def readable(self, isolation: Isolation) -> int:
        """How many records such a reader may fetch."""
        return (self.last_stable_offset if isolation == "read_committed" else self.end) - self.position

    def commit(self, now_ms: int, order: int) -> None:
        """The position is committed, and Burrow sees it."""
        self.committed = self.position
        self.window = with_commit(self.window, Commit(self.position, now_ms, order))

    def tell_end(self) -> None:
        """Burrow asks where the log ends."""
        self.window = with_end_offset(self.window, self.end)

    def sample(self, now_ms: int, owner: int | None) -> PartitionSample:
        """What is seen of it now."""
        status = partition_status(self.window, now_ms).status
        return PartitionSample(self.end, self.last_stable_offset, self.position, self.committed, owner, status)


def arrivals(rng: Random, mean: float) -> int:
    """How many arrive where each comes independently of the others: a number of a Poisson distribution."""
    if mean >= MANY:
        return max(round(rng.gauss(mean, sqrt(mean))), 0)
    count, product, least = 0, rng.random(), exp(-mean)
    while product > least:
        count += 1
        product *= rng.random()
    return count
