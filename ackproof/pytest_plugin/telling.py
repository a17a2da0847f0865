"""What was said of a claim, as text and as plain values that pass between processes."""

import re
from pathlib import Path, PurePath

from rich.console import Console

from ackproof import __version__
from ackproof.config.reading import Overrides
from ackproof.properties.verdict import Judgement, Verdict
from ackproof.pytest_plugin.asking import Asked
from ackproof.pytest_plugin.placing import Place
from ackproof.reports import text

WIDTH = 100
"""Of what is told of a failure, whatever the terminal is: it is also in files."""

Told = dict[str, object]


def told(judgement: Judgement, verdict: Verdict, place: Place, wanted: Asked) -> Told:
    """What the summary says of one claim, and what is written of it, if that was asked for."""
    short: Told = {
        "pipeline": judgement.name,
        "file": judgement.file,
        "claim": verdict.claim,
        "verdict": verdict.answer,
        "headline": headline(verdict),
        "covered": ", ".join(text.covering(verdict)),
        "place": f"{place.file}:{place.line}",
        "again": again(wanted.overrides),
    }
    return {**short, **written(judgement, verdict, wanted.report)} if wanted.report else short


def again(overrides: Overrides) -> str:
    """What the command line needs to judge the same."""
    asked = {"faults": overrides.faults, "records": overrides.records, "budget": overrides.budget_s}
    given = {**asked, "kafka": overrides.kafka}
    return "".join(f" --{name} {value}" for name, value in given.items() if value is not None)


def headline(verdict: Verdict) -> str:
    """The answer in a few words, with the reason where there is none."""
    if verdict.reason:
        return f"{verdict.answer}: {verdict.reason}"
    empty = ", but emptily" if verdict.answer == "holds" and text.is_empty(verdict) else ""
    accepted = f", accepted {verdict.accepted}" if verdict.accepted else ""
    return f"{verdict.answer}{text.length(verdict.counterexample) if verdict.counterexample else empty}{accepted}"


def failure(judgement: Judgement, verdict: Verdict, place: Place) -> str:
    """All that is known of a claim that does not hold; its last line is one that editors jump to."""
    console = Console(width=WIDTH, no_color=True, force_terminal=False, highlight=False)
    about = text.rendered(console, lambda: text.show(console, judgement)).rstrip()
    return f"{about}\n\n{place.file}:{place.line}: {verdict.claim} {headline(verdict)}"


def written(judgement: Judgement, verdict: Verdict, folder: Path) -> Told:
    """What a run that was asked for files has to say: parts of two documents, and the files of a violation."""
    from ackproof.reports.markdown import as_markdown
    from ackproof.reports.sarif import as_sarif
    from ackproof.retelling.reporting import report

    parts: Told = {"markdown": as_markdown((judgement,)), "sarif": as_sarif(__version__, (judgement,))}
    if verdict.counterexample is None:
        return parts
    written = report((judgement,), folder / f"{name_of(judgement)}.{verdict.claim}")
    return {**parts, "files": sorted(map(str, written))}


def name_of(judgement: Judgement) -> str:
    """A name for files about a pipeline, its own within the run."""
    file = PurePath(judgement.file or judgement.name).as_posix().removesuffix(".ackproof.toml")
    return re.sub(r"[^\w.-]+", "-", file).lstrip(".-")
