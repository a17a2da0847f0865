"""``ackproof replay --on reference``: what the search finds happens on the reference too."""

import json
import tomllib
from pathlib import Path

import pytest

import ackproof
from ackproof.cli import replay
from ackproof.on_reference import replay_on_reference, why_not
from ackproof.reference.refinement.replay import NotReplayedError
from ackproof.reference.refinement.replay_findings import findings
from ackproof.reports.document import counterexample
from ackproof.retracing import Retraced, read_trace

ROOT = Path(__file__).parent.parent
KNOWN = {path.stem: path for path in sorted((ROOT / "traces" / "known").glob("*.toml"))}
EXAMPLES = sorted(ROOT.glob("examples/**/*.ackproof.toml"))

NOT_YET = {
    "a trace of the consume half is not replayed on the reference yet",
    "a trace of the group is not replayed on the reference yet",
    "a trace of the transactions is not replayed on the reference yet",
    "a trace of the whole pipeline is not replayed on the reference yet",
    "an execution without an end is not replayed yet",
}
"""All reasons why a trace is not taken."""


def traces_of(pipeline: Path, folder: Path) -> list[Path]:
    """Files with the traces of all violations of a pipeline."""
    judgement = ackproof.verify(pipeline)
    files = list[Path]()
    for verdict in judgement.verdicts:
        if verdict.counterexample is not None:
            document = counterexample(judgement, verdict, verdict.counterexample)["trace"]
            files.append(folder / f"{verdict.claim}.itf.json")
            files[-1].write_text(json.dumps(document))
    return files


def known(name: str, folder: Path) -> Path:
    """The file with the trace of a known counterexample."""
    pipeline = folder / "known.ackproof.toml"
    pipeline.write_text(tomllib.loads(KNOWN[name].read_text(encoding="utf-8"))["pipeline"], encoding="utf-8")
    (file,) = traces_of(pipeline, folder)
    return file


def outcome(found: Retraced) -> str:
    """Why a trace is not taken, or "replayed" if it is and breaks its claim."""
    try:
        taken = replay_on_reference(found)
    except NotReplayedError as problem:
        return str(problem)
    return "replayed" if findings(taken, found.inquiry.basic) else "breaks nothing"


FOUND_AGAIN = {
    "acknowledged-by-the-leader-alone": "r1 is acknowledged (offset 0) and lost",
    "last-replica-standing": "r1 is acknowledged (offset 0) and lost",
    "restart-overtakes-a-stuck-connection": "r2 (offset 0) stands before r1 (offset 1)",
    "timeout-bumps-the-epoch": "r2 is stored twice (offsets 1 and 2)",
    "two-crashes-and-a-power-loss": "r1 is acknowledged (offset 0) and lost",
}
OF_CONSUMERS = {"a-zombie-finishes", "first-start-at-the-latest-offset", "stored-as-it-is-handed-out"}


def test_each_known_counterexample_is_replayed_or_one_of_consumers() -> None:
    assert set(KNOWN) == set(FOUND_AGAIN) | OF_CONSUMERS


@pytest.mark.parametrize("name", FOUND_AGAIN)
def test_a_known_counterexample_happens_on_the_reference(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = replay(known(name, tmp_path), on="reference")
    said = " ".join(capsys.readouterr().out.split())

    assert code == 0
    assert f"on the reference: {FOUND_AGAIN[name]}" in said
    assert "offset record leader epoch producer id epoch sequence bytes" in said or "empty" in said


@pytest.mark.parametrize("name", sorted(OF_CONSUMERS))
def test_what_is_not_replayed_yet_is_said_to_be_so(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = replay(known(name, tmp_path), on="reference")

    assert code == 1
    assert "not replayed: a trace of the consume half is not replayed on the reference yet" in " ".join(
        capsys.readouterr().out.split()
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name.partition(".")[0])
def test_each_counterexample_of_an_example_happens_on_the_reference(path: Path, tmp_path: Path) -> None:
    for file in traces_of(path, tmp_path):
        found = read_trace(file)
        expected = {"replayed"} if why_not(found) is None and found.trace.loop is None else NOT_YET

        assert outcome(found) in expected
