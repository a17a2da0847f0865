"""Requests about identity and transactions: one at a time, the most urgent first."""

from collections.abc import Iterator

from ackproof.reference.producer.numbers.priority_queue import PriorityQueue
from ackproof.reference.producer.transactions.handler import Handler


class Pending:
    """
    Those that wait, and the one that is under way.

    Attributes:
        in_flight: While it is, nothing else is sent, no batch either.
    """

    def __init__(self) -> None:
        self._waiting = PriorityQueue[Handler](lambda handler: handler.priority)
        self.in_flight: Handler | None = None

    def add(self, handler: Handler) -> None:
        """One more waits."""
        self._waiting.add(handler)

    def peek(self) -> Handler | None:
        """The most urgent."""
        return self._waiting.peek()

    def poll(self) -> Handler | None:
        """Take the most urgent."""
        return self._waiting.poll()

    def take(self, handler: Handler) -> None:
        """It does not wait any more."""
        self._waiting.remove(handler)

    def __iter__(self) -> Iterator[Handler]:
        """Those that wait."""
        return iter(self._waiting)

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)
