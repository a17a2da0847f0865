"""Java's priority queue: what has the same priority comes out in the order that its heap happens to have."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class PriorityQueue(Generic[T]):
    """A binary heap (``java.util.PriorityQueue``)."""

    def __init__(self, priority: Callable[[T], tuple[int, ...]]) -> None:
        self._priority = priority
        self._heap: list[T] = []

    def add(self, item: T) -> None:
        """One more: at the end, from where it goes up."""
        self._heap.append(item)
        self._up(len(self._heap) - 1)

    def peek(self) -> T | None:
        """The first."""
        return self._heap[0] if self._heap else None

    def poll(self) -> T | None:
        """Take the first."""
        first = self.peek()
        if first is not None:
            self.remove(first)
        return first

    def remove(self, item: T) -> None:
        """One less, if it is there: the last takes its place."""
        at = next((at for at, other in enumerate(self._heap) if other is item), None)
        if at is None:
            return
        last = self._heap.pop()
        if at == len(self._heap):
            return
        self._heap[at] = last
        self._down(at)
        if self._heap[at] is last:
            self._up(at)

    def __iter__(self) -> Iterator[T]:
        """All, as the heap holds them."""
        return iter(tuple(self._heap))

    def __len__(self) -> int:
        """How many."""
        return len(self._heap)

    def _up(self, at: int) -> None:
        while at > 0 and self._is_below(at, (at - 1) // 2):
            self._swap(at, (at - 1) // 2)
            at = (at - 1) // 2

    def _down(self, at: int) -> None:
        while (left := 2 * at + 1) < len(self._heap):
            right = left + 1
            lower = right if right < len(self._heap) and self._is_below(right, left) else left
            if not self._is_below(lower, at):
                return
            self._swap(at, lower)
            at = lower

    def _is_below(self, one: int, other: int) -> bool:
        return self._priority(self._heap[one]) < self._priority(self._heap[other])

    def _swap(self, one: int, other: int) -> None:
        self._heap[one], self._heap[other] = self._heap[other], self._heap[one]
