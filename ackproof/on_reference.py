"""``ackproof replay --on reference``: a trace of the model, taken by the executable reference implementation."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ackproof.model.naming import record_name
from ackproof.reference.refinement.replaying.consume import NotReadError, Read, read_again
from ackproof.reference.refinement.replaying.findings import StoredOn, StoredRecord, findings, stored
from ackproof.reference.refinement.replaying.produce import NotReplayedError, Replayed, replayed
from ackproof.reports.text import hanging, plural
from ackproof.retracing import Retraced

COLUMNS = ("offset", "record", "leader epoch", "producer id", "epoch", "sequence", "bytes")
HEAD = "reference"


def outcome_of(found: Retraced) -> Replayed | Read:
    """
    What comes of a trace on the reference.

    Raises:
        NotReplayedError: It can not be taken.
        NotReadError: It can not be taken, one of a consume half.
    """
    inquiry, names = found.inquiry, set(found.trace.names)
    if {"replicas", "connection"} <= names and "consumers" not in names:
        return replayed(inquiry.system(False), found.trace)
    if {"log", "group", "consumers"} <= names and "replicas" not in names:
        return read_again(inquiry.system(False), found.trace)
    raise NotReplayedError(f"a trace of {inquiry.where} is not replayed on the reference yet")


def broken_by(outcome: Replayed | Read, claim: str) -> tuple[str, ...]:
    """How what came of a trace breaks a claim, in sentences."""
    return outcome.findings(claim) if isinstance(outcome, Read) else findings(outcome, claim)


def show_on_reference(console: Console, found: Retraced) -> bool:
    """Take a trace on the reference and print what comes of it; whether it breaks the claim there."""
    try:
        outcome = outcome_of(found)
    except (NotReplayedError, NotReadError) as problem:
        hanging(console, Text(HEAD), Text(f"not replayed: {problem}"))
        return False
    hanging(console, Text(HEAD), Text(f"{plural(outcome.steps, 'step')} taken; at the end"))
    if isinstance(outcome, Read):
        show_read(console, outcome)
    else:
        for log in stored(outcome):
            show_log(console, log)
        for note in outcome.director.notes:
            hanging(console, Text("but"), Text(note))
    broken = broken_by(outcome, found.inquiry.basic)
    for sentence in broken or (f"{found.inquiry.basic} is not broken",):
        hanging(console, Text(""), Text(f"on the reference: {sentence}", style="bold"))
    return bool(broken)


def show_read(console: Console, outcome: Read) -> None:
    """What was read, processed and committed."""
    left = (
        f"{record_name(each)} at {offset}" for offset, each in enumerate(outcome.records) if offset >= outcome.start
    )
    commits = ("deleted" if each is None else str(each) for each in outcome.commits)
    lines = (
        f"in the log, from offset {outcome.start} on: {', '.join(left) or 'nothing'}",
        f"processed, in order: {' '.join(map(record_name, outcome.processed)) or 'nothing'}",
        f"committed offsets in __consumer_offsets: {', '.join(commits) or 'none'}",
        f"the owner reads on from {'nowhere' if outcome.position is None else outcome.position}",
    )
    for line in lines:
        console.print(Padding(Text(line), (0, 0, 0, 4)))


def show_log(console: Console, log: StoredOn) -> None:
    """What the log of a broker holds."""
    role = f", {log.role}" if log.role else ""
    state = ": down" if log.records is None else ": empty" if not log.records else ""
    console.print(Padding(Text(f"broker {log.number}{role}{state}"), (0, 0, 0, 4)))
    if log.records:
        table = Table.grid(padding=(0, 2))
        for _ in COLUMNS:
            table.add_column(justify="right", no_wrap=True)
        table.add_row(*(Text(column, style="dim") for column in COLUMNS))
        for record in log.records:
            table.add_row(*cells(record))
        console.print(Padding(table, (0, 0, 0, 6)))


def cells(record: StoredRecord) -> tuple[str, ...]:
    """A record in a table."""
    numbers = (record.producer_id, record.producer_epoch, record.base_sequence)
    named = ("-" if number < 0 else str(number) for number in numbers)
    leader_epoch, size = str(record.leader_epoch), str(record.size_bytes)
    return (str(record.base_offset), record_name(record.record), leader_epoch, *named, size)
