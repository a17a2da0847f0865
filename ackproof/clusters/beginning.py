"""``ackproof init``: begins a pipeline file from what its user already has."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ackproof.clusters.surveying import surveyed
from ackproof.config.document import SECRET
from ackproof.config.files.problems import BadConfiguration, Remarks
from ackproof.config.pipeline import Pipeline, Setting
from ackproof.config.places import tables
from ackproof.config.reading import SUFFIX, read_pipeline
from ackproof.config.sources.drafting import Draft, Named, Told, written
from ackproof.config.sources.gathering import Given, gathered, here
from ackproof.config.sources.reference import Reference, reference
from ackproof.reference.surveying.survey import SurveyError, UnreachableError
from ackproof.reports.text import complain, rendered

BAD_USAGE, OUT_OF_REACH = 3, 2
MOST_SHOWN = 12
"""How many settings of a table are shown."""

STANDARD_OUTPUT = Path("-")
NOTHING: Mapping[str, Sequence[Told]] = {}


@attrs.frozen
class Asked:
    """
    What the command line says.

    Attributes:
        files: As ``FILE`` or ``FILE#NAME``.
        bootstrap: Servers of a cluster.
        command_config: How to connect to it.
    """

    files: Sequence[str]
    producer: Path | None = None
    consumer: Path | None = None
    topic_config: Path | None = None
    topic: str | None = None
    name: str | None = None
    output: Path | None = None
    replaces: bool = False
    bootstrap: str | None = None
    command_config: Path | None = None


def answer(asked: Asked) -> int:
    """Write a pipeline file, say what is in it, and tell the exit code."""
    files = tuple(_given(asked)) or (() if asked.bootstrap else here(Path()))
    if not files and not asked.bootstrap:
        return usage(["name the files that configure the pipeline, or a cluster with --bootstrap"])
    if pipelines := [each.meant.path for each in files if each.meant.path.name.endswith(SUFFIX)]:
        return usage([f"{pipelines[0]} is a pipeline file already: name the files that it is to be made of"])
    try:
        topic, told = _told(asked)
    except (SurveyError, ValueError) as problem:
        usage([str(problem)])
        return OUT_OF_REACH if isinstance(problem, UnreachableError) else BAD_USAGE
    remarks = Remarks()
    sources = gathered(files, topic, remarks)
    if remarks.problems:
        return usage(map(str, remarks.problems))
    name = asked.name or topic or _name(sources) or "pipeline"
    path = asked.output or Path(f"{name}{SUFFIX}")
    text = written(Draft(name, sources, told, Path() if path == STANDARD_OUTPUT else path.parent))
    return _write(path, text, sources, replaces=asked.replaces)


def _told(asked: Asked) -> tuple[str | None, Mapping[str, Sequence[Told]]]:
    """The topic, and what a cluster says of it, if one is asked."""
    if asked.bootstrap:
        return surveyed(asked.bootstrap, asked.topic, asked.command_config)
    if asked.command_config:
        raise ValueError("--command-config needs --bootstrap: of what cluster?")
    return asked.topic, NOTHING


def _given(asked: Asked) -> Iterator[Given]:
    """The files that are named."""
    for text in asked.files:
        yield Given(reference(text, Path()))
    if asked.topic_config:
        yield Given(Reference(asked.topic_config), "topic")
    if asked.producer:
        yield Given(Reference(asked.producer), "producer")
    if asked.consumer:
        yield Given(Reference(asked.consumer), "consumer")


def _name(sources: Mapping[str, Sequence[Named]]) -> str | None:
    """The name of the topic."""
    parts = (part for named in sources.get("topic", ()) for part in named.parts)
    return next((part.name for part in parts if part.side == "topic" and part.name), None)


def _write(path: Path, text: str, sources: Mapping[str, Sequence[Named]], *, replaces: bool) -> int:
    """Write the file, if what it says can be read and no other one is there."""
    if not path.parent.is_dir():
        return usage([f"there is no folder {path.parent}"])
    if path != STANDARD_OUTPUT and path.exists() and not replaces:
        return usage([f"{path} is there already; --force replaces it"])
    try:
        pipeline = read_pipeline(path, instead={path: text.encode()})
        if path != STANDARD_OUTPUT:
            path.write_text(text, encoding="utf-8")
    except BadConfiguration as bad:
        return usage(map(str, bad.problems))
    except OSError as problem:
        return usage([f"can not write {path}: {problem.strerror}"])
    console = Console(highlight=False)
    is_file = path != STANDARD_OUTPUT
    sys.stdout.write(rendered(console, lambda: show(console, path, pipeline, sources)) if is_file else text)
    return 0


def usage(problems: Iterable[str]) -> int:
    """Say what is wrong; nothing is written."""
    for problem in problems:
        complain(problem)
    return BAD_USAGE


def show(console: Console, path: Path, pipeline: Pipeline, sources: Mapping[str, Sequence[Named]]) -> None:
    """What the new file names, and what is in force by it, each value with its line."""
    console.print(Text.assemble((str(path), "bold"), f"  is written: Kafka {pipeline.kafka}"))
    for title, settings in tables(pipeline):
        side = title.partition(".")[0]
        given = [each for each in settings.values() if each.file is not None and not SECRET.search(each.key)]
        files = dict.fromkeys(str(named.meant.path) for named in sources.get(side, ()))
        console.print(Text.assemble("\n", (side, "bold"), f"  {', '.join(files)}"))
        if given:
            console.print(_settings(given[:MOST_SHOWN]))
        if len(given) > MOST_SHOWN:
            console.print(f"  and {len(given) - MOST_SHOWN} more", style="dim")
    for notice in pipeline.notices:
        place = f"{notice.file}:{notice.line}: " if notice.file and notice.line else ""
        console.print(Text(f"\n{place}{notice.key}: {notice.message}", style="yellow"))
    console.print(
        Text.assemble("\nRead what it assumes about the application, then: ", (f"ackproof verify {path}", "bold"))
    )


def _settings(given: Iterable[Setting]) -> Table:
    table = Table.grid(padding=(0, 2))
    for setting in given:
        place = f"{setting.file}:{setting.line}" if setting.line else str(setting.file)
        table.add_row("", Text(f"{setting.key} = {setting.value}"), Text(place, style="dim"))
    return table
