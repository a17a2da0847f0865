"""``ackproof repair``: finds the smallest changes of a configuration that make its claims hold."""

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from ackproof.config.files.problems import BadConfiguration
from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import read_pipeline
from ackproof.judging.oracle import Oracle
from ackproof.judging.remedies import Outcome, as_remedy, outcome
from ackproof.properties.verdict import Remedy
from ackproof.repair.change import CanNotWriteError
from ackproof.repair.repairing import Failed, Repair
from ackproof.repair.writing import Edit, diffs, edits, write
from ackproof.reports.document import remedy
from ackproof.reports.text import complain, hanging, plural, rendered

BAD_USAGE = 3
NOTHING_TO_REPAIR = "every claim holds as it is"


def answer(path: Path, *, budget_s: float, form: Literal["text", "json"], writes: bool, choose: int) -> int:
    """Look for repairs of the pipeline in the file *path*, print them, write one if asked to, tell the exit code."""
    try:
        pipeline = read_pipeline(path)
    except BadConfiguration as bad:
        return usage(str(bad))
    if choose < 1:
        return usage("--choose takes numbers from 1 up")
    if not budget_s >= 0:
        return usage("--budget takes seconds from 0 up")
    found = repaired(pipeline, budget_s=budget_s)
    try:
        planned = plan(pipeline, found, choose) if writes else ()
    except CanNotWriteError as problem:
        return usage(f"nothing is written: {problem}")
    if form == "json":
        sys.stdout.write(as_json(pipeline, found, planned) + "\n")
    else:
        console = Console(highlight=False)
        sys.stdout.write(rendered(console, partial(show, console, pipeline, found)))
        sys.stdout.writelines(f"\n{edit.diff}" for edit in planned)
    return written(planned, exit_code(found))


def usage(message: str) -> int:
    """Say what is wrong with a call, or with files."""
    complain(message)
    return BAD_USAGE


def plan(pipeline: Pipeline, found: Outcome, choose: int) -> tuple[Edit, ...]:
    """
    What files become with the repair of that number; the files as they are to be are read and judged once more.

    Raises:
        CanNotWriteError: There is no such repair, or its files would not be what was verified.
    """
    if not found.repairs:
        return ()
    if choose > len(found.repairs):
        raise CanNotWriteError(f"there is no repair {choose}, only {plural(len(found.repairs), 'repair')}")
    planned = edits(pipeline, found.repairs[choose - 1].changes)
    after = read_pipeline(pipeline.file or "", instead={edit.path: edit.after for edit in planned})
    if Oracle(lambda: pipeline.bounds.budget_s).knowing(pipeline)(after) != "holds":
        raise CanNotWriteError("the claims would not hold with these files")
    return planned


def written(planned: tuple[Edit, ...], code: int) -> int:
    """Write what was planned, and tell the exit code."""
    try:
        write(planned)
    except CanNotWriteError as problem:
        return usage(f"nothing is written: {problem}")
    for edit in planned:
        sys.stderr.write(f"written: {edit.path}\n")
    return code


def exit_code(found: Outcome) -> int:
    """0 there is a repair, or nothing to repair; 1 there is none; 2 the budget ended."""
    if found.repairs or found.reason == NOTHING_TO_REPAIR:
        return 0
    return 2 if found.is_out_of_time else 1


def repaired(pipeline: Pipeline, *, budget_s: float) -> Outcome:
    """The smallest repairs under which every claim of *pipeline* holds, as far as they are found in time."""
    end = time.monotonic() + budget_s

    def seconds_left() -> float:
        return end - time.monotonic()

    oracle = Oracle(seconds_left).knowing(pipeline)
    match oracle(pipeline) if budget_s > 0 else "unknown":
        case "holds":
            return Outcome((), NOTHING_TO_REPAIR, is_out_of_time=False, tried=1)
        case "unknown" | "undecidable" if seconds_left() > 0:
            unknown = "whether its claims hold is unknown: see ackproof verify"
            return Outcome((), unknown, is_out_of_time=oracle.memory.is_interrupted, tried=1)
        case "unknown" | "undecidable" | Failed():
            return outcome(pipeline, oracle, has_time=lambda: seconds_left() > 0)


def as_json(pipeline: Pipeline, found: Outcome, planned: tuple[Edit, ...] = ()) -> str:
    """The document, with the differences of what is written."""
    documents = [remedy(as_remedy(pipeline, repair)) for repair in found.repairs]
    differences = {"written": list(diffs(planned))} if planned else {}
    return json.dumps({"repairs": documents, "reason": found.reason, **differences}, indent=1, ensure_ascii=False)


def show(console: Console, pipeline: Pipeline, found: Outcome) -> None:
    """The repairs for people."""
    console.print(Text.assemble((pipeline.name, "bold"), f"  ({', '.join(pipeline.claims)})"))
    if found.reason:
        hanging(console, Text("no repair" if exit_code(found) else ""), Text(found.reason))
    for number, repair in enumerate(found.repairs, start=1):
        show_repair(console, number, repair, as_remedy(pipeline, repair))
    if found.repairs:
        each = f"each judged by the full search, as were {plural(found.tried, 'configuration')} in all"
        hanging(console, Text("verified", style="dim"), Text(each, style="dim"))


def show_repair(console: Console, number: int, repair: Repair, told: Remedy) -> None:
    """One repair, key by key, with what it costs."""
    for place, option in enumerate(repair.options):
        head = Text(f"repair {number}" if place == 0 else "", style="bold green")
        costs = "".join(f"\ncosts {cost.of}: {cost.why}" for cost in option.lever.costs)
        changed = Text(f"{option.change.key} = {option.change.value}", style="bold")
        hanging(console, head, Text.assemble(changed, told.place(option.change.key), costs))
