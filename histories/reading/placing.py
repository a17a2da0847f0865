"""Records that were sent to a topic, before anybody knew to which of its partitions."""

from collections.abc import Iterable, Iterator, Sequence

from ackproof.histories.operation import Key, Operation, Records, Value


def place(operations: Sequence[Operation]) -> None:
    """Put each record that was sent to a topic alone where it was read; one that nobody read stays where it is."""
    homeless = [operation for operation in operations if any(is_topic(key) for key in operation.sent)]
    if not homeless:
        return
    wanted = {value for operation in homeless for records in operation.sent.values() for value in records.values}
    homes: dict[tuple[Key, Value], Key] = {
        (topic_of(key), value): key for key, value in read(operations) if value in wanted
    }
    for operation in homeless:
        placed = dict[Key, Records]()
        for key, records in operation.sent.items():
            for value, offset in zip(records.values, records.offsets, strict=True):
                placed.setdefault(homes.get((key, value), key), Records()).add(value, offset)
        operation.sent = placed


def is_topic(key: Key) -> bool:
    """Whether a *key* says no partition."""
    return "/" not in str(key)


def topic_of(key: Key) -> str:
    """The topic of a partition."""
    return str(key).rpartition("/")[0]


def read(operations: Iterable[Operation]) -> Iterator[tuple[Key, Value]]:
    """Everything that was read, and where."""
    for operation in operations:
        for key, records in operation.polled.items():
            yield from ((key, value) for value in records.values)
