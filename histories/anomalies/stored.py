"""What should not be in a log, or not so: records in two places, two records in one, records that nobody sent."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

import attrs

from ackproof.histories.anomaly import Anomaly
from ackproof.histories.evidence import Evidence
from ackproof.histories.operation import Key, Operation, Value

Source = Literal["acknowledged", "polled"]


@attrs.frozen
class Sight:
    """That an operation saw a record at an offset."""

    operation: Operation
    offset: int
    source: Source


def inconsistent_offsets(history: Evidence) -> Iterator[Anomaly]:
    """Offsets that hold two different records, by what was acknowledged and polled."""
    clashes = {
        key: {value for values in order.conflicts.values() for value in values}
        for key, order in history.orders.items()
        if order.conflicts
    }
    sights = sights_of(history, clashes)
    for key in clashes:
        order = history.orders[key]
        for index, values in order.conflicts.items():
            offset = order.offsets[index]
            seen = (sight for value in values for sight in sights[key, value] if sight.offset == offset)
            yield Anomaly(
                "inconsistent-offsets",
                key,
                values,
                distinct([*writers(history, key, values), *(sight.operation for sight in seen)]),
                f"offset {offset} of {key} holds {listed(values)}",
                {"offset": offset, "index": index},
            )


def duplicates(history: Evidence) -> Iterator[Anomaly]:
    """Records that are at two or more offsets of their partition."""
    twice = {key: found for key, order in history.orders.items() if (found := repeated(order.values, order.conflicts))}
    sights = sights_of(history, twice)
    for key, values in twice.items():
        for value in values:
            seen = sights[key, value]
            offsets = sorted({sight.offset for sight in seen})
            polled = {sight.offset for sight in seen if sight.source == "polled"}
            yield Anomaly(
                "duplicate",
                key,
                (value,),
                distinct([*writers(history, key, [value]), *(sight.operation for sight in seen)]),
                f"{value} is at the offsets {listed(offsets)} of {key}",
                {"count": len(offsets), "offsets": offsets, "polled": sorted(polled)},
                "the application sent it more than once" if value in history.resent.get(key, ()) else "",
            )


def repeated(values: list[Value], conflicts: Mapping[int, tuple[Value, ...]]) -> dict[Value, None]:
    """The *values* of a log that are at two or more indices, in the order of their second place."""
    seen, again = set[Value](), dict[Value, None]()
    for index, value in enumerate(values):
        for each in conflicts.get(index, (value,)):
            if each in seen:
                again[each] = None
            seen.add(each)
    return again


def phantoms(history: Evidence) -> Iterator[Anomaly]:
    """Records that were polled, and that no operation sent."""
    found = dict[tuple[Key, Value], list[Operation]]()
    for reader, key, value, writer in history.early:
        if writer is None:
            found.setdefault((key, value), []).append(reader)
    for (key, value), readers in found.items():
        yield Anomaly(
            "phantom-read", key, (value,), distinct(readers), f"nobody sent {value} to {key}, and it was read"
        )


def sights_of(history: Evidence, wanted: Mapping[Key, Collection[Value]]) -> Mapping[tuple[Key, Value], list[Sight]]:
    """Where operations that count saw the records *wanted*."""
    sights: dict[tuple[Key, Value], list[Sight]] = {(key, value): [] for key in wanted for value in wanted[key]}
    for operation in history.operations if wanted else ():
        if history.is_committed(operation):
            look(sights, wanted, operation, "acknowledged")
        look(sights, wanted, operation, "polled")
    return sights


def look(
    sights: Mapping[tuple[Key, Value], list[Sight]],
    wanted: Mapping[Key, Collection[Value]],
    operation: Operation,
    source: Source,
) -> None:
    """Add what *operation* saw of the records *wanted*."""
    for records in operation.sent if source == "acknowledged" else operation.polled:
        values = wanted.get(records.key)
        if values is None:
            continue
        for value, offset in zip(records.values, records.offsets, strict=True):
            if offset is not None and value in values:
                sights[records.key, value].append(Sight(operation, offset, source))


def writers(history: Evidence, key: Key, values: Iterable[Value]) -> Iterator[Operation]:
    """Who sent the *values*, as far as that is known."""
    for value in values:
        writer = history.writer(key, value)
        if writer is not None:
            yield writer


def distinct(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """The *operations*, each once."""
    return tuple(dict.fromkeys(operations))


def listed(things: Iterable[object]) -> str:
    """The *things* as a sentence names them."""
    names = [str(thing) for thing in things]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
