"""The log of a partition as far as a history tells it, from the offsets that were acknowledged and polled."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property

import attrs

from ackproof.histories.operation import Key, Operation, Records, Value

Held = dict[int | None, Value]
"""What each offset holds; under None what nobody said an offset of."""


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
        if not self.conflicts and len(self.index_of) == len(self.values):
            return self.index_of
        found = {value: index for index, value in reversed(list(enumerate(self.values)))}
        for index, values in self.conflicts.items():
            for value in values:
                found[value] = min(found.get(value, index), index)
        return found

    @cached_property
    def last_index(self) -> Mapping[Value, int]:
        """The highest index of each value, losers of a conflict among them."""
        if not self.conflicts:
            return self.index_of
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


def orders(operations: Iterable[Operation], proven: Set[Operation], *, by_offset: bool) -> dict[Key, Order]:
    """
    The order of each partition.

    What was polled counts whatever became of the operation: a consumer is not rolled back, so what it gave was safe.
    What was sent counts only of operations that succeeded, or are *proven* to have happened.
    """
    held, conflicts = defaultdict[Key, Held](dict), defaultdict[Key, dict[int, list[Value]]](dict)
    for records in counting(operations, proven):
        there = held[records.key]
        for value, offset in zip(records.values, records.offsets, strict=True):
            first = there.setdefault(offset, value)
            if first != value and offset is not None:
                values = conflicts[records.key].setdefault(offset, [first])
                if value not in values:
                    values.append(value)
    return {key: order(there, conflicts.get(key, {}), by_offset=by_offset) for key, there in held.items()}


def counting(operations: Iterable[Operation], proven: Set[Operation]) -> Iterator[Records]:
    """What *operations* polled, and what they sent if that counts."""
    for operation in operations:
        yield from operation.polled
        if operation.sent and (operation.outcome == "ok" or operation in proven):
            yield from operation.sent


def order(held: Held, conflicts: Mapping[int, list[Value]], *, by_offset: bool) -> Order:
    """The order of one partition from what its offsets hold."""
    offsets = sorted(offset for offset in held if offset is not None)
    clashes = {bisect_left(offsets, offset): tuple(values) for offset, values in sorted(conflicts.items())}
    return Order(offsets, [held[offset] for offset in offsets], clashes, by_offset)
