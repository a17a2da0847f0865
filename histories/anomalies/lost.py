"""Records that are gone, or that nobody has read yet."""

from collections.abc import Iterator, Mapping

from ackproof.histories.anomaly import Anomaly
from ackproof.histories.evidence import NOTHING, Evidence
from ackproof.histories.operation import Key, Operation, Value


def lost_writes(history: Evidence) -> Iterator[Anomaly]:
    """
    Committed records that no successful operation read, though one read a record behind them.

    A record that was overwritten at its offset is missed as well; one that is there twice, at its last place only.
    """
    reached = {key: furthest(history, key) for key in history.seen}
    missed = {key: list(passed_over(history, key, bound)) for key, (bound, _) in reached.items()}
    readers = readers_of(history, {key: reached[key][1] for key in missed if missed[key]})
    for key, (bound, value) in reached.items():
        order = history.order(key)
        for lost, writer in missed[key]:
            first = order.first_index[lost]
            yield Anomaly(
                "lost-write",
                key,
                (lost,),
                (writer, readers[key]),
                f"nobody read {lost} at offset {order.offsets[first]} of {key}, and {value} behind it was read",
                {"index": first, "max_read_index": bound, "offset": order.offsets[first]},
            )


def furthest(history: Evidence, key: Key) -> tuple[int, Value]:
    """The highest index that was certainly read of a partition, and the record there; -1 if that is none."""
    order, seen = history.order(key), history.seen[key]
    for index in reversed(range(len(order.values))):
        there = [value for value in order.at(index) if value in seen]
        if any(order.first_index[value] == index for value in there):
            return index, there[0]
    return -1, None


def passed_over(history: Evidence, key: Key, bound: int) -> Iterator[tuple[Value, Operation]]:
    """The committed records up to an index that nobody read, and who sent each; at its last place."""
    order, seen = history.order(key), history.seen[key]
    candidates = (index for index in range(bound + 1) if order.values[index] not in seen or index in order.conflicts)
    for index in candidates:
        for value in order.at(index):
            writer = history.writer(key, value) if value not in seen and order.last_index[value] == index else None
            if writer is not None and history.is_committed(writer):
                yield value, writer


def readers_of(history: Evidence, wanted: Mapping[Key, Value]) -> dict[Key, Operation]:
    """For each partition the first successful operation that read the record *wanted* of it."""
    readers = dict[Key, Operation]()
    for operation in history.operations if wanted else ():
        if operation.outcome == "ok":
            for records in operation.polled:
                if records.key in wanted and records.key not in readers and wanted[records.key] in records.values:
                    readers[records.key] = operation
    return readers


def unseen(history: Evidence) -> Iterator[Anomaly]:
    """Records whose send succeeded and that no successful operation read: lost, late, or of no interest to anybody."""
    missing = dict[Key, dict[Value, Operation]]()
    for operation in history.operations:
        if operation.sent and operation.outcome == "ok":
            for records in operation.sent:
                seen = history.seen.get(records.key, NOTHING)
                if not seen.issuperset(records.values):
                    left = {value: operation for value in records.values if value not in seen}
                    missing.setdefault(records.key, {}).update(left)
    for key, values in missing.items():
        writers = tuple(dict.fromkeys(values.values()))
        yield Anomaly(
            "unseen", key, tuple(values), writers, f"{len(values)} of the records sent to {key} were never read"
        )
