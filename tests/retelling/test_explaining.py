"""``ackproof explain``: a trace as a story."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import ackproof
from ackproof.cli import explain
from ackproof.retelling.reporting import report

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of the README's example."""
    file, _ = report([ackproof.verify(ROOT / "examples" / "payments.ackproof.toml")], tmp_path_factory.mktemp("report"))
    return file


def test_each_step_says_what_it_changes_and_the_last_one_what_is_false(
    trace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    code = explain(trace)

    assert code == 0
    assert (
        capsys.readouterr().out
        == """\
payments  (the produce half, 5 steps)
  expected   Every record whose send succeeded is in the log of the leader, or
             with acks=0 still on its way there.
     1       producer → broker 1: producer sends r1
             producer, in flight: - → r1
     2       broker 1: broker 1, the leader, appends r1 at offset 0
             broker 1, log: - → r1
     3       broker 1 → producer: producer gets the acknowledgement of r1
             producer, in flight: r1 → -
             producer, acknowledged: - → r1
     4       broker 1: broker 1, the leader, crashes  ⚡broker-crash
             broker 1, role: leader → down
             broker 1, high watermark: 0 → -
     5       controller → broker 2: the controller makes broker 2 the leader; in
             sync: broker 2, broker 3
             broker 2, role: in sync → leader
             broker 2, high watermark: - → 0
  violated   no-loss with step 5: Every record whose send succeeded is in the
             log of the leader, or with acks=0 still on its way there.
  blame      step 4, broker-crash: without it the rest breaks nothing
"""
    )


def test_the_reproducer_is_a_test_that_fails_while_it_can_happen(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    explain(trace, format="pytest")
    text = capsys.readouterr().out
    mended = text.replace("'acks': '1'", "'acks': 'all'")

    assert mended != text
    assert [run(tmp_path, each) for each in (text, mended)] == [1, 0]


def run(folder: Path, text: str) -> int:
    """The exit code of pytest for a test file."""
    file = folder / "test_reproducer.py"
    file.write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(file)]
    return subprocess.run(command, check=False, capture_output=True).returncode


def test_what_is_no_trace_gives_3(tmp_path: Path) -> None:
    other = tmp_path / "other.itf.json"
    other.write_text(json.dumps({"states": []}))

    assert [explain(other), explain(tmp_path / "none")] == [3, 3]
