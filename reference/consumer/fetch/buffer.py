"""What has been fetched and not handed out yet."""

from collections import deque
from collections.abc import Iterable

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.fetch.completed_fetch import CompletedFetch


class FetchBuffer:
    """
    Fetched partitions in the order of their answers, and the one whose turn it is.

    Attributes:
        next_in_line: What is being handed out.

    Source: ``FetchBuffer``.
    """

    def __init__(self) -> None:
        self.next_in_line: CompletedFetch | None = None
        self._completed: deque[CompletedFetch] = deque()

    def add(self, fetch: CompletedFetch) -> None:
        """An answer has come."""
        self._completed.append(fetch)

    def peek(self) -> CompletedFetch | None:
        """The first one whose turn is yet to come."""
        return self._completed[0] if self._completed else None

    def pop(self) -> None:
        """The first one has its turn, or never will."""
        self._completed.popleft()

    @property
    def fetches(self) -> tuple[CompletedFetch, ...]:
        """All that there is, in order."""
        current = self.next_in_line
        return (*(() if current is None or current.is_consumed else (current,)), *self._completed)

    @property
    def partitions(self) -> frozenset[TopicPartition]:
        """What has something left."""
        return frozenset(fetch.partition for fetch in self.fetches)

    def retain(self, partitions: Iterable[TopicPartition]) -> None:
        """What is not of *partitions* is dropped."""
        kept = frozenset(partitions)
        self._completed = deque(fetch for fetch in self._completed if fetch.partition in kept)
        if self.next_in_line is not None and self.next_in_line.partition not in kept:
            self.next_in_line = None
