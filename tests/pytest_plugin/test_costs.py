"""What the plugin costs where nobody uses it, and how it works between processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pytest_plugin.pipelines import LOSING

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent.parent
HEAVY = ("ackproof", "attrs", "hypothesis", "networkx", "numba", "numpy", "rich", "z3")


def test_the_door_imports_nothing_heavy() -> None:
    code = f"import sys, ackproof_pytest; print([name for name in {HEAVY} if name in sys.modules])"

    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_a_run_without_pipelines_does_not_import_the_package(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"def test_it():\n    import sys\n    assert not set({HEAVY}) & set(sys.modules)")

    result = pytester.runpytest_subprocess("-p", "no:xdist", "-p", "no:cov")

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*= ackproof =*")


def test_the_repository_has_no_pipelines_among_its_tests() -> None:
    assert [path for folder in ("ackproof", "tests") for path in (ROOT / folder).rglob("*.ackproof.toml")] == []


@pytest.mark.slow
def test_what_workers_find_is_told_and_written_once(pytester: pytest.Pytester) -> None:
    (pytester.path / "losing.ackproof.toml").write_text(LOSING, encoding="utf-8")

    result = pytester.runpytest_subprocess("-n", "2", "--ackproof-repairs=no", "--ackproof-report=report")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "losing.ackproof.toml:12: at-least-once violated in * steps",
            "losing.ackproof.toml  at-least-once  violated in * steps",
            "losing.ackproof.toml  at-most-once   holds",
            "written: *",
            "FAILED losing.ackproof.toml::at-least-once - at-least-once violated in * steps",
        ]
    )
    assert sorted(path.name for path in (pytester.path / "report").iterdir()) == (
        ["ackproof.md", "ackproof.sarif", "losing.at-least-once"]
    )
