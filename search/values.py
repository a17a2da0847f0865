"""Values of components, numbered in the order in which they are met."""

from collections.abc import Callable, Hashable

Column = list[int]
"""A number for each value of a domain."""


class Domain:
    """
    The values of one component, or what a view shows of them.

    Interchangeable components share a domain. A *column* says one thing of every value, known and to come: whether
    guards allow it, what a view shows of it.
    """

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}
        self.values: list[Hashable] = []
        self._columns: list[tuple[Callable[[Hashable], int], Column]] = []

    def __len__(self) -> int:
        return len(self.values)

    def number(self, value: Hashable) -> int:
        """The number of *value*."""
        known = self.numbers.get(value)
        if known is None:
            known = self.numbers[value] = len(self.values)
            self.values.append(value)
            for says, column in self._columns:
                column.append(says(value))
        return known

    def column(self, says: Callable[[Hashable], int]) -> Column:
        """What *says* tells of each value, by number; it grows with the domain. *says* must not number values in it."""
        column = [says(value) for value in self.values]
        self._columns.append((says, column))
        return column
