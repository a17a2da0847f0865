"""The log of a partition as far as a history tells it, from the offsets that were acknowledged and polled."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

import attrs

from ackproof.histories.operation import Key, Operation, Records, Value


@attrs.define(eq=False, slots=False)
class Order:
    """
    The records of a partition by their offsets. Their *index* counts without the gaps that transaction markers leave.

    Attributes:
        offsets: That hold something, ascending.
        values: What each holds; one of them where the history contradicts itself.
        conflicts: By index, all values of an offset that has more than one.
        is_by_offset: Whether a record is where its offset says, rather than where its value was seen last. A value that
            is in the log twice has one place only by value, which is how Jepsen counts.
    """

    offsets: list[int]
    values: list[Value]
    conflicts: Mapping[int, tuple[Value, ...]]
    is_by_offset: bool = False

    @cached_property
    def index_of(self) -> Mapping[Value, int]:
        """The index of each value; the last one of a value that is there twice."""
        return {value: index for index, value in enumerate(self.values)}

    @cached_property
    def first_index(self) -> Mapping[Value, int]:
        """The lowest index of each value, losers of a conflict among them."""
        found = {value: index for index, value in reversed(list(enumerate(self.values)))}
        for index, values in self.conflicts.items():
            for value in values:
                found[value] = min(found.get(value, index), index)
        return found

    @cached_property
    def last_index(self) -> Mapping[Value, int]:
        """The highest index of each value, losers of a conflict among them."""
        found = dict(self.index_of)
        for index, values in self.conflicts.items():
            for value in values:
                found[value] = max(found.get(value, index), index)
        return found

    def at(self, index: int) -> tuple[Value, ...]:
        """All values at an index."""
        return self.conflicts.get(index, (self.values[index],))

    def place(self, value: Value, offset: int | None) -> int | None:
        """The index of a record; None if nobody saw where it is, or it is at two places and nobody saw at which."""
        if not self.is_by_offset:
            return self.index_of.get(value)
        if offset is None:
            return self.index_of.get(value) if self.first_index.get(value) == self.index_of.get(value) else None
        index = bisect_left(self.offsets, offset)
        return index if index < len(self.offsets) and self.offsets[index] == offset else None


NOWHERE = Order([], [], {})
"""Of a partition that nobody saw an offset of."""


def orders(
    operations: Iterable[Operation], counts: Callable[[Operation], bool], *, by_offset: bool
) -> dict[Key, Order]:
    """
    The order of each partition.

    What was polled counts whatever became of the operation: a consumer is not rolled back, so what it gave was safe.
    What was sent counts only of operations that *counts* says are committed.
    """
    held, conflicts = dict[Key, dict[int, Value]](), dict[Key, dict[int, list[Value]]]()
    for operation in operations:
        for key, records in operation.polled.items():
            enter(held.setdefault(key, {}), conflicts.setdefault(key, {}), records)
        if operation.sent and counts(operation):
            for key, records in operation.sent.items():
                enter(held.setdefault(key, {}), conflicts.setdefault(key, {}), records)
    return {key: order(held[key], conflicts[key], by_offset=by_offset) for key in held}


def enter(held: dict[int, Value], conflicts: dict[int, list[Value]], records: Records) -> None:
    """Add *records* to what the offsets of their partition hold."""
    for value, offset in zip(records.values, records.offsets, strict=True):
        if offset is None:
            continue
        there = held.setdefault(offset, value)
        if there != value:
            values = conflicts.setdefault(offset, [there])
            if value not in values:
                values.append(value)


def order(held: Mapping[int, Value], conflicts: Mapping[int, list[Value]], *, by_offset: bool) -> Order:
    """The order of one partition from what its offsets hold."""
    offsets = sorted(held)
    clashes = {bisect_left(offsets, offset): tuple(values) for offset, values in sorted(conflicts.items())}
    return Order(offsets, [held[offset] for offset in offsets], clashes, by_offset)
