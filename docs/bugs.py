"""
Writes docs/bugs.md: the track record, from the bugs that the tests find.

Usage: python docs/bugs.py, from the top of the repository.
"""

from collections.abc import Iterator
from pathlib import Path

from ackproof.bugs.bug import Bug, OutOfReach
from ackproof.bugs.hunting import Found, hunt
from ackproof.bugs.record import BUGS, OUT_OF_REACH
from ackproof.properties.verdict import Counterexample
from ackproof.reports.anchors import anchor
from ackproof.reports.ending import ending
from ackproof.reports.lasso import FOR_EVER, NOTHING_MORE
from ackproof.traces.trace import Trace

PAGE = Path(__file__).parent / "bugs.md"

HEAD = """\
# The track record

Bugs that Kafka and its clients really had. Each is a pair of rules of the model: those that had the bug and those that
fixed it. Under the first the search finds the shortest execution that breaks the claim, under the second the same
search is exhausted without one. `ackproof bugs` finds them all, `ackproof bugs {example}` draws one; this page is what
`python docs/bugs.py` makes of that.
"""


def page() -> str:
    """The page, the same at every run."""
    found = [hunt(bug) for bug in BUGS]
    parts = [HEAD.format(example=BUGS[0].number), *overview(found), *map(section, found), *out_of_reach(OUT_OF_REACH)]
    return "\n".join(parts)


def overview(found: list[Found]) -> Iterator[str]:
    """A table of all that can be expressed."""
    yield "| bug | what happened | breaks | needs | steps | affected | fixed in |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for one in found:
        bug = one.bug
        steps = len(one.trace) if one.trace else "not found"
        cells = (
            f"[{bug.number}](#{anchor(title(bug))})",
            bug.title,
            bug.breaks,
            faults(bug),
            steps,
            bug.affected,
            bug.fixed_in,
        )
        yield f"| {' | '.join(map(str, cells))} |"
    yield ""


def title(bug: Bug) -> str:
    """The heading of its section."""
    return f"{bug.number}: {bug.title}"


def faults(bug: Bug) -> str:
    """Which faults it needs."""
    kinds = (f"{kind} ×{times}" if times > 1 else kind for kind, times in bug.faults.items())
    return ", ".join(kinds) or "no fault"


def section(found: Found) -> str:
    """One bug: how, and the execution."""
    bug = found.bug
    steps = "\n".join(numbered(found.trace)) if found.trace else "not found"
    end = "".join(f"\n   {line}" for line in last(found))
    return (
        f"## {title(bug)}\n\n{bug.mechanism.replace('``', '`')}\n\n"
        f"Expected: {bug.statement.says} Affected: {bug.affected}; fixed in {bug.fixed_in}. Source: {bug.source}.\n\n"
        f"```text\n{steps}{end}\n```\n"
    )


def numbered(trace: Trace) -> Iterator[str]:
    """The steps, faults marked."""
    for number, step in enumerate(trace.steps):
        if number == trace.loop:
            yield f"   {FOR_EVER}"
        yield f"{number + 1:2} {step.says}{f'  [{step.action.fault}]' if step.action.fault else ''}"
    if trace.loop == len(trace):
        yield f"   {NOTHING_MORE}"


def last(found: Found) -> Iterator[str]:
    """How it ends."""
    if found.trace and found.trace.loop is None:
        yield from ending(Counterexample(found.trace, found.bug.breaks, found.bug.statement.says))


def out_of_reach(bugs: tuple[OutOfReach, ...]) -> Iterator[str]:
    """What the model can not have."""
    if bugs:
        yield "## Out of the model's reach\n\n| bug | what happened | why not | source |\n| --- | --- | --- | --- |"
        yield from (f"| {bug.number} | {bug.title} | {bug.why_not} | {bug.source} |" for bug in bugs)
        yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
