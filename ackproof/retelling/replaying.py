"""``ackproof replay``: takes a trace again, and says whether it is still an execution that breaks its claim."""

import sys
from functools import partial
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from ackproof.config.files.problems import BadConfiguration
from ackproof.properties.verdict import Counterexample
from ackproof.reports.text import complain, hanging, plural, rendered, show_counterexample
from ackproof.retelling.retracing import BadTraceError, Retraced, read_trace

BAD_USAGE = 3


def answer(path: Path, on: Literal["model", "reference"] = "model") -> int:
    """Take the trace in the file *path* again on the model, and then on the reference; print it, tell the exit code."""
    try:
        found = read_trace(path)
    except (BadTraceError, BadConfiguration) as problem:
        complain(problem)
        return BAD_USAGE
    console = Console(highlight=False)
    sys.stdout.write(rendered(console, partial(show, console, found)))
    breaks = found.breaks_the_claim
    if on == "reference":
        from ackproof.retelling.on_reference import show_on_reference

        outcome: list[bool] = []
        sys.stdout.write(rendered(console, lambda: outcome.append(show_on_reference(console, found))))
        breaks = breaks and outcome[0]
    return 0 if breaks else 1


def show(console: Console, found: Retraced) -> None:
    """Print the execution and what it comes to."""
    inquiry = found.inquiry
    where = f"{inquiry.where}, Kafka {found.pipeline.kafka}"
    console.print(Text.assemble((found.pipeline.name, "bold"), f"  ({where}, {plural(len(found.trace), 'step')})"))
    show_counterexample(console, Counterexample(found.trace, inquiry.basic, inquiry.holds.says))
    outcome = f"it breaks {inquiry.basic}" if found.breaks_the_claim else f"it does not break {inquiry.basic} any more"
    hanging(console, Text("replayed"), Text(f"each step is one of the model, and {outcome}"))
