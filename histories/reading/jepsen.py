"""Jepsen's histories of Kafka: one operation a line, or one vector of them (jepsen.tests.kafka)."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from sys import intern
from typing import NamedTuple, cast

from ackproof.histories.operation import TRANSACTIONS, Key, Operation, Outcome, Records, Value, gathered
from ackproof.histories.reading.edn import EdnError, forms, hashable
from ackproof.histories.reading.problem import BadHistoryError

OUTCOMES: dict[object, Outcome] = {":ok": "ok", ":fail": "fail", ":info": "info"}
OFFSETS: frozenset[type] = frozenset({int, type(None)})
Map = Mapping[object, object]
Pair = tuple[int | None, object]
"""An offset, and a value."""


class Event(NamedTuple):
    """One line of the history: an invocation or a completion."""

    place: int
    line: int
    fields: Map


def operations(lines: Iterable[str], file: str) -> list[Operation]:
    """
    The operations of clients, in the order of their completions; those that never ended come last.

    Raises:
        BadHistoryError: It is no EDN, or no history.
    """
    running = dict[Hashable, Event]()
    found = list[Operation]()
    for event in events(lines, file):
        process = hashable(event.fields.get(":process"))
        kind = event.fields.get(":type")
        if kind == ":invoke":
            running[process] = event
        elif kind in OUTCOMES:
            found.append(operation(running.pop(process, event), event, OUTCOMES[kind], file))
        else:
            raise BadHistoryError("is :invoke, :ok, :fail or :info", file, event.line, ":type")
    return [*found, *(operation(event, None, "info", file) for event in running.values())]


def events(lines: Iterable[str], file: str) -> Iterator[Event]:
    """The invocations and completions of clients."""
    try:
        for place, (line, form) in enumerate(forms(lines)):
            if not isinstance(form, dict):
                raise BadHistoryError("an operation is a map such as {:type :ok, :f :send, ...}", file, line)
            fields = cast("Map", form)
            if not is_word(fields.get(":process")):
                yield Event(place, line, fields)
    except EdnError as problem:
        raise BadHistoryError(str(problem), file, problem.line) from problem


def is_word(process: object) -> bool:
    """Whether a *process* is none of the clients, but the nemesis."""
    return isinstance(process, str)


def operation(began: Event, ended: Event | None, outcome: Outcome, file: str) -> Operation:
    """An operation from its two ends."""
    place, line, fields = ended or began
    client, kind = hashable(fields.get(":process")), intern(str(fields.get(":f")).removeprefix(":"))
    made = Operation(name_of(fields, place), client, kind, outcome, began.place, None if ended is None else place)
    if fields.get(":rebalance-log"):
        made.rebalanced = frozenset(rebalanced(fields))
    try:
        if kind in TRANSACTIONS:
            made.sent, made.polled = micro_operations(cast("Iterable[Sequence[object]]", fields.get(":value") or ()))
        elif kind in {"assign", "subscribe"}:
            made.keys = frozenset(map(hashable, cast("Iterable[object]", fields.get(":value") or ())))
    except (TypeError, ValueError, AttributeError, IndexError) as problem:
        raise BadHistoryError("is no list of sends and polls", file, line, ":value") from problem
    return made


def name_of(fields: Map, place: int) -> int:
    """The index of a line, or its *place* in the file where it has none."""
    index = fields.get(":index")
    return index if isinstance(index, int) else place


def rebalanced(fields: Map) -> Iterator[Key]:
    """The partitions in an operation's rebalance log."""
    for entry in cast("Iterable[Map]", fields.get(":rebalance-log") or ()):
        yield from map(hashable, cast("Iterable[object]", entry.get(":keys") or ()))


def micro_operations(steps: Iterable[Sequence[object]]) -> tuple[Sequence[Records], Sequence[Records]]:
    """What was sent, and what was polled."""
    sent: list[Records] = []
    polled: list[Records] = []
    for step in steps:
        if step[0] == ":send":
            _, key, what = step
            offset, value = cast("Pair", what) if isinstance(what, list) else (None, what)
            sent.append(Records(hashable(key), hashables((value,)), numbers((offset,))))
        elif step[0] == ":poll":
            for key, pairs in cast("Mapping[Key, Sequence[Pair]]", step[1] if len(step) > 1 else {}).items():
                if pairs:
                    offsets, values = zip(*pairs, strict=True)
                    polled.append(Records(key, hashables(values), numbers(offsets)))
        else:
            raise ValueError(step[0])
    return gathered(sent), gathered(polled)


def numbers(offsets: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """The *offsets*, all of which have to be numbers or unknown."""
    if OFFSETS.issuperset(map(type, offsets)):
        return offsets
    raise TypeError(offsets)


def hashables(forms: tuple[object, ...]) -> tuple[Value, ...]:
    """The *forms* as they can be in a set, which nearly all are already."""
    try:
        hash(forms)
    except TypeError:
        return tuple(map(hashable, forms))
    return forms
