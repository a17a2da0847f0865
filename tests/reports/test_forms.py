"""Verdicts in the forms that machines and pull requests read."""

import json
from importlib import import_module
from typing import Any
from xml.etree import ElementTree

import attrs
from junitparser import JUnitXml

from ackproof.reports.junit import as_junit
from ackproof.reports.markdown import as_markdown, prose
from ackproof.reports.sarif import as_sarif
from tests.reports.judged import held, refused, unknown, violated

sarif_pydantic: Any = import_module("sarif_pydantic")  # it has no types
ALL = (violated(), held(), unknown(), refused())


def test_markdown_shows_the_verdict_the_diagram_the_steps_and_the_repair() -> None:
    page = as_markdown([violated()])

    assert page.startswith("""\
## payments (Kafka 4.3)

| claim | verdict | what was covered |
| --- | --- | --- |
| `at-least-once` | ✗ **violated** (no-loss) in 5 steps | no shorter execution with 3 records and 1 fault """)
    assert (
        """
```mermaid
sequenceDiagram
    autonumber
    participant p0 as producer
"""
        in page
    )
    assert page.endswith("""\
4. broker 1, the leader, crashes ⚡ **broker-crash**
5. the controller makes broker 2 the leader; in sync: broker 2, broker 3

- r1 is acknowledged and lost: the leader does not have it, only broker 1 has it
- broker 1 (down): r1
- broker 2 (leads): empty log
- broker 3 (in sync): empty log

- **repair**: set `producer.config.acks = all` (verified; costs latency)
""")


def test_markdown_says_what_is_wrong_and_what_is_unknown() -> None:
    assert as_markdown([unknown(), refused()]).splitlines()[-5:] == [
        "`at-least-once` is unknown: too few seconds",
        "",
        "## refused",
        "",
        "- **error**: `producer.properties:7`: `ack`: unknown key ack; did you mean acks?",
    ]


def test_markdown_takes_nothing_of_a_sentence_for_its_own() -> None:
    assert prose("a_b *c*\n<d> | [e]") == r"a\_b \*c\* \<d\> \| \[e\]"


def test_junit_has_a_case_for_each_claim_and_passes_none_that_is_unknown() -> None:
    document = JUnitXml.fromstring(as_junit(ALL))

    results = [[type(result).__name__ for result in case.result] for suite in document for case in suite]
    assert results == [["Failure"], [], ["Skipped"], ["Error"]]
    assert counts(as_junit(ALL)) == {"tests": "4", "failures": "1", "skipped": "1", "errors": "1"}


def counts(text: str) -> dict[str, str | None]:
    """What a document says of itself."""
    root = ElementTree.fromstring(text)
    return {name: root.get(name) for name in ("tests", "failures", "skipped", "errors")}


def test_a_junit_failure_has_the_execution() -> None:
    failure = ElementTree.fromstring(as_junit([violated()])).find(".//failure")

    assert failure is not None
    assert failure.get("message") == "at-least-once is violated (no-loss)"
    assert "4 broker 1, the leader, crashes  ⚡broker-crash" in (failure.text or "")


def test_sarif_is_read_by_a_library() -> None:
    document = sarif_pydantic.Sarif.model_validate_json(as_sarif("0.1.0", ALL))

    kinds = [result.kind or result.level for result in document.runs[0].results]
    assert kinds == ["error", "pass", "open", "error"]


def test_sarif_points_at_the_setting_that_the_repair_changes() -> None:
    (result,) = json.loads(as_sarif("0.1.0", [violated()]))["runs"][0]["results"]

    assert result["locations"] == [
        {"physicalLocation": {"artifactLocation": {"uri": "producer.properties"}, "region": {"startLine": 8}}}
    ]
    assert result["message"]["text"].endswith("Repair: producer.config.acks = all.")
    flows = result["codeFlows"][0]["threadFlows"]
    steps = {flow["id"]: [each["executionOrder"] for each in flow["locations"]] for flow in flows}
    assert steps == {"producer": [1], "broker 1": [2, 3, 4], "controller": [5]}


def test_sarif_rules_are_those_of_the_results() -> None:
    run = json.loads(as_sarif("0.1.0", ALL))["runs"][0]

    names = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert names == ["at-least-once", "configuration"]
    assert all(names[result["ruleIndex"]] == result["ruleId"] for result in run["results"])


def test_the_fingerprint_of_sarif_has_nothing_of_lines() -> None:
    moved = attrs.evolve(violated(), places={"producer.config.acks": ("producer.properties", 70)})

    documents = [json.loads(as_sarif("0.1.0", [judgement])) for judgement in (violated(), moved)]
    first, second = (document["runs"][0]["results"][0] for document in documents)
    assert first["partialFingerprints"] == second["partialFingerprints"]
    assert first["locations"] != second["locations"]
