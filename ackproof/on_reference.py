"""``ackproof replay --on reference``: a trace of the model, taken by the executable reference implementation."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ackproof.model.naming import record_name
from ackproof.reference.refinement.replay import NotReplayedError, Replayed, replayed
from ackproof.reference.refinement.replay_findings import StoredOn, StoredRecord, findings, stored
from ackproof.reports.text import hanging, plural
from ackproof.retracing import Retraced

COLUMNS = ("offset", "record", "leader epoch", "producer id", "epoch", "sequence", "bytes")
HEAD = "reference"


def why_not(found: Retraced) -> str | None:
    """Why a trace can not be taken by the reference yet; None if it may be."""
    inquiry = found.inquiry
    if inquiry.half == "produce" and "replicas" in found.trace.names and "connection" in found.trace.names:
        return None
    return f"a trace of {inquiry.where} is not replayed on the reference yet"


def replay_on_reference(found: Retraced) -> Replayed:
    """
    What comes of a trace on the reference.

    Raises:
        NotReplayedError: It can not be taken.
    """
    why = why_not(found)
    if why is not None:
        raise NotReplayedError(why)
    return replayed(found.inquiry.system(False), found.trace)


def show_on_reference(console: Console, found: Retraced) -> bool:
    """Take a trace on the reference and print what comes of it; whether it breaks the claim there."""
    try:
        replay = replay_on_reference(found)
    except NotReplayedError as problem:
        hanging(console, Text(HEAD), Text(f"not replayed: {problem}"))
        return False
    hanging(console, Text(HEAD), Text(f"{plural(replay.steps, 'step')} taken; the logs hold"))
    for log in stored(replay):
        show_log(console, log)
    for note in replay.director.notes:
        hanging(console, Text("but"), Text(note))
    broken = findings(replay, found.inquiry.basic)
    for sentence in broken or (f"{found.inquiry.basic} is not broken",):
        hanging(console, Text(""), Text(f"on the reference: {sentence}", style="bold"))
    return bool(broken)


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
