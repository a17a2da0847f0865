"""
Writes docs/folklore.md, what people believe and what happens, by running what docs/folklore.toml names.

Usage: python docs/folklore.py, from the top of the repository; with a number it prints that statement alone.
"""

import io
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict, cast

import attrs
from rich.console import Console

from ackproof.config.reading import BadConfiguration, read_pipeline
from ackproof.judging.judge import judge, refused
from ackproof.model.faults import FAULTS, Faults
from ackproof.properties.folklore import EXAMPLES
from ackproof.properties.verdict import Counterexample, Judgement, Verdict
from ackproof.reports.anchors import anchor
from ackproof.reports.statement import Said, show_said
from ackproof.reports.text import SIGN, length, show_remark, show_verdict
from ackproof.search.explorer import explore
from ackproof.search.liveness import explore_fairly

INDEX = Path(__file__).with_suffix(".toml")
PAGE = Path(__file__).with_suffix(".md")
FOLDER = "examples/folklore"
WIDTH = 100

INTRODUCTION = """\
# What people believe, and what happens

Beliefs about Kafka, and executions that settle them. Every verdict and every execution below is printed by ackproof:
`python docs/folklore.py` makes this page of `docs/folklore.toml` and the pipelines in `{folder}/`, and a test runs
them all.

- A pipeline is a file that you can verify, and change, yourself. Its notices are left out where they add nothing.
- What no pipeline file can say is a small system of the model, from `properties/folklore.py`.
- An execution is a shortest one. ⚡ marks a fault; all else is Kafka as it works every day.
- A verdict is about the bounds that it names, and about one partition unless more are mentioned.
"""

Expected = Literal["holds", "holds, but emptily", "violated"]


class Run(TypedDict):
    """What shows something: a pipeline with its verdicts or its error, or an example with its verdict."""

    pipeline: NotRequired[str]
    verdicts: NotRequired[dict[str, Expected]]
    error: NotRequired[str]
    example: NotRequired[str]
    verdict: NotRequired[Expected]
    notice: NotRequired[str]
    trace: NotRequired[bool]


class Statement(TypedDict):
    """A belief, what happens instead, what shows it and what to do about it."""

    number: int
    title: str
    believed: str
    happens: str
    source: str
    bugs: NotRequired[list[str]]
    shown: list[Run]
    repaired: NotRequired[list[Run]]


def main() -> None:
    """Write the page, or print one statement."""
    if len(sys.argv) > 1:
        print(section(next(each for each in statements() if each["number"] == int(sys.argv[1]))))
    else:
        PAGE.write_text(page(), encoding="utf-8")


def statements() -> list[Statement]:
    """The index."""
    return cast("list[Statement]", tomllib.loads(INDEX.read_text(encoding="utf-8"))["statement"])


def runs(statement: Statement) -> list[Run]:
    """All that shows something of a statement."""
    return [*statement["shown"], *statement.get("repaired", [])]


# The page


def page() -> str:
    """The page, the same at every run."""
    everything = statements()
    rows = [f"| {each['number']} | {link(each)} | {summary(each['shown'][0])} |" for each in everything]
    table = "\n".join(["| | what people believe | what the first run shows |", "| --- | --- | --- |", *rows])
    return "\n".join([INTRODUCTION.format(folder=FOLDER), table, "", *map(section, everything)])


def heading(statement: Statement) -> str:
    """Number and title."""
    return f"{statement['number']}. {statement['title']}"


def link(statement: Statement) -> str:
    """The belief, linked to its section."""
    return f"[{statement['believed']}](#{anchor(heading(statement))})"


def section(statement: Statement) -> str:
    """A statement with everything that shows it."""
    return "\n".join(
        [
            f"## {heading(statement)}\n",
            f"*Believed:* {statement['believed']}\n",
            f"{statement['happens']}\n",
            f"*Source:* {statement['source']}.{also(statement)}\n",
            *(block(statement, run) for run in statement["shown"]),
            *(f"*Repaired.* {block(statement, run)}" for run in statement.get("repaired", [])),
        ]
    )


def also(statement: Statement) -> str:
    """The bugs that belong to a statement."""
    shown = ", ".join(f"`ackproof bugs {number}`" for number in statement.get("bugs", []))
    return f" *See also:* {shown}." if shown else ""


def block(statement: Statement, run: Run) -> str:
    """What a run is about, how to repeat it, and what it prints."""
    console = Console(width=WIDTH, file=io.StringIO(), color_system=None, highlight=False, record=True)
    if "pipeline" in run:
        show_pipeline(console, run)
    elif "example" in run:
        show_said(console, explored(run["example"]))
    text = re.sub(r"\s+\(0\.0\s+s\)", "", console.export_text(styles=False))
    lines = [line.rstrip() for line in text.splitlines()]
    printed = lines if run.get("trace", True) else shortened(lines)
    return "\n".join([f"{introduction(run)}\n", "```console", command(statement, run), *printed, "```", ""])


def shortened(lines: list[str]) -> list[str]:
    """*lines* up to the answer."""
    answers = [place for place, line in enumerate(lines) if line[:1] in {sign for sign, _ in SIGN.values()}]
    return [*lines[: answers[0] + 1], "    …"]


def introduction(run: Run) -> str:
    """What a run is: the first line of a pipeline file and its settings, or what an example says of itself."""
    if "example" in run:
        return EXAMPLES[run["example"]].says
    text = file(run).read_text(encoding="utf-8")
    link = f"[{file(run).name.removesuffix('.ackproof.toml')}](../{FOLDER}/{file(run).name})"
    return f"{text.splitlines()[0].removeprefix('# ')}\n\n{link}: {'; '.join(settings(tomllib.loads(text)))}."


def settings(document: Mapping[str, Any]) -> Iterator[str]:
    """What a pipeline file says, part by part."""
    yield f"Kafka {document['kafka']}"
    for part in ("topic", "features", "producer", "consumer"):
        table = document.get(part, {})
        given = {key: value for key, value in table.items() if key not in ("client", "config")}
        given |= {key: value for key, value in table.get("config", {}).items() if key not in ("group.id", "group_id")}
        said = [table["client"]] if "client" in table else []
        said += [f"`{key}={str(value).lower() if isinstance(value, bool) else value}`" for key, value in given.items()]
        if said:
            yield f"{part} {', '.join(said)}"


def command(statement: Statement, run: Run) -> str:
    """How to run it again."""
    if "pipeline" in run:
        return f"$ ackproof verify {FOLDER}/{file(run).name}"
    return f"$ python docs/folklore.py {statement['number']}"


# Running


def file(run: Run) -> Path:
    """The pipeline file of a run."""
    assert "pipeline" in run
    return INDEX.parent.parent / FOLDER / f"{run['pipeline']}.ackproof.toml"


@cache
def judged(path: Path) -> Judgement:
    """What is said of a pipeline file, without looking at the clock."""
    try:
        return judge(read_pipeline(path), clock=lambda: 0.0)
    except BadConfiguration as bad:
        return refused(path, bad)


@cache
def explored(name: str) -> Said:
    """What the search says of an example."""
    about, system = EXAMPLES[name], EXAMPLES[name].system()
    if about.is_goal:
        found = explore_fairly(attrs.evolve(system, reductions=frozenset()), about.statement)
    else:
        found = explore(system, about.statement)
    assert found.ended in ("exhausted", "violated"), found.ended
    faults = cast("Faults", system.initial.get(FAULTS, Faults(0)))
    kinds = tuple(dict.fromkeys(act.fault for act in system.actions if act.fault))
    return Said(about.statement, found.violation, found.distinct_states, found.depth, faults.left, kinds)


def answers(run: Run) -> dict[str, str]:
    """The verdict of each claim of a pipeline, or on the statement of an example; the key of each error."""
    if "example" in run:
        return {run["example"]: "violated" if explored(run["example"]).broken else "holds"}
    found = judged(file(run))
    return {error.key or "": "error" for error in found.errors} | {
        each.claim: verdict_of(each) for each in found.verdicts
    }


def verdict_of(verdict: Verdict) -> str:
    """The verdict as reports say it."""
    return f"{verdict.answer}, but emptily" if verdict.answer == "holds" and verdict.vacuous else verdict.answer


def expected(run: Run) -> dict[str, str]:
    """What `answers` should be."""
    if "example" in run:
        return {run["example"]: run["verdict"]} if "verdict" in run else {}
    return dict(run["verdicts"]) if "verdicts" in run else {run["error"]: "error"} if "error" in run else {}


def summary(run: Run) -> str:
    """The verdict in a line."""
    if "example" in run:
        said = explored(run["example"])
        return f"violated{needs(said.broken)}" if said.broken else "holds"
    verdicts = judged(file(run)).verdicts
    return "; ".join(f"{each.claim}: {verdict_of(each)}{needs(each.counterexample)}" for each in verdicts)


def needs(found: Counterexample | None) -> str:
    """How many steps an execution takes, and which faults it needs."""
    if found is None:
        return ""
    times = Counter(found.trace.faults)
    faults = ", ".join(kind if count == 1 else f"{kind} ×{count}" for kind, count in times.items())
    return f"{length(found)} ({faults or 'no fault'})"


# Showing


def show_pipeline(console: Console, run: Run) -> None:
    """What `ackproof verify` prints, without the remarks that are not of the story."""
    found = judged(file(run))
    for error in found.errors:
        show_remark(console, "error", "red", attrs.evolve(error, file=None, line=None))
    for notice in found.notices:
        if notice.key == run.get("notice"):
            show_remark(console, "notice", "yellow", attrs.evolve(notice, file=None, line=None))
    for verdict in found.verdicts:
        show_verdict(console, verdict)


if __name__ == "__main__":
    main()
