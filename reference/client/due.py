"""When metadata is to be asked for: what was requested, how old it is, and how long to hold back."""

from random import Random

from ackproof.reference.client.backoff import ExponentialBackoff
from ackproof.reference.client.settings import ClientSettings
from ackproof.reference.kernel.clock import Clock


class Due:
    """
    When the next update is due.

    Updates that fail make it wait longer each time, and so do answers that tell nothing new.

    Attributes:
        generation: Counts requests for new topics, so that one that comes while an update is under way is not lost.

    Source: ``Metadata.timeToNextUpdate``, ``timeToAllowUpdate``.
    """

    def __init__(self, clock: Clock, settings: ClientSettings, rng: Random) -> None:
        self._clock = clock
        self._max_age_ms = settings.metadata_max_age_ms
        self._trigger_ms = settings.metadata_recovery_rebootstrap_trigger_ms
        self._backoff = ExponentialBackoff(settings.retry_backoff_ms, settings.retry_backoff_max_ms, rng)
        self._needs_full = True
        self._needs_partial = False
        self._allowed_ms = clock.now_ms
        self._allowed_by_news_ms = clock.now_ms
        self._succeeded_ms: int | None = None
        self._failing_since_ms: int | None = None
        self._failures = 0
        self._without_news = 0
        self._due_ms = clock.now_ms
        self.generation = 0

    def left_ms(self) -> int:
        """How long until it is due."""
        left_ms = self._due_ms - self._clock.now_ms
        return left_ms if left_ms > 0 else 0

    def is_full(self) -> bool:
        """Whether all topics are to be asked for."""
        return self._needs_full or self._is_old()

    def has_failed_too_long(self) -> bool:
        """Whether no update has succeeded for so long that the client had better start anew."""
        return self._failing_since_ms is not None and self._clock.now_ms - self._failing_since_ms > self._trigger_ms

    def request_full(self, resets_backoff: bool) -> None:
        """All topics are wanted again."""
        self._needs_full = True
        if resets_backoff:
            self._news()
        self._reckon()

    def request_partial(self) -> None:
        """New topics are wanted, at once."""
        self._allowed_ms = self._clock.now_ms
        self._needs_partial = True
        self._news()
        self._reckon()
        self.generation += 1

    def start_again(self) -> None:
        """The client begins from its bootstrap servers."""
        self._needs_full = True
        self._failing_since_ms = None
        self._reckon()

    def has_succeeded(self, generation: int, is_partial: bool, has_news: bool) -> None:
        """An answer has come to what was asked in *generation*."""
        now_ms = self._clock.now_ms
        self._needs_partial = generation < self.generation
        self._failures = 0
        self._failing_since_ms = None
        self._allowed_ms = now_ms + self._backoff.backoff_ms(0)
        if has_news or self._is_old():
            self._news()
        if not has_news:
            self._allowed_by_news_ms = now_ms + self._backoff.backoff_ms(self._without_news)
            self._without_news += 1
        if not is_partial:
            self._needs_full = False
            self._succeeded_ms = now_ms
        self._reckon()

    def has_failed(self) -> None:
        """No answer, or none that helps."""
        self._allowed_ms = self._clock.now_ms + self._backoff.backoff_ms(self._failures)
        self._failures += 1
        self._news()
        self._reckon()
        if self._failing_since_ms is None:
            self._failing_since_ms = self._clock.now_ms

    def _reckon(self) -> None:
        """Something has changed: when the next update is due."""
        self._due_ms = max(self._allowed_ms, self._allowed_by_news_ms)
        if self._succeeded_ms is not None and not (self._needs_full or self._needs_partial):
            self._due_ms = max(self._due_ms, self._succeeded_ms + self._max_age_ms)

    def _is_old(self) -> bool:
        return self._succeeded_ms is None or self._succeeded_ms + self._max_age_ms <= self._clock.now_ms

    def _news(self) -> None:
        self._without_news = 0
        self._allowed_by_news_ms = self._clock.now_ms
