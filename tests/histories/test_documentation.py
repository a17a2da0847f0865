"""The page on histories names all that can be found in one."""

from pathlib import Path

import pytest

from ackproof.histories.allowed import BY_SETTINGS
from ackproof.histories.reading.line import NEEDS

PAGE = (Path(__file__).parents[2] / "docs" / "histories.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [*BY_SETTINGS, "phantom-read", "sequence-gap", "epoch-regression"])
def test_each_anomaly_is_explained(kind: str) -> None:
    assert f"`{kind}`" in PAGE


@pytest.mark.parametrize("event", NEEDS)
def test_each_event_has_its_fields(event: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{event}` |")]

    assert all(f"`{field}`" in row for field in NEEDS[event])
