"""What people believe: every pipeline and example gives the verdict that Kafka gives, and the page says so."""

from typing import Any

import pytest

from ackproof.bugs.record import BUGS
from ackproof.properties.folklore import EXAMPLES
from tests.test_docs import ROOT, loaded

Run = dict[str, Any]


FOLKLORE = loaded("folklore")
STATEMENTS: list[dict[str, Any]] = FOLKLORE.statements()
RUNS: dict[str, Run] = {
    f"{each['number']}-{run.get('pipeline', run.get('example'))}": run
    for each in STATEMENTS
    for run in FOLKLORE.runs(each)
}


def test_the_statements_are_numbered_from_1_to_37() -> None:
    assert [each["number"] for each in STATEMENTS] == list(range(1, 38))


@pytest.mark.parametrize("name", RUNS)
def test_a_verdict_is_that_of_kafka(name: str) -> None:
    assert FOLKLORE.answers(RUNS[name]) == FOLKLORE.expected(RUNS[name])


def test_what_repairs_holds() -> None:
    repairs = [run for each in STATEMENTS for run in each.get("repaired", [])]

    assert all(verdict.startswith("holds") for run in repairs for verdict in FOLKLORE.expected(run).values())


def test_each_pipeline_belongs_to_the_statement_of_its_number() -> None:
    files = {path.name.removesuffix(".ackproof.toml") for path in ROOT.glob("examples/folklore/*.ackproof.toml")}
    named = [
        (each["number"], run["pipeline"]) for each in STATEMENTS for run in FOLKLORE.runs(each) if "pipeline" in run
    ]

    assert sorted(files) == sorted(name for _, name in named)
    assert all(name.startswith(f"{number:02}-") for number, name in named)


def test_each_example_is_shown() -> None:
    assert {run["example"] for run in RUNS.values() if "example" in run} == set(EXAMPLES)


def test_each_bug_is_of_the_record() -> None:
    assert {number for each in STATEMENTS for number in each.get("bugs", [])} <= {bug.number for bug in BUGS}


def test_the_page_is_what_the_runs_give() -> None:
    assert (ROOT / "docs" / "folklore.md").read_text(encoding="utf-8") == FOLKLORE.page()
