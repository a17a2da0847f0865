"""``ackproof repair`` as an outsider sees it."""

import json
import shutil
from math import nan
from pathlib import Path
from typing import Any, cast

import pytest

from ackproof.cli import repair
from ackproof.judging.judge import verify

ROOT = Path(__file__).parent.parent.parent
PAYMENTS = ROOT / "examples" / "payments.ackproof.toml"
FOLKLORE = ROOT / "examples" / "folklore"


def test_the_smallest_repair_is_named_with_what_it_costs(capsys: pytest.CaptureFixture[str]) -> None:
    code = repair(PAYMENTS)
    out = " ".join(capsys.readouterr().out.split())

    assert code == 0
    assert "producer.config.acks = all" in out
    assert "costs latency: a send waits for all in-sync replicas" in out


def test_the_document_is_the_contracts(capsys: pytest.CaptureFixture[str]) -> None:
    code = repair(PAYMENTS, format="json")
    document = cast("dict[str, Any]", json.loads(capsys.readouterr().out))

    assert code == 0
    assert document["reason"] is None
    assert [(one["set"], one["verified"]) for one in document["repairs"]] == [({"producer.config.acks": "all"}, True)]
    assert document["repairs"][0]["costs"][0].keys() == {"key", "of", "why"}
    assert document["repairs"][0]["where"] == "configuration"


def test_what_only_the_application_can_repair_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code = repair(FOLKLORE / "35-trying-again-does-no-harm.ackproof.toml")

    assert code == 0
    assert "the application has to change" in " ".join(capsys.readouterr().out.split())


def test_what_nothing_repairs_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code = repair(FOLKLORE / "26-retention-waits-for-consumers.ackproof.toml")

    assert code == 1
    assert "makes every claim hold, of settings, versions or the application; retention: keep" in " ".join(
        capsys.readouterr().out.split()
    )


def test_what_holds_needs_no_repair(capsys: pytest.CaptureFixture[str]) -> None:
    code = repair(FOLKLORE / "33-retry.ackproof.toml")

    assert code == 0
    assert "every claim holds as it is" in capsys.readouterr().out


def test_without_time_there_is_no_repair_and_no_verdict_about_one(capsys: pytest.CaptureFixture[str]) -> None:
    code = repair(PAYMENTS, budget=0.0)

    assert code == 2
    assert "the budget ended" in capsys.readouterr().out


@pytest.mark.parametrize("budget", [-1.0, nan])
def test_what_is_no_time_is_refused(budget: float, capsys: pytest.CaptureFixture[str]) -> None:
    assert repair(PAYMENTS, budget=budget) == 3
    assert capsys.readouterr().err == "ackproof: --budget takes seconds from 0 up\n"


def test_a_bad_configuration_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.ackproof.toml"
    bad.write_text("[producr]\n")
    code = repair(bad)
    said = capsys.readouterr()

    assert (code, said.out) == (3, "")
    assert "producr" in said.err


@pytest.fixture
def payments(tmp_path: Path) -> Path:
    for file in ("payments.ackproof.toml", "producer.properties", "consumer.properties"):
        shutil.copy(ROOT / "examples" / file, tmp_path / file)
    return tmp_path / "payments.ackproof.toml"


def test_a_repair_is_written_after_its_difference_and_then_holds(
    payments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (payments.parent / "producer.properties").read_text()
    code = repair(payments, write=True)
    said = capsys.readouterr()

    assert code == 0
    assert "-acks=1\n+acks=all\n" in said.out
    assert "written:" in said.err
    assert (payments.parent / "producer.properties").read_text() == before.replace("acks=1", "acks=all")
    assert payments.read_text() == PAYMENTS.read_text()
    assert [verdict.answer for verdict in verify(payments).verdicts] == ["holds"]


def test_what_is_written_is_in_the_document(payments: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = repair(payments, write=True, format="json")
    (written,) = json.loads(capsys.readouterr().out)["written"]

    assert code == 0
    assert written["file"] == str(payments.parent / "producer.properties")
    assert "+acks=all" in written["diff"]


def test_another_repair_than_the_first_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "35.ackproof.toml"
    shutil.copy(FOLKLORE / "35-trying-again-does-no-harm.ackproof.toml", file)
    codes = [repair(file, write=True, choose=9), repair(file, write=True, choose=2)]
    said = capsys.readouterr()

    assert codes == [3, 0]
    assert "there is no repair 9, only 2 repairs" in " ".join(said.err.split())
    assert '+commit = "with-sink"' in said.out
    assert [verdict.answer for verdict in verify(file).verdicts] == ["holds"]


def test_without_a_repair_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "26.ackproof.toml"
    shutil.copy(FOLKLORE / "26-retention-waits-for-consumers.ackproof.toml", file)
    before = file.read_bytes()
    code = repair(file, write=True)

    assert code == 1
    assert file.read_bytes() == before
    assert "written" not in capsys.readouterr().err


def test_what_would_not_hold_once_it_is_written_is_not(
    payments: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(pipeline: object, changes: object) -> tuple[()]:
        del pipeline, changes
        return ()

    monkeypatch.setattr("ackproof.commands.repairing.edits", nothing)
    code = repair(payments, write=True)

    assert code == 3
    assert "nothing is written: the claims would not hold with these files" in " ".join(capsys.readouterr().err.split())
