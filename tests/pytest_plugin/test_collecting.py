"""Pipeline files as files of tests."""

import json
from pathlib import Path

import pytest

import ackproof.pytest_plugin.marking
import ackproof.pytest_plugin.summary
import ackproof.pytest_plugin.writing
import ackproof.retelling.reporting
from ackproof.search.interrupts import Interrupts
from tests.pytest_plugin.pipelines import BAD, LOSING, SAFE, UNDECIDED

pytest_plugins = ["pytester"]

# A run within this one forgets what it was the first to import, and that can not be imported twice.
LOADED = (
    ackproof.pytest_plugin.marking,
    ackproof.pytest_plugin.summary,
    ackproof.pytest_plugin.writing,
    ackproof.retelling.reporting,
)

WITHIN = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
"""A run within this one finds that it can not rewrite what this one has imported."""
QUICK = (*WITHIN, "-p", "no:cacheprovider", "--ackproof-repairs", "no")


def put(pytester: pytest.Pytester, **pipelines: str) -> None:
    pytester.makeini("[pytest]\naddopts = --strict-markers")
    for name, text in pipelines.items():
        (pytester.path / f"{name}.ackproof.toml").write_text(text, encoding="utf-8")


def test_each_claim_is_a_test_of_its_own(pytester: pytest.Pytester) -> None:
    put(pytester, safe=SAFE, losing=LOSING)

    items, _ = pytester.inline_genitems()  # pyright: ignore[reportUnknownMemberType]  # pytest says no types there

    assert [item.nodeid for item in items] == [
        "losing.ackproof.toml::at-least-once",
        "losing.ackproof.toml::at-most-once",
        "safe.ackproof.toml::at-least-once",
        "safe.ackproof.toml::in-order",
    ]


def test_a_test_passes_if_its_claim_holds(pytester: pytest.Pytester) -> None:
    put(pytester, safe=SAFE)

    result = pytester.runpytest_inprocess(*QUICK)

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["safe.ackproof.toml  at-least-once  holds", "  every execution with 2 records and 1 fault*"]
    )


def test_a_violated_claim_fails_with_the_execution_and_where_it_stands(pytester: pytest.Pytester) -> None:
    put(pytester, losing=LOSING)

    result = pytester.runpytest_inprocess(*QUICK)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "* at-least-once: violated (no-loss) in * steps",
            "*consumer 1 crashes with r1 in its hands  ⚡consumer-crash",
            "losing.ackproof.toml:12: at-least-once violated in * steps",
            "again: ackproof verify losing.ackproof.toml --claim at-least-once",
            "FAILED losing.ackproof.toml::at-least-once - at-least-once violated in * steps",
        ]
    )


def test_a_failure_is_where_the_setting_stands_that_the_smallest_repair_changes(pytester: pytest.Pytester) -> None:
    put(pytester, losing=LOSING)

    result = pytester.inline_run("-k", "at-least-once")  # pyright: ignore[reportUnknownMemberType]  # pytest says no types there

    (report,) = [report for report in result.getreports("pytest_runtest_logreport") if report.failed]
    assert report.location == ("losing.ackproof.toml", 3, "at-least-once")
    assert "repair     set consumer.commit_when = after-processing" in report.longreprtext


def test_one_claim_can_be_chosen_by_its_name(pytester: pytest.Pytester) -> None:
    put(pytester, safe=SAFE, losing=LOSING)

    pytester.runpytest_inprocess(*QUICK, "-k", "losing and at-most-once").assert_outcomes(passed=1, deselected=3)
    pytester.runpytest_inprocess(*QUICK, "losing.ackproof.toml::at-most-once").assert_outcomes(passed=1)
    pytester.runpytest_inprocess(*QUICK, "-m", "not ackproof").assert_outcomes(deselected=4)


def test_what_failed_last_is_run_alone(pytester: pytest.Pytester) -> None:
    put(pytester, losing=LOSING)
    pytester.runpytest_inprocess("--ackproof-repairs", "no")

    pytester.runpytest_inprocess("--ackproof-repairs", "no", "--lf").assert_outcomes(failed=1)


def test_a_run_can_end_with_the_first_failure(pytester: pytest.Pytester) -> None:
    put(pytester, losing=LOSING, safe=SAFE)

    pytester.runpytest_inprocess(*QUICK, "-x", "-p", "no:hypothesispytest").assert_outcomes(failed=1)


def test_an_unknown_claim_fails_with_the_reason(pytester: pytest.Pytester) -> None:
    put(pytester, old=UNDECIDED)

    result = pytester.runpytest_inprocess(*QUICK)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["FAILED old.ackproof.toml::in-order - in-order unknown: brokers before 0.10.2*"])


@pytest.mark.parametrize(("asked", "outcome"), [("skip", "skipped"), ("xfail", "xfailed")])
def test_an_unknown_claim_is_skipped_or_expected_to_fail_only_if_asked_for(
    pytester: pytest.Pytester, asked: str, outcome: str
) -> None:
    put(pytester, old=UNDECIDED)
    pytester.makeini(f"[pytest]\nackproof_unknown = {asked}")

    assert pytester.runpytest_inprocess(*QUICK).parseoutcomes() == {outcome: 1}


def test_an_accepted_violation_is_an_expected_failure(pytester: pytest.Pytester) -> None:
    put(pytester, losing=f'{LOSING}[accept.no-loss]\nreason = "see OPS-7"\nuntil = 9999-12-31\n')

    result = pytester.runpytest_inprocess(*QUICK, "-rx")

    result.assert_outcomes(passed=1, xfailed=1)
    result.stdout.fnmatch_lines(["losing.* at-least-once  violated in * steps, accepted until 9999-12-31: see OPS-7"])


def test_a_bad_configuration_can_not_be_collected(pytester: pytest.Pytester) -> None:
    put(pytester, bad=BAD, safe=SAFE)

    result = pytester.runpytest_inprocess(*QUICK)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["bad.ackproof.toml:5: auto.offset.reset: *sometimes*"])


def test_options_replace_what_files_say(pytester: pytest.Pytester) -> None:
    put(pytester, losing=LOSING)

    result = pytester.runpytest_inprocess(*QUICK, "--ackproof-faults", "member-joins", "--ackproof-records", "2")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["ackproof: records 2, faults member-joins, repairs no", "*with 2 records and * (member-joins)*"]
    )


@pytest.mark.parametrize(
    "option",
    [
        "budget=soon",
        "budget=-1",
        "records=0",
        "records=1.5",
        "faults=rain",
        "kafka=0.1",
        "unknown=pass",
        "report=/dev/null/x",
    ],
)
def test_an_option_that_makes_no_sense_is_refused(pytester: pytest.Pytester, option: str) -> None:
    put(pytester, safe=SAFE)

    result = pytester.runpytest_inprocess(f"--ackproof-{option}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: ackproof: *"])


def test_verdicts_are_properties_in_the_junit_file(pytester: pytest.Pytester) -> None:
    put(pytester, losing=LOSING)

    pytester.runpytest_inprocess(*QUICK, "--junit-xml=junit.xml", "-k", "at-least-once")

    written = (pytester.path / "junit.xml").read_text(encoding="utf-8")
    assert '<property name="ackproof.verdict" value="violated" />' in written
    assert '<property name="ackproof.records" value="1" />' in written
    assert "consumer 1 crashes" in written


def test_a_report_has_a_page_a_sarif_document_and_a_trace_for_each_violation(pytester: pytest.Pytester) -> None:
    put(pytester, losing=LOSING, safe=SAFE)

    result = pytester.runpytest_inprocess(*QUICK, "--ackproof-report", "report")

    folder = pytester.path / "report"
    of_violation = {f"losing.at-least-once/{name}" for name in ("index.html", "losing.at-least-once.itf.json")}
    assert files(folder) == {"ackproof.md", "ackproof.sarif", *of_violation}
    (run,) = json.loads((folder / "ackproof.sarif").read_text(encoding="utf-8"))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[one["ruleIndex"]] for one in run["results"]] == [one["ruleId"] for one in run["results"]]
    assert sorted(one["ruleId"] for one in run["results"] if one["ruleId"] != "notice") == (
        ["at-least-once", "at-least-once", "at-most-once", "in-order"]
    )
    assert "is violated" in (folder / "ackproof.md").read_text(encoding="utf-8")
    result.stdout.fnmatch_lines(["written: *ackproof.md", "written: *ackproof.sarif", "written: *index.html"])


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_claim_whose_search_is_interrupted_is_unknown_and_ends_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(pytester, safe=SAFE)
    interrupted = property(lambda self: True, lambda self, value: None)
    monkeypatch.setattr(Interrupts, "is_wanted", interrupted, raising=False)

    result = pytester.runpytest_inprocess(*QUICK, no_reraise_ctrlc=True)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert result.parseoutcomes() == {}
    result.stdout.fnmatch_lines(["safe.ackproof.toml  at-least-once  unknown: *interrupted*"])
