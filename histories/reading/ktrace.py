"""Reads histories of our own format: ``line.py`` has what a line may say, docs/histories.md what it means."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import cast

import attrs
import msgspec

from ackproof.histories.history import Append, Commit, Done, History
from ackproof.histories.operation import Key, Operation, Records, Value
from ackproof.histories.reading.line import NEEDS, Header, Id, Line, Step
from ackproof.histories.reading.placing import place
from ackproof.histories.reading.problem import BadHistoryError

Place = tuple[Hashable, Key]
"""A client, and a partition."""
NO_NUMBER = -1
BROKER = "broker"
"""Under which the header has the settings of topics and brokers."""


def history(lines: Iterable[bytes], file: str) -> History:
    """
    The history in *lines*.

    Raises:
        BadHistoryError: A line is no JSON, or not of the format; or they are in no order.
    """
    reader = Reader(file)
    header: Header | None = None
    header_decoder, decoder = msgspec.json.Decoder(Header), msgspec.json.Decoder(Line)
    number = 0
    try:
        for number, text in enumerate(lines, start=1):
            if header is None:
                header = header_decoder.decode(text)
            elif text.strip():
                reader.take(decoder.decode(text), number)
    except msgspec.DecodeError as problem:
        raise BadHistoryError(str(problem), file, number) from None
    if header is None:
        raise BadHistoryError("is empty", file)
    operations = [*reader.operations, *reader.running.values()]
    place(operations)
    return History(
        operations=operations,
        clients={name: settings for name, settings in header.config.items() if name != BROKER},
        broker=header.config.get(BROKER, {}),
        expects=header.expect,
        done=reader.done,
        commits=reader.commits,
        log=reader.log,
    )


@attrs.define(eq=False)
class Reader:
    """
    What has been read.

    Attributes:
        running: Operations that have not ended yet.
        polled: The offsets and records that a client polled of a partition and has not said that it processed.
        last: The number of the last line.
    """

    file: str
    running: dict[Id, Operation] = attrs.field(factory=dict[Id, Operation])
    operations: list[Operation] = attrs.field(factory=list[Operation])
    polled: dict[Place, list[tuple[int, Value]]] = attrs.field(factory=dict[Place, list[tuple[int, Value]]])
    done: list[Done] = attrs.field(factory=list[Done])
    commits: list[Commit] = attrs.field(factory=list[Commit])
    log: list[Append] = attrs.field(factory=list[Append])
    last: int = NO_NUMBER

    def take(self, line: Line, number: int) -> None:
        """Go on by a *line*, the *number*-th of its file."""
        if line.n <= self.last:
            raise BadHistoryError(f"{line.n} does not follow {self.last}", self.file, number, "n")
        self.last = line.n
        for field in NEEDS.get(line.e, ()):
            if getattr(line, field) is None:
                raise BadHistoryError(f"an event {line.e} has to have it", self.file, number, field)
        try:
            READERS.get(line.e, ignored)(self, line)
        except ValueError as problem:
            raise BadHistoryError(str(problem), self.file, number) from None


def ignored(reader: Reader, line: Line) -> None:
    """What no check looks at."""


def invoked(reader: Reader, line: Line) -> None:
    """An operation begins."""
    name = line.op if line.op is not None else NO_NUMBER
    if name in reader.running:
        raise ValueError(f"op: {name} is running already")
    operation = Operation(name, (line.who, line.inc), str(line.f), "info", line.n, None)
    operation.keys = frozenset(line.parts or ())
    operation.sent, operation.polled = micro_operations(line.m or ())
    reader.running[name] = operation


def added(reader: Reader, line: Line) -> None:
    """An operation that is running does more."""
    operation = reader.running.get(line.op if line.op is not None else NO_NUMBER)
    if operation is None:
        raise ValueError(f"op: {line.op} is not running")
    for known, more in zip((operation.sent, operation.polled), micro_operations(line.m or ()), strict=True):
        held = cast("dict[Key, Records]", known)
        for key, records in more.items():
            before = held.setdefault(key, Records())
            before.values.extend(records.values)
            before.offsets.extend(records.offsets)


def returned(reader: Reader, line: Line) -> None:
    """An operation ends."""
    operation = reader.running.pop(line.op if line.op is not None else NO_NUMBER, None)
    if operation is None:
        raise ValueError(f"op: {line.op} is not running")
    operation.completed, operation.outcome = line.n, line.out or "info"
    operation.tried_to_commit = line.end == "commit"
    if line.m is not None:
        operation.sent, operation.polled = micro_operations(line.m)
        if line.out == "ok":
            reader.commits.extend(commits(operation, line))
    reader.operations.append(operation)
    for key, records in operation.polled.items():
        pairs = zip(records.offsets, records.values, strict=True)
        known = ((offset, value) for offset, value in pairs if offset is not None)
        reader.polled.setdefault((operation.client, key), []).extend(known)


def micro_operations(steps: Iterable[Step]) -> tuple[dict[Key, Records], dict[Key, Records]]:
    """What was sent, and what was polled."""
    sent, polled = dict[Key, Records](), dict[Key, Records]()
    for step in steps:
        if step.s is not None:
            if step.id is None:
                raise ValueError("m: a send has to have an id")
            sent.setdefault(step.s, Records()).add(step.id, step.off)
        for each in step.p or ():
            if len(each.off) != len(each.id):
                raise ValueError("m: a poll has as many off as id")
            if each.id:
                records = polled.setdefault(each.part, Records())
                records.values.extend(each.id)
                records.offsets.extend(each.off)
    return sent, polled


def commits(operation: Operation, line: Line) -> Iterator[Commit]:
    """The offsets that it committed."""
    for step in line.m or ():
        if step.c is not None:
            for key, offset in step.c.next.items():
                yield Commit(line.n, operation.client, step.c.group, key, offset)


def moved(reader: Reader, line: Line) -> None:
    """Partitions come to a consumer or go from it, or its position changes."""
    client, keys = (line.who, line.inc), frozenset(line.parts or (line.part,))
    kind = str(line.what or line.why)
    reader.operations.append(Operation(kind, client, kind, "ok", line.n, line.n, keys=keys))
    for operation in reader.running.values():
        if line.what is not None and operation.client == client:
            operation.rebalanced |= keys


def processed(reader: Reader, line: Line) -> None:
    """The application finished processing something."""
    client, key = (line.who, line.inc), line.part
    if line.ids is None and line.upto is None:
        raise ValueError("done: it has to have ids, or upto")
    values = line.ids if line.ids is not None else waiting(reader, client, key, line.upto or 0)
    reader.done.extend(Done(line.n, client, key, value) for value in values)


def waiting(reader: Reader, client: Hashable, key: Key, upto: int) -> list[Value]:
    """What a client polled of a partition below the offset *upto*, and has not said that it processed."""
    polled = reader.polled.get((client, key), [])
    reader.polled[client, key] = [each for each in polled if each[0] >= upto]
    return [value for offset, value in polled if offset < upto]


def appended(reader: Reader, line: Line) -> None:
    """A broker's log has something."""
    numbers = [NO_NUMBER if each is None else each for each in (line.off, line.pid, line.epoch, line.seq)]
    offset, producer_id, epoch, sequence = numbers
    reader.log.append(Append(line.n, line.part, offset, line.id, producer_id, epoch, sequence, line.ctl or ""))


READERS: Mapping[str, Callable[[Reader, Line], None]] = {
    "inv": invoked,
    "add": added,
    "ret": returned,
    "reb": moved,
    "pos": moved,
    "done": processed,
    "log": appended,
}
