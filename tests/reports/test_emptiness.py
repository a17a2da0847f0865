"""A verdict is called an empty one only if all of it is."""

import io

import attrs
import pytest
from rich.console import Console

from ackproof.properties.verdict import Verdict
from ackproof.reports.text import rendered, show_verdict

HOLDS = Verdict("exactly-once", "holds", "consume", "exhaustive", {"records": 1, "faults": 0})
NO_TRANSACTION = ("no-aborted-reads: there is no transaction", "atomic: there is no transaction")


def heading(verdict: Verdict) -> str:
    """The first line of what is printed."""
    console = Console(file=io.StringIO(), width=100)
    return rendered(console, lambda: show_verdict(console, verdict)).splitlines()[0]


@pytest.mark.parametrize(
    ("vacuous", "said"),
    [
        ((), "✓ exactly-once: holds"),
        (NO_TRANSACTION, "✓ exactly-once: holds"),
        ((*NO_TRANSACTION, "no-loss: never", "no-duplicates: never"), "✓ exactly-once: holds, but emptily"),
    ],
)
def test_what_is_partly_empty_holds(vacuous: tuple[str, ...], said: str) -> None:
    assert heading(attrs.evolve(HOLDS, vacuous=vacuous)) == said
