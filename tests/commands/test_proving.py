"""``ackproof prove`` as an outsider sees it."""

import json
from typing import Any, cast

import pytest

from ackproof.cli import prove
from ackproof.proofs.record import THEOREMS

FIRST = THEOREMS[0].name
SOME = THEOREMS[1:3]


def test_a_theorem_is_told_with_its_proof_and_where_it_fails(capsys: pytest.CaptureFixture[str]) -> None:
    code = prove((FIRST,))
    out = " ".join(capsys.readouterr().out.split())

    assert code == 0
    assert out.startswith(f"✓ {FIRST}")
    assert "six requests in flight: fails at" in out
    assert "sent = 6, stored = 6, nothing else" in out


def test_the_document_is_the_contracts(capsys: pytest.CaptureFixture[str]) -> None:
    code = prove(tuple(theorem.name for theorem in SOME), format="json")
    document = cast("dict[str, list[dict[str, Any]]]", json.loads(capsys.readouterr().out))

    assert code == 0
    assert [one["name"] for one in document["theorems"]] == [theorem.name for theorem in SOME]
    for one in document["theorems"]:
        assert one.keys() >= {"name", "statement", "proved", "broken_variant_refuted", "seconds"}
        assert (one["proved"], one["broken_variant_refuted"]) == (True, True)


def test_a_theorem_that_is_not_there_is_refused_and_the_nearest_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code = prove((FIRST[:-1],))
    said = capsys.readouterr()

    assert (code, said.out) == (3, "")
    assert FIRST in "".join(said.err.split())
