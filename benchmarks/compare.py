"""
The search beside others: SPIN, and the brute-force oracle of the tests where it can keep up.

Usage: python benchmarks/compare.py [--rounds N] [--case NAME]... Needs spin and gcc, or leaves SPIN out. Every
contender searches the same states, each in a process of its own, one after another in turn, several rounds. Prints one
JSON document: of each case and contender the command, the median seconds of the search by the clock and those of the
whole process, the bytes for each state, and how many times as long it took as ours with one worker (the median of the
rounds, since neighbours in a round find the machine alike).
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import attrs

sys.path.append(str(Path(__file__).parent.parent))

from benchmarks.measuring import at_least, options, show

ROOT = Path(__file__).parent.parent
SPIN, OURS = "SPIN", "ackproof, 1 worker"
PATIENCE_S = 900
Document = dict[str, float]
Round = dict[str, Document]


@attrs.frozen
class Case:
    """
    One system.

    Attributes:
        title: What people call it.
        commands: What each contender runs.
    """

    title: str
    commands: Mapping[str, str]


def two_phase(managers: int, *, is_small: bool = False) -> Case:
    """Two-phase commit."""
    size = f"--managers {managers}"
    return Case(f"Two-phase commit, {managers} managers", contenders("two_phase", "", size, is_small=is_small))


def replication(max_leader_epoch: int, *, is_small: bool = False) -> Case:
    """Replication with leader-epoch fencing."""
    size = f"--replicas 3 --log-size 2 --records 2 --max-leader-epoch {max_leader_epoch}"
    title = f"Replication as of KIP-320, 3 replicas, 2 records, epochs 0 to {max_leader_epoch}"
    return Case(title, contenders("replication", "--variant kip-320 --no-properties ", size, is_small=is_small))


def contenders(model: str, ours: str, size: str, *, is_small: bool) -> dict[str, str]:
    """What each contender runs: brute force where the system is small, two workers where it is not."""
    mine = f"benchmarks/{model}.py {ours}{size}"
    brute_force = {"brute force": f"benchmarks/brute_force.py {model} {size}"}
    return {
        OURS: f"{mine} --workers 1",
        **({} if is_small else {"ackproof, 2 workers": f"{mine} --workers 2"}),
        SPIN: f"benchmarks/spin.py {model} {size}",
        **(brute_force if is_small else {}),
    }


CASES = {
    "two-phase-5": two_phase(5, is_small=True),
    "two-phase-9": two_phase(9),
    "replication-epoch-1": replication(1, is_small=True),
    "replication-epoch-2": replication(2),
    "replication-epoch-3": replication(3),
}


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=at_least(1), default=3, metavar="N")
    parser.add_argument("--case", choices=CASES, action="append", help="only this one; can be given again")
    given = parser.parse_args()
    missing = why_no_spin()
    load_before = load()
    cases = [compared(name, given.rounds, has_spin=missing is None) for name in given.case or CASES]
    show(
        {
            "rounds": given.rounds,
            "left_out": {SPIN: missing} if missing else {},
            "machine": machine() | {"load_before": load_before, "load_after": load()},
            "cases": cases,
        }
    )


def why_no_spin() -> str | None:
    """What SPIN needs and is not there."""
    return next((f"{tool} is not installed" for tool in ("spin", "gcc") if shutil.which(tool) is None), None)


def machine() -> dict[str, object]:
    """What the figures depend on, in general terms."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processors": os.cpu_count(),
        "architecture": platform.machine(),
        "gigabytes": round(memory / 1e9),
        "system": platform.system(),
        "python": ".".join(platform.python_version_tuple()[:2]),
    }


def load() -> float:
    """How many processes wanted to run in the last minute, on average."""
    return round(os.getloadavg()[0], 1)


def compared(name: str, rounds: int, *, has_spin: bool) -> dict[str, Any]:
    """One case: all contenders in turn, several rounds."""
    case = CASES[name]
    commands = {who: command for who, command in case.commands.items() if has_spin or who != SPIN}
    runs = [one_round(commands) for _ in range(rounds)]
    states = {who: run["distinct_states"] for who, run in runs[0].items()}
    if len(set(states.values())) > 1:
        raise RuntimeError(f"{name}: the contenders disagree on the distinct states: {states}")
    return {
        "case": name,
        "title": case.title,
        "distinct_states": states[OURS],
        "transitions": runs[0][OURS]["transitions"],
        "contenders": [row(who, command, runs) for who, command in commands.items()],
    }


def one_round(commands: Mapping[str, str]) -> Round:
    """Everybody once, one after another."""
    return {who: run(command) for who, command in commands.items()}


def run(command: str) -> Document:
    """What a contender prints, and how long its process took."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *command.split()], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    if done.returncode:
        raise RuntimeError(f"python {command} failed:\n{done.stderr}")
    process_seconds = time.perf_counter() - started
    return normalised(cast("Document", json.loads(done.stdout))) | {"process_seconds": process_seconds}


def normalised(document: Document) -> Document:
    """SPIN's figures as ours: seconds by the clock, memory for each state."""
    if "peak_kilobytes" not in document:
        return document
    bytes_per_state = round(document["peak_kilobytes"] * 1024 / document["distinct_states"], 1)
    return document | {"seconds": document["elapsed_seconds"], "bytes_per_state": bytes_per_state}


def row(who: str, command: str, runs: list[Round]) -> dict[str, object]:
    """What a contender needed in all rounds."""
    its, ours = ([run[contender] for run in runs] for contender in (who, OURS))
    seconds = [one["seconds"] for one in its]
    ratios = [one["seconds"] / our["seconds"] for one, our in zip(its, ours, strict=True)]
    return {
        "contender": who,
        "command": f"python {command}",
        "seconds": round(statistics.median(seconds), 4),
        "seconds_lowest": min(seconds),
        "seconds_highest": max(seconds),
        "times_as_long": round(statistics.median(ratios), 2),
        "process_seconds": round(statistics.median(one["process_seconds"] for one in its), 2),
        "bytes_per_state": statistics.median(one["bytes_per_state"] for one in its),
        "python_calls": its[0].get("python_calls"),
    }


if __name__ == "__main__":
    main()
