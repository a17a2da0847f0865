"""What happens to groups as time passes: each timer has a name, and one that is set again replaces the former."""

from collections.abc import Callable

from ackproof.reference.kernel.clock import Clock, Timer
from ackproof.reference.protocol.errors import KafkaError

Key = tuple[str, ...]
RETRY_BACKOFF_MS = 500


class Timers:
    """The timers of a partition's groups. Source: ``CoordinatorTimerImpl``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timers: dict[Key, Timer] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._timers

    def schedule(self, key: Key, delay_ms: int, action: Callable[[], None], *, retries: bool = False) -> None:
        """*action* happens in *delay_ms*; if its records are refused it is tried again, or nothing comes of it."""
        self.cancel(key)
        at_ms = self._clock.now_ms + delay_ms
        self._timers[key] = self._clock.call_at(at_ms, lambda: self._happen(key, action, retries))

    def schedule_if_absent(self, key: Key, delay_ms: int, action: Callable[[], None]) -> None:
        """The same, unless that timer is running."""
        if key not in self._timers:
            self.schedule(key, delay_ms, action, retries=True)

    def cancel(self, key: Key) -> None:
        """That timer does not end."""
        timer = self._timers.pop(key, None)
        if timer:
            timer.cancel()

    def cancel_all(self) -> None:
        """No timer ends."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _happen(self, key: Key, action: Callable[[], None], retries: bool) -> None:
        del self._timers[key]
        try:
            action()
        except KafkaError:
            if retries:
                self.schedule(key, RETRY_BACKOFF_MS, action, retries=True)
