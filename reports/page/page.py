"""The page: what was judged, each verdict, and each violation as a story that one can step through."""

from collections.abc import Sequence as Many
from functools import cache

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ackproof.properties.verdict import Judgement, Verdict
from ackproof.reports.ending import ending
from ackproof.reports.lasso import is_lasso, waiting
from ackproof.reports.page.sequence import Sequence, sequence
from ackproof.reports.story.story import Story
from ackproof.reports.text import SIGN, covering, length, proved


@attrs.frozen
class Blame:
    """What a fault has to do with a violation: whether the rest of the execution breaks the claim without it."""

    step: int
    fault: str
    is_needed: bool


@attrs.frozen
class Statement:
    """
    A statement, and whether it is true in each state of an execution.

    Attributes:
        claim: The basic claim that it is a part of; None for one that only says what is going on.
    """

    claim: str | None
    says: str
    source: str
    truths: tuple[bool, ...]


@attrs.frozen
class Violation:
    """
    A violated claim as the page shows it.

    Attributes:
        verdict: That has the counterexample.
        story: Of the execution, in the order in which it reads best.
        trace: The name of the file that has it for programs; empty if it was not written.
        reproducer: A command that finds it again.
    """

    verdict: Verdict
    story: Story
    blames: Many[Blame]
    statements: Many[Statement]
    reproducer: str
    trace: str = ""

    @property
    def drawing(self) -> Sequence:
        """The layout of its diagram."""
        return sequence(self.story)

    @property
    def ends(self) -> tuple[str, ...]:
        """What is wrong in the end, in sentences."""
        found = self.verdict.counterexample
        if found is None:
            return ()
        return tuple(waiting(found) if is_lasso(found) else ending(found))


@attrs.frozen
class Section:
    """
    What the page says of one pipeline.

    Attributes:
        violations: Those that are told in full: the first ones.
    """

    judgement: Judgement
    violations: Many[Violation]

    @property
    def untold(self) -> int:
        """How many more there are, of which there is only a trace file."""
        violated = [verdict for verdict in self.judgement.verdicts if verdict.counterexample]
        return len(violated) - len(self.violations)


def as_html(version: str, sections: Many[Section]) -> str:
    """The page; nothing in it is loaded from elsewhere, and it says nothing of time."""
    return template().render(version=version, sections=sections)


def headline(verdict: Verdict) -> str:
    """The answer in a line."""
    broken = ", ".join(basic for basic in verdict.broken if basic != verdict.claim)
    steps = length(verdict.counterexample) if verdict.counterexample else ""
    accepted = f", accepted {verdict.accepted}" if verdict.accepted else ""
    return f"{verdict.answer}{f' ({broken})' if broken else ''}{steps}{accepted}"


def covered(verdict: Verdict) -> str:
    """What the answer covers."""
    return "; proved ".join([", ".join(covering(verdict)), *proved(verdict)])


def sign(verdict: Verdict) -> str:
    """A tick, a cross, a question mark."""
    return SIGN[verdict.answer][0]


def panels(story: Story) -> list[list[tuple[str, bool]]]:
    """For each state what each row has, and whether that is new."""
    values = [[row.value for row in rows] for rows in story.panels]
    earlier = [values[0], *values[:-1]]
    return [[(now, now != then) for now, then in zip(*each, strict=True)] for each in zip(values, earlier, strict=True)]


def template() -> Template:
    """The page, with the functions that it calls."""
    own = (headline, covered, sign, panels)
    return templates().get_template("report.html", globals={function.__name__: function for function in own})


def drawing(story: Story, title: str) -> str:
    """A story as a drawing alone."""
    module = templates().get_template("sequence.svg").make_module()
    return str(getattr(module, "draw")(sequence(story), title))  # noqa: B009  # a macro, which no type checker knows


@cache
def templates() -> Environment:
    """Where templates are, and how they are read: whatever is put into one is text."""
    return Environment(
        loader=PackageLoader("ackproof.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
