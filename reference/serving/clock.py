"""Real time, as a clock on an asyncio loop."""

import asyncio
import time

from ackproof.reference.kernel.clock import Callback, Timer

STEPS_OF_AN_ANSWER = 8
"""In how many steps of the loop an answer comes from a network to whoever waits for it, at most."""


class LoopClock:
    """The time of day, which never goes back, and what is to happen then, in the loop that is running."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoch_ms = time.time_ns() // 1_000_000 - self._monotonic_ms()

    @property
    def now_ms(self) -> int:
        """The time now."""
        return self._epoch_ms + self._monotonic_ms()

    def call_at(self, at_ms: int, callback: Callback) -> Timer:
        """*callback* happens at *at_ms*, or as soon as it can if that has passed; never before this returns."""
        delay_ms = at_ms - self.now_ms
        if delay_ms <= 0:
            return self._loop.call_soon(callback)
        # Half a millisecond more, so that it is not too early by a rounding.
        return self._loop.call_at((at_ms - self._epoch_ms) / 1_000 + 0.000_5, callback)

    def call_soon(self, callback: Callback) -> None:
        """*callback* happens as soon as it can."""
        self._loop.call_soon(callback)

    def call_when_idle(self, callback: Callback) -> None:
        """*callback* happens after so many steps of the loop that an answer that has come is with who waits for it."""
        self._step(callback, STEPS_OF_AN_ANSWER)

    def _step(self, callback: Callback, left: int) -> None:
        if left:
            self._loop.call_soon(self._step, callback, left - 1)
        else:
            callback()

    def _monotonic_ms(self) -> int:
        return int(self._loop.time() * 1_000)
