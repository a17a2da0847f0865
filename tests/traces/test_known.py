"""Known counterexamples: found again, step by step, for ever."""

import tomllib
from pathlib import Path

import pytest

import ackproof

KNOWN = sorted((Path(__file__).parent.parent.parent / "traces" / "known").glob("*.toml"))


@pytest.mark.parametrize("file", KNOWN, ids=lambda file: file.stem)
def test_a_known_counterexample_is_found_again(file: Path, tmp_path: Path) -> None:
    known = tomllib.loads(file.read_text(encoding="utf-8"))
    pipeline = tmp_path / "known.ackproof.toml"
    pipeline.write_text(known["pipeline"], encoding="utf-8")

    (verdict,) = ackproof.verify(pipeline).verdicts

    assert verdict.counterexample is not None
    assert (verdict.claim, verdict.answer) == (known["claim"], "violated")
    assert [step.says for step in verdict.counterexample.trace.steps] == known["steps"]


def test_there_are_known_counterexamples() -> None:
    assert len(KNOWN) >= 8
