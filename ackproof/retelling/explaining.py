"""``ackproof explain``: tells a trace as a story, in the terminal or in the notation of another tool."""

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from ackproof.config.document import as_document
from ackproof.config.files.problems import BadConfiguration
from ackproof.reports.diagrams.mermaid import mermaid
from ackproof.reports.diagrams.plantuml import plantuml
from ackproof.reports.diagrams.shiviz import shiviz
from ackproof.reports.reproducer import as_test
from ackproof.reports.story.story import Row, Story
from ackproof.reports.story.telling import told
from ackproof.reports.text import complain, hanging, rendered
from ackproof.retelling.reporting import blames, ordered, statements
from ackproof.retelling.retracing import BadTraceError, Retraced, read_trace
from ackproof.traces.trace import Trace

BAD_USAGE = 3
Notation = Literal["text", "mermaid", "plantuml", "shiviz", "pytest"]


def answer(path: Path, notation: Notation) -> int:
    """Tell the trace in the file *path*; the exit code."""
    try:
        found = read_trace(path)
    except (BadTraceError, BadConfiguration) as problem:
        complain(problem)
        return BAD_USAGE
    sys.stdout.write(NOTATIONS[notation](found))
    return 0


def as_text(found: Retraced) -> str:
    """The story for people at a terminal."""
    console = Console(highlight=False)
    return rendered(console, partial(show, console, found))


def as_pytest(found: Retraced) -> str:
    """A test file."""
    says = [step.says for step in found.trace.steps]
    return as_test(found.pipeline.name, found.claim, as_document(found.pipeline), says)


NOTATIONS: Mapping[Notation, Callable[[Retraced], str]] = {
    "text": as_text,
    "mermaid": lambda found: mermaid(told(ordered(found)), conclusion(found)),
    "plantuml": lambda found: plantuml(told(ordered(found)), conclusion(found)),
    "shiviz": lambda found: shiviz(told(ordered(found))),
    "pytest": as_pytest,
}


def conclusion(found: Retraced) -> str:
    """What the execution comes to."""
    return f"{found.inquiry.basic} is violated: {found.inquiry.holds.says}"


def show(console: Console, found: Retraced) -> None:
    """Print each step with what it changes, when what becomes false, and what is to blame."""
    trace = ordered(found)
    story = told(trace)
    console.print(Text.assemble((found.pipeline.name, "bold"), f"  ({found.inquiry.where}, {len(trace)} steps)"))
    hanging(console, Text("expected"), Text(found.inquiry.holds.says))
    for move, before, after in zip(story.moves, story.panels, story.panels[1:], strict=False):
        ends = move.source if move.target is None else f"{move.source} → {move.target}"
        fault = (f"  ⚡{move.fault}", "bold red") if move.fault else ""
        hanging(console, Text(f"{move.number:>4}", style="dim"), Text.assemble((f"{ends}: ", "bold"), move.says, fault))
        for words in changed(before, after):
            hanging(console, Text(""), Text(words, style="dim"))
    for head, words in closing(found, trace, story):
        hanging(console, Text(head), Text(words))


def changed(before: tuple[Row, ...], after: tuple[Row, ...]) -> Iterator[str]:
    """What a step changes, row by row."""
    for old, new in zip(before, after, strict=True):
        if old.value != new.value:
            yield f"{new.lane}, {new.label}: {old.value} → {new.value}"


def closing(found: Retraced, trace: Trace, story: Story) -> Iterator[tuple[str, str]]:
    """What becomes false and when, what is repeated, and what is to blame."""
    for statement in statements(found, trace):
        if statement.claim and not statement.truths[-1]:
            number = statement.truths.index(False)
            when = f"with step {number}" if number else "from the start"
            yield "violated", f"{statement.claim} {when}: {statement.says}"
    if story.loop is not None:
        yield "for ever", f"from step {story.loop + 1} on it is repeated, or nothing more happens"
    for blame in blames(found, trace):
        word = "without it the rest breaks nothing" if blame.is_needed else "the rest breaks the claim without it too"
        yield "blame", f"step {blame.step}, {blame.fault}: {word}"
