"""Verdicts in tests that people write."""

import pytest

import ackproof.pytest_plugin.marking
import ackproof.pytest_plugin.summary
from tests.pytest_plugin.pipelines import BAD, LOSING, SAFE

pytest_plugins = ["pytester"]

# A run within this one forgets what it was the first to import, and that can not be imported twice.
LOADED = (ackproof.pytest_plugin.marking, ackproof.pytest_plugin.summary)

QUICK = ("-p", "no:cacheprovider", "--ackproof-repairs", "no", "--strict-markers")


def run(pytester: pytest.Pytester, test: str, **pipelines: str) -> pytest.RunResult:
    for name, text in pipelines.items():
        (pytester.path / f"{name}.ackproof.toml").write_text(text, encoding="utf-8")
    return pytester.runpytest_inprocess(*QUICK, pytester.makepyfile(test))


def test_a_marked_test_runs_if_the_claim_holds(pytester: pytest.Pytester) -> None:
    test = """
        import pytest
        @pytest.mark.ackproof("safe.ackproof.toml", claim="in-order")
        def test_ledger(): print("it runs"); assert 0
    """

    result = run(pytester, test, safe=SAFE)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["it runs", "safe.ackproof.toml  in-order  holds"])


def test_a_marked_test_fails_without_running_if_the_claim_is_violated(pytester: pytest.Pytester) -> None:
    test = """
        import pytest
        @pytest.mark.ackproof("losing.ackproof.toml", claim=["at-most-once", "no-loss"], faults="consumer-crash:1")
        def test_ledger(): print("it runs")
    """

    result = run(pytester, test, losing=LOSING)

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("it runs")
    result.stdout.fnmatch_lines(
        ["* consumer 1 crashes with r1 in its hands*", "again: * --claim no-loss --faults consumer-crash:1"]
    )


@pytest.mark.parametrize(
    ("marker", "says"),
    [
        ("", "*the marker ackproof missing 1 required positional argument: 'pipeline'"),
        ("'safe.ackproof.toml', claims='no-loss'", "*the marker ackproof got an unexpected keyword argument 'claims'"),
        ("'safe.ackproof.toml', claim='no-los'", "*no-los*did you mean no-loss*"),
        ("'bad.ackproof.toml'", "bad.ackproof.toml:5: auto.offset.reset: *"),
        ("'none.ackproof.toml'", "none.ackproof.toml: can not read*"),
    ],
)
def test_a_marker_that_makes_no_sense_fails_its_test(pytester: pytest.Pytester, marker: str, says: str) -> None:
    test = f"""
        import pytest
        @pytest.mark.ackproof({marker})
        def test_ledger(): pass
    """

    result = run(pytester, test, safe=SAFE, bad=BAD)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([says])


def test_the_fixture_gives_the_judgement(pytester: pytest.Pytester) -> None:
    test = """
        def test_ledger(ackproof_verify):
            judgement = ackproof_verify("losing.ackproof.toml", ["at-least-once", "at-most-once"], records=1)
            assert [verdict.answer for verdict in judgement.verdicts] == ["violated", "holds"]
            assert not judgement.every_claim_holds
    """

    result = run(pytester, test, losing=LOSING)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["losing.ackproof.toml  at-least-once  violated*", "*  at-most-once   holds"])


def test_a_bad_configuration_fails_the_test_that_asks_the_fixture(pytester: pytest.Pytester) -> None:
    test = """
        def test_ledger(ackproof_verify):
            assert all(verdict.answer == "holds" for verdict in ackproof_verify("bad.ackproof.toml").verdicts)
    """

    result = run(pytester, test, bad=BAD)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["bad.ackproof.toml:5: auto.offset.reset: *"])


def test_what_a_failing_setup_has_found_is_told_too(pytester: pytest.Pytester) -> None:
    test = """
        import pytest
        @pytest.fixture
        def ledger(ackproof_verify): assert ackproof_verify("losing.ackproof.toml", "no-loss").every_claim_holds
        def test_ledger(ledger): pass
    """

    result = run(pytester, test, losing=LOSING)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["losing.ackproof.toml  no-loss  violated*"])
