"""The benchmarks print what they promise, of systems that are small here, and the page shows commands that exist."""

import importlib.util
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmarks import compare, measuring

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"`python ((?:benchmarks|docs)/[^`]+)`", PAGE)))
KIP_101 = "--variant kip-101 --replicas 2 --log-size 2 --records 2 --max-leader-epoch 2"
ASYNC_ISR = "--variant async-isr --replicas 3 --max-offset 2 --max-version 2"

RUN = {
    "distinct_states": 10_340_352,
    "transitions": 123_558_401,
    "process_seconds": 20.0,
    "bytes_per_state": 84.0,
}
COMPARED = {
    "rounds": 3,
    "left_out": {},
    "machine": {
        "processors": 2,
        "architecture": "x86_64",
        "gigabytes": 8,
        "system": "Linux",
        "python": "3.11",
        "load_before": 0.1,
        "load_after": 1.0,
    },
    "cases": [
        {
            "title": "Two-phase commit, 9 managers",
            "distinct_states": 10_340_352,
            "transitions": 123_558_401,
            "contenders": [
                {
                    "contender": "SPIN",
                    "command": "python benchmarks/spin.py two_phase",
                    "seconds": 18.12,
                    "seconds_lowest": 17.0,
                    "seconds_highest": 19.0,
                    "times_as_long": 9.06,
                    "process_seconds": 20.0,
                    "bytes_per_state": 84.0,
                    "python_calls": None,
                }
            ],
        }
    ],
}
GROWN = {
    "runs": 3,
    "growth": [
        {
            "half": "produce",
            "size": "records",
            "searches": [
                {"distinct_states": 3_643, "transitions": 13_972, "python_calls": 9_538, "seconds": 0.26, "records": 2}
            ],
        }
    ],
}
needs_spin = pytest.mark.skipif(compare.why_no_spin() is not None, reason="spin is not installed")


def run(command: str) -> "subprocess.CompletedProcess[str]":
    """A script with its options, as a user calls it."""
    arguments = [sys.executable, *command.split()]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)


@cache
def printed(command: str) -> dict[str, Any]:
    """The one document that a script prints."""
    done = run(command)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.parametrize("workers", [1, 2])
def test_two_phase_commit(workers: int) -> None:
    document = printed(f"benchmarks/two_phase.py --managers 5 --workers {workers}")

    assert document.keys() >= {"seconds", "bytes_per_state"}
    assert (document["distinct_states"], document["transitions"], document["python_calls"]) == (8_832, 58_145, 47)


def test_depth_and_length_count_states() -> None:
    document = printed(f"benchmarks/replication.py {KIP_101}")

    assert "seconds" in document
    assert (document["distinct_states"], document["depth"]) == (9_045, 18)
    assert {name: (said["verdict"], said["length"]) for name, said in document["properties"].items()} == {
        "WeakIsr": ("violated", 12),
        "StrongIsr": ("violated", 12),
        "LeaderInIsr": ("holds", None),
    }


def test_asynchronous_isr_change_has_bounds_of_its_own() -> None:
    document = printed(f"benchmarks/replication.py {ASYNC_ISR}")

    assert document["distinct_states"] == 4_088
    assert document["properties"].keys() == {"ValidHighWatermark"}
    assert document["properties"]["ValidHighWatermark"]["verdict"] == "holds"


def test_properties_can_be_left_out() -> None:
    assert printed(f"benchmarks/replication.py {KIP_101} --no-properties")["properties"] == {}


def test_brute_force_finds_the_same_states() -> None:
    two_phase = printed("benchmarks/brute_force.py two_phase --managers 4")
    replication = printed(
        "benchmarks/brute_force.py replication --replicas 2 --log-size 2 --records 2 --max-leader-epoch 1"
    )

    assert (two_phase["distinct_states"], replication["distinct_states"]) == (1_568, 957)


@needs_spin
def test_spin_finds_the_same_states_and_transitions() -> None:
    document = printed("benchmarks/spin.py two_phase --managers 5")

    assert (document["distinct_states"], document["transitions"]) == (8_832, 58_145)


@needs_spin
@pytest.mark.slow
def test_all_contenders_are_compared() -> None:
    case = printed("benchmarks/compare.py --case two-phase-5 --rounds 1")["cases"][0]

    assert (case["distinct_states"], case["transitions"]) == (8_832, 58_145)
    assert [contender["contender"] for contender in case["contenders"]] == [
        "ackproof, 1 worker",
        "SPIN",
        "brute force",
    ]


def test_times_are_compared_within_each_round(monkeypatch: pytest.MonkeyPatch) -> None:
    both = ["ackproof, 1 worker", "SPIN"]
    monkeypatch.setitem(compare.CASES, "two", compare.Case("two", {who: who for who in both}))
    seconds = iter([1.0, 3.0, 2.0, 8.0, 4.0, 20.0])

    def timed(_command: str) -> compare.Document:
        return RUN | {"seconds": next(seconds)}

    monkeypatch.setattr(compare, "run", timed)

    rows = compare.compared("two", 3, has_spin=True)["contenders"]

    assert [(row["seconds"], row["times_as_long"]) for row in rows] == [(2.0, 1.0), (8.0, 4.0)]


def test_contenders_that_disagree_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(command: str) -> compare.Document:
        return {"distinct_states": len(command)}

    monkeypatch.setattr(compare, "run", mistaken)

    with pytest.raises(RuntimeError, match="disagree on the distinct states"):
        compare.compared("two-phase-5", 1, has_spin=True)


@pytest.mark.skipif(not measuring.STATUS.exists(), reason="the operating system does not tell")
def test_memory_is_that_of_the_call_and_not_of_an_earlier_peak() -> None:
    def take(megabytes: int) -> bytearray:
        return bytearray(b"x") * (megabytes << 20)

    take(256)
    used = measuring.measure(lambda: take(64)).bytes_used

    assert used is not None
    assert 60 << 20 < used < 100 << 20


def test_growth_is_that_of_both_halves() -> None:
    growth = printed("benchmarks/growth.py --up-to 2 --runs 1")["growth"]

    assert {(series["half"], series["size"]) for series in growth} == {
        ("produce", "records"),
        ("produce", "replicas"),
        ("produce", "faults"),
        ("consume", "records"),
        ("consume", "consumers"),
        ("consume", "faults"),
    }
    for series in growth:
        states = [search["distinct_states"] for search in series["searches"]]
        assert states == sorted(set(states))


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("two_phase.py --managers 0", "takes a whole number from 1 on, not 0"),
        ("two_phase.py", "the following arguments are required: --managers"),
        ("replication.py --variant kip-320 --replicas 3 --log-size 2", "kip-320 needs --records, --max-leader-epoch"),
        (f"replication.py {KIP_101} --max-offset 2", "kip-101 has no --max-offset"),
        (f"replication.py {ASYNC_ISR} --records 2", "async-isr has no --records"),
        ("brute_force.py two_phase --managers many", "takes a whole number from 1 on, not many"),
        ("compare.py --case three-phase", "invalid choice: 'three-phase'"),
        ("growth.py --up-to 1", "takes a whole number from 2 on, not 1"),
    ],
)
def test_bad_arguments_are_told(command: str, complaint: str) -> None:
    done = run(f"benchmarks/{command}")

    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_shows_commands_that_exist(command: str) -> None:
    script, *rest = command.split()
    model = [word for word in rest[:1] if not word.startswith("-")]

    shown = printed_help(" ".join((script, *model)))

    assert [word for word in rest if word.startswith("--") and word not in shown] == []


@cache
def printed_help(script: str) -> str:
    """What a script says of its options."""
    return run(f"{script} --help").stdout


def test_the_page_shows_how_to_reproduce_each_row() -> None:
    assert {command for case in compare.CASES.values() for command in case.commands.values()} <= set(COMMANDS)
    assert {"docs/benchmarks.py", "benchmarks/growth.py"} <= set(COMMANDS)


def test_a_row_of_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    generator = page_generator()
    for script, document in {"compare": COMPARED, "growth": GROWN}.items():
        (tmp_path / script).write_text(json.dumps(document))
    monkeypatch.setattr(generator, "PAGE", tmp_path / "page.md")
    files = ["--compare", str(tmp_path / "compare"), "--growth", str(tmp_path / "growth")]
    monkeypatch.setattr(sys, "argv", ["benchmarks.py", *files])

    generator.main()

    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "| SPIN | 18.12 | 17.00 to 19.00 | 9.06 | 20.00 | 84 | | `python benchmarks/spin.py two_phase` |" in page
    assert "| 2 | 3,643 | 13,972 | 9,538 | 0.26 |" in page


def page_generator() -> ModuleType:
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("page_generator", ROOT / "docs" / "benchmarks.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    return generator
