"""Records that are gone, or that nobody has read yet."""

from collections.abc import Iterator, Mapping

from ackproof.histories.anomaly import Anomaly
from ackproof.histories.evidence import Evidence
from ackproof.histories.operation import Key, Operation, Value


def lost_writes(history: Evidence) -> Iterator[Anomaly]:
    """
    Committed records that no successful operation read, though one read a record behind them.

    A record that was overwritten at its offset is missed as well; one that is there twice, at its last place only.
    """
    reached = {key: furthest(history, key) for key in history.seen}
    readers = readers_of(history, {key: value for key, (_, value) in reached.items()})
    for key, (bound, value) in reached.items():
        order = history.order(key)
        for index in range(bound + 1):
            for lost in order.at(index):
                writer = history.writer(key, lost)
                if lost in history.seen[key] or order.last_index[lost] != index or writer not in history.committed:
                    continue
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
    bound = max((order.first_index[value] for value in seen if value in order.first_index), default=-1)
    return bound, next((value for value in order.at(bound) if value in seen), None) if bound >= 0 else None


def readers_of(history: Evidence, wanted: Mapping[Key, Value]) -> dict[Key, Operation]:
    """For each partition the first successful operation that read the record *wanted* of it."""
    readers = dict[Key, Operation]()
    for operation in history.operations:
        if operation.outcome == "ok":
            for key, records in operation.polled.items():
                if key not in readers and wanted[key] in records.values:
                    readers[key] = operation
    return readers


def unseen(history: Evidence) -> Iterator[Anomaly]:
    """Records whose send succeeded and that no successful operation read: lost, late, or of no interest to anybody."""
    missing = dict[Key, dict[Value, Operation]]()
    for operation in history.operations:
        if operation.outcome == "ok":
            for key, records in operation.sent.items():
                seen = history.seen.get(key, set())
                left = {value: operation for value in records.values if value not in seen}
                if left:
                    missing.setdefault(key, {}).update(left)
    for key, values in missing.items():
        writers = tuple(dict.fromkeys(values.values()))
        yield Anomaly(
            "unseen", key, tuple(values), writers, f"{len(values)} of the records sent to {key} were never read"
        )
