"""Records that were sent to a topic, before anybody knew to which of its partitions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ackproof.histories.operation import Key, Operation, Records, Value, gathered


def place(operations: Sequence[Operation]) -> None:
    """Put each record that was sent to a topic alone where it was read; one that nobody read stays where it is."""
    topics = {key for key in {records.key for each in operations for records in each.sent} if is_topic(key)}
    if not topics:
        return
    homeless = [each for each in operations if any(records.key in topics for records in each.sent)]
    wanted = {value for operation in homeless for records in operation.sent for value in records.values}
    homes: dict[tuple[Key, Value], Key] = {
        (topic_of(key), value): key for key, value in read(operations) if value in wanted
    }
    for operation in homeless:
        operation.sent = gathered([each for records in operation.sent for each in placed(records, homes)])


def placed(records: Records, homes: Mapping[tuple[Key, Value], Key]) -> Iterator[Records]:
    """Each of the *records* by itself, at *home* if it has one."""
    for value, offset in zip(records.values, records.offsets, strict=True):
        yield Records(homes.get((records.key, value), records.key), (value,), (offset,))


def is_topic(key: Key) -> bool:
    """Whether a *key* says no partition."""
    return "/" not in str(key)


def topic_of(key: Key) -> str:
    """The topic of a partition."""
    return str(key).rpartition("/")[0]


def read(operations: Iterable[Operation]) -> Iterator[tuple[Key, Value]]:
    """Everything that was read, and where."""
    for operation in operations:
        for records in operation.polled:
            yield from ((records.key, value) for value in records.values)
