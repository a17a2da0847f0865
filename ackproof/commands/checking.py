"""``ackproof check``: judges a recorded history of a real system."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Literal

from rich.console import Console

from ackproof.histories.history import History
from ackproof.histories.judging import Finding, judged
from ackproof.histories.reading import jepsen, ktrace
from ackproof.histories.reading.problem import BadHistoryError
from ackproof.reports.history import document, show
from ackproof.reports.text import complain, rendered
from ackproof.search.explorer import without_collections

BAD_USAGE = 3
CODES = {"valid": 0, "invalid": 1, "unknown": 2}


def answer(path: Path, form: Literal["text", "json"], *, with_ww: bool) -> int:
    """Judge the history in the file *path*, print what was found, and tell the exit code."""
    try:
        finding = check(path, with_ww=with_ww)
    except BadHistoryError as problem:
        complain(problem)
        return BAD_USAGE
    if form == "json":
        sys.stdout.write(json.dumps(document(finding), indent=1, ensure_ascii=False, default=str) + "\n")
    else:
        console = Console(highlight=False)
        sys.stdout.write(rendered(console, partial(show, console, path.name, finding)))
    return CODES[finding.answer]


def check(path: Path, *, with_ww: bool = False) -> Finding:
    """
    Judge a history.

    Args:
        path: Jepsen's if it ends in ``.edn``, else of our own format.
        with_ww: Whether cycles may go by way of the order of writes.

    Raises:
        BadHistoryError: It can not be read, or is no history.
    """
    with without_collections():  # a history is millions of objects that stay until its end
        return judged(read(path), with_ww=with_ww)


def read(path: Path) -> History:
    """The history in a file."""
    try:
        if path.suffix == ".edn":
            with path.open(encoding="utf-8") as lines:
                return History(jepsen.operations(lines, str(path)), is_jepsen=True)
        with path.open("rb") as lines:
            return ktrace.history(lines, str(path))
    except UnicodeDecodeError:
        raise BadHistoryError("is no UTF-8", str(path)) from None
    except OSError as problem:
        raise BadHistoryError(problem.strerror or "can not be read", str(path)) from None
