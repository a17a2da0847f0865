"""Processes: what runs on the simulated machines, and may be paused or killed."""

from ackproof.reference.kernel.clock import Alarm, Callback, VirtualClock

STEPS_IN_A_MS = 200
"""How much a process does in a millisecond: what it wants to do at once beyond that happens in the next one."""


class Process:
    """
    One run of a process, and the clock that it goes by.

    While it is paused nothing of it happens, and what was due happens afterwards, in order. Once it has stopped,
    nothing of it happens any more.

    Attributes:
        is_running: It is neither paused nor stopped.
        now_ms: The time now, up to when it has stopped.
    """

    def __init__(self, clock: VirtualClock, name: str) -> None:
        self.name = name
        self.is_running = True
        self.is_paused = False
        self.has_stopped = False
        self.now_ms = clock.now_ms
        self._clock = clock
        self._deferred: list[Callback] = []
        self._counting_ms = 0
        self._steps = 0
        clock.watches.append(self)

    def call_at(self, at_ms: int, callback: Callback) -> Alarm:
        """
        *callback* happens at *at_ms*, or when the process goes on after that; never, if it has stopped by then.

        Who looks again and again whether something has changed, as real clients do, thereby lets time pass.
        """
        alarm = Alarm(self, callback)
        if at_ms <= self.now_ms:
            self.call_soon(alarm.happen)
        elif not self.has_stopped:
            self._clock.at(at_ms).append(alarm)
        return alarm

    def put(self, at_ms: int, callback: Callback) -> None:
        """*callback* happens at *at_ms*, as with ``call_at``; it can not be cancelled."""
        if at_ms <= self.now_ms:
            self.call_soon(callback)
        # What is left of a process that is gone is tidied up some time, and must not be noticed.
        elif not self.has_stopped:
            self._clock.at(at_ms).append((self, callback))

    def call_soon(self, callback: Callback) -> None:
        """*callback* happens as soon as it can, as with a time that has passed."""
        if self._has_time():
            self._clock.due.append((self, callback))
        elif not self.has_stopped:
            self._clock.at(self.now_ms + 1).append((self, callback))

    def call_when_idle(self, callback: Callback) -> None:
        """*callback* happens once nothing else is due, in whichever process."""
        if self._has_time():
            self._clock.idle.append((self, callback))
        elif not self.has_stopped:
            self._clock.at(self.now_ms + 1).append((self, callback))

    def _has_time(self) -> bool:
        """Whether it can do one thing more in this millisecond."""
        if self.now_ms != self._counting_ms:
            self._counting_ms, self._steps = self.now_ms, 0
        self._steps += 1
        return self._steps <= STEPS_IN_A_MS and not self.has_stopped

    def defer(self, callback: Callback) -> None:
        """*callback* was due while it does not run."""
        if not self.has_stopped:
            self._deferred.append(callback)

    def pause(self) -> None:
        """Nothing happens until it goes on."""
        self.is_paused = True
        self.is_running = False

    def resume(self) -> None:
        """What was due meanwhile happens now."""
        self.is_paused = False
        self.is_running = not self.has_stopped
        deferred, self._deferred = self._deferred, []
        for callback in deferred:
            self._clock.due.append((self, callback))

    def stop(self) -> None:
        """It is gone, as after a crash."""
        self.is_running = False
        self.has_stopped = True
        self._deferred = []
        if self in self._clock.watches:
            self._clock.watches.remove(self)
