"""
Verdicts that were derived from Kafka's rules by thought, not from the model, against what ackproof answers.

A case in verdicts/ has ``name``, ``why`` (the execution that breaks a claim, or the rule that forbids it), ``pipeline``
(the text of a pipeline file) and either ``verdicts`` (claim = holds | violated | unknown) or ``error`` (the exit code
is 3, and the message names this).
"""

import tomllib
from pathlib import Path
from typing import NotRequired, TypedDict

import pytest

from ackproof.judging.judge import verify

CASES = Path(__file__).parent / "verdicts"


class Case(TypedDict):
    """A row of the table: either the verdicts, or the key that is refused."""

    name: str
    why: str
    pipeline: str
    verdicts: NotRequired[dict[str, str]]
    error: NotRequired[str]


def cases() -> list[Case]:
    """All of the tables."""
    found: list[Case] = []
    for file in sorted(CASES.glob("*.toml")):
        found += tomllib.loads(file.read_text(encoding="utf-8"))["case"]
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_a_verdict_is_the_one_that_follows_from_kafkas_rules(case: Case, tmp_path: Path) -> None:
    file = tmp_path / f"{case['name']}.ackproof.toml"
    file.write_text(case["pipeline"], encoding="utf-8")

    judgement = verify(file)

    if "error" in case:
        refused = case["error"]
        assert any(refused in f"{error.key} {error.message}" for error in judgement.errors), case["why"]
    elif "verdicts" in case:
        assert not judgement.errors
        answers = {verdict.claim: verdict.answer for verdict in judgement.verdicts}
        assert {claim: answers[claim] for claim in case["verdicts"]} == case["verdicts"], case["why"]


def test_no_case_is_there_twice() -> None:
    names = [case["name"] for case in cases()]

    assert len(names) == len(set(names)) > 300
