"""Reads histories of our own format: ``line.py`` has what a line may say, docs/histories.md what it means."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from sys import intern

import attrs
import msgspec

from ackproof.histories.history import Append, Commit, Done, History
from ackproof.histories.operation import Key, Operation, Records, Value, gathered
from ackproof.histories.reading.line import NEEDS, Committed, Header, Id, Line, Step
from ackproof.histories.reading.placing import place
from ackproof.histories.reading.problem import BadHistoryError

Client = tuple[str, Id]
"""A name and an incarnation."""
Parts = tuple[list[Records], list[Records]]
"""What was sent, and what was polled."""
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
    decode, number = msgspec.json.Decoder(Line).decode, 0
    try:
        for number, text in enumerate(lines, start=1):
            if header is None:
                header = msgspec.json.decode(text, type=Header)
            elif text and not text.isspace():
                reader.take(decode(text), number)
    except msgspec.DecodeError as problem:
        raise BadHistoryError(str(problem), file, number) from None
    if header is None:
        raise BadHistoryError("is empty", file)
    operations = reader.all_operations()
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
        clients: Each under itself, so that all its operations share one.
        running: Operations that have not ended yet.
        parts: What those of them sent and polled that did more after they began.
        polled: What a client polled of a partition and has not said that it processed.
        last: The number of the last line.
    """

    file: str
    clients: dict[Client, Client] = attrs.field(factory=dict[Client, Client])
    running: dict[Id | None, Operation] = attrs.field(factory=dict["Id | None", Operation])
    parts: dict[Id | None, Parts] = attrs.field(factory=dict["Id | None", "Parts"])
    operations: list[Operation] = attrs.field(factory=list[Operation])
    polled: defaultdict[Place, list[Records]] = attrs.field(factory=lambda: defaultdict[Place, list[Records]](list))
    done: list[Done] = attrs.field(factory=list[Done])
    commits: list[Commit] = attrs.field(factory=list[Commit])
    log: list[Append] = attrs.field(factory=list[Append])
    last: int = NO_NUMBER

    def take(self, line: Line, number: int) -> None:
        """Go on by a *line*, the *number*-th of its file."""
        if line.n <= self.last:
            raise BadHistoryError(f"{line.n} does not follow {self.last}", self.file, number, "n")
        self.last = line.n
        read, needs = EVENTS.get(line.e, IGNORED)
        if None in needs(line):
            field = next(field for field in NEEDS[line.e] if getattr(line, field) is None)
            raise BadHistoryError(f"an event {line.e} has to have it", self.file, number, field)
        try:
            read(self, line)
        except ValueError as problem:
            raise BadHistoryError(str(problem), self.file, number) from None

    def client(self, line: Line) -> Client:
        """Whose line it is."""
        client = intern(str(line.who)), line.inc
        return self.clients.setdefault(client, client)

    def all_operations(self) -> list[Operation]:
        """In the order of their completions; those that never ended come last."""
        for name, operation in self.running.items():
            if name in self.parts:
                operation.sent, operation.polled = map(gathered, self.parts[name])
        return [*self.operations, *self.running.values()]


def ignored(reader: Reader, line: Line) -> None:
    """What no check looks at."""


def invoked(reader: Reader, line: Line) -> None:
    """An operation begins."""
    if line.op in reader.running:
        raise ValueError(f"op: {line.op} is running already")
    name = line.op if line.op is not None else NO_NUMBER
    operation = Operation(name, reader.client(line), intern(str(line.f)), "info", line.n, None)
    if line.parts:
        operation.keys = frozenset(line.parts)
    if line.m:
        operation.sent, operation.polled = micro_operations(line.m)
    reader.running[name] = operation


def added(reader: Reader, line: Line) -> None:
    """An operation that is running does more."""
    operation = reader.running.get(line.op)
    if operation is None:
        raise ValueError(f"op: {line.op} is not running")
    parts = reader.parts.setdefault(line.op, (list(operation.sent), list(operation.polled)))
    for known, more in zip(parts, micro_operations(line.m or ()), strict=True):
        known.extend(more)


def returned(reader: Reader, line: Line) -> None:
    """An operation ends."""
    operation = reader.running.pop(line.op, None)
    if operation is None:
        raise ValueError(f"op: {line.op} is not running")
    operation.completed, operation.outcome = line.n, line.out or "info"
    operation.tried_to_commit = line.end == "commit"
    parts = reader.parts.pop(line.op, None)
    if line.m is not None:
        operation.sent, operation.polled = micro_operations(line.m)
        if line.out == "ok":
            for step in line.m:
                if step.c is not None:
                    reader.commits.extend(commits(line.n, operation.client, step.c))
    elif parts is not None:
        operation.sent, operation.polled = map(gathered, parts)
    reader.operations.append(operation)
    for records in operation.polled:
        reader.polled[operation.client, records.key].append(records)


def micro_operations(steps: Iterable[Step]) -> tuple[Sequence[Records], Sequence[Records]]:
    """What was sent, and what was polled."""
    sent: list[Records] = []
    polled: list[Records] = []
    for step in steps:
        if step.s is not None:
            if step.id is None:
                raise ValueError("m: a send has to have an id")
            sent.append(Records(intern(step.s), (step.id,), (step.off,)))
        for each in step.p or ():
            if len(each.off) != len(each.id):
                raise ValueError("m: a poll has as many off as id")
            if each.id:
                polled.append(Records(intern(each.part), each.id, each.off))
    return gathered(sent) if sent else (), gathered(polled) if polled else ()


def commits(place: int, client: Hashable, committed: Committed) -> Iterator[Commit]:
    """The offsets that were committed."""
    for key, offset in committed.next.items():
        yield Commit(place, client, committed.group, key, offset)


def moved(reader: Reader, line: Line) -> None:
    """Partitions come to a consumer or go from it, or its position changes."""
    client, keys = reader.client(line), frozenset(line.parts or (line.part,))
    kind = str(line.what or line.why)
    reader.operations.append(Operation(kind, client, kind, "ok", line.n, line.n, keys=keys))
    for operation in reader.running.values():
        if line.what is not None and operation.client == client:
            operation.rebalanced |= keys


def processed(reader: Reader, line: Line) -> None:
    """The application finished processing something."""
    client, key = reader.client(line), intern(str(line.part))
    if line.ids is None and line.upto is None:
        raise ValueError("done: it has to have ids, or upto")
    values = line.ids if line.ids is not None else waiting(reader, client, key, line.upto or 0)
    reader.done.extend(Done(line.n, client, key, value) for value in values)


def waiting(reader: Reader, client: Hashable, key: Key, upto: int) -> list[Value]:
    """What a client polled of a partition below the offset *upto*, and has not said that it processed."""
    found, left = list[Value](), Records(key, values := list[Value](), offsets := list["int | None"]())
    for records in reader.polled.get((client, key), ()):
        for value, offset in zip(records.values, records.offsets, strict=True):
            if offset is None:
                continue
            if offset < upto:
                found.append(value)
            else:
                values.append(value)
                offsets.append(offset)
    reader.polled[client, key] = [left]
    return found


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
IGNORED = ignored, attrgetter("n", "e")
EVENTS = {event: (read, attrgetter(*NEEDS[event])) for event, read in READERS.items()}
"""What reads an event, and the fields that it has to have."""
