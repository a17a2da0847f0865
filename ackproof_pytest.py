"""
The door of the pytest plugin: what it costs to have it installed.

It imports nothing of ackproof: that happens when a ``*.ackproof.toml`` is collected, or a test asks for a verdict.
It asserts nothing either: PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ackproof.properties.verdict import Judgement
    from ackproof.pytest_plugin.collecting import PipelineFile

SUFFIX = ".ackproof.toml"
MARKER = (
    "ackproof(pipeline, claim=..., faults=..., records=..., kafka=...): the test fails unless the claim, or each claim"
    " that the file expects, holds for the pipeline in the file *pipeline*, beside the test"
)
OPTIONS = {
    "budget": ("SECONDS", "for each claim"),
    "records": ("N", "how many records"),
    "faults": ("KIND,KIND:N", "which faults, in place of what the files say"),
    "kafka": ("VERSION", "of the brokers"),
    "report": ("DIR", "write what was found there: Markdown, SARIF, and a page and a trace for each violated claim"),
    "unknown": (
        "OUTCOME",
        "what becomes of a claim that is unknown: fail (the default), xfail or skip; it never passes",
    ),
    "repairs": ("YES|NO", "look for the smallest changes that make a violated claim hold (the default: yes)"),
}
"""What each option takes, and what it says."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Each option on the command line has a twin in the configuration file."""
    group = parser.getgroup("ackproof", "Kafka pipelines (ackproof)")
    for name, (metavar, says) in OPTIONS.items():
        group.addoption(f"--ackproof-{name}", metavar=metavar, default=None, help=says)
        parser.addini(f"ackproof_{name}", says, default=None)


def option(config: pytest.Config, name: str) -> str | None:
    """What was asked for on the command line, or else in the configuration file."""
    given: str | None = config.getoption(f"--ackproof-{name}")
    return given or config.getini(f"ackproof_{name}") or None


def report_folder(config: pytest.Config) -> Path | None:
    """Where to write: on the command line as seen from here, in the configuration file as seen from the root."""
    folder = option(config, "report")
    base = config.invocation_params.dir if config.getoption("--ackproof-report") else config.rootpath
    return base / folder if folder else None


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what makes no sense before anything runs."""
    config.addinivalue_line("markers", MARKER)
    if any(option(config, name) for name in OPTIONS):
        from ackproof.pytest_plugin.asking import checked

        checked(config)
    config.pluginmanager.register(Heard(config), "ackproof-heard")


def pytest_report_header(config: pytest.Config) -> str | None:
    """What was asked for, if anything was."""
    asked = {name: option(config, name) for name in OPTIONS}
    said = ", ".join(f"{name} {value}" for name, value in asked.items() if value)
    return f"ackproof: {said}" if said else None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PipelineFile | None:
    """A pipeline file is a file of tests, one for each claim."""
    if not file_path.name.endswith(SUFFIX):
        return None
    from ackproof.pytest_plugin.collecting import PipelineFile

    return PipelineFile.from_parent(parent, path=file_path)  # pyright: ignore[reportUnknownMemberType]  # pytest says no types there


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """A marked test runs only if its claims hold."""
    for mark in pyfuncitem.iter_markers("ackproof"):
        from ackproof.pytest_plugin.marking import require

        require(pyfuncitem, mark)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What was found goes with the report, as plain values: so it gets from a worker of pytest-xdist to its master."""
    report = yield
    if (call.when == "call" or report.failed) and (found := item.stash.get(FOUND, None)):
        vars(report).update(ackproof=[*found])
        found.clear()
        if LOCATION in item.stash and report.failed:
            report.location = item.stash[LOCATION]
    return report


@pytest.fixture
def ackproof_verify(request: pytest.FixtureRequest) -> Callable[..., Judgement]:
    """
    Judge a pipeline: ``ackproof_verify(path, claims=None, faults=None, records=None, kafka=None)``.

    A relative path is looked for beside the test. A configuration that can not be run fails the test; the verdicts are
    in the summary at the end.
    """
    from ackproof.pytest_plugin.marking import verifier

    item: pytest.Item = request.node
    return verifier(item)


class Heard:
    """What the reports say, on their way to the summary."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.found: list[dict[str, object]] = []
        self.files: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what came with a report."""
        self.found += getattr(report, "ackproof", ())

    def pytest_sessionfinish(self) -> None:
        """Write what was asked for, once: where the reports are."""
        if not hasattr(self.config, "workerinput") and self.found and (folder := report_folder(self.config)):
            from ackproof.pytest_plugin.writing import write

            self.files = write(folder, self.found)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the verdicts."""
        if self.found:
            from ackproof.pytest_plugin.summary import show

            show(terminalreporter, self.found, self.files)


FOUND = pytest.StashKey[list[dict[str, object]]]()
"""What was found while an item ran and no report has told."""

LOCATION = pytest.StashKey[tuple[str, int | None, str]]()
"""Where the setting stands that is to blame."""
