"""When a member has to send a heartbeat, when it takes its coordinator for dead, and when itself for stuck."""

from random import Random

from ackproof.reference.client.backoff import ExponentialBackoff
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.kernel.clock import Clock


class Liveness:
    """
    Three timers.

    Attributes:
        heartbeat_at_ms: When the next heartbeat is due.
        session_ends_ms: When the session is over unless a heartbeat has been answered.
        poll_ends_ms: When the application should have polled again (``max.poll.interval.ms``).

    Source: ``Heartbeat``.
    """

    def __init__(self, clock: Clock, settings: ConsumerSettings, rng: Random) -> None:
        self._clock = clock
        self._settings = settings
        self._backoff = ExponentialBackoff(settings.retry_backoff_ms, settings.retry_backoff_max_ms, rng)
        self._failed_attempts = 0
        self.heartbeat_at_ms = 0
        self.session_ends_ms = 0
        self.poll_ends_ms = 0
        self.reset()

    @property
    def next_ms(self) -> int:
        """When the first of them is due."""
        return min(self.heartbeat_at_ms, self.session_ends_ms, self.poll_ends_ms)

    @property
    def is_stuck(self) -> bool:
        """Whether the application should have polled by now."""
        return self._clock.now_ms >= self.poll_ends_ms

    def reset(self) -> None:
        """A generation begins."""
        self.reset_session()
        self.polled()
        self._heartbeat_in(self._settings.heartbeat_interval_ms)

    def reset_session(self) -> None:
        """A coordinator is found: it has a session's time to answer."""
        self.session_ends_ms = self._clock.now_ms + self._settings.session_timeout_ms

    def polled(self) -> None:
        """The application has polled."""
        self.poll_ends_ms = self._clock.now_ms + self._settings.max_poll_interval_ms

    def sent(self) -> None:
        """A heartbeat is on its way."""
        self._heartbeat_in(self._settings.heartbeat_interval_ms)

    def answered(self) -> None:
        """A heartbeat was answered."""
        self._failed_attempts = 0
        self.reset_session()

    def failed(self) -> None:
        """A heartbeat was not answered as it should be: the next one is due sooner."""
        self._heartbeat_in(self._backoff.backoff_ms(self._failed_attempts))
        self._failed_attempts += 1

    def _heartbeat_in(self, wait_ms: int) -> None:
        self.heartbeat_at_ms = self._clock.now_ms + wait_ms
