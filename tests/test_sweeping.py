"""``ackproof sweep`` as an outsider sees it."""

import json
import warnings
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest

from ackproof.cli import sweep
from ackproof.config.reading import read_pipeline
from ackproof.executing import Where, executor
from ackproof.sweeping import answers

ROOT = Path(__file__).parent.parent
PAYMENTS = ROOT / "examples" / "payments.ackproof.toml"
ACKS = "producer.config.acks=0,1,all"


def test_each_configuration_is_a_row_and_the_weakest_safe_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code = sweep((PAYMENTS,), vary=(ACKS, "consumer.commit_when=before-processing,after-processing"))
    out = capsys.readouterr().out

    assert code == 0
    assert len([line for line in out.splitlines() if line.endswith(("holds", "violated"))]) == 6
    assert "weakest safe: producer.config.acks = all, consumer.commit_when = after-processing" in " ".join(out.split())


def test_the_document_is_the_contracts(capsys: pytest.CaptureFixture[str]) -> None:
    code = sweep((PAYMENTS,), vary=(ACKS,), format="json")
    document = cast("dict[str, Any]", json.loads(capsys.readouterr().out))

    assert code == 0
    assert [cell["claims"]["at-least-once"] for cell in document["cells"]] == ["violated", "violated", "holds"]
    assert document["weakest_safe"] == [{"producer.config.acks": "all"}]


def test_what_is_refused_is_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    sweep((PAYMENTS,), vary=(ACKS, "producer.config.enable.idempotence=true"), format="json")
    document = cast("dict[str, Any]", json.loads(capsys.readouterr().out))

    assert [cell["claims"] for cell in document["cells"]] == [{}, {}, {"at-least-once": "holds"}]


def test_nothing_safe_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep((PAYMENTS,), vary=("producer.config.acks=0,1",)) == 1
    assert "0 of 2 configurations safe" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("vary", "complaint"),
    [
        ("producer.config.acks", "say KEY=VALUE,VALUE"),
        ("=1", "say KEY=VALUE,VALUE"),
        ("producr.config.acks=1", "a key begins with producer"),
        ("topic=1", "which key of topic?"),
        ("topic.min.insync.replicas=" + ",".join(map(str, range(10_001))), "10,001 configurations"),
    ],
)
def test_what_can_not_be_swept_is_refused(vary: str, complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = sweep((PAYMENTS,), vary=(vary,))
    said = capsys.readouterr()

    assert (code, said.out) == (3, "")
    assert complaint in " ".join(said.err.split())


class Elements(HTMLParser):
    """Counts the elements of a page, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = 0
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.rows += tag == "tr"
        self.loads += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_heat_map_has_a_row_for_each_cell_and_loads_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "map.html"
    sweep((PAYMENTS,), vary=(ACKS,), html=page)
    elements = Elements()
    elements.feed(page.read_text())

    assert (elements.rows, elements.loads) == (4, [])
    assert '<td class="answer holds">holds</td>' in page.read_text()
    assert capsys.readouterr().err == ""


def test_a_heat_map_that_can_not_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = sweep((PAYMENTS,), vary=(ACKS,), html=tmp_path / "nowhere" / "map.html")

    assert (code, capsys.readouterr().out) == (3, "")


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_other_processes_and_a_dask_cluster_judge_as_this_process_does(backend: str) -> None:
    pipelines = [read_pipeline(PAYMENTS), read_pipeline(ROOT / "examples/folklore/33-retry.ackproof.toml")]
    here = executor(Where())(answers, pipelines)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask's own, about ports and event loops
        there = executor(Where(2, backend))(answers, pipelines)

    assert here == there
