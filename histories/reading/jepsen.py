"""Jepsen's histories of Kafka: one operation a line, or one vector of them (jepsen.tests.kafka)."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import cast

import attrs

from ackproof.histories.operation import TRANSACTIONS, Key, Operation, Outcome, Records
from ackproof.histories.reading.edn import EdnError, forms, hashable
from ackproof.histories.reading.problem import BadHistoryError

OUTCOMES: dict[object, Outcome] = {":ok": "ok", ":fail": "fail", ":info": "info"}
Map = Mapping[object, object]


@attrs.define(eq=False)
class Event:
    """One line of the history: an invocation or a completion."""

    place: int
    line: int
    fields: Map

    @property
    def name(self) -> int | str:
        """Its index, or its place in the file where it has none."""
        index = self.fields.get(":index")
        return index if isinstance(index, int) else self.place


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
    last = ended or began
    fields = last.fields
    kind = str(fields.get(":f")).removeprefix(":")
    made = Operation(
        name=last.name,
        client=hashable(fields.get(":process")),
        kind=kind,
        outcome=outcome,
        invoked=began.place,
        completed=None if ended is None else ended.place,
        rebalanced=frozenset(rebalanced(fields)),
    )
    try:
        if kind in TRANSACTIONS:
            made.sent, made.polled = micro_operations(cast("Iterable[list[object]]", fields.get(":value") or ()))
        elif kind in {"assign", "subscribe"}:
            made.keys = frozenset(map(hashable, cast("Iterable[object]", fields.get(":value") or ())))
    except (TypeError, ValueError, AttributeError, IndexError) as problem:
        raise BadHistoryError("is no list of sends and polls", file, last.line, ":value") from problem
    return made


def rebalanced(fields: Map) -> Iterator[Key]:
    """The partitions in an operation's rebalance log."""
    for entry in cast("Iterable[Map]", fields.get(":rebalance-log") or ()):
        yield from map(hashable, cast("Iterable[object]", entry.get(":keys") or ()))


def micro_operations(steps: Iterable[list[object]]) -> tuple[dict[Key, Records], dict[Key, Records]]:
    """What was sent, and what was polled."""
    sent, polled = dict[Key, Records](), dict[Key, Records]()
    for step in steps:
        if step[0] == ":send":
            _, key, what = step
            offset, value = cast("list[object]", what) if isinstance(what, list) else (None, what)
            sent.setdefault(hashable(key), Records()).add(hashable(value), cast("int | None", offset))
        elif step[0] == ":poll":
            for key, pairs in cast("Mapping[Key, list[list[object]]]", step[1] if len(step) > 1 else {}).items():
                take(polled, key, pairs)
        else:
            raise ValueError(step[0])
    return sent, polled


def take(polled: dict[Key, Records], key: Key, pairs: list[list[object]]) -> None:
    """Add the *pairs* of offset and value that a poll gave of a partition."""
    if pairs:
        records = polled.setdefault(key, Records())
        for offset, value in pairs:
            records.add(hashable(value), cast("int | None", offset))
