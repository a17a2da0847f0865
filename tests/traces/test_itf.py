"""The Informal Trace Format: its rules, as Apalache's ADR-015 states them."""

import json
from typing import TypedDict, cast

import attrs
import pytest

from ackproof.model.produce.replica import Replica
from ackproof.traces.itf import encoded, itf
from tests.traces.test_trace import loss, lossy


class Document(TypedDict):
    """What a reader of the format looks at."""

    vars: list[str]
    states: list[dict[str, object]]


def document() -> dict[str, object]:
    """A trace as a document, as a reader gets it."""
    found = itf(loss(lossy()), source="ackproof:test", description="lost", meta={"bounds": {"records": 1}})
    read: dict[str, object] = json.loads(json.dumps(found))
    return read


def states() -> list[dict[str, object]]:
    """Its states."""
    return cast("Document", document())["states"]


def test_every_state_gives_every_variable() -> None:
    names = set(cast("Document", document())["vars"])

    for state in states():
        assert set(state) == names | {"#meta"}


def test_the_action_taken_is_told_as_quint_expects_it() -> None:
    assert [state["mbt::actionTaken"] for state in states()] == [
        "init",
        "send",
        "append",
        "answer",
        "broker crash",
        "notice",
    ]


def test_the_meta_data_carries_the_bounds() -> None:
    meta = cast("dict[str, object]", document()["#meta"])

    assert meta["format"] == "ITF"
    assert meta["bounds"] == {"records": 1}


def test_a_lasso_tells_the_state_that_it_returns_to() -> None:
    lasso = attrs.evolve(loss(lossy()), loop=2)

    assert itf(lasso, source="ackproof:test", description="", meta={})["loop"] == 2
    assert "loop" not in document()


def test_values_have_the_formats_notation() -> None:
    assert encoded(True) is True
    assert encoded("all") == "all"
    assert encoded(-12) == {"#bigint": "-12"}
    assert encoded((1, "a")) == [{"#bigint": "1"}, "a"]
    assert encoded(frozenset({2, 1})) == {"#set": [{"#bigint": "1"}, {"#bigint": "2"}]}
    assert encoded(None) == {"tag": "None"}


def test_a_component_is_a_record() -> None:
    record = cast("dict[str, object]", encoded(Replica("leader")))

    assert record["role"] == "leader"
    assert record["log"] == []


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="a bytes has no notation"):
        encoded(b"")
