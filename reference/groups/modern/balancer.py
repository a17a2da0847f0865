"""
Which subscriber of a topic gets the next partition, and which gives one up.

Source: ``UniformHeterogeneousAssignmentBuilder.MemberAssignmentBalancer``.
"""

from collections.abc import Sequence


class Balancer:
    """
    Subscribers by how much they have.

    The least loaded ones get one partition each, then they are on the level of the next ones, and so on; the most
    loaded ones give up one each in the same way.
    """

    def __init__(self, sizes: Sequence[int], subscribers: Sequence[int]) -> None:
        """*sizes* is how much each member has, and may change while this is used."""
        self._sizes = sizes
        self._members = sorted(subscribers, key=lambda place: (sizes[place], place))
        self._least_end = 0
        self._least_count = sizes[self._members[0]] - 1
        self._next_least = 0
        self._most_start = self._most_end = len(self._members)
        self._most_count = sizes[self._members[-1]] + 1
        self._next_most = len(self._members) - 1

    @property
    def is_balanced(self) -> bool:
        """Whether the two ranges differ by one at most."""
        return self._most_count - self._least_count <= 1

    def next_least_loaded(self) -> int:
        """Who gets the next partition."""
        if self._next_least >= self._least_end:
            self._least_count += 1
            while self._least_end < len(self._members) and self._size(self._least_end) == self._least_count:
                self._least_end += 1
            self._next_least = 0
        self._next_least += 1
        return self._members[self._next_least - 1]

    def next_most_loaded(self) -> int | None:
        """Who gives one up; None if nobody is left."""
        if self._next_most < self._most_start:
            self._widen_most_loaded()
        if self._next_most < 0:
            return None
        self._next_most -= 1
        return self._members[self._next_most + 1]

    def exclude_most_loaded(self) -> None:
        """The one that ``next_most_loaded`` told last has nothing of this topic to give up."""
        last = self._most_end - 1
        told = self._next_most + 1
        self._members[told], self._members[last] = self._members[last], self._members[told]
        self._most_end = last

    def _widen_most_loaded(self) -> None:
        if self._most_end <= self._most_start and self._most_start > 0:
            self._most_count = self._size(self._most_start - 1)
        else:
            self._most_count -= 1
        while self._most_start > 0 and self._size(self._most_start - 1) == self._most_count:
            self._most_start -= 1
        self._next_most = self._most_end - 1

    def _size(self, place: int) -> int:
        return self._sizes[self._members[place]]
