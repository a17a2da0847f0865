"""The report of violations of every kind: of what happens at last, and of what is searched without reductions."""

import re
from pathlib import Path

import pytest

from ackproof.cli import replay, verify

CONSUMER = '[consumer]\ncommit = "sync"\n[consumer.config]\n"group.id" = "g"\n"auto.offset.reset" = "none"\n'
PRODUCER = '[topic]\n"min.insync.replicas" = 2\n[producer]\n[faults]\nat_most = 1\nkinds = ["leader-change"]\n'


def pipeline(folder: Path, text: str) -> Path:
    path = folder / "p.ackproof.toml"
    path.write_text(text)
    return path


def again(folder: Path) -> str:
    """The command by which a violation is found again."""
    found = re.search(r"<pre>(ackproof verify .*)", (folder / "index.html").read_text())
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("claim", "reductions"), [("drains", "urgency,symmetry,slicing"), ("no-loss", "none")], ids=["goal", "unreduced"]
)
def test_each_violation_is_told_and_taken_again(tmp_path: Path, claim: str, reductions: str) -> None:
    path = pipeline(tmp_path, CONSUMER.replace('"none"', '"latest"') if claim == "no-loss" else CONSUMER)

    code = verify((path,), claim=(claim,), report=tmp_path / "report", repair=False, reductions=reductions)

    assert code == 1
    assert claim in (tmp_path / "report" / "index.html").read_text()
    assert replay(tmp_path / "report" / f"p.{claim}.itf.json") == 0


def test_the_command_says_what_the_command_line_said(tmp_path: Path) -> None:
    path = pipeline(tmp_path, PRODUCER)

    verify((path,), claim=("no-loss",), faults="power-loss:3", kafka="3.9", report=tmp_path / "r", repair=False)

    assert (
        again(tmp_path / "r") == f"ackproof verify {path} --claim no-loss --records 3 --kafka 3.9 --faults power-loss:3"
    )


def test_the_command_says_no_more_than_it_has_to(tmp_path: Path) -> None:
    path = pipeline(tmp_path, PRODUCER.replace("[producer]\n", '[producer]\n[producer.config]\nacks = "1"\n'))

    verify((path,), claim=("no-loss",), report=tmp_path / "r", repair=False)

    assert again(tmp_path / "r") == f"ackproof verify {path} --claim no-loss --records 3"


def test_of_properties_files_the_command_names_each(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("acks=1\n")

    verify((), producer=tmp_path / "p", claim=("no-loss",), report=tmp_path / "r", repair=False)

    assert again(tmp_path / "r").startswith(f"ackproof verify --producer {tmp_path}/p --claim no-loss --records 3")


def test_a_page_tells_so_many_violations_and_counts_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ackproof.retelling.reporting.MOST_TOLD", 1)
    path = pipeline(tmp_path, PRODUCER.replace("[producer]\n", '[producer]\n[producer.config]\nacks = "1"\n'))

    verify((path, path), claim=("no-loss",), report=tmp_path / "r", repair=False)

    page = (tmp_path / "r" / "index.html").read_text()
    assert page.count('<section class="violation"') == 1
    assert "1 more of its violations are not drawn here" in page


def test_an_execution_that_is_too_long_for_a_page_is_left_to_its_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ackproof.retelling.reporting.MOST_STEPS", 2)
    path = pipeline(tmp_path, PRODUCER.replace("[producer]\n", '[producer]\n[producer.config]\nacks = "1"\n'))

    verify((path,), claim=("no-loss",), report=tmp_path / "r", repair=False)

    page = (tmp_path / "r" / "index.html").read_text()
    assert '<section class="violation"' not in page
    assert "1 more of its violations are not drawn here" in page
    assert (tmp_path / "r" / "p.no-loss.itf.json").exists()


def test_files_stay_in_the_folder_and_apart_whatever_pipelines_are_called(tmp_path: Path) -> None:
    said = 'name = "../team/p"\n' + PRODUCER.replace("[producer]\n", '[producer]\n[producer.config]\nacks = "1"\n')
    paths = [tmp_path / f"{name}.ackproof.toml" for name in ("a", "b")]
    for path in paths:
        path.write_text(said)

    verify(tuple(paths), claim=("no-loss",), report=tmp_path / "r", repair=False)

    written = {file.name for file in (tmp_path / "r").iterdir()}
    assert written == {"index.html", "team-p.no-loss.itf.json", "team-p-2.no-loss.itf.json"}


def test_a_claim_that_faults_by_default_leave_decided_is_told(tmp_path: Path) -> None:
    text = '[producer]\n[producer.config]\nacks = "0"\n[bounds]\nrecords = 2\n'

    assert verify((pipeline(tmp_path, text),), claim=("in-order",), report=tmp_path / "r", repair=False) == 1
