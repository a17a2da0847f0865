"""``ackproof replay`` as an outsider sees it."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from ackproof.cli import replay
from ackproof.judging.judge import verify
from ackproof.reports.document import counterexample

ROOT = Path(__file__).parent.parent.parent
Document = dict[str, Any]


def trace_of(example: str) -> Document:
    """The trace of the first violation of an example, as it is printed."""
    judgement = verify(ROOT / "examples" / example)
    verdict = next(verdict for verdict in judgement.verdicts if verdict.counterexample)
    assert verdict.counterexample is not None
    return cast("Document", json.loads(json.dumps(counterexample(judgement, verdict, verdict.counterexample)["trace"])))


PAYMENTS = trace_of("payments.ackproof.toml")


def written(path: Path, document: object) -> Path:
    file = path / "trace.itf.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return file


def test_a_trace_is_taken_again_and_breaks_its_claim(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = replay(written(tmp_path, PAYMENTS))
    out = capsys.readouterr().out

    assert code == 0
    assert "broker 1, the leader, crashes" in out
    assert "each step is one of the model, and it breaks no-loss" in out


def test_a_trace_that_ends_too_early_does_not_break_its_claim(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = replay(written(tmp_path, {**PAYMENTS, "states": PAYMENTS["states"][:-2]}))

    assert code == 1
    assert "it does not break no-loss" in capsys.readouterr().out


def test_a_step_that_can_not_be_taken_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    states = PAYMENTS["states"]
    code = replay(written(tmp_path, {**PAYMENTS, "states": [*states[:2], *states[3:]]}))
    said = capsys.readouterr()

    assert (code, said.out) == (3, "")
    assert "step 2 (answer) can not be taken" in " ".join(said.err.split())


def with_meta(**changes: object) -> Document:
    return {**PAYMENTS, "#meta": {**PAYMENTS["#meta"], **changes}}


SPOILT: list[tuple[object, str]] = [
    ("{", ":1: not a JSON document"),
    ([], "not a trace"),
    ({**PAYMENTS, "#meta": {}}, "its #meta has no pipeline and claim"),
    (with_meta(claim="no-lose"), "its claim is 'no-lose'"),
    (with_meta(pipeline={"kafka": "4.3", "consumr": {}}), "consumr"),
    ({**PAYMENTS, "states": []}, "not an execution of this pipeline"),
]


@pytest.mark.parametrize(("spoilt", "complaint"), SPOILT)
def test_what_is_no_trace_is_refused(
    spoilt: object, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = replay(written(tmp_path, spoilt))
    said = capsys.readouterr()

    assert (code, said.out) == (3, "")
    assert complaint in " ".join(said.err.split())


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = replay(tmp_path / "nowhere.json")

    assert code == 3
    assert "No such file" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["folklore", "in-depth"])
def test_every_counterexample_of_the_examples_is_taken_again(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in sorted(ROOT.glob(f"examples/{folder}/*.ackproof.toml")):
        judgement = verify(path)
        for verdict in judgement.verdicts:
            if verdict.counterexample:
                trace = counterexample(judgement, verdict, verdict.counterexample)["trace"]
                assert replay(written(tmp_path, trace)) == 0, (path, verdict.claim, capsys.readouterr())
