"""The command line as an outsider sees it: output, exit codes, no traceback."""

import json
import subprocess
import sys
from pathlib import Path
from typing import TypedDict, cast

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = "examples/payments.ackproof.toml"


class Claim(TypedDict):
    """What scripts read of a claim."""

    claim: str
    verdict: str
    broken: list[str]
    half: str
    evidence: str
    distinct_states: int
    depth: int
    seconds: float
    bounds: dict[str, int]
    counterexample: dict[str, object]


class Pipeline(TypedDict):
    """What scripts read of a pipeline."""

    name: str
    file: str
    kafka: str
    errors: list[dict[str, object]]
    notices: list[dict[str, object]]
    claims: list[Claim]


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    command = [sys.executable, "-m", "ackproof", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=100)


def pipelines(done: subprocess.CompletedProcess[str]) -> list[Pipeline]:
    """The document that was printed, and nothing else."""
    document = cast("dict[str, list[Pipeline]]", json.loads(done.stdout))
    return document["pipelines"]


def written(folder: Path, **files: str) -> Path:
    """*folder* with small files: ``name_ending`` becomes ``name.ending``."""
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


SAFE = 'name = "safe"\n[producer]\nclient = "java"\n[faults]\nat_most = 0\n[claims]\nexpect = ["no-loss"]\n'


def test_a_violated_claim_is_told_in_steps_with_the_fault_marked() -> None:
    done = run("verify", EXAMPLE)

    assert done.returncode == 1
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert "✗ at-least-once: violated (no-loss) in 5 steps" in lines
    start = lines.index("    1 producer sends r1")
    assert lines[start + 1 : start + 5] == [
        "    2 broker 1, the leader, appends r1 at offset 0",
        "    3 producer gets the acknowledgement of r1",
        "    4 broker 1, the leader, crashes  ⚡broker-crash",
        "    5 the controller makes broker 2 the leader; in sync: broker 2, broker 3",
    ]
    assert all(len(line) <= 80 for line in lines)


def test_the_document_has_the_fields_that_scripts_rely_on() -> None:
    done = run("verify", EXAMPLE, "--format", "json")

    (pipeline,) = pipelines(done)
    assert (pipeline["name"], pipeline["file"], pipeline["kafka"]) == ("payments", EXAMPLE, "4.3")
    assert pipeline["errors"] == []
    turned_off = next(notice for notice in pipeline["notices"] if notice["key"] == "enable.idempotence")
    assert (turned_off["file"], turned_off["line"]) == ("examples/producer.properties", 8)
    (claim,) = pipeline["claims"]
    assert (claim["verdict"], claim["broken"], claim["half"]) == ("violated", ["no-loss"], "produce")
    assert (claim["evidence"], claim["bounds"]) == ("exhaustive", {"records": 3, "faults": 1})
    assert claim["counterexample"]["length"] == len(cast("list[str]", claim["counterexample"]["steps"])) == 5
    assert claim["counterexample"]["faults"] == ["broker-crash"]


def test_two_runs_give_the_same_bytes_apart_from_seconds() -> None:
    first, second = (run("verify", EXAMPLE, "--format", "json").stdout.splitlines() for _ in range(2))

    assert [line for line in first if '"seconds"' not in line] == [line for line in second if '"seconds"' not in line]


def test_a_claim_that_holds_gives_0(tmp_path: Path) -> None:
    done = run("verify", "safe.ackproof.toml", cwd=written(tmp_path, safe__ackproof__toml=SAFE))

    assert done.returncode == 0
    assert "✓ no-loss: holds" in done.stdout


def test_what_is_unknown_gives_2_and_says_why(tmp_path: Path) -> None:
    text = SAFE.replace("no-loss", "drains")

    done = run("verify", "p.ackproof.toml", cwd=written(tmp_path, p__ackproof__toml=text))

    assert done.returncode == 2
    assert "? drains: unknown" in done.stdout
    assert "drains is about a consumer group, and this pipeline has none" in " ".join(done.stdout.split())


def test_a_spent_budget_is_unknown_and_not_holds(tmp_path: Path) -> None:
    text = SAFE.replace("at_most = 0", "at_most = 2")

    done = run("verify", "p.ackproof.toml", "--budget", "0.001", cwd=written(tmp_path, p__ackproof__toml=text))

    assert done.returncode == 2
    assert "ran out of time" in " ".join(done.stdout.split())


def test_properties_files_are_enough(tmp_path: Path) -> None:
    folder = written(tmp_path, p__properties="acks=0\n", t__properties="min.insync.replicas=2\n")

    done = run("verify", "--producer", "p.properties", "--topic", "t.properties", "--claim", "no-loss", cwd=folder)

    assert done.returncode == 1
    assert "⚡request-lost" in done.stdout


def test_the_command_line_beats_the_file(tmp_path: Path) -> None:
    folder = written(tmp_path, p__ackproof__toml=SAFE)
    options = ("--claim", "in-order", "--faults", "producer-crash:1", "--records", "1", "--format", "json")

    (pipeline,) = pipelines(run("verify", "p.ackproof.toml", *options, cwd=folder))

    (claim,) = pipeline["claims"]
    assert claim["claim"] == "in-order"
    assert claim["bounds"]["records"] == 1


def test_a_bad_file_among_good_ones_runs_nothing(tmp_path: Path) -> None:
    bad = '[producer]\nclient = "java"\n[producer.config]\n"acks" = "2"\n'
    folder = written(tmp_path, safe__ackproof__toml=SAFE, bad__ackproof__toml=bad)

    done = run("verify", "safe.ackproof.toml", "bad.ackproof.toml", "--output", "out.txt", cwd=folder)

    assert done.returncode == 3
    assert done.stdout == ""
    assert "bad.ackproof.toml:4: acks" in " ".join(done.stderr.split())
    assert not (folder / "out.txt").exists()


def test_a_bad_file_is_told_in_the_document_too(tmp_path: Path) -> None:
    folder = written(tmp_path, bad__ackproof__toml='[producer]\nclient = "java"\n[claims]\nexpect = ["no-los"]\n')

    done = run("verify", "bad.ackproof.toml", "--format", "json", cwd=folder)

    (pipeline,) = pipelines(done)
    assert done.returncode == 3
    assert pipeline["claims"] == []
    (error,) = pipeline["errors"]
    assert (error["file"], error["line"]) == ("bad.ackproof.toml", 4)
    assert "no-loss" in str(error["message"])


def test_output_goes_to_a_file(tmp_path: Path) -> None:
    folder = written(tmp_path, safe__ackproof__toml=SAFE)

    done = run("verify", "safe.ackproof.toml", "--output", "out.txt", cwd=folder)

    assert (done.returncode, done.stdout) == (0, "")
    assert "✓ no-loss: holds" in (folder / "out.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify",),
        ("verify", "missing.ackproof.toml"),
        ("verify", "."),
        ("verify", EXAMPLE, "--producer", "examples/producer.properties"),
        ("verify", EXAMPLE, "--format", "xml"),
        ("verify", EXAMPLE, "--records", "many"),
        ("verify", EXAMPLE, "--records", "0"),
        ("verify", EXAMPLE, "--records", "1.5"),
        ("verify", EXAMPLE, "--budget", "-1"),
        ("verify", EXAMPLE, "--faults", "bad-luck"),
        ("verify", EXAMPLE, "--claim", "at-least-twice"),
        ("verify", EXAMPLE, "--kafka", "9.0"),
        ("verify", EXAMPLE, "--output", "missing/folder/out.txt"),
        ("vérifier",),
    ],
    ids=" ".join,
)
def test_bad_usage_gives_3_and_a_message(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)

    assert done.returncode == 3
    assert done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("output", "code", "says"), [("/dev/full", 3, "can not write to standard output"), ("&-", 0, "")]
)
def test_an_output_that_can_not_be_written_is_no_fault_of_ours(output: str, code: int, says: str) -> None:
    command = f"{sys.executable} -m ackproof init --producer examples/producer.properties --output - >{output}"

    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT, check=False, timeout=100)

    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert says in done.stderr


def test_it_tells_its_version() -> None:
    assert run("--version").stdout.strip() == "0.1.0"
