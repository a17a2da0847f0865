"""``ackproof repair``: finds the smallest changes of a configuration that make its claims hold."""

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Literal

import attrs
from rich.console import Console
from rich.text import Text

from ackproof.config.files.problems import BadConfiguration
from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import read_pipeline
from ackproof.oracle import judged
from ackproof.repair.repairing import MOST_CHANGES, Failed, Repair, by_configuration_first
from ackproof.reports.text import hanging, plural, rendered

BAD_USAGE = 3


@attrs.frozen
class Outcome:
    """
    What became of a search for repairs.

    Attributes:
        reason: Why there is none; None if there is one.
        is_out_of_time: Whether the budget ended before the search did.
    """

    repairs: tuple[Repair, ...] = ()
    reason: str | None = None
    needs_the_application: bool = False
    is_out_of_time: bool = False
    tried: int = 0

    @property
    def exit_code(self) -> int:
        """0 there is a repair, or nothing to repair; 1 there is none; 2 the budget ended."""
        if self.repairs or self.reason == NOTHING_TO_REPAIR:
            return 0
        return 2 if self.is_out_of_time else 1


NOTHING_TO_REPAIR = "every claim holds as it is"


def answer(path: Path, *, budget_s: float, form: Literal["text", "json"]) -> int:
    """Look for repairs of the pipeline in the file *path*, print them, and tell the exit code."""
    try:
        pipeline = read_pipeline(path)
    except BadConfiguration as bad:
        Console(stderr=True).print(f"ackproof: {bad}", style="red", highlight=False)
        return BAD_USAGE
    outcome = repaired(pipeline, budget_s=budget_s)
    if form == "json":
        sys.stdout.write(as_json(outcome) + "\n")
    else:
        console = Console(highlight=False)
        sys.stdout.write(rendered(console, partial(show, console, pipeline, outcome)))
    return outcome.exit_code


def repaired(pipeline: Pipeline, *, budget_s: float) -> Outcome:
    """The smallest repairs under which every claim of *pipeline* holds, as far as they are found in time."""
    end = time.monotonic() + budget_s
    match judged(pipeline):
        case "holds":
            return Outcome(reason=NOTHING_TO_REPAIR)
        case "unknown":
            return Outcome(reason="whether its claims hold is unknown: see ackproof verify")
        case Failed():
            found, wider = by_configuration_first(pipeline, judged, has_time=lambda: time.monotonic() < end)
    if found.repairs:
        return Outcome(found.repairs, None, wider, not found.is_complete, found.tried)
    late = time.monotonic() >= end
    what = f"no change of up to {MOST_CHANGES} keys makes every claim hold"
    reason = f"the budget ended after {plural(found.tried, 'configuration')}" if late else what
    return Outcome((), reason, wider, late, found.tried)


def as_json(outcome: Outcome) -> str:
    """The document."""
    return json.dumps({"repairs": [document(repair) for repair in outcome.repairs], "reason": outcome.reason}, indent=1)


def document(repair: Repair) -> dict[str, object]:
    """One repair, with the keys where they stand in the file."""
    return {
        "set": {change.key: change.value for change in repair.changes},
        "verified": True,
        "costs": [
            {"key": option.change.key, "of": option.lever.cost.of, "why": option.lever.cost.why}
            for option in repair.options
        ],
    }


def show(console: Console, pipeline: Pipeline, outcome: Outcome) -> None:
    """The repairs for people."""
    console.print(Text.assemble((pipeline.name, "bold"), f"  ({', '.join(pipeline.claims)})"))
    if outcome.reason:
        hanging(console, Text("no repair" if outcome.exit_code else ""), Text(outcome.reason))
    if outcome.needs_the_application and outcome.repairs:
        hanging(console, Text(""), Text("no setting alone repairs it: the application has to change"))
    for number, repair in enumerate(outcome.repairs, start=1):
        show_repair(console, number, repair)
    if outcome.repairs:
        each = f"each judged by the full search, as were {plural(outcome.tried, 'configuration')} in all"
        hanging(console, Text("verified", style="dim"), Text(each, style="dim"))


def show_repair(console: Console, number: int, repair: Repair) -> None:
    """One repair, key by key, with what it costs."""
    for place, option in enumerate(repair.options):
        head = Text(f"repair {number}" if place == 0 else "", style="bold green")
        setting, cost = f"{option.change.key} = {option.change.value}", option.lever.cost
        words = Text.assemble((setting, "bold"), f"\ncosts {cost.of}: {cost.why}")
        hanging(console, head, words)
