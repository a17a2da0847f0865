"""Waking: the sender sleeps until something happens."""

from functools import partial

from ackproof.reference.kernel.clock import Callback, Clock, Timer
from ackproof.reference.kernel.future import pause


class Waking:
    """
    A sleep that ends when somebody wakes the sleeper, be it before it sleeps.

    Source: ``Selector.wakeup``, ``NetworkClient.poll``.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._go_on: Callback | None = None
        self._timer: Timer | None = None
        self._is_woken = False

    def wake(self) -> None:
        """Whoever sleeps wakes up, or does not fall asleep next time."""
        self._is_woken = True
        go_on, self._go_on = self._go_on, None
        if go_on is not None:
            if self._timer is not None:
                self._timer.cancel()
            self._clock.call_soon(go_on)

    async def sleep(self, timeout_ms: int | None) -> None:
        """Wait to be woken, for some time at most; what else is due by then happens first."""
        if self._is_woken:
            await pause(self._clock.call_soon)
        elif timeout_ms != 0:
            await pause(partial(self._fall_asleep, timeout_ms))
        if not self._is_woken:
            # Kafka's thread, as its time is over, reads what has come before it looks at deadlines.
            await pause(self._clock.call_when_idle)
        self._is_woken = False

    def _fall_asleep(self, timeout_ms: int | None, go_on: Callback) -> None:
        self._go_on = go_on
        self._timer = None
        if timeout_ms is not None:
            self._timer = self._clock.call_at(self._clock.now_ms + timeout_ms, self._time_out)

    def _time_out(self) -> None:
        go_on, self._go_on = self._go_on, None
        assert go_on is not None
        go_on()
