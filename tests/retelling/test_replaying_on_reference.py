"""``ackproof replay --on reference``: what the search finds happens on the reference too."""

import json
import tomllib
from pathlib import Path

import pytest

import ackproof
from ackproof.cli import replay
from ackproof.reference.refinement.replaying.produce import NotReplayedError
from ackproof.reports.document import counterexample
from ackproof.retelling.on_reference import NOT_TAKEN, broken_by, outcome_of
from ackproof.retelling.retracing import Retraced, read_trace
from tests.test_verdicts import Case, cases

ROOT = Path(__file__).parent.parent.parent
KNOWN = {path.stem: path for path in sorted((ROOT / "traces" / "known").glob("*.toml"))}
EXAMPLES = sorted(ROOT.glob("examples/**/*.ackproof.toml"))


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
        taken = outcome_of(found)
    except NOT_TAKEN as problem:
        return str(problem)
    return "replayed" if broken_by(taken, found.inquiry.basic) else "breaks nothing"


FOUND_AGAIN = {
    "a-zombie-finishes": "r1 (offset 0) is processed twice",
    "acknowledged-by-the-leader-alone": "r1 is acknowledged (offset 0) and lost",
    "first-start-at-the-latest-offset": ("r1 (offset 0) is skipped: nothing is committed, the owner reads on from 1"),
    "its-broker-leads-again": "r2 (offset 0) stands before r1 (offset 1)",
    "last-replica-standing": "r1 is acknowledged (offset 0) and lost",
    "restart-overtakes-a-stuck-connection": "r2 (offset 0) stands before r1 (offset 1)",
    "stored-as-it-is-handed-out": ("r1 (offset 0) is skipped: committed is offset 1, the owner reads on from 1"),
    "timeout-bumps-the-epoch": "r2 is stored twice (offsets 1 and 2)",
    "two-crashes-and-a-power-loss": "r1 is acknowledged (offset 0) and lost",
}


def test_each_known_counterexample_is_replayed() -> None:
    assert set(KNOWN) == set(FOUND_AGAIN)


@pytest.mark.parametrize("name", FOUND_AGAIN)
def test_a_known_counterexample_happens_on_the_reference(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = replay(known(name, tmp_path), on="reference")
    said = " ".join(capsys.readouterr().out.split())

    assert code == 0
    assert f"on the reference: {FOUND_AGAIN[name]}" in said


def test_the_logs_are_shown_batch_by_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replay(known("timeout-bumps-the-epoch", tmp_path), on="reference")
    said = " ".join(capsys.readouterr().out.split())

    assert "offset record leader epoch producer id epoch sequence bytes" in said
    assert "1 r2 0 0 0 1 85 2 r2 0 0 1 0 85" in said


def test_committed_offsets_are_read_from_their_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replay(known("stored-as-it-is-handed-out", tmp_path), on="reference")

    assert "committed offsets in __consumer_offsets: 1" in capsys.readouterr().out


TWO_INSTANCES = """
kafka = "2.4"
[producer]
client = "java 2.4.1"
[producer.config]
"transactional.id" = "t"
[consumer]
client = "java 2.4.1"
commit = "transaction"
sink = "kafka"
instances = 2
[consumer.config]
"group.id" = "g"
"auto.offset.reset" = "earliest"
"isolation.level" = "read_committed"
[faults]
at_most = 1
kinds = ["consumer-pause"]
[claims]
expect = ["no-duplicates"]
[bounds]
records = 1
"""


def test_a_zombie_of_two_instances_happens_on_the_reference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = tmp_path / "zombie.ackproof.toml"
    pipeline.write_text(TWO_INSTANCES, encoding="utf-8")
    (file,) = traces_of(pipeline, tmp_path)
    code = replay(file, on="reference")
    said = " ".join(capsys.readouterr().out.split())

    assert code == 0
    assert "on the reference: r1 is given to the reader twice (offsets 0 and 1)" in said
    assert "offset transaction producer epoch sequence 0 r1 instance-1-t1 1000 0 0 open" in said


READ_BEFORE_IT_IS_GONE = """
kafka = "2.6"
[topic]
"replication.factor" = 2
"min.insync.replicas" = 2
"unclean.leader.election.enable" = true
[producer]
client = "java"
[producer.config]
"enable.idempotence" = true
"max.in.flight.requests.per.connection" = 1
[consumer]
client = "java"
commit = "sync"
commit_when = "before-processing"
[consumer.config]
"group.id" = "g"
"auto.offset.reset" = "earliest"
[faults]
at_most = 2
kinds = ["follower-lag", "broker-crash"]
[claims]
expect = ["no-duplicates"]
[bounds]
records = 2
"""


@pytest.mark.slow
def test_a_record_that_is_read_and_lost_comes_again_on_the_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one piece: the log is rolled back under the consumer, which validates its position."""
    pipeline = tmp_path / "whole.ackproof.toml"
    pipeline.write_text(READ_BEFORE_IT_IS_GONE, encoding="utf-8")
    (file,) = traces_of(pipeline, tmp_path)
    code = replay(file, on="reference")
    said = " ".join(capsys.readouterr().out.split())

    assert code == 0
    assert "on the reference: r1 is processed twice (handed out at offsets 0, 0)" in said
    assert "broker 2, the leader offset record leader epoch producer id epoch sequence bytes 0 r1 1" in said
    assert "committed offsets in __consumer_offsets: 0, 1 the owner reads on from 1" in said


CLOSED = """
kafka = "4.3"
[producer]
client = "librdkafka 1.4.0"
on_send_failure = "drop"
[faults]
at_most = 1
kinds = ["send-timeout"]
[claims]
expect = ["no-duplicates"]
[bounds]
records = 2
"""


@pytest.mark.slow
def test_what_a_closed_connection_has_handed_over_is_stored(tmp_path: Path) -> None:
    """librdkafka closes the connection that a batch is on whose time is over, and sends what is behind it again."""
    pipeline = tmp_path / "closed.ackproof.toml"
    pipeline.write_text(CLOSED, encoding="utf-8")

    assert [outcome(read_trace(file)) for file in traces_of(pipeline, tmp_path)] == ["replayed"]


def test_what_is_not_replayed_is_said_to_be_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Retraced) -> object:
        raise NotReplayedError("key moves is not replayed yet")

    file = known("stored-as-it-is-handed-out", tmp_path)
    monkeypatch.setattr("ackproof.retelling.on_reference.outcome_of", refuse)
    code = replay(file, on="reference")

    assert code == 1
    assert "not replayed: key moves is not replayed yet" in " ".join(capsys.readouterr().out.split())


def short(path: Path) -> str:
    """What an example is called."""
    return path.name.partition(".ackproof")[0]


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=short)
def test_each_counterexample_of_an_example_happens_on_the_reference(path: Path, tmp_path: Path) -> None:
    for file in traces_of(path, tmp_path):
        assert outcome(read_trace(file)) == "replayed"


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in cases() if "verdicts" in case], ids=lambda case: case["name"])
def test_each_counterexample_to_a_verdict_happens_on_the_reference(case: Case, tmp_path: Path) -> None:
    pipeline = tmp_path / f"{case['name']}.ackproof.toml"
    pipeline.write_text(case["pipeline"], encoding="utf-8")
    outcomes = [outcome(read_trace(file)) for file in traces_of(pipeline, tmp_path)]

    assert bool(outcomes) == ("violated" in case.get("verdicts", {}).values())
    assert set(outcomes) <= {"replayed"}


def test_a_trace_is_about_the_part_of_its_claim_that_it_breaks(tmp_path: Path) -> None:
    """All parts are searched in the same system."""
    case = next(case for case in cases() if case["name"] == "transactions-held-back-before-4")
    pipeline = tmp_path / "transactions.ackproof.toml"
    pipeline.write_text(case["pipeline"], encoding="utf-8")
    *_, file = traces_of(pipeline, tmp_path)

    assert file.name == "exactly-once.itf.json"
    assert read_trace(file).inquiry.basic == "atomic"
