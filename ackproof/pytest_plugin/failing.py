"""A claim that does not hold, as pytest fails."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from ackproof.properties.verdict import Judgement, Verdict
from ackproof.pytest_plugin.asking import Unknown
from ackproof.pytest_plugin.placing import Place
from ackproof.pytest_plugin.telling import failure, headline

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr

Said = tuple[Judgement, Verdict, Place]
"""What was said of one claim, in which judgement, and the line that is to blame."""


class ClaimError(AssertionError):
    """A claim is violated, or unknown; the message tells all that is known, its last line where to look."""

    def __init__(self, said: Said) -> None:
        judgement, verdict, place = said
        super().__init__(failure(judgement, verdict, place))
        self.place = place
        self.short = f"{verdict.claim} {headline(verdict)}"


def decide(said: Sequence[Said], unknown: Unknown) -> None:
    """
    Do nothing if every claim holds; a violation that the file accepts is an expected failure.

    Args:
        unknown: What becomes of the test if some claim is unknown, and none violated.

    Raises:
        ClaimError: One does not.
        pytest.skip.Exception, pytest.xfail.Exception: The user wants that of what is unknown, or accepts a violation.
    """
    for answer in ("violated", "unknown"):
        for found in said:
            if found[1].answer == answer and found[1].accepted is None:
                give_up(found, unknown)
    for _, verdict, _ in said:
        if verdict.accepted is not None:
            pytest.xfail(headline(verdict))


def give_up(found: Said, unknown: Unknown) -> None:
    """End the test as the answer and the user want."""
    verdict = found[1]
    if verdict.answer == "unknown" and unknown == "xfail":
        pytest.xfail(headline(verdict))
    if verdict.answer == "unknown" and unknown == "skip":
        pytest.skip(headline(verdict))
    raise ClaimError(found)


def representation(excinfo: pytest.ExceptionInfo[BaseException], error: ClaimError) -> "TerminalRepr":
    """
    What the report of a failure shows: the text alone, and where to look.

    It is one that pytest-xdist can send.
    """
    shown = excinfo.getrepr(style="value")
    (entry,) = shown.reprtraceback.reprentries
    entry.lines = str(error).splitlines()
    if shown.reprcrash:
        shown.reprcrash.path, shown.reprcrash.lineno = error.place.file, error.place.line
        shown.reprcrash.message = error.short
    return shown
