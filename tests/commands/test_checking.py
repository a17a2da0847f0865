"""``ackproof check`` from the outside."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ackproof.commands.checking import check
from tests.histories.test_jepsen import SENT, polled
from tests.histories.written import Journal


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What the command line answers."""
    command = [sys.executable, "-m", "ackproof", "check", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def lossy(tmp_path: Path) -> Path:
    """A Jepsen history with a lost write."""
    file = tmp_path / "history.edn"
    file.write_text("\n".join([*SENT, *polled(2, "[0 1] [2 3]")]))
    return file


def test_an_anomaly_that_is_not_allowed_is_told_and_gives_1(lossy: Path) -> None:
    result = ran(str(lossy))

    assert (result.returncode, result.stderr) == (1, "")
    assert (
        result.stdout
        == """\
history.edn  (2 operations) invalid
lost-write: 1
             nobody read 2 at offset 1 of 5, and 3 behind it was read
             (operations 1, 3)
int-poll-skip: 1
             between 1 and 3 of 5 there is more (operations 3)
unseen: 1
             1 of the records sent to 5 were never read (operations 1)
"""
    )


def test_json_is_one_document(lossy: Path) -> None:
    document = json.loads(ran(str(lossy), "--format", "json").stdout)

    assert document["verdict"] == "invalid"
    first = document["anomalies"][0]
    assert {name: first[name] for name in ("type", "key", "values", "operations", "allowed", "why_allowed")} == {
        "type": "lost-write",
        "key": 5,
        "values": [2],
        "operations": [1, 3],
        "allowed": False,
        "why_allowed": "",
    }


def test_what_is_no_history_gives_3_with_file_and_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.edn"
    bad.write_text("{:type :ok}\n{:type :what}\n")

    result = ran(str(bad))

    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == f"ackproof: {bad}:2: :type: is :invoke, :ok, :fail or :info\n"


def test_a_file_that_is_not_there_gives_3(tmp_path: Path) -> None:
    assert ran(str(tmp_path / "none.edn")).returncode == 3


def test_what_can_not_be_told_gives_2(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    journal = Journal(config={})
    journal.send("a", 0)
    journal.send("b", 1)
    journal.poll(("b", 1))
    file.write_bytes(b"\n".join(journal.text()))

    result = ran(str(file))

    assert result.returncode == 2
    assert check(file).reason == "lost-write: nobody says what retention was"
