"""Which loop searches, and that it makes no difference."""

import signal
import threading
from pathlib import Path
from typing import Literal

import attrs
import pytest

from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.system import System
from ackproof.properties.published import strong_isr
from ackproof.search import engines
from ackproof.search.engines import How
from ackproof.search.exploration import Budget
from ackproof.search.explorer import Plan, explore
from ackproof.search.interrupts import Interrupts
from ackproof.search.native import readiness


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for compiled kernels, empty."""
    monkeypatch.setattr(readiness, "folder", lambda: tmp_path / "kernels")
    return tmp_path / "kernels"


def started_by(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that are started from now on, in place of starting them."""
    started: list[list[str]] = []

    def start(command: list[str], **_rest: object) -> None:
        started.append(command)

    monkeypatch.setattr("subprocess.Popen", start)
    return started


def system(variant: str = "kip-320", epochs: int = 1) -> System:
    """Replication with three replicas."""
    fenced = published(VARIANTS[variant], replicas=3, log_size=2, records=2, max_leader_epoch=epochs)
    return attrs.evolve(fenced, reductions=frozenset())


def test_the_loop_may_change_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "WORTH_LOADING", 500)
    monkeypatch.setattr(readiness, "is_ready", lambda: True)

    found = explore(system("kip-279"), *strong_isr(3))

    assert found == explore(system("kip-279"), *strong_isr(3), how=How("plain"))
    assert found.violation is not None


def test_kernels_are_compiled_in_the_background_once_a_search_gets_long(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = started_by(monkeypatch)

    explore(system(), how=How("best"))

    assert [command[1:] for command in started] == [["-m", "ackproof.search.native.warm"]]


def test_a_short_search_starts_nothing(cache: Path) -> None:
    explore(system(epochs=0))

    assert not cache.exists()


def test_who_died_while_compiling_is_replaced(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = started_by(monkeypatch)
    readiness.compile_in_background()
    monkeypatch.setattr(readiness, "ANOTHER_DIED_S", -1.0)

    readiness.compile_in_background()

    assert len(started) == 2


def test_once_ready_nothing_is_compiled(cache: Path) -> None:
    readiness.note_ready()

    readiness.compile_in_background()

    assert [path.name for path in cache.iterdir()] == ["ready"]


def test_little_memory_ends_a_search_with_whole_levels() -> None:
    found = explore(system(epochs=2), budget=Budget(megabytes=1), how=How("compiled"))

    assert found.ended == "out of memory"
    assert 10_000 < found.distinct_states < 737_794


@pytest.mark.parametrize("engine", ["plain", "compiled"])
def test_a_system_without_components_has_one_state(engine: Literal["plain", "compiled"]) -> None:
    assert explore(System({}, ()), how=How(engine)).distinct_states == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_budget_of_states_ends_every_loop_at_the_same_level(workers: int) -> None:
    budget = Budget(states=5000)

    found = explore(system(), budget=budget, how=How("compiled", workers))

    assert found == explore(system(), budget=budget, how=How("plain"))


def test_the_first_interrupt_is_a_wish() -> None:
    interrupts = Interrupts()

    with interrupts.noted():
        signal.raise_signal(signal.SIGINT)

    assert interrupts.is_wanted


def test_the_second_interrupt_is_none() -> None:
    interrupts = Interrupts()

    with interrupts.noted():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_in_another_thread_nothing_is_noted() -> None:
    before = signal.getsignal(signal.SIGINT)
    found: list[object] = []

    def look() -> None:
        with Interrupts().noted():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert found == [before]


def test_slices_and_partial_order_find_a_shortest_violation_too() -> None:
    plan = Plan(How("plain"), slices=True, partial_order=True)

    found = explore(system("kip-279"), *strong_isr(3), plan=plan)

    assert found.violation is not None
    assert (len(found.violation), found.is_shortest) == (11, True)
