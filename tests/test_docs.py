"""What the documentation shows is what runs."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_the_readmes_picture_is_a_real_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    spec = importlib.util.spec_from_file_location("picture", ROOT / "docs" / "picture.py")
    assert spec is not None
    assert spec.loader is not None
    drawing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(drawing)

    assert (ROOT / "docs" / "verify.svg").read_text(encoding="utf-8") == drawing.picture()
