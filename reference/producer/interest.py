"""Interest: the topics that a producer sends to."""

from ackproof.reference.kernel.clock import Clock


class ProducerInterest:
    """
    The topics that records were sent to, until nobody has sent any for a while (``metadata.max.idle.ms``).

    Source: ``ProducerMetadata``.
    """

    allows_auto_topic_creation = True

    def __init__(self, clock: Clock, idle_ms: int) -> None:
        self._clock = clock
        self._idle_ms = idle_ms
        self._expires_ms: dict[str, int] = {}
        self._new: dict[str, None] = {}

    @property
    def topics(self) -> tuple[str, ...] | None:
        """All of them."""
        return tuple(self._expires_ms)

    @property
    def new_topics(self) -> tuple[str, ...] | None:
        """Those that nothing was heard of yet."""
        return tuple(self._new)

    def add(self, topic: str) -> bool:
        """A record is sent to *topic*; whether that is new."""
        is_new = topic not in self._expires_ms
        if is_new:
            self._new[topic] = None
        self._expires_ms[topic] = self._clock.now_ms + self._idle_ms
        return is_new

    def retains(self, topic: str, is_internal: bool) -> bool:
        """Whether records are still sent to *topic*."""
        del is_internal
        if topic not in self._expires_ms:
            return False
        if topic not in self._new and self._expires_ms[topic] <= self._clock.now_ms:
            del self._expires_ms[topic]
            return False
        return True

    def answered(self, topics: tuple[str, ...]) -> None:
        """Something was heard of *topics*."""
        for topic in topics:
            self._new.pop(topic, None)
