"""What the documentation shows is what runs."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


def written_by(generator: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module docs/NAME.py, in the directory that it is to be run from."""
    monkeypatch.chdir(ROOT)
    return loaded(generator)


def loaded(generator: str) -> ModuleType:
    """The module docs/NAME.py."""
    spec = importlib.util.spec_from_file_location(generator, ROOT / "docs" / f"{generator}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readmes_picture_is_a_real_run(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = written_by("picture", monkeypatch)

    assert (ROOT / "docs" / "verify.svg").read_text(encoding="utf-8") == drawing.picture()


def test_the_page_of_the_reference_has_all_bugs_that_it_can_be_made_to_have(monkeypatch: pytest.MonkeyPatch) -> None:
    writing = written_by("reference", monkeypatch)

    assert (ROOT / "docs" / "reference.md").read_text(encoding="utf-8") == writing.page()


@pytest.mark.slow
def test_the_page_of_bugs_is_what_the_hunt_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    writing = written_by("bugs", monkeypatch)

    assert (ROOT / "docs" / "bugs.md").read_text(encoding="utf-8") == writing.page()
