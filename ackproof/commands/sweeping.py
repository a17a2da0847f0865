"""``ackproof sweep``: judges every combination of chosen values of chosen keys."""

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ackproof.commands.executing import NoClusterError, Where, executor
from ackproof.config.files.problems import BadConfiguration
from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import read_pipeline
from ackproof.judging.judge import judge
from ackproof.judging.oracle import Memory, Remembering
from ackproof.repair.change import Value, tried
from ackproof.repair.lever import known_key
from ackproof.repair.sweeping import Answers, Axis, Cell, sweep, weakest_safe
from ackproof.reports.heatmap import Heatmap, Row, as_html
from ackproof.reports.text import SIGN, complain, plural, rendered

BAD_USAGE = 3
MOST_CELLS = 10_000


class BadSweepError(ValueError):
    """What was asked for can not be swept."""


@attrs.frozen
class Swept:
    """A pipeline, its axes, and every cell."""

    pipeline: Pipeline
    axes: tuple[Axis, ...]
    cells: list[Cell]

    @property
    def weakest(self) -> list[Cell]:
        """The weakest safe cells."""
        return weakest_safe(self.cells)


def answer(
    paths: Sequence[Path], varied: Sequence[str], *, form: Literal["text", "json"], html: Path | None, where: Where
) -> int:
    """Sweep the pipelines in *paths*, print what each cell gives, and tell the exit code."""
    if where.jobs == 0:
        return usage("--jobs takes numbers from 1 up, or -1")
    try:
        axes = tuple(map(axis, varied))
        if twice := next((one.key for one in axes if [each.key for each in axes].count(one.key) > 1), None):
            raise BadSweepError(f"--vary {twice}: name all values of a key at once")
        pipelines = [read_pipeline(path) for path in paths]
        for pipeline in pipelines:
            check(pipeline, axes)
    except (BadSweepError, BadConfiguration) as problem:
        return usage(str(problem))
    try:
        swept = [Swept(one, axes, sweep(one, axes, answers, executor=executor(where))) for one in pipelines]
    except NoClusterError as problem:
        return usage(str(problem))
    if refused := [one for one in swept if not any(cell.answers for cell in one.cells)]:
        return usage(why_refused(refused[0]))
    if html is not None:
        try:
            html.write_text(as_html([heatmap(one) for one in swept]), encoding="utf-8")
        except OSError as problem:
            return usage(f"can not write {html}: {problem.strerror}")
    sys.stdout.write(as_json(swept) + "\n" if form == "json" else "".join(map(as_text, swept)))
    return 0 if all(one.weakest for one in swept) else 1


def usage(message: str) -> int:
    """Say what is wrong with a call."""
    complain(message)
    return BAD_USAGE


def why_refused(swept: Swept) -> str:
    """Why none of the configurations of a pipeline can be run: what is wrong with the first one."""
    try:
        tried(swept.pipeline, frozenset(swept.cells[0].changes))
    except BadConfiguration as bad:
        return f"every configuration is refused, the first one as\n{bad}"
    return "every configuration is refused"


def axis(text: str) -> Axis:
    """
    The axis that KEY=VALUE,VALUE names.

    Raises:
        BadSweepError: It names none.
    """
    key, equals, values = text.partition("=")
    named = tuple(value.strip() for value in values.split(",") if value.strip())
    if not equals or not key.strip() or not named:
        raise BadSweepError(f"--vary {text}: say KEY=VALUE,VALUE such as producer.config.acks=0,1,all")
    return Axis(key.strip(), tuple(as_given(key.strip(), value) for value in named))


def as_given(key: str, value: str) -> Value:
    """The *value* as a pipeline file has it: a number where that is asked for, else text."""
    is_number = key == "consumer.instances" or key.startswith("features.")
    return int(value) if is_number and value.isdecimal() else value


def check(pipeline: Pipeline, axes: Sequence[Axis]) -> None:
    """
    Check that *pipeline* can be swept along *axes*.

    Raises:
        BadSweepError: A key is none of its keys, or there are too many combinations.
    """
    cells = 1
    for one in axes:
        cells *= len(one.values)
        if problem := known_key(pipeline, one.key):
            raise BadSweepError(f"--vary {one.key}: {problem}")
    if not axes or cells > MOST_CELLS:
        raise BadSweepError(f"--vary gives {cells:,} configurations; from 2 to {MOST_CELLS:,} are swept")


def answers(pipeline: Pipeline) -> Answers:
    """
    For each claim of *pipeline* its verdict; wherever a cell is judged, this is what judges it.

    Raises:
        KeyboardInterrupt: The user has ended the search.
    """
    memory = Memory()
    judged = judge(pipeline, hearing_of=partial(Remembering, memory=memory))
    if memory.is_interrupted:
        raise KeyboardInterrupt
    return {verdict.claim: verdict.answer for verdict in judged.verdicts}


def as_json(swept: Sequence[Swept]) -> str:
    """The document; of several pipelines, all cells with the name of theirs."""
    cells = [{"pipeline": one.pipeline.name, **document(cell)} for one in swept for cell in one.cells]
    weakest = [setting(cell) for one in swept for cell in one.weakest]
    return json.dumps({"cells": cells, "weakest_safe": weakest}, indent=1, ensure_ascii=False)


def document(cell: Cell) -> dict[str, object]:
    """One cell; without claims where it was refused."""
    return {"set": setting(cell), "claims": dict(cell.answers or {})}


def setting(cell: Cell) -> dict[str, object]:
    """What is set in a cell."""
    return {change.key: change.value for change in cell.changes}


def as_text(swept: Swept) -> str:
    """The cells as a table for people."""
    console = Console(highlight=False)
    return rendered(console, partial(show, console, swept))


def show(console: Console, swept: Swept) -> None:
    """Print a row for each cell, and the weakest safe ones."""
    console.print(Text(swept.pipeline.name, style="bold"))
    table = Table(box=None, pad_edge=False)
    for key in (one.key for one in swept.axes):
        table.add_column(key.rpartition("config.")[2], overflow="fold")
    for claim in swept.pipeline.claims:
        table.add_column(claim)
    weakest = swept.weakest
    for cell in swept.cells:
        said = [sign(said) for said in row(swept.pipeline, cell, is_weakest=False).answers]
        table.add_row(
            *(Text(str(change.value), style="bold" if cell in weakest else "") for change in cell.changes), *said
        )
    console.print(table)
    console.print(Text(summary(swept), style="bold"))


def sign(answer: str) -> Text:
    """A verdict in a table."""
    mark, colour = SIGN.get(answer, ("-", "dim"))
    return Text(f"{mark} {answer}", style=colour)


def summary(swept: Swept) -> str:
    """The weakest safe configurations in a sentence."""
    named = [", ".join(f"{change.key} = {change.value}" for change in cell.changes) for cell in swept.weakest]
    safe = sum(cell.is_safe for cell in swept.cells)
    of = f"{safe} of {plural(len(swept.cells), 'configuration')} safe"
    return f"{of}; weakest safe: {'; or '.join(named)}" if named else f"{of}"


def heatmap(swept: Swept) -> Heatmap:
    """The sweep as a page."""
    pipeline, weakest = swept.pipeline, swept.weakest
    faults = (
        f"any {pipeline.faults.at_most} of {', '.join(pipeline.faults.kinds)}" if pipeline.faults.kinds else "no faults"
    )
    return Heatmap(
        title=pipeline.name,
        keys=[one.key for one in swept.axes],
        claims=list(pipeline.claims),
        rows=[row(pipeline, cell, is_weakest=cell in weakest) for cell in swept.cells],
        bounds=f"{plural(pipeline.bounds.records, 'record')} and {faults}",
        summary=summary(swept),
    )


def row(pipeline: Pipeline, cell: Cell, *, is_weakest: bool) -> Row:
    """A cell as a row."""
    said = cell.answers or dict.fromkeys(pipeline.claims, "refused")
    values = [str(change.value) for change in cell.changes]
    return Row(values, [said[claim] for claim in pipeline.claims], is_weakest)
