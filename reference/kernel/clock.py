"""Clocks: what the time is, and what happens later."""

import sys
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

    def call_soon(self, callback: Callback) -> None:
        """*callback* happens as soon as it can, as with a time that has passed; it can not be cancelled."""
        ...

    def call_when_idle(self, callback: Callback) -> None:
        """*callback* happens once all that is due now has, and what comes of it at once; it can not be cancelled."""
        ...


class Owner(Protocol):
    """Whose callbacks happen only while it runs."""

    @property
    def is_running(self) -> bool:
        """Whether they happen now."""
        ...

    def defer(self, callback: Callback) -> None:
        """*callback* was due while it does not run."""
        ...


class Watch(Protocol):
    """Who is told the time, as it is asked for it over and over."""

    now_ms: int


class Anybody:
    """Who always runs."""

    is_running = True

    def defer(self, callback: Callback) -> None:
        """That can not be."""


ANYBODY = Anybody()


class Alarm:
    """A callback in the queue of a virtual clock, and whose it is; None once it is cancelled."""

    __slots__ = ("callback", "owner")

    def __init__(self, owner: Owner, callback: Callback) -> None:
        self.owner = owner
        self.callback: Callback | None = callback

    def happen(self) -> None:
        """It happens, unless it is cancelled."""
        if self.callback is not None:
            self.callback()

    def cancel(self) -> None:
        """It does not happen, if it has not already."""
        self.callback = None


Happens = tuple[Owner, Callback] | Alarm
"""What is due later: what can be cancelled is an alarm."""


class VirtualClock:
    """
    A clock that stands still until it is told to go on: what is due at the same time happens in order of asking.

    Attributes:
        due: What is due now, in order. Most of what happens is asked for when it is due.
        idle: What is due, one after the other, whenever nothing else is.
        watches: Who is told when it is later.
    """

    def __init__(self, now_ms: int = 0) -> None:
        self.now_ms = now_ms
        self.watches: list[Watch] = []
        self.due = deque[tuple[Owner, Callback]]()
        self.idle = deque[tuple[Owner, Callback]]()
        # What is due later, by when; and those times, as a heap.
        self._later: dict[int, list[Happens]] = {}
        self._times_ms: list[int] = []

    def call_at(self, at_ms: int, callback: Callback) -> Timer:
        """*callback* happens at *at_ms*, or as soon as it can if that has passed; never before this returns."""
        alarm = Alarm(ANYBODY, callback)
        if at_ms <= self.now_ms:
            self.due.append((ANYBODY, alarm.happen))
        else:
            self.at(at_ms).append(alarm)
        return alarm

    def call_soon(self, callback: Callback) -> None:
        """*callback* happens as soon as it can, as with a time that has passed; it can not be cancelled."""
        self.due.append((ANYBODY, callback))

    def call_when_idle(self, callback: Callback) -> None:
        """*callback* happens once all that is due now has, and what comes of it at once; it can not be cancelled."""
        self.idle.append((ANYBODY, callback))

    def at(self, at_ms: int) -> list[Happens]:
        """What is due at *at_ms*, which is still to come, in order: whoever asks for it adds something."""
        happens = self._later.get(at_ms)
        if happens is None:
            happens = self._later[at_ms] = []
            heappush(self._times_ms, at_ms)
        return happens

    def step(self, until_ms: int | None = None) -> bool:
        """The next thing happens, if there is one, and not after *until_ms*; whether one did."""
        if not self._is_due(until_ms):
            return False
        owner, callback = self.due.popleft()
        if owner.is_running:
            callback()
        else:
            owner.defer(callback)
        return True

    def _is_due(self, until_ms: int | None) -> bool:
        """Whether something is due now; if nothing is, it becomes as late as the next thing is."""
        due, times_ms = self.due, self._times_ms
        if not due and self.idle:
            due.append(self.idle.popleft())
        while not due and times_ms and (until_ms is None or times_ms[0] <= until_ms):
            at_ms = heappop(times_ms)
            for happens in self._later.pop(at_ms):
                if not isinstance(happens, Alarm):
                    due.append(happens)
                elif happens.callback is not None:
                    due.append((happens.owner, happens.happen))
            if due:
                self._is_later(at_ms)
        return bool(due)

    def _is_later(self, now_ms: int) -> None:
        self.now_ms = now_ms
        for watch in self.watches:
            watch.now_ms = now_ms

    def run_until(self, until_ms: int, at_once_max: int = sys.maxsize) -> None:
        """
        Everything that is due up to *until_ms* happens, and it is then.

        Raises:
            AssertionError: So much happens without any time passing.
        """
        due = self.due
        while self._is_due(until_ms):
            for _ in range(at_once_max):
                owner, callback = due.popleft()
                if owner.is_running:
                    callback()
                else:
                    owner.defer(callback)
                if not due:
                    break
            else:
                raise AssertionError(f"something turns in a circle at {self.now_ms} ms")
        if until_ms > self.now_ms:
            self._is_later(until_ms)
