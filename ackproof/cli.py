"""The command line."""

import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from cyclopts import App, CycloptsError, Group, Parameter
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from ackproof import __version__
from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import BadConfiguration, Overrides, pipeline_of_properties, read_pipeline
from ackproof.hearing import OnProgress
from ackproof.judge import judge, refused
from ackproof.properties.verdict import Judgement, exit_code
from ackproof.reports.document import as_json
from ackproof.reports.text import show
from ackproof.search.exploration import Progress

BAD_USAGE, OUR_FAULT, INTERRUPTED = 3, 4, 130

app = App(
    name="ackproof",
    version=__version__,
    help="Checks what a Kafka pipeline promises against the configuration that it really runs.",
    result_action="return_value",
)
properties_form = Group("Instead of PIPELINE: properties files")


@app.command
def verify(
    pipelines: Annotated[tuple[Path, ...], Parameter(show=True)] = (),
    /,
    *,
    producer: Annotated[Path | None, Parameter(group=properties_form)] = None,
    consumer: Annotated[Path | None, Parameter(group=properties_form)] = None,
    topic: Annotated[Path | None, Parameter(group=properties_form)] = None,
    claim: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    kafka: str | None = None,
    faults: str | None = None,
    records: int | None = None,
    budget: float | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002  # the option's name is a contract
    output: Path | None = None,
) -> int:
    """
    Judge what pipelines promise.

    Exit code: 0 every claim holds, 1 one is violated, 2 one is unknown, 3 bad configuration or usage, 4 our fault.

    Parameters
    ----------
    pipelines
        Pipeline files, NAME.ackproof.toml.
    producer
        A producer's properties file.
    consumer
        A consumer's properties file.
    topic
        A topic's properties file.
    claim
        The claim to judge in place of those in the file; may be repeated.
    kafka
        The version of the brokers.
    faults
        Kinds of fault that may happen, KIND,KIND:N with N at most of that kind.
    records
        How many records there are.
    budget
        Seconds for each claim.
    format
        How to print the verdicts.
    output
        The file to write to in place of standard output.
    """
    overrides = Overrides(claims=claim or None, faults=faults, records=records, budget_s=budget, kafka=kafka)
    files = (producer, consumer, topic)
    if bool(pipelines) == any(files):
        return usage("give either pipeline files, or --producer, --consumer and --topic")
    read = [of_properties(*files, overrides)] if any(files) else [of_file(path, overrides) for path in pipelines]
    bad = [judgement for judgement in read if isinstance(judgement, Judgement)]
    if bad:
        return complained(tuple(bad), format, output)
    if output is not None and (problem := unwritable(output)):
        return usage(problem)
    with progress() as on_progress:
        judgements = tuple(
            judge(pipeline, on_progress=on_progress) for pipeline in read if isinstance(pipeline, Pipeline)
        )
    return printed(judgements, format, output)


def of_file(path: Path, overrides: Overrides) -> Pipeline | Judgement:
    """The pipeline in the file, or what is wrong with it."""
    try:
        return read_pipeline(path, overrides=overrides)
    except BadConfiguration as bad:
        return refused(path, bad)


def of_properties(
    producer: Path | None, consumer: Path | None, topic: Path | None, overrides: Overrides
) -> Pipeline | Judgement:
    """The pipeline of properties files, or what is wrong with them."""
    try:
        return pipeline_of_properties(producer, consumer, topic, overrides=overrides)
    except BadConfiguration as bad:
        return refused(None, bad)


def printed(judgements: tuple[Judgement, ...], form: str, output: Path | None) -> int:
    """Print the judgements, whole or not at all; the exit code."""
    try:
        text = as_json(__version__, judgements) + "\n" if form == "json" else as_text(judgements, console_for(output))
        if output is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            output.write_text(text, encoding="utf-8")
    except OSError as problem:
        return usage(f"can not write {output or 'to standard output'}: {problem.strerror}")
    return exit_code(judgements)


def complained(judgements: tuple[Judgement, ...], form: str, output: Path | None) -> int:
    """Say what is wrong with configurations, of which none is run: as text on standard error."""
    if form == "json":
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
    return Console(highlight=False, no_color=output is not None, force_terminal=False if output else None)


def as_text(judgements: tuple[Judgement, ...], console: Console) -> str:
    """The judgements for people."""
    with console.capture() as captured:
        for judgement in judgements:
            show(console, judgement)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


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
            states = f"{at.distinct_states:,} states, depth {at.depth}, frontier {at.frontier:,}"
            bar.update(task, description=f"{what}: {states}")

        yield tell


def usage(message: str) -> int:
    """Say what is wrong with a call."""
    Console(stderr=True).print(f"ackproof: {message}", style="red", highlight=False)
    return BAD_USAGE


def main() -> NoReturn:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        result = app(exit_on_error=False, print_error=True)
    except CycloptsError:
        sys.exit(BAD_USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception:  # whatever is left is our fault, and says so
        traceback.print_exc()
        Console(stderr=True).print("ackproof: this is a fault of ackproof itself", style="red")
        sys.exit(OUR_FAULT)
    sys.exit(result if isinstance(result, int) else 0)
