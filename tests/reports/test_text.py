"""What the text says of its bounds."""

import attrs
import pytest

from ackproof.properties.verdict import Verdict
from ackproof.reports.text import complain, covered

HOLDS = Verdict("no-loss", "holds", "produce", "exhaustive", {"records": 3, "faults": 2}, ("broker-crash", "retention"))


def test_a_bound_names_the_kinds_of_fault() -> None:
    assert "with 3 records and 2 faults (broker-crash or retention)" in covered(HOLDS)
    assert "2 faults of 6 kinds" in covered(attrs.evolve(HOLDS, fault_kinds=("x",) * 6))
    assert "3 records and 0 faults:" in covered(attrs.evolve(HOLDS, bounds={"records": 3, "faults": 0}, fault_kinds=()))


def test_a_violation_is_the_shortest_only_if_everything_nearer_was_searched() -> None:
    violated = attrs.evolve(HOLDS, answer="violated")

    assert "no shorter execution" in covered(violated)
    assert "a shorter execution may break it too" in covered(attrs.evolve(violated, evidence="searched"))


def test_what_is_wrong_is_said_in_just_these_words(capsys: pytest.CaptureFixture[str]) -> None:
    complain("[/red].toml: [topic] is wrong" + " x" * 60 + "\nand so is that")

    first, second = capsys.readouterr().err.splitlines()
    assert first == "ackproof: [/red].toml: [topic] is wrong" + " x" * 60
    assert second == "ackproof: and so is that"
