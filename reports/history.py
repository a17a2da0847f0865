"""What was found in a history, as text and as a JSON document."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from rich.console import Console
from rich.text import Text

from ackproof.histories.allowed import Judged
from ackproof.histories.deliveries import Delivery
from ackproof.histories.judging import Finding
from ackproof.reports.text import hanging, plural

Json = dict[str, object]
SHOWN = 5
"""How many anomalies of a kind are told one by one."""
NAMED = 8
"""How many records or operations are named."""
COLOURS = {"valid": "green", "invalid": "red", "unknown": "yellow"}


def document(finding: Finding) -> Json:
    """The document (stable: fields are added, never renamed)."""
    return {
        "verdict": finding.answer,
        "reason": finding.reason,
        "operations": finding.operations,
        "anomalies": [anomaly(judged) for judged in finding.anomalies],
        "groups": [group(delivery) for delivery in finding.deliveries],
    }


def anomaly(judged: Judged) -> Json:
    """One anomaly."""
    found = judged.anomaly
    return {
        "type": found.kind,
        "key": found.key,
        "values": list(found.values),
        "operations": [operation.name for operation in found.operations],
        "allowed": judged.is_allowed is True,
        "why_allowed": judged.why if judged.is_allowed else "",
        "undecided": judged.why if judged.is_allowed is None else "",
        "says": found.says,
        **found.details,
    }


def group(delivery: Delivery) -> Json:
    """What a group did with a partition."""
    return {
        "group": delivery.group,
        "key": delivery.key,
        "processed": delivery.processed,
        "repeated": list(delivery.repeated),
        "missed": list(delivery.missed),
        "semantics": delivery.semantics,
    }


def show(console: Console, name: str, finding: Finding) -> None:
    """Print what was found."""
    colour = COLOURS[finding.answer]
    head = Text.assemble(
        (name, "bold"), f"  ({plural(finding.operations, 'operation')}) ", (finding.answer, f"bold {colour}")
    )
    console.print(head)
    if finding.reason:
        hanging(console, Text("because"), Text(finding.reason))
    counts = Counter(judged.anomaly.kind for judged in finding.anomalies)
    for kind, count in counts.items():
        show_kind(console, kind, count, (judged for judged in finding.anomalies if judged.anomaly.kind == kind))
    for delivery in finding.deliveries:
        show_delivery(console, delivery)


def show_kind(console: Console, kind: str, count: int, found: Iterable[Judged]) -> None:
    """Print the first anomalies of a kind, those first that are not allowed."""
    ranks = {False: 0, None: 1, True: 2}
    ordered = sorted(found, key=lambda judged: ranks[judged.is_allowed])
    console.print(Text(f"{kind}: {count}", style="bold red" if ordered[0].is_allowed is False else "bold"))
    for judged in islice(ordered, SHOWN):
        operations = [str(operation.name) for operation in judged.anomaly.operations]
        where = f" (operations {named(operations)})" if operations else ""
        hanging(console, Text(""), Text(f"{judged.anomaly.says or named(judged.anomaly.values)}{where}"))
        if judged.why:
            hanging(
                console, Text(""), Text(f"{'allowed' if judged.is_allowed else 'undecided'}: {judged.why}", style="dim")
            )
    if count > SHOWN:
        hanging(console, Text(""), Text(f"and {count - SHOWN} more", style="dim"))


def show_delivery(console: Console, delivery: Delivery) -> None:
    """Print how often a group processed the records of a partition."""
    kept = [name for name, is_so in delivery.semantics.items() if is_so]
    said = ["exactly-once"] if "exactly-once" in kept else kept or ["neither at-most-once nor at-least-once"]
    missed = f", {len(delivery.missed)} passed over: {named(delivery.missed)}" if delivery.missed else ""
    repeated = f", {len(delivery.repeated)} more than once: {named(delivery.repeated)}" if delivery.repeated else ""
    words = f"{delivery.group} processed {plural(delivery.processed, 'record')} of {delivery.key}{missed}{repeated}"
    hanging(console, Text(said[0]), Text(words))


def named(things: Iterable[object]) -> str:
    """The *things* by name, not all if they are many."""
    names = [str(thing) for thing in things]
    return ", ".join(names[:NAMED]) + (" ..." if len(names) > NAMED else "")
