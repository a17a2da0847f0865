"""``ackproof sweep`` as an outsider sees it."""

import importlib
import json
import sys
import warnings
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from ackproof.cli import sweep
from ackproof.commands.executing import Where, executor
from ackproof.commands.sweeping import answers
from ackproof.config.reading import read_pipeline
from ackproof.judging.oracle import Memory

ROOT = Path(__file__).parent.parent.parent
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
        ("producer.config.ackss=0,1", "unknown key ackss; did you mean acks?"),
        ("topic.min.insync.replicas=" + ",".join(map(str, range(10_001))), "10,001 configurations"),
    ],
)
def test_what_can_not_be_swept_is_refused(vary: str, complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = sweep((PAYMENTS,), vary=(vary,))
    said = capsys.readouterr()

    assert (code, said.out) == (3, "")
    assert complaint in " ".join(said.err.split())


def test_a_key_is_varied_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep((PAYMENTS,), vary=(ACKS, "consumer.commit=sync", ACKS)) == 3
    assert "producer.config.acks: name all values of a key at once" in " ".join(capsys.readouterr().err.split())


def test_an_interrupted_sweep_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ackproof.commands.sweeping.Memory", lambda: Memory(is_interrupted=True))

    with pytest.raises(KeyboardInterrupt):
        answers(read_pipeline(PAYMENTS))


def test_there_is_no_sweep_without_a_process(capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep((PAYMENTS,), vary=(ACKS,), jobs=0) == 3
    assert "--jobs takes numbers from 1 up, or -1" in capsys.readouterr().err


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


@pytest.mark.parametrize(
    ("vary", "values"),
    [
        ("features.transaction.version=0,2", [0, 2]),
        ("consumer.instances=1,2", [1, 2]),
        ("kafka=3.9,4.3", ["3.9", "4.3"]),
    ],
)
def test_values_are_what_a_pipeline_file_has(
    vary: str, values: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    sweep((PAYMENTS,), vary=(vary,), format="json")
    cells = json.loads(capsys.readouterr().out)["cells"]

    assert [cell["set"] for cell in cells] == [{vary.partition("=")[0]: value} for value in values]
    assert all(cell["claims"] for cell in cells)


@pytest.mark.slow
def test_other_processes_judge_as_this_process_does() -> None:
    pipelines = [read_pipeline(PAYMENTS), read_pipeline(ROOT / "examples/folklore/33-retry.ackproof.toml")]

    assert executor(Where(2))(answers, pipelines) == executor(Where())(answers, pipelines)


@pytest.fixture
def dask_scheduler() -> Iterator[str]:
    """The address of a Dask cluster of two processes on this machine."""
    distributed: Any = importlib.import_module("dask.distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask's own, about ports and event loops
        with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
            yield cluster.scheduler_address


@pytest.mark.slow
def test_a_dask_cluster_sweeps_as_this_process_does(dask_scheduler: str, capsys: pytest.CaptureFixture[str]) -> None:
    vary = (ACKS, "consumer.commit_when=before-processing,after-processing")
    there = (
        sweep((PAYMENTS,), vary=vary, format="json", backend="dask", scheduler=dask_scheduler),
        capsys.readouterr(),
    )
    here = (sweep((PAYMENTS,), vary=vary, format="json"), capsys.readouterr())

    assert there[0] == here[0] == 0
    assert there[1].out == here[1].out


def test_a_ray_cluster_is_registered_with_joblib(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray itself is too large to be installed for a test: what it registers is stood in for by threads."""
    joblib: Any = importlib.import_module("joblib")
    stand_in = ModuleType("ray.util.joblib")
    threads = joblib._parallel_backends.ThreadingBackend
    vars(stand_in)["register_ray"] = lambda: joblib.register_parallel_backend("ray", threads)
    for name, module in {
        "ray": ModuleType("ray"),
        "ray.util": ModuleType("ray.util"),
        "ray.util.joblib": stand_in,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    pipelines = [read_pipeline(PAYMENTS)]

    assert executor(Where(2, "ray"))(answers, pipelines) == executor(Where())(answers, pipelines)


def test_a_cluster_whose_library_is_not_there_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    code = sweep((PAYMENTS,), vary=(ACKS,), backend="ray")
    said = capsys.readouterr()

    assert (code, said.out) == (3, "")
    assert "ray is not installed here" in said.err
