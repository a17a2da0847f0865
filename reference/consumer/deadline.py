"""Deadlines: how long a call of the application may still take."""

from typing import TypeVar

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, settled, sleep
from ackproof.reference.kernel.value import value

T = TypeVar("T")


@value
class Deadline:
    """A moment by which a call returns (``Timer``)."""

    clock: Clock
    at_ms: int

    @property
    def left_ms(self) -> int:
        """How long until then; never negative."""
        return max(self.at_ms - self.clock.now_ms, 0)

    @property
    def has_passed(self) -> bool:
        """Whether that moment is here."""
        return self.clock.now_ms >= self.at_ms

    def no_later_than(self, limit_ms: int) -> "Deadline":
        """The same, or *limit_ms* from now if that is sooner."""
        return Deadline(self.clock, min(self.at_ms, self.clock.now_ms + limit_ms))

    async def settled(self, future: Future[T]) -> bool:
        """Wait for *future*, also for one that fails; whether it is settled by then."""
        if future.is_done:
            future.may_fail()
            return True
        return await settled(self.clock, future, self.left_ms)

    async def rest(self, duration_ms: int) -> None:
        """Wait for *duration_ms*, but no longer than until then."""
        await sleep(self.clock, min(duration_ms, self.left_ms))


def deadline(clock: Clock, timeout_ms: int) -> Deadline:
    """The moment *timeout_ms* from now."""
    return Deadline(clock, clock.now_ms + timeout_ms)
