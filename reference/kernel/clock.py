"""Clocks: what the time is, and what happens later."""

from collections import deque
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
        self._later: list[tuple[int, int, Alarm]] = []
        # Most of what happens is due at once, and needs no heap.
        self._now = deque[tuple[int, Alarm]]()
        self._asked = 0

    def call_at(self, at_ms: int, callback: Callback) -> Timer:
        """*callback* happens at *at_ms*, or as soon as it can if that has passed; never before this returns."""
        alarm = Alarm(callback)
        self._asked += 1
        if at_ms > self.now_ms:
            heappush(self._later, (at_ms, self._asked, alarm))
        else:
            self._now.append((self._asked, alarm))
        return alarm

    def step(self, until_ms: int | None = None) -> bool:
        """The next thing happens, if there is one, and not after *until_ms*; whether one did."""
        while (alarm := self._next(until_ms)) is not None:
            if alarm.callback is not None:
                alarm.callback()
                return True
        return False

    def _next(self, until_ms: int | None) -> Alarm | None:
        later, now = self._later, self._now
        if now and (not later or later[0][0] > self.now_ms or later[0][1] > now[0][0]):
            return now.popleft()[1]
        if not later or (until_ms is not None and later[0][0] > until_ms):
            return None
        at_ms, _, alarm = heappop(later)
        if alarm.callback is not None:
            self.now_ms = at_ms
        return alarm

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
