"""Who waits for records to be on all in-sync replicas."""

from collections.abc import Callable

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.kernel.clock import Clock, Timer
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.errors import KafkaError


@attrs.define(eq=False)
class Wait:
    """
    One who waits.

    Attributes:
        offset: What the high watermark has to reach.
        timer: What ends it; None where nothing does.
    """

    offset: int
    future: Future[None]
    timer: Timer | None = None


class Waiting:
    """
    Appends of one partition that are answered once they are replicated (acks=all), or too late.

    Attributes:
        waits: Those who wait, in order.

    Source: ``DelayedProduce`` and its purgatory.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.waits: list[Wait] = []

    def add(self, offset: int, timeout_ms: int | None) -> Future[None]:
        """Wait for *offset*; it fails with REQUEST_TIMED_OUT after *timeout_ms*, if there is one."""
        future: Future[None] = Future(self._clock)
        # Who waits for several partitions hears of one after the other, whichever fails first.
        future.may_fail()
        wait = Wait(offset, future)
        if timeout_ms is not None:
            wait.timer = self._clock.call_at(self._clock.now_ms + timeout_ms, lambda: self._time_out(wait))
        self.waits.append(wait)
        return future

    def settle(self, outcome_of: Callable[[int], ErrorCode | None]) -> None:
        """Answer those whose offset has an outcome; None where it is still to come."""
        for wait in tuple(self.waits):
            outcome = outcome_of(wait.offset)
            if outcome is not None:
                self.waits.remove(wait)
                end(wait, outcome)

    def _time_out(self, wait: Wait) -> None:
        self.waits.remove(wait)
        end(wait, ErrorCode.request_timed_out)


def end(wait: Wait, outcome: ErrorCode) -> None:
    """Answer one who waits."""
    if wait.timer:
        wait.timer.cancel()
    if outcome is ErrorCode.none:
        wait.future.resolve(None)
    else:
        wait.future.fail(KafkaError(outcome))
