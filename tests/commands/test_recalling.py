"""``ackproof bugs`` as an outsider sees it."""

import json
from typing import cast

import pytest

from ackproof.bugs.record import BUGS, OUT_OF_REACH
from ackproof.cli import bugs
from ackproof.commands import recalling

FIRST = BUGS[0].number


def test_a_bug_is_drawn_by_its_number_in_any_case(capsys: pytest.CaptureFixture[str]) -> None:
    code = bugs((FIRST.lower(),))
    out = capsys.readouterr().out

    assert code == 0
    assert out.startswith(FIRST)
    assert "violated in" in out
    assert "holds with the rules that fixed it" in out


def test_a_number_that_is_in_no_record_is_refused_and_the_nearest_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code = bugs((FIRST[:-1],))
    said = capsys.readouterr()

    assert (code, said.out) == (3, "")
    assert FIRST in said.err


def test_what_is_no_time_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert bugs((FIRST,), budget=-1.0) == 3
    assert capsys.readouterr().err == "ackproof: --budget takes seconds from 0 up\n"


def test_the_document_of_one_bug_is_the_contracts(capsys: pytest.CaptureFixture[str]) -> None:
    code = bugs((FIRST,), format="json")
    document = cast("dict[str, list[dict[str, object]]]", json.loads(capsys.readouterr().out))
    (only,) = document["bugs"]

    assert code == 0
    assert only.keys() >= {"id", "title", "expressible", "found", "length", "seconds", "fixed_holds", "why_not"}
    assert (only["id"], only["expressible"], only["found"], only["fixed_holds"]) == (FIRST, True, True, True)


def test_what_is_out_of_reach_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    number = OUT_OF_REACH[0].number
    bugs((number,), format="json")
    document = cast("dict[str, list[dict[str, object]]]", json.loads(capsys.readouterr().out))

    assert [(one["id"], one["expressible"], bool(one["why_not"])) for one in document["bugs"]] == [
        (number, False, True)
    ]


def test_a_bug_that_is_not_found_in_time_is_not_as_expected(capsys: pytest.CaptureFixture[str]) -> None:
    code = recalling.answer((FIRST,), form="text", budget_s=0.0)

    assert code == 1
    assert "not found" in capsys.readouterr().out
