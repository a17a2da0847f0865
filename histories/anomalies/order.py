"""Records that were polled or sent in another order than that of the log, or with records of others in between."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import pairwise
from operator import attrgetter

import attrs

from ackproof.histories.anomaly import Anomaly
from ackproof.histories.evidence import Evidence
from ackproof.histories.operation import Key, Operation, Records, Value
from ackproof.histories.order import Order

PLACED = {
    "assigned": "the partition was assigned in between",
    "revoked": "the partition was revoked in between",
    "lost": "the partition was lost in between",
    "seek": "the application sought in between",
    "reset": "the position was reset in between",
    "rewind": "the application went back in between",
    "committed": "the position was taken from the committed offset in between",
}
"""After which events a consumer may well go on somewhere else, and why."""
MOVING = frozenset({"assign", "subscribe", *PLACED})


@attrs.frozen
class Kinds:
    """What it is called if records are skipped (None: it is of no interest), and if they do not go on in the log."""

    skip: str | None
    back: str


INTERNAL_POLLS = Kinds("int-poll-skip", "int-nonmonotonic-poll")
POLLS = Kinds("poll-skip", "nonmonotonic-poll")
INTERNAL_SENDS = Kinds("int-send-skip", "int-nonmonotonic-send")
SENDS = Kinds(None, "nonmonotonic-send")


@attrs.frozen
class Record:
    """A record of an operation: its value, and its offset if somebody saw that."""

    operation: Operation
    value: Value
    offset: int | None


def delta(order: Order, before: Records, after: Records, ends: tuple[int, int]) -> int:
    """
    How many places of the log it is from one record to another; 1 if it is not known where they are.

    Args:
        order: The log.
        before: Records that the first is one of.
        after: Records that the second is one of.
        ends: Their places among these.
    """
    one, other = before.offsets[ends[0]], after.offsets[ends[1]]
    if order.is_by_offset and one is not None and other == one + 1:
        return 1
    first, second = order.place(before.values[ends[0]], one), order.place(after.values[ends[1]], other)
    return 1 if first is None or second is None else second - first


def within_polls(history: Evidence) -> Iterator[Anomaly]:
    """Neighbours among what one operation polled of a partition that are no neighbours in the log."""
    for operation in history.operations:
        for records in operation.polled:
            if len(records.values) > 1:
                is_moved = records.key in operation.rebalanced
                cause = f"{records.key} was rebalanced in that operation" if is_moved else ""
                yield from within(history, operation, records, INTERNAL_POLLS, cause)


def within_sends(history: Evidence) -> Iterator[Anomaly]:
    """Neighbours among what one operation sent to a partition that are no neighbours in the log."""
    for operation in history.operations:
        for records in operation.sent:
            if len(records.values) > 1:
                yield from within(history, operation, records, INTERNAL_SENDS, "")


def within(history: Evidence, operation: Operation, records: Records, kinds: Kinds, cause: str) -> Iterator[Anomaly]:
    """Steps in the *records* of one operation that do not lead from one record to the next."""
    order = history.order(records.key)
    for ends in pairwise(range(len(records.values))):
        distance = delta(order, records, records, ends)
        if distance != 1:
            first, second = (Record(operation, records.values[at], records.offsets[at]) for at in ends)
            yield from step(order, records.key, first, second, distance, kinds, cause)


def step(
    order: Order, key: Key, first: Record, second: Record, distance: int, kinds: Kinds, cause: str
) -> Iterator[Anomaly]:
    """The anomaly of going from the *first* record to the *second*, which is at a *distance* that is not 1."""
    operations = tuple(dict.fromkeys((first.operation, second.operation)))
    if distance < 1:
        says = f"{second.value} of {key} follows {first.value}, and is {'it again' if distance == 0 else 'before it'}"
        yield Anomaly(kinds.back, key, (first.value, second.value), operations, says, {"delta": distance}, cause)
    elif kinds.skip is not None:
        place = order.place(first.value, first.offset) or 0
        skipped = tuple(order.values[place + 1 : place + distance])
        says = f"between {first.value} and {second.value} of {key} there is more"
        details = {"delta": distance, "from": first.value, "to": second.value}
        yield Anomaly(kinds.skip, key, skipped, operations, says, details, cause)


@attrs.frozen
class Side:
    """
    What is followed from operation to operation of a client.

    Attributes:
        records: Of an operation.
        compared: The outcomes with which it is held against the last one.
        remembered: The outcomes with which it is the last one from then on.
    """

    records: Callable[[Operation], Sequence[Records]]
    kinds: Kinds
    compared: frozenset[str]
    remembered: frozenset[str]


POLLED = Side(attrgetter("polled"), POLLS, frozenset({"ok", "fail", "info"}), frozenset({"ok"}))
"""An operation that failed took nothing, so that the next one starts where it did."""
SENT = Side(attrgetter("sent"), SENDS, frozenset({"ok", "info"}), frozenset({"ok", "info"}))


def between_polls(history: Evidence) -> Iterator[Anomaly]:
    """Polls of a client that do not go on where its last successful one of that partition ended."""
    return between(history, POLLED)


def between_sends(history: Evidence) -> Iterator[Anomaly]:
    """Sends of a client that are not behind its last one to that partition."""
    return between(history, SENT)


@attrs.define(eq=False)
class Client:
    """
    Where a client is in each partition.

    Attributes:
        last: Its last operation there, and the records of that.
        causes: Why it may go on somewhere else.
    """

    last: dict[Key, tuple[Operation, Records]] = attrs.field(factory=dict[Key, tuple[Operation, Records]])
    causes: dict[Key, str] = attrs.field(factory=dict[Key, str])


def between(history: Evidence, side: Side) -> Iterator[Anomaly]:
    """Steps from one operation of a client to its next one that do not lead on in the log."""
    clients: defaultdict[Hashable, Client] = defaultdict(Client)
    for operation in history.operations:
        if operation.kind in MOVING:
            move(clients[operation.client], operation)
        elif side.records(operation) and operation.outcome in side.compared:
            yield from compared(history, side, clients[operation.client], operation)


def move(client: Client, operation: Operation) -> None:
    """Go by an operation after which a *client* may be somewhere else."""
    if operation.kind in PLACED:
        client.causes.update(dict.fromkeys(operation.keys, PLACED[operation.kind]))
    elif operation.outcome != "fail":
        client.last = {key: last for key, last in client.last.items() if key in operation.keys}


def compared(history: Evidence, side: Side, client: Client, operation: Operation) -> Iterator[Anomaly]:
    """Where *operation* does not go on from the client's last one, which it is from then on."""
    for records in side.records(operation):
        key, last = records.key, client.last.get(records.key)
        if last is not None:
            previous, before = last
            order = history.order(key)
            distance = delta(order, before, records, (-1, 0))
            if distance != 1:
                first = Record(previous, before.values[-1], before.offsets[-1])
                second = Record(operation, records.values[0], records.offsets[0])
                yield from step(order, key, first, second, distance, side.kinds, client.causes.get(key, ""))
        if operation.outcome in side.remembered:
            client.last[key] = operation, records
            if client.causes:
                client.causes.pop(key, None)
