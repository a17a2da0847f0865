"""``ackproof show``: how something interesting comes about."""

import subprocess
from importlib import import_module
from itertools import islice
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from ackproof.cli import show
from ackproof.config.reading import read_pipeline
from ackproof.retelling.graphing import graph
from ackproof.retelling.showing import Part, parts
from ackproof.search.witnesses import witnesses
from ackproof.traces.trace import replay

DOT = which("dot")
nx: Any = import_module("networkx")  # it has no types
ROOT = Path(__file__).parent.parent.parent
PAYMENTS = ROOT / "examples" / "payments.ackproof.toml"


@pytest.fixture(scope="module")
def produce() -> Part:
    """The produce half of the README's example."""
    return parts(read_pipeline(PAYMENTS))["the produce half"]


def test_the_first_execution_is_a_shortest_one(produce: Part) -> None:
    first = next(witnesses(produce.system, produce.reached("a-record-is-acknowledged")))

    assert [step.action.name for step in first.steps] == ["send", "append", "answer"]


def test_further_ones_take_other_actions(produce: Part) -> None:
    found = list(islice(witnesses(produce.system, produce.reached("broker-crash")), 3))

    kinds = [sorted(step.action.name for step in trace.steps) for trace in found]
    assert len(found) == 3
    assert all(kind not in kinds[:number] for number, kind in enumerate(kinds))
    assert all(trace.steps[-1].action.name == "broker crash" for trace in found)


@pytest.mark.parametrize("name", ["a-record-is-stored", "come-back", "expand", "two-records-are-stored"])
def test_what_is_shown_is_an_execution(produce: Part, name: str) -> None:
    for trace in islice(witnesses(produce.system, produce.reached(name)), 2):
        assert replay(produce.system, trace) == trace


def test_nothing_is_found_where_nothing_shows_it(produce: Part) -> None:
    assert not list(witnesses(produce.system, lambda _step, _after: False, most_states=1_000))


def test_without_a_name_all_names_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    code = show(PAYMENTS)

    assert code == 0
    assert "a-record-is-acknowledged" in capsys.readouterr().out


def test_an_execution_is_told_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    code = show(PAYMENTS, witness="a-record-is-stored")

    assert code == 0
    assert (
        capsys.readouterr().out
        == """\
1. in 2 steps, the produce half
     1       producer → broker 1: producer sends r1
     2       broker 1: broker 1, the leader, appends r1 at offset 0

"""
    )


def test_a_name_that_there_is_not_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code = show(PAYMENTS, witness="broker-crsh")

    assert code == 3
    assert capsys.readouterr().err == "ackproof: nothing here is called broker-crsh; did you mean broker-crash?\n"


@pytest.mark.parametrize("wish", [{"witness": "broker-crash", "several": 0}, {"part": "the produce half"}])
def test_a_wish_that_nothing_grants_is_refused(wish: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert show(PAYMENTS, **wish) == 3
    said = " ".join(capsys.readouterr().err.split())
    assert said == "ackproof: --several takes numbers from 1 up, and --part needs --graph"


CONSUME = "the consume half"


def test_a_state_graph_is_read_again_as_graphml(tmp_path: Path) -> None:
    code = show(PAYMENTS, graph=tmp_path / "states.graphml", part=CONSUME)

    read = nx.read_graphml(tmp_path / "states.graphml")
    assert (code, len(read)) == (0, 160)
    assert {data["label"] for _, _, data in read.edges(data=True)} >= {"poll", "process", "commit", "consumer crash"}


@pytest.mark.skipif(DOT is None, reason="there is no dot: bash .ci/run tools installs Graphviz")
def test_a_state_graph_is_drawn_by_graphviz(tmp_path: Path) -> None:
    code = show(PAYMENTS, graph=tmp_path / "states.dot", part=CONSUME)

    command = [str(DOT), "-Tplain", str(tmp_path / "states.dot")]
    drawn = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert code == 0
    assert sum(line.startswith("node ") for line in drawn) == 160


def test_states_that_break_a_claim_are_marked_and_the_last_of_their_executions() -> None:
    drawn = graph(parts(read_pipeline(PAYMENTS))["the produce half"], most=2_000)

    broken = {number for number, look in enumerate(drawn.nodes) if look["color"] == "red"}
    assert {drawn.nodes[number]["label"].partition("\n")[0] for number in broken} == {
        "breaks no-loss",
        "breaks in-order",
    }
    assert not broken & {start for start, _, _ in drawn.edges}


def test_a_graph_that_is_no_picture_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = show(PAYMENTS, graph=tmp_path / "states.dot", part="the produce half")

    assert code == 1
    assert "the produce half has more than 500 states" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "part"), [("states.png", CONSUME), ("states.dot", None), ("no/states.dot", CONSUME)])
def test_a_graph_that_can_not_be_written_gives_3(tmp_path: Path, name: str, part: str | None) -> None:
    assert show(PAYMENTS, graph=tmp_path / name, part=part) == 3
