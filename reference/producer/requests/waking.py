"""Waking: the sender sleeps until something happens."""

from functools import partial

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, Pause


class Waking:
    """
    A sleep that ends when somebody wakes the sleeper, be it before it sleeps.

    Source: ``Selector.wakeup``, ``NetworkClient.poll``.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sleeping: Future[None] | None = None
        self._is_woken = False

    def wake(self) -> None:
        """Whoever sleeps wakes up, or does not fall asleep next time."""
        self._is_woken = True
        if self._sleeping is not None:
            self._sleeping.resolve(None)

    async def sleep(self, timeout_ms: int | None) -> None:
        """Wait to be woken, for some time at most; what else is due by then happens first."""
        if self._is_woken:
            await Pause(self._clock.call_soon)
        elif timeout_ms != 0:
            await self._sleep(timeout_ms)
        if not self._is_woken:
            # Kafka's thread, as its time is over, reads what has come before it looks at deadlines.
            await Pause(self._clock.call_when_idle)
        self._is_woken = False

    async def _sleep(self, timeout_ms: int | None) -> None:
        sleeping: Future[None] = Future(self._clock)
        self._sleeping = sleeping
        timer = None
        if timeout_ms is not None:
            timer = self._clock.call_at(self._clock.now_ms + timeout_ms, partial(sleeping.conclude, None))
        await sleeping
        if timer is not None:
            timer.cancel()
        self._sleeping = None
