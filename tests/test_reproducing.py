"""An example that fails is drawn again, whatever else runs."""

import sys
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def drawn() -> list[int]:
    examples = list[int]()

    @given(st.integers(0, 2**40))
    @settings(max_examples=200)
    def draw(number: int) -> None:
        examples.append(number)

    draw()
    return examples


def test_what_is_drawn_does_not_depend_on_the_modules_that_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawn()
    numbers = ", ".join(str(2**40 - number) for number in range(1, 400))
    (tmp_path / "numbered.py").write_text(f"NUMBERS = [{numbers}]\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    import_module("numbered")

    assert drawn() == before
