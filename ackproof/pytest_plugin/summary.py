"""The end of a run: each verdict with what it covers, the files written, how to have it again."""

import shlex
from collections.abc import Iterable, Mapping, Sequence

import pytest

from ackproof.pytest_plugin.placing import under

COLOUR = {"holds": "green", "violated": "red", "unknown": "yellow"}


def show(reporter: pytest.TerminalReporter, found: Sequence[Mapping[str, object]], files: Iterable[str]) -> None:
    """Print one section, in the order of files and claims, whichever process found what first."""
    reporter.section("ackproof")
    rows = [
        (f"{told['file']}", f"{told['claim']}", told)
        for told in sorted(found, key=lambda one: (f"{one['file']}", f"{one['claim']}"))
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for file, claim, told in rows:
        reporter.write(f"{file:{widths[0]}}  {claim:{widths[1]}}  ")
        reporter.write(f"{told['headline']}\n", **{COLOUR[str(told["verdict"])]: True})
        reporter.write_line(f"  {told['covered']}")
    for file in files:
        reporter.write_line(f"written: {file}")
    for file, claim, told in rows:
        if told["verdict"] != "holds":
            path = shlex.quote(under(reporter.config.invocation_params.dir, str(reporter.config.rootpath / file)))
            reporter.write_line(f"again: ackproof verify {path} --claim {claim}{told['again']}")
