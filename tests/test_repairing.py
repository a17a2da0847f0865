"""``ackproof repair`` as an outsider sees it."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from ackproof.cli import repair

ROOT = Path(__file__).parent.parent
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


def test_what_only_the_application_can_repair_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code = repair(FOLKLORE / "35-trying-again-does-no-harm.ackproof.toml")

    assert code == 0
    assert "the application has to change" in " ".join(capsys.readouterr().out.split())


def test_what_nothing_repairs_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code = repair(FOLKLORE / "26-retention-waits-for-consumers.ackproof.toml")

    assert code == 1
    assert "no change of up to 3 keys makes every claim hold" in capsys.readouterr().out


def test_what_holds_needs_no_repair(capsys: pytest.CaptureFixture[str]) -> None:
    code = repair(FOLKLORE / "33-retry.ackproof.toml")

    assert code == 0
    assert "every claim holds as it is" in capsys.readouterr().out


def test_without_time_there_is_no_repair_and_no_verdict_about_one(capsys: pytest.CaptureFixture[str]) -> None:
    code = repair(PAYMENTS, budget=0.0)

    assert code == 2
    assert "the budget ended" in capsys.readouterr().out


def test_a_bad_configuration_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.ackproof.toml"
    bad.write_text("[producr]\n")
    code = repair(bad)
    said = capsys.readouterr()

    assert (code, said.out) == (3, "")
    assert "producr" in said.err
