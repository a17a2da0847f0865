"""Clocks: what the time is, and what happens later."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

Callback = Callable[[], None]


class Timer(Protocol):
    """Something that is going to happen."""

    def cancel(self) -> None:
        """It does not happen, if it has not already."""
        ...


class Clock(Protocol):
    """The time, in milliseconds since the epoch, and what is to happen then."""

    @property
    def now_ms(self) -> int:
        """The time now."""
        ...

    def call_at(self, at_ms: int, callback: Callback) -> Timer:
        """*callback* happens at *at_ms*, or as soon as it can if that has passed; never before this returns."""
        ...


class Alarm:
    """A callback in the queue of a virtual clock."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callback) -> None:
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        """It does not happen, if it has not already."""
        self.callback = None


class VirtualClock:
    """A clock that stands still until it is told to go on: what is due at the same time happens in order of asking."""

    def __init__(self, now_ms: int = 0) -> None:
        self.now_ms = now_ms
        self._queue: list[tuple[int, int, Alarm]] = []
        self._asked = 0

    def call_at(self, at_ms: int, callback: Callback) -> Timer:
        """*callback* happens at *at_ms*, or as soon as it can if that has passed; never before this returns."""
        alarm = Alarm(callback)
        self._asked += 1
        heappush(self._queue, (max(at_ms, self.now_ms), self._asked, alarm))
        return alarm

    def step(self, until_ms: int | None = None) -> bool:
        """The next thing happens, if there is one, and not after *until_ms*; whether one did."""
        while self._queue and (until_ms is None or self._queue[0][0] <= until_ms):
            at_ms, _, alarm = heappop(self._queue)
            if alarm.callback is not None:
                self.now_ms = at_ms
                alarm.callback()
                return True
        return False

    def run_until(self, until_ms: int) -> None:
        """Everything that is due up to *until_ms* happens, and it is then."""
        while self.step(until_ms):
            pass
        self.now_ms = max(self.now_ms, until_ms)


class Incarnation:
    """The clock of one run of a process: once that has stopped, nothing of it happens any more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.has_stopped = False

    @property
    def now_ms(self) -> int:
        """The time now."""
        return self._clock.now_ms

    def call_at(self, at_ms: int, callback: Callback) -> Timer:
        """*callback* happens at *at_ms*, unless the process has stopped by then."""
        return self._clock.call_at(at_ms, lambda: None if self.has_stopped else callback())

    def stop(self) -> None:
        """The process stops, as in a crash: its coroutines never go on."""
        self.has_stopped = True
