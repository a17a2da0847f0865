"""Requests about identity and transactions: one at a time, the most urgent first."""

from collections.abc import Iterator
from itertools import count

from ackproof.reference.producer.numbers.priority_queue import PriorityQueue
from ackproof.reference.producer.transactions.handler import Handler


class Pending:
    """
    Those that wait, and the one that is under way.

    Attributes:
        in_flight: While it is, nothing else is sent, no batch either.
    """

    def __init__(self, *, keeps_order: bool = False) -> None:
        """
        Nothing waits.

        Args:
            keeps_order: Of what is equally urgent that comes first which has waited longest (kafka-python,
                ``TransactionManager._enqueue_request``). Else that is as the heap has it.
        """
        self._waiting = PriorityQueue[Handler](lambda handler: (handler.priority, handler.turn))
        self._turns = count(step=int(keeps_order))
        self.in_flight: Handler | None = None

    def add(self, handler: Handler) -> None:
        """One more waits."""
        handler.turn = next(self._turns)
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
