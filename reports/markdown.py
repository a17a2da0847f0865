"""The verdicts as Markdown, for pull requests and job summaries: GitHub draws the diagram in it."""

from collections.abc import Iterable, Iterator
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ackproof.properties.timing import TimingVerdict
from ackproof.properties.verdict import Counterexample, Judgement, Remark, Remedy, Verdict
from ackproof.reports import timing
from ackproof.reports.diagrams.mermaid import mermaid
from ackproof.reports.ending import ending
from ackproof.reports.lasso import is_lasso, waiting
from ackproof.reports.story.telling import told
from ackproof.reports.text import SIGN, covering, length, proved

SPECIAL = "\\`*_[]<>|"
"""What Markdown would take for its own."""


def as_markdown(judgements: Iterable[Judgement]) -> str:
    """The page. It says nothing of time, so that the same verdicts are the same text."""
    return template().render(judgements=tuple(judgements)).strip() + "\n"


def prose(words: str) -> str:
    """*words* as Markdown shows them as they are, on one line."""
    return "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in " ".join(words.split()))


def placed(remark: Remark) -> str:
    """A remark, and where it stands."""
    place = ":".join(str(part) for part in (remark.file, remark.line) if part is not None)
    parts = (f"`{part}`" for part in (place, remark.key) if part)
    return ": ".join([*parts, prose(remark.message)])


def headline(verdict: Verdict) -> str:
    """The answer in a cell."""
    sign, _ = SIGN[verdict.answer]
    broken = ", ".join(basic for basic in verdict.broken if basic != verdict.claim)
    steps = length(verdict.counterexample) if verdict.counterexample else ""
    accepted = f", accepted {prose(verdict.accepted)}" if verdict.accepted else ""
    return f"{sign} **{verdict.answer}**{f' ({broken})' if broken else ''}{steps}{accepted}"


def covered(verdict: Verdict) -> str:
    """What the answer covers."""
    return prose("; proved ".join([", ".join(covering(verdict)), *proved(verdict)]))


def drawn(found: Counterexample) -> str:
    """The execution as a diagram."""
    return mermaid(told(found.trace), next(finally_(found), "")).rstrip()


def steps(found: Counterexample) -> Iterator[tuple[int, str, str | None]]:
    """The steps with their faults."""
    for number, step in enumerate(found.trace.steps, start=1):
        yield number, step.says, step.action.fault


def finally_(found: Counterexample) -> Iterator[str]:
    """What is wrong at the end, or for ever."""
    return iter(waiting(found) if is_lasso(found) else ending(found))


def repaired(remedy: Remedy) -> str:
    """A repair, and what it costs."""
    changes = ", ".join(f"`{key} = {value}`{remedy.place(key)}" for key, value in remedy.changes.items())
    costs = ", ".join(dict.fromkeys(of for _, of, _ in remedy.costs))
    return f"set {changes} (verified{f'; costs {costs}' if costs else ''})"


def timed(verdict: TimingVerdict) -> str:
    """One answer of timing."""
    words = [" ".join(part.plain for part in line if part.plain) for line in timing.lines(verdict)]
    return ": ".join([f"**{prose(timing.headline(verdict).plain)}**", *(prose("; ".join(words)) for _ in words[:1])])


@cache
def template() -> Template:
    """The page, with the functions that it calls."""
    environment = Environment(
        loader=PackageLoader("ackproof.reports"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    own = (prose, placed, headline, covered, drawn, steps, finally_, repaired, timed)
    return environment.get_template("verdicts.md", globals={function.__name__: function for function in own})
