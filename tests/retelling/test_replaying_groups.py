"""``ackproof replay --on reference`` of two members that own one partition."""

from pathlib import Path

import pytest

from ackproof.cli import replay
from tests.retelling.test_replaying_on_reference import traces_of
from tests.test_verdicts import cases

NAME = "taken-though-it-is-another-ones-by-now"


def test_it_is_said_who_reads_a_partition_and_what_the_coordinator_has_told_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = tmp_path / "group.ackproof.toml"
    pipeline.write_text(next(case["pipeline"] for case in cases() if case["name"] == NAME), encoding="utf-8")
    (file,) = traces_of(pipeline, tmp_path)

    code = replay(file, on="reference")
    said = " ".join(capsys.readouterr().out.split())

    assert code == 0
    assert "consumer-2 reads partition 2: at epoch 4, assigned is partition 2" in said
    assert (
        "on the reference: partition 2 is read by consumer-1 (epoch 4, assigned partitions 0 and 1) "
        "and by consumer-2 (epoch 4, assigned partition 2)"
    ) in said
