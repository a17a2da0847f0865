"""The record for people at a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ackproof.bugs.bug import Bug, OutOfReach
from ackproof.bugs.hunting import Found
from ackproof.properties.verdict import Counterexample
from ackproof.reports.text import hanging, plural, show_counterexample


def show_line(console: Console, found: Found) -> None:
    """A bug in two lines: whether it was found, in how many steps, and whether its repair holds."""
    entry(console, sign(found), found.bug.number, found.bug.title, "; ".join(outcome(found)))


def show_out_of_reach(console: Console, bug: OutOfReach) -> None:
    """A bug that the model can not have, and why."""
    entry(console, Text("-", style="dim"), bug.number, bug.title, f"out of reach: {bug.why_not}")


def entry(console: Console, mark: Text, number: str, title: str, more: str) -> None:
    """A line with its mark, and a quieter one below it."""
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(overflow="fold")
    table.add_row(mark, Text.assemble((number, "bold"), f"  {title}"))
    table.add_row("", Text(more, style="dim"))
    console.print(table)


def show_bug(console: Console, found: Found) -> None:
    """One bug: what it was, the execution that shows it, and that it is gone with the rules that fixed it."""
    bug, trace = found.bug, found.trace
    console.print(Text.assemble((bug.number, "bold"), f"  {bug.title}"))
    for head, words in (("affected", bug.affected), ("fixed in", bug.fixed_in), ("source", bug.source)):
        hanging(console, Text(head, style="dim"), Text(words, style="dim"))
    for head, paragraph in zip(("how", *[""] * len(bug.mechanism)), paragraphs(bug), strict=False):
        hanging(console, Text(head), Text(paragraph))
    console.print()
    steps = f" in {plural(len(trace), 'step')}" if trace else ""
    heading = f"✗ {bug.breaks}: violated{steps}" if trace else f"? {bug.breaks}: not found"
    console.print(Text(heading, style="bold red" if trace else "bold yellow"))
    if trace:
        show_counterexample(console, Counterexample(trace, bug.breaks, bug.statement.says))
    console.print(fixed_line(found))
    hanging(console, Text("covered", style="dim"), Text(covered(found), style="dim"))


def paragraphs(bug: Bug) -> Iterator[str]:
    """The mechanism, paragraph by paragraph."""
    for paragraph in bug.mechanism.split("\n\n"):
        yield paragraph.replace("\n", " ")


def fixed_line(found: Found) -> Text:
    """What the rules that fixed it give."""
    if found.fixed_holds:
        return Text(f"✓ {found.bug.breaks}: holds with the rules that fixed it", style="bold green")
    return Text(f"? {found.bug.breaks}: not known to hold with the rules that fixed it", style="bold yellow")


def covered(found: Found) -> str:
    """How much was searched."""
    had, fixed = found.distinct_states
    faults = " or ".join(f"{kind} ×{times}" if times > 1 else kind for kind, times in found.bug.faults.items())
    within = f"{plural(found.bug.budget.left, 'fault')}{f' ({faults})' if faults else ''}"
    states = f"{plural(had, 'state')} until found, {plural(fixed, 'state')} with the repair"
    return f"{within}: {states} ({found.seconds:.1f} s)"


def sign(found: Found) -> Text:
    """Whether it is as expected."""
    return Text("✓", style="green") if found.is_as_expected else Text("✗", style="red")


def outcome(found: Found) -> Iterator[str]:
    """What the search says, part by part."""
    yield f"{found.bug.breaks} broken in {plural(len(found.trace), 'step')}" if found.trace else "NOT FOUND"
    release = found.bug.fixed_in
    fixed = f"{release}, but holds with a repair" if release.startswith("not ") else f"fixed in {release}"
    yield fixed if found.fixed_holds else "NOT KNOWN TO BE FIXED"
