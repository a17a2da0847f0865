"""What the README shows of tests is what happens."""

import re
import shutil
from pathlib import Path

import pytest

import ackproof.pytest_plugin.marking
import ackproof.pytest_plugin.summary
import ackproof.testing

pytest_plugins = ["pytester"]

# A run within this one forgets what it was the first to import, and that can not be imported twice.
LOADED = (ackproof.pytest_plugin.marking, ackproof.pytest_plugin.summary, ackproof.testing)

ROOT = Path(__file__).parent.parent.parent


def shown(name: str) -> str:
    """The block of the README under the comment *name*."""
    found = re.search(
        rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert found
    return found[1]


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """Where the pipeline of the examples is."""
    for name in ("payments.ackproof.toml", "producer.properties", "consumer.properties"):
        shutil.copy(ROOT / "examples" / name, pytester.path)
    return pytester.path


def test_the_tests_that_ask_for_verdicts_pass(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "test_payments.py").write_text(shown("test_payments.py"), encoding="utf-8")

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--ackproof-repairs=no", "test_payments.py")

    result.assert_outcomes(passed=3)


def test_the_schedule_is_the_one_that_is_found(
    pytester: pytest.Pytester, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)  # where it is set, pytest's summary tells each story once more
    (folder / "test_ledger.py").write_text(shown("test_ledger.py"), encoding="utf-8")

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "test_ledger.py")

    result.assert_outcomes(failed=1)
    said = [line.removeprefix("E").strip() for line in result.outlines]
    assert [line for line in said if line in lines_of_story()] == lines_of_story()


def lines_of_story() -> list[str]:
    """The story of the README, line by line."""
    return [line.strip() for line in shown("said of test_ledger.py").splitlines()[1:]]


def test_the_example_fails_as_shown(pytester: pytest.Pytester, folder: Path) -> None:
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", folder / "payments.ackproof.toml")

    result.stdout.fnmatch_lines(["FAILED *payments.ackproof.toml::at-least-once - at-least-once violated in 5 steps"])
