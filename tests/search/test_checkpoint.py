"""A search that ended before its time goes on where it was, by any loop, and only if it is the same search."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np
import pytest

from ackproof.model.action import Next, action
from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.system import System
from ackproof.properties.property import always
from ackproof.properties.published import strong_isr
from ackproof.search.engines import How
from ackproof.search.exploration import Budget, Checkpoint, CheckpointError, Exploration
from ackproof.search.explorer import Plan, explore

ABOUT = {"records": 2}
LOOPS = {"plain": How("plain"), "compiled": How("compiled"), "two workers": How("compiled", 2)}


def system() -> System:
    """Replication with 5,973 states."""
    fenced = published(VARIANTS["kip-320"], replicas=2, log_size=2, records=2, max_leader_epoch=2)
    return attrs.evolve(fenced, reductions=frozenset())


def begun(path: Path, how: How) -> Exploration:
    """A search that is out of states."""
    plan = Plan(how, checkpoint=Checkpoint(path, ABOUT))
    return explore(system(), *strong_isr(2), budget=Budget(states=2000), plan=plan)


@pytest.mark.parametrize("first", LOOPS)
@pytest.mark.parametrize("then", LOOPS)
def test_it_goes_on_where_it_was(tmp_path: Path, first: str, then: str) -> None:
    path = tmp_path / "search.npz"
    ended = begun(path, LOOPS[first])

    found = explore(system(), *strong_isr(2), plan=Plan(LOOPS[then], checkpoint=Checkpoint(path, ABOUT, True)))

    whole = explore(system(), *strong_isr(2), how=How("plain"))
    assert (ended.ended, ended.distinct_states < whole.distinct_states) == ("out of states", True)
    assert found == whole


def test_a_finished_search_leaves_none(tmp_path: Path) -> None:
    path = tmp_path / "search.npz"
    begun(path, How("plain"))

    explore(system(), plan=Plan(checkpoint=Checkpoint(path, ABOUT)))

    assert not path.exists()


def test_without_one_a_search_begins_at_the_start(tmp_path: Path) -> None:
    found = explore(system(), plan=Plan(checkpoint=Checkpoint(tmp_path / "none.npz", ABOUT, True)))

    assert (found.ended, found.distinct_states) == ("exhausted", 5973)


def resumed(path: Path, about: Mapping[str, object], changed: System) -> str:
    """Why a search can not go on."""
    with pytest.raises(CheckpointError) as refused:
        explore(changed, *strong_isr(2), plan=Plan(checkpoint=Checkpoint(path, about, True)))
    return str(refused.value)


def test_other_bounds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "search.npz"
    begun(path, How("plain"))

    assert resumed(path, {"records": 3}, system()).endswith("the checkpoint is about records 2, and now it is 3")


def test_another_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "search.npz"
    begun(path, How("plain"))
    other = published(VARIANTS["kip-279"], replicas=2, log_size=2, records=2, max_leader_epoch=2)

    refused = resumed(path, ABOUT, attrs.evolve(other, reductions=frozenset()))

    assert refused.endswith("the checkpoint is about another model")


@pytest.mark.parametrize(
    ("changed", "why"), [("more", "count has other outcomes"), ("around", "count leads elsewhere")]
)
def test_a_model_that_answers_otherwise_is_refused(tmp_path: Path, changed: str, why: str) -> None:
    path = tmp_path / "search.npz"
    explore(counter(), budget=Budget(states=3), plan=Plan(checkpoint=Checkpoint(path, ABOUT)))
    otherwise = counter(sizes=(1, 2)) if changed == "more" else counter(end=3)

    with pytest.raises(CheckpointError, match=f"the model answers otherwise than when it was written.*{why}"):
        explore(otherwise, plan=Plan(checkpoint=Checkpoint(path, ABOUT, True)))


@always(source="none")
def limits_are_positive(limit: int) -> bool:
    """The limit is positive."""
    return limit > 0


def test_what_sees_no_component_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "search.npz"
    explore(counter(), limits_are_positive, budget=Budget(states=3), plan=Plan(checkpoint=Checkpoint(path, ABOUT)))

    found = explore(counter(), limits_are_positive, plan=Plan(checkpoint=Checkpoint(path, ABOUT, True)))

    assert (found.ended, found.distinct_states) == ("exhausted", 9)


def counter(sizes: Sequence[int] = (1,), end: int = 9) -> System:
    """A counter that goes on by any of those *sizes*, and round at its *end*; it looks the same whatever they are."""

    @action
    def count(number: int) -> Iterator[Next]:
        """More."""
        for step in sizes:
            yield Next("more", number=(number + step) % end)

    return System({"number": 0}, (count,), rules={"limit": 9})


def test_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "search.npz"
    path.write_bytes(b"PK\x03\x04 and nothing else")

    assert "no checkpoint" in resumed(path, ABOUT, system())


def test_one_without_a_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "search.npz"
    np.savez(path, states=np.zeros(3))

    assert "no checkpoint" in resumed(path, ABOUT, system())


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    begun(tmp_path / "search.npz", How("plain"))

    assert [path.name for path in tmp_path.iterdir()] == ["search.npz"]
