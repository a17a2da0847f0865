"""Processes: what runs on the simulated machines, and may be paused or killed."""

from ackproof.reference.kernel.clock import Callback, Clock

STEPS_IN_A_MS = 200
"""How much a process does in a millisecond: what it wants to do at once beyond that happens in the next one."""


class Task:
    """Something that is going to happen in a process."""

    __slots__ = ("callback", "process")

    def __init__(self, process: "Process", callback: Callback) -> None:
        self.process = process
        self.callback: Callback | None = callback

    def __call__(self) -> None:
        """It happens, unless the process is gone; if that is paused, it happens once it goes on."""
        process = self.process
        if process.is_paused:
            process.deferred.append(self)
        elif not process.has_stopped and self.callback is not None:
            self.callback()

    def cancel(self) -> None:
        """It does not happen, if it has not already."""
        self.callback = None


class Process:
    """
    One run of a process, and the clock that it goes by.

    While it is paused nothing of it happens, and what was due happens afterwards, in order. Once it has stopped,
    nothing of it happens any more.

    Attributes:
        deferred: What was due while it is paused, in order.
    """

    def __init__(self, clock: Clock, name: str) -> None:
        self.name = name
        self.is_paused = False
        self.has_stopped = False
        self._clock = clock
        self.deferred: list[Task] = []
        self._counting_ms = 0
        self._steps = 0

    @property
    def now_ms(self) -> int:
        """The time now."""
        return self._clock.now_ms

    def call_at(self, at_ms: int, callback: Callback) -> Task:
        """
        *callback* happens at *at_ms*, or when the process goes on after that; never, if it has stopped by then.

        Who looks again and again whether something has changed, as real clients do, thereby lets time pass.
        """
        clock = self._clock
        now_ms = clock.now_ms
        if at_ms <= now_ms:
            at_ms = self._next_step_ms(now_ms)
        task = Task(self, callback)
        # What is left of a process that is gone is tidied up some time, and must not be noticed.
        if not self.has_stopped:
            clock.call_at(at_ms, task)
        return task

    def _next_step_ms(self, now_ms: int) -> int:
        if now_ms != self._counting_ms:
            self._counting_ms, self._steps = now_ms, 0
        self._steps += 1
        return now_ms if self._steps <= STEPS_IN_A_MS else now_ms + 1

    def pause(self) -> None:
        """Nothing happens until it goes on."""
        self.is_paused = True

    def resume(self) -> None:
        """What was due meanwhile happens now."""
        self.is_paused = False
        deferred, self.deferred = self.deferred, []
        for task in deferred:
            self._clock.call_at(self._clock.now_ms, task)

    def stop(self) -> None:
        """It is gone, as after a crash."""
        self.has_stopped = True
        self.deferred = []
