"""
The verdicts as JUnit XML, which every CI reads: a suite for each pipeline, a test case for each claim.

A claim that is unknown is skipped, with the reason; never passed.
"""

from collections.abc import Iterable, Iterator
from typing import cast

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from rich.console import Console

from ackproof.properties.verdict import Judgement, Verdict
from ackproof.reports.text import covering, rendered, show_verdict

WIDTH = 100
"""Of a failure's text."""


def as_junit(judgements: Iterable[Judgement]) -> str:
    """The document."""
    document = JUnitXml("ackproof")
    for judgement in judgements:
        suite = TestSuite(judgement.name)
        for case in cases(judgement):
            suite.add_testcase(case)
        document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]  # the library says no types there
    text = cast("bytes", document.tostring())  # type: ignore[no-untyped-call]  # nor there
    return text.decode() + "\n"


def cases(judgement: Judgement) -> Iterator[TestCase]:
    """A case for each error of the configuration, or for each claim."""
    for remark in judgement.errors:
        case = TestCase("configuration", judgement.name)
        place = ":".join(str(part) for part in (remark.file, remark.line, remark.key) if part is not None)
        case.result = [Error(f"{place}: {remark.message}", "configuration")]
        yield case
    for verdict in judgement.verdicts:
        yield case_of(judgement, verdict)


def case_of(judgement: Judgement, verdict: Verdict) -> TestCase:
    """One claim."""
    case = TestCase(verdict.claim, judgement.name, round(verdict.seconds, 3))
    case.system_out = ", ".join(covering(verdict))
    if verdict.accepted:
        case.result = [Skipped(f"violated, and accepted {verdict.accepted}", "accepted")]
    elif verdict.answer == "violated":
        failure = Failure(f"{verdict.claim} is violated ({', '.join(verdict.broken)})", "violated")
        failure.text = in_full(verdict)
        case.result = [failure]
    elif verdict.answer == "unknown":
        case.result = [Skipped(f"unknown: {verdict.reason or 'the budget is spent'}", "unknown")]
    return case


def in_full(verdict: Verdict) -> str:
    """The verdict as a terminal shows it."""
    console = Console(width=WIDTH, color_system=None, highlight=False)
    return rendered(console, lambda: show_verdict(console, verdict))
