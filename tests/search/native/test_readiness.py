"""Compiled kernels are kept where they are found again, and nobody waits while they are compiled."""

import os
import platform
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ackproof.search import engines
from ackproof.search.engines import How
from ackproof.search.explorer import explore
from ackproof.search.native import readiness
from ackproof.search.native.warm import lamps


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of its own, and nothing remembered of any other."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    forget()
    yield tmp_path
    forget()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that are started, in place of starting them."""
    commands: list[list[str]] = []

    def start(command: list[str], **_options: object) -> None:
        commands.append(command)

    monkeypatch.setattr("subprocess.Popen", start)
    return commands


def forget() -> None:
    """Look for the folders anew."""
    readiness.folder.cache_clear()
    readiness.caches.cache_clear()


def other_folder() -> Path:
    """The folder, looked for anew."""
    forget()
    return readiness.folder()


def nobody_may(_path: Path, _mode: int) -> bool:
    """Whether a folder can be written."""
    return False


def test_kernels_are_kept_in_the_cache_of_the_user(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = readiness.folder()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(home / "me"))

    assert folder.parent == home / "ackproof"
    assert other_folder() == home / "me" / ".cache" / "ackproof" / folder.name


def test_portable_kernels_are_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = readiness.folder()
    monkeypatch.setenv("ACKPROOF_PORTABLE", "1")

    assert other_folder() != folder
    monkeypatch.delenv("ACKPROOF_PORTABLE")
    assert other_folder() == folder


def test_kernels_for_other_machines_and_libraries_are_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = readiness.folder()
    monkeypatch.setattr(readiness, "processor", lambda: "another")
    on_another_machine = other_folder()
    monkeypatch.setattr(readiness, "version", str.upper)

    assert len({folder, on_another_machine, other_folder()}) == 3


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources of all kernels, as another installation has it."""
    copy = shutil.copytree(Path(readiness.__file__).parent, tmp_path / "native")
    monkeypatch.setattr(readiness, "__file__", str(copy / "readiness.py"))
    return copy


def test_kernels_of_other_sources_are_kept_apart(copied: Path) -> None:
    folder = other_folder()
    copied.joinpath("more.py").write_text("MORE = 1")

    assert other_folder() != folder


def test_kernels_of_another_installation_are_kept_apart(request: pytest.FixtureRequest) -> None:
    """Numba does not use what it compiled for another place."""
    folder = readiness.folder()
    request.getfixturevalue("copied")

    assert other_folder() != folder


def test_kernels_of_a_newer_installation_are_kept_apart(copied: Path) -> None:
    """Numba does not use what it compiled for an older file."""
    folder = other_folder()
    os.utime(copied / "visited.py", (1, 1))

    assert other_folder() != folder


def test_a_processor_that_tells_nothing_is_known_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(_path: Path, **_options: object) -> str:
        raise OSError

    monkeypatch.setattr(Path, "read_text", unreadable)

    assert readiness.processor() in {platform.processor(), platform.machine()}


def test_without_a_cache_of_the_user_there_is_a_temporary_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.joinpath("ackproof").write_text("a file where the folder would be")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(home / "tmp"))

    assert other_folder().parent == home / "tmp" / "ackproof"


def test_in_a_cache_that_can_not_be_written_nothing_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    monkeypatch.setattr(os, "access", nobody_may)

    folder = other_folder()

    assert folder.parent.parent == home
    assert folder.parent.name.startswith("ackproof-")
    assert other_folder().parent != folder.parent


def test_nothing_is_ready_at_first() -> None:
    assert not readiness.is_ready()


def test_what_is_ready_stays_so() -> None:
    readiness.note_ready()

    assert readiness.is_ready()
    assert [path.name for path in readiness.folder().iterdir()] == ["ready"]


def test_only_one_process_compiles(started: list[list[str]]) -> None:
    together = [threading.Thread(target=readiness.compile_in_background) for _ in range(8)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()

    readiness.compile_in_background()

    assert [command[1:] for command in started] == [["-m", "ackproof.search.native.warm"]]


def test_no_process_compiles_what_is_ready(started: list[list[str]]) -> None:
    readiness.compile_in_background()
    readiness.note_ready()
    readiness.compile_in_background()

    assert len(started) == 1
    assert [path.name for path in readiness.folder().iterdir()] == ["ready"]


@pytest.mark.parametrize(
    ("age_s", "processes"), [(readiness.ANOTHER_DIED_S - 60, 0), (readiness.ANOTHER_DIED_S + 60, 1)]
)
def test_who_is_at_it_for_too_long_has_died(started: list[list[str]], age_s: float, processes: int) -> None:
    mark = readiness.folder() / "compiling"
    mark.parent.mkdir()
    mark.touch()
    since = time.time() - age_s
    os.utime(mark, (since, since))

    readiness.compile_in_background()
    readiness.compile_in_background()

    assert len(started) == processes


def test_where_nothing_can_be_written_nobody_compiles(home: Path, started: list[list[str]]) -> None:
    folder = readiness.folder()
    shutil.rmtree(home / "ackproof")
    home.joinpath("ackproof").write_text("a file where the folder was")

    readiness.compile_in_background()

    assert started == []
    assert not folder.exists()


def test_a_search_goes_on_if_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_command: list[str], **_options: object) -> None:
        raise OSError

    monkeypatch.setattr("subprocess.Popen", start)
    monkeypatch.setattr(engines, "WORTH_COMPILING", 1)

    assert explore(lamps(3), how=How("best")) == explore(lamps(3), how=How("plain"))


def test_a_search_does_not_wait_for_kernels(started: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "WORTH_COMPILING", 2)
    monkeypatch.setattr(engines, "WORTH_LOADING", 2)

    found = explore(lamps(6), how=How("best"))

    assert found == explore(lamps(6), how=How("plain"))
    assert len(started) == 1
