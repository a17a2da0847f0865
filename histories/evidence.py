"""What a history lets one conclude before anything is judged: what is committed, who wrote what, and in which order."""

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

import attrs

from ackproof.histories.operation import Key, Operation, Value
from ackproof.histories.order import NOWHERE, Order, orders

Values = set[Value] | frozenset[Value]
NOTHING: Values = frozenset()
Writers = Mapping[Key, Mapping[Value, Operation]]


class Read(NamedTuple):
    """That an operation read a record, and who sent that; None if nobody did."""

    reader: Operation
    key: Key
    value: Value
    writer: Operation | None


@attrs.frozen
class Evidence:
    """
    A history, and what follows from it.

    Attributes:
        operations: In the order of their completions.
        seen: The values that operations read that succeeded, by partition.
        writers: Who sent a value, by partition; of several the last one.
        resent: The values that were sent more than once, by partition.
        early: Reads of records whose send had not succeeded by then. There are few, and most of what is wrong is there.
        orders: Of each partition that somebody saw an offset of.
        proven: The operations of unknown outcome that are known to have happened, as one of their records was read.
    """

    operations: Sequence[Operation]
    seen: Mapping[Key, Values]
    writers: Writers
    resent: Mapping[Key, Values]
    early: Sequence[Read]
    orders: Mapping[Key, Order]
    proven: Set[Operation]

    def order(self, key: Key) -> Order:
        """The order of a partition."""
        return self.orders.get(key, NOWHERE)

    def writer(self, key: Key, value: Value) -> Operation | None:
        """Who sent a *value*; None if nobody did."""
        return self.writers.get(key, {}).get(value)

    def is_committed(self, operation: Operation) -> bool:
        """
        Whether what *operation* sent counts.

        All of its records do if one of them was read, since a transaction is atomic.
        """
        return operation.outcome == "ok" or operation in self.proven


def evidence(operations: Sequence[Operation], *, by_offset: bool) -> Evidence:
    """
    What *operations* tell.

    Args:
        operations: In the order of their completions.
        by_offset: Whether records are told apart by their offsets (see ``Order``).
    """
    seen = seen_in(operations)
    proven = frozenset(each for each in operations if each.outcome == "info" and each.sent and was_read(each, seen))
    found = orders(operations, proven, by_offset=by_offset)
    writers, resent = writers_of(operations)
    return Evidence(operations, seen, writers, resent, early_reads(operations, writers), found, proven)


def seen_in(operations: Sequence[Operation]) -> dict[Key, set[Value]]:
    """What operations read that succeeded."""
    seen = dict[Key, set[Value]]()
    for operation in operations:
        if operation.polled and operation.outcome == "ok":
            for records in operation.polled:
                seen.setdefault(records.key, set()).update(records.values)
    return seen


def was_read(operation: Operation, seen: Mapping[Key, Values]) -> bool:
    """Whether one of the records that *operation* sent was *seen*."""
    return any(not seen.get(records.key, NOTHING).isdisjoint(records.values) for records in operation.sent)


def writers_of(operations: Sequence[Operation]) -> tuple[Writers, Mapping[Key, Values]]:
    """Who sent each value last, and which values were sent before."""
    writers, resent = dict[Key, dict[Value, Operation]](), dict[Key, set[Value]]()
    for operation in operations:
        for records in operation.sent:
            known = writers.setdefault(records.key, {})
            for value in records.values:
                if value in known:
                    resent.setdefault(records.key, set()).add(value)
            known.update(dict.fromkeys(records.values, operation))
    return writers, resent


def early_reads(operations: Sequence[Operation], writers: Writers) -> list[Read]:
    """Reads of records whose send had not succeeded when the reader did; where it did not, when that began."""
    found = list[Read]()
    for reader in operations:
        if not reader.polled:
            continue
        now = moment(reader)
        for records in reader.polled:
            known = writers.get(records.key, {})
            for value in records.values:
                writer = known.get(value)
                if writer is None or writer.outcome != "ok" or writer.completed is None or writer.completed > now:
                    found.append(Read(reader, records.key, value, writer))
    return found


def moment(operation: Operation) -> int:
    """When it succeeded, or else began: what ended before another began is before that one by it."""
    return operation.completed if operation.outcome == "ok" and operation.completed is not None else operation.invoked
