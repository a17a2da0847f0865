"""``ackproof verify``: reads pipelines, has them judged, prints what was said."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import attrs
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from ackproof import __version__
from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import BadConfiguration, Overrides, pipeline_of_properties, read_pipeline
from ackproof.judging.effort import Effort, reductions_named
from ackproof.judging.hearing import OnProgress
from ackproof.judging.judge import judge, refused
from ackproof.judging.remedies import judge_and_repair
from ackproof.properties.verdict import Judgement, exit_code
from ackproof.reports.document import as_json
from ackproof.reports.text import complain, rendered, show
from ackproof.search.engines import How
from ackproof.search.estimate import remaining, worded
from ackproof.search.exploration import CheckpointError, Progress
from ackproof.search.native.readiness import caches

BAD_USAGE = 3


@attrs.frozen
class Form:
    """A pipeline as the properties files of its parts."""

    producer: Path | None
    consumer: Path | None
    topic: Path | None

    @property
    def is_given(self) -> bool:
        """Whether there is one."""
        return any((self.producer, self.consumer, self.topic))


@attrs.frozen
class Call:
    """What to judge, and how to say it."""

    pipelines: tuple[Path, ...]
    form: Form
    claims: tuple[str, ...]
    kafka: str | None
    faults: str | None
    records: int | None
    budget_s: float | None
    format: Literal["text", "json", "markdown", "sarif", "junit"]
    output: Path | None
    report: Path | None = None

    @property
    def overrides(self) -> Overrides:
        """What replaces settings of the files."""
        return Overrides(
            claims=self.claims or None,
            faults=self.faults,
            records=self.records,
            budget_s=self.budget_s,
            kafka=self.kafka,
        )


def answer(
    call: Call, *, workers: int, memory: int | None, resume: bool, reductions: str, walks: int, seed: int, repair: bool
) -> int:
    """Judge, look for repairs of what is violated if asked to, print, and tell the exit code."""
    if workers < 1 or walks < 0 or (memory is not None and memory < 1):
        return usage("--workers and --memory take numbers from 1 up, --walks from 0 up")
    try:
        in_force = reductions_named(reductions)
    except ValueError as problem:
        return usage(str(problem))
    effort = Effort(How(workers=workers), in_force, walks, seed, memory, caches() / "checkpoints", resume)
    if bool(call.pipelines) == call.form.is_given:
        return usage("give either pipeline files, or --producer, --consumer and --topic")
    return judged(call, effort, judge_and_repair if repair else judge)


def judged(call: Call, effort: Effort, judging: Callable[..., Judgement]) -> int:
    """Read all, and if nothing is wrong with any have all judged."""
    if call.form.is_given:
        read = [of_properties(call.form, call.overrides)]
    else:
        read = [of_file(path, call.overrides) for path in call.pipelines]
    bad = [judgement for judgement in read if isinstance(judgement, Judgement)]
    if bad:
        return complained(tuple(bad), call.format, call.output)
    if call.output is not None and (problem := unwritable(call.output)):
        return usage(problem)
    pipelines = [pipeline for pipeline in read if isinstance(pipeline, Pipeline)]
    try:
        with progress() as on_progress:
            judgements = tuple(judging(pipeline, on_progress=on_progress, effort=effort) for pipeline in pipelines)
    except CheckpointError as why:
        return usage(f"can not go on: {why}")
    if call.report is not None and (unwritten := reported(judgements, call.report)):
        return usage(unwritten)
    return printed(judgements, call.format, call.output)


def reported(judgements: tuple[Judgement, ...], folder: Path) -> str | None:
    """Write the page and the traces, and say where; what is wrong if that can not be done."""
    from ackproof.retelling.reporting import report

    try:
        *_, page = report(judgements, folder)
    except OSError as problem:
        return f"can not write to {folder}: {problem.strerror}"
    sys.stderr.write(f"report: {page}\n")
    return None


def of_file(path: Path, overrides: Overrides) -> Pipeline | Judgement:
    """The pipeline in the file, or what is wrong with it."""
    try:
        return read_pipeline(path, overrides=overrides)
    except BadConfiguration as bad:
        return refused(path, bad)


def of_properties(form: Form, overrides: Overrides) -> Pipeline | Judgement:
    """The pipeline of properties files, or what is wrong with them."""
    try:
        return pipeline_of_properties(form.producer, form.consumer, form.topic, overrides=overrides)
    except BadConfiguration as bad:
        return refused(None, bad)


def printed(judgements: tuple[Judgement, ...], form: str, output: Path | None) -> int:
    """Print the judgements, whole or not at all; the exit code."""
    try:
        text = laid_out(judgements, form, console_for(output))
        if output is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            output.write_text(text, encoding="utf-8")
    except OSError as problem:
        return usage(f"can not write {output or 'to standard output'}: {problem.strerror}")
    return exit_code(judgements)


def laid_out(judgements: tuple[Judgement, ...], form: str, console: Console) -> str:
    """The judgements in the *form* that was asked for; what only some need is loaded for them."""
    match form:
        case "json":
            return as_json(__version__, judgements) + "\n"
        case "markdown":
            from ackproof.reports.markdown import as_markdown

            return as_markdown(judgements)
        case "sarif":
            from ackproof.reports.sarif import as_sarif

            return as_sarif(__version__, judgements)
        case "junit":
            from ackproof.reports.junit import as_junit

            return as_junit(judgements)
        case _:
            return as_text(judgements, console)


def complained(judgements: tuple[Judgement, ...], form: str, output: Path | None) -> int:
    """Say what is wrong with configurations, of which none is run: as text on standard error."""
    if form != "text":
        return printed(judgements, form, output)
    sys.stderr.write(as_text(judgements, Console(stderr=True, highlight=False)))
    return exit_code(judgements)


def unwritable(output: Path) -> str | None:
    """Why *output* can not be written, as far as that can be told beforehand."""
    if output.is_dir():
        return f"can not write {output}: it is a directory"
    return None if output.parent.is_dir() else f"can not write {output}: there is no such directory"


def console_for(output: Path | None) -> Console:
    """Where text for people is laid out: in colour only for a terminal."""
    return Console(highlight=False, no_color=output is not None or None, force_terminal=False if output else None)


def as_text(judgements: tuple[Judgement, ...], console: Console) -> str:
    """The judgements for people."""
    return "".join(rendered(console, partial(show, console, judgement)) for judgement in judgements)


@contextmanager
def progress() -> Generator[OnProgress | None, None, None]:
    """A line on standard error that tells how far the search is; nothing where that is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading")

        def tell(what: str, at: Progress) -> None:
            bar.update(task, description=f"{what}\n{how_far(at)}")

        yield tell


def how_far(at: Progress) -> str:
    """How far a search is: how much, how fast, how deep, and in a line of its own what may be left."""
    rate = at.distinct_states / at.seconds if at.seconds else 0.0
    so_far = f"{at.distinct_states:,} states, {rate:,.0f}/s, depth {at.depth}, frontier {at.frontier:,}"
    left = remaining(at)
    return f"{so_far}\n{worded(left)}" if left else so_far


def usage(message: str) -> int:
    """Say what is wrong with a call."""
    complain(message)
    return BAD_USAGE
