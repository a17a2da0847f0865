"""Waking: the sender sleeps until something happens."""

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, sleep

STEPS_OF_AN_ANSWER = 4
"""From a network to whoever waits for an answer."""


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
        sleeping = Future[None](self._clock)
        self._sleeping = sleeping
        if self._is_woken:
            timeout_ms = 0
        at_ms = None if timeout_ms is None else self._clock.now_ms + timeout_ms
        timer = None if at_ms is None else self._clock.call_at(at_ms, lambda: sleeping.resolve(None))
        await sleeping
        if timer is not None:
            timer.cancel()
        if not self._is_woken:
            await self._read_sockets()
        self._sleeping = None
        self._is_woken = False

    async def _read_sockets(self) -> None:
        """Kafka's thread, as its time is over, reads what has come before it looks at deadlines."""
        for _ in range(STEPS_OF_AN_ANSWER):
            await sleep(self._clock, 0)
