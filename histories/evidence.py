"""What a history lets one conclude before anything is judged: what is committed, who wrote what, and in which order."""

from collections.abc import Mapping, Sequence

import attrs

from ackproof.histories.operation import Key, Operation, Value
from ackproof.histories.order import NOWHERE, Order, orders


@attrs.frozen
class Evidence:
    """
    A history, and what follows from it.

    Attributes:
        operations: In the order of their completions.
        seen: The values that operations read that succeeded, by partition.
        writers: Who sent a value, by partition; of several the last one.
        resent: The values that were sent more than once, by partition.
        orders: Of each partition that somebody saw an offset of.
        committed: The operations whose sends count: those that succeeded, and those of which a record was read.
    """

    operations: Sequence[Operation]
    seen: Mapping[Key, set[Value]]
    writers: Mapping[Key, Mapping[Value, Operation]]
    resent: Mapping[Key, set[Value]]
    orders: Mapping[Key, Order]
    committed: frozenset[Operation]

    def order(self, key: Key) -> Order:
        """The order of a partition."""
        return self.orders.get(key, NOWHERE)

    def writer(self, key: Key, value: Value) -> Operation | None:
        """Who sent a *value*; None if nobody did."""
        return self.writers.get(key, {}).get(value)


def evidence(operations: Sequence[Operation], *, by_offset: bool) -> Evidence:
    """
    What *operations* tell.

    Args:
        operations: In the order of their completions.
        by_offset: Whether records are told apart by their offsets (see ``Order``).
    """
    seen = seen_in(operations)
    committed = frozenset(operation for operation in operations if operation.sent and is_committed(operation, seen))
    found = orders(operations, committed.__contains__, by_offset=by_offset)
    writers, resent = writers_of(operations)
    return Evidence(operations, seen, writers, resent, found, committed)


def seen_in(operations: Sequence[Operation]) -> dict[Key, set[Value]]:
    """What operations read that succeeded."""
    seen = dict[Key, set[Value]]()
    for operation in operations:
        if operation.outcome == "ok":
            for key, records in operation.polled.items():
                seen.setdefault(key, set()).update(records.values)
    return seen


def is_committed(operation: Operation, seen: Mapping[Key, set[Value]]) -> bool:
    """
    Whether what *operation* sent counts.

    An operation whose outcome nobody knows is committed if one of its records was read: then all of them are, since a
    transaction is atomic.
    """
    if operation.outcome != "info":
        return operation.outcome == "ok"
    return any(not seen.get(key, set()).isdisjoint(records.values) for key, records in operation.sent.items())


def writers_of(operations: Sequence[Operation]) -> tuple[dict[Key, dict[Value, Operation]], dict[Key, set[Value]]]:
    """Who sent each value last, and which values were sent before."""
    writers, resent = dict[Key, dict[Value, Operation]](), dict[Key, set[Value]]()
    for operation in operations:
        for key, records in operation.sent.items():
            known = writers.setdefault(key, {})
            again = [value for value in records.values if value in known]
            if again:
                resent.setdefault(key, set()).update(again)
            known.update(dict.fromkeys(records.values, operation))
    return writers, resent
