"""A signal: something has happened that a call of the application may be waiting for."""

from ackproof.reference.consumer.deadline import Deadline
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future


class Signal:
    """
    Wakes who waits; what happens while nobody does is not lost.

    Source: ``ConsumerNetworkClient.poll``, which returns as soon as anything has come; ``FetchBuffer.awaitWakeup``.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next: Future[None] | None = None
        self._has_happened = False

    def notify(self) -> None:
        """Something has happened."""
        self._has_happened = True
        if self._next is not None:
            self._next.resolve(None)
            self._next = None

    async def wait(self, deadline: Deadline) -> None:
        """Wait until something happens, or has since the last wait; no longer than until *deadline*."""
        if not self._has_happened:
            self._next = Future[None](self._clock)
            await deadline.settled(self._next)
            self._next = None
        self._has_happened = False
