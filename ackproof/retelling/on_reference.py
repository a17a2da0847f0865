"""``ackproof replay --on reference``: a trace of the model, taken by the executable reference implementation."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ackproof.model.naming import record_name
from ackproof.reference.refinement.replaying.consume import NotReadError, Read, read_again
from ackproof.reference.refinement.replaying.findings import StoredOn, StoredRecord, findings, stored
from ackproof.reference.refinement.replaying.group_findings import Grouped
from ackproof.reference.refinement.replaying.groups import NotGroupedError, grouped
from ackproof.reference.refinement.replaying.produce import NotReplayedError, Replayed, replayed
from ackproof.reference.refinement.replaying.transaction_findings import Outcome
from ackproof.reference.refinement.replaying.transaction_outcome import outcome_of_transactions
from ackproof.reference.refinement.replaying.transactions import NotTransactedError, transacted
from ackproof.reference.refinement.replaying.whole import taken_in_one_piece
from ackproof.reference.refinement.replaying.whole_findings import InOnePiece
from ackproof.reports.text import hanging, plural
from ackproof.retelling.retracing import Retraced

COLUMNS = ("offset", "record", "leader epoch", "producer id", "epoch", "sequence", "bytes")
OUTPUT_COLUMNS = ("offset", "", "transaction", "producer", "epoch", "sequence", "")
HEAD = "reference"

Came = Replayed | Read | InOnePiece | Outcome | Grouped
"""What may come of a trace."""

NOT_TAKEN = (NotReplayedError, NotReadError, NotTransactedError, NotGroupedError)
"""Why it is not taken."""


def outcome_of(found: Retraced) -> Came:
    """
    What comes of a trace on the reference.

    Raises:
        NotReplayedError: It can not be taken.
        NotReadError: It can not be taken, one of a consume half.
        NotTransactedError: It can not be taken, one of transactions.
        NotGroupedError: It can not be taken, one of a group.
    """
    inquiry, names = found.inquiry, set(found.trace.names)
    if {"replicas", "connection"} <= names and "consumers" not in names:
        return replayed(found.system, found.trace)
    if {"log", "group", "consumers"} <= names and "replicas" not in names:
        return read_again(found.system, found.trace)
    if {"replicas", "consumers"} <= names:
        return taken_in_one_piece(found.system, found.trace)
    if {"instances", "coordinator", "output"} <= names:
        taken = transacted(found.system, found.trace)
        return outcome_of_transactions(taken, waits=inquiry.is_goal)
    if "group" in names and not {"log", "replicas"} & names:
        return grouped(found.system, found.trace)
    raise NotReplayedError(f"a trace of {inquiry.where} is not replayed on the reference yet")


def broken_by(outcome: Came, claim: str) -> tuple[str, ...]:
    """How what came of a trace breaks a claim, in sentences."""
    return findings(outcome, claim) if isinstance(outcome, Replayed) else outcome.findings(claim)


def show_on_reference(console: Console, found: Retraced) -> bool:
    """Take a trace on the reference and print what comes of it; whether it breaks the claim there."""
    try:
        outcome = outcome_of(found)
    except NOT_TAKEN as problem:
        hanging(console, Text(HEAD), Text(f"not replayed: {problem}"))
        return False
    hanging(console, Text(HEAD), Text(f"{plural(outcome.steps, 'step')} taken; at the end"))
    show_outcome(console, outcome)
    broken = broken_by(outcome, found.inquiry.basic)
    for sentence in broken or (f"{found.inquiry.basic} is not broken",):
        hanging(console, Text(""), Text(f"on the reference: {sentence}", style="bold"))
    return bool(broken)


def show_outcome(console: Console, outcome: Came) -> None:
    """What came of a trace."""
    match outcome:
        case Read():
            show_read(console, outcome)
        case Outcome():
            show_transactions(console, outcome)
        case Grouped():
            show_lines(console, outcome.lines())
        case InOnePiece():
            show_replayed(console, outcome.produced)
            show_lines(console, reading_lines(outcome.read))
        case Replayed():
            show_replayed(console, outcome)


def show_replayed(console: Console, outcome: Replayed) -> None:
    """The logs, and where they came about otherwise than in the model."""
    for log in stored(outcome):
        show_log(console, log)
    for note in outcome.director.notes:
        hanging(console, Text("but"), Text(note))


def show_read(console: Console, outcome: Read) -> None:
    """What was read, processed and committed."""
    left = (
        f"{record_name(each)} at {offset}" for offset, each in enumerate(outcome.records) if offset >= outcome.start
    )
    lines = (
        f"in the log, from offset {outcome.start} on: {', '.join(left) or 'nothing'}",
        *((f"in the new partition, from offset 0 on: {moved}",) if (moved := moved_text(outcome)) else ()),
        *reading_lines(outcome),
    )
    show_lines(console, lines)


def reading_lines(outcome: Read) -> Iterator[str]:
    """What was processed and committed, and where it goes on."""
    commits = ("deleted" if each is None else str(each) for each in outcome.commits)
    yield f"processed, in order: {' '.join(map(record_name, outcome.processed)) or 'nothing'}"
    yield f"committed offsets in __consumer_offsets: {', '.join(commits) or 'none'}"
    yield f"the owner reads on from {'nowhere' if outcome.position is None else outcome.position}"


def moved_text(outcome: Read) -> str:
    """The records of the partition that was added; empty without one."""
    return ", ".join(f"{record_name(each)} at {offset}" for offset, each in enumerate(outcome.moved))


def show_lines(console: Console, lines: Iterable[str]) -> None:
    """Lines, indented."""
    for line in lines:
        console.print(Padding(Text(line), (0, 0, 0, 4)))


def show_transactions(console: Console, outcome: Outcome) -> None:
    """The output with its markers, what is committed, and what a reader is given."""
    show_lines(console, ["the output" if outcome.rows() else "the output: empty"])
    if outcome.rows():
        show_table(console, OUTPUT_COLUMNS, outcome.rows())
    given = (f"{record_name(each.record)} from {each.offset}" for each in outcome.given)
    states = ", ".join(f"{name} is {state}" for name, state in outcome.states)
    stable = f"last stable offset {outcome.last_stable_offset}, high watermark {outcome.high_watermark}"
    show_lines(
        console,
        [
            f"{stable}; in the coordinator {states}",
            f"a {outcome.isolation} reader is given: {', '.join(given) or 'nothing'}",
            *commit_lines(outcome),
        ],
    )


def commit_lines(outcome: Outcome) -> Iterator[str]:
    """What ``__consumer_offsets`` says, if there is a group."""
    if outcome.has_group:
        commits = (f"{each.committed} ({each.fate})" for each in outcome.commits)
        yield f"offsets in __consumer_offsets: {', '.join(commits) or 'none'}; committed is {outcome.committed}"


def show_log(console: Console, log: StoredOn) -> None:
    """What the log of a broker holds."""
    role = f", {log.role}" if log.role else ""
    state = ": down" if log.records is None else ": empty" if not log.records else ""
    console.print(Padding(Text(f"broker {log.number}{role}{state}"), (0, 0, 0, 4)))
    if log.records:
        show_table(console, COLUMNS, [cells(record) for record in log.records])


def show_table(console: Console, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows under the names of their columns, indented."""
    table = Table.grid(padding=(0, 2))
    for _ in columns:
        table.add_column(justify="right", no_wrap=True)
    table.add_row(*(Text(column, style="dim") for column in columns))
    for row in rows:
        table.add_row(*row)
    console.print(Padding(table, (0, 0, 0, 6)))


def cells(record: StoredRecord) -> tuple[str, ...]:
    """A record in a table."""
    numbers = (record.producer_id, record.producer_epoch, record.base_sequence)
    named = ("-" if number < 0 else str(number) for number in numbers)
    leader_epoch, size = str(record.leader_epoch), str(record.size_bytes)
    return (str(record.base_offset), record_name(record.record), leader_epoch, *named, size)
