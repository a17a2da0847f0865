"""Waking: the sender sleeps until something happens."""

from functools import partial

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future

STEPS_OF_AN_ANSWER = 8
"""In how many steps of the clock an answer comes from a network to whoever waits for it, at most."""


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
        sleeping: Future[None] = Future(self._clock)
        self._sleeping = sleeping
        if self._is_woken:
            timeout_ms = 0
        at_ms = None if timeout_ms is None else self._clock.now_ms + timeout_ms
        timer = None if at_ms is None else self._clock.call_at(at_ms, partial(sleeping.conclude, None))
        await sleeping
        if timer is not None:
            timer.cancel()
        if not self._is_woken:
            await self._sockets_read()
        self._sleeping = None
        self._is_woken = False

    def _sockets_read(self) -> Future[None]:
        """Kafka's thread, as its time is over, reads what has come before it looks at deadlines."""
        read: Future[None] = Future(self._clock)
        self._step(read, STEPS_OF_AN_ANSWER)
        return read

    def _step(self, read: Future[None], left: int) -> None:
        if left:
            self._clock.call_soon(partial(self._step, read, left - 1))
        else:
            read.conclude(None)
