"""Accepted violations: they stay visible, and fail nothing until their date."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from ackproof.config.reading import read_pipeline
from ackproof.judging.judge import judge
from ackproof.properties.verdict import Judgement, exit_code
from ackproof.reports.document import as_json
from ackproof.reports.junit import as_junit
from ackproof.reports.markdown import as_markdown
from ackproof.reports.sarif import as_sarif

LAST_DAY = date(2027, 1, 31)
PIPELINE = """\
[producer]
client = "java"
config = {{ "enable.idempotence" = "false" }}
[faults]
at_most = 1
kinds = ["response-lost"]
[claims]
expect = ["{claim}"]
[accept.{accepted}]
reason = "the sink knows them"
until = 2027-01-31
"""


def judged(folder: Path, today: date, claim: str = "no-duplicates", accepted: str = "no-duplicates") -> Judgement:
    """A pipeline that duplicates records, judged on a day."""
    file = folder / "p.ackproof.toml"
    file.write_text(PIPELINE.format(claim=claim, accepted=accepted))
    return judge(read_pipeline(file), today=lambda: today)


@pytest.mark.parametrize("claim", ["no-duplicates", "at-most-once"])
def test_until_its_date_an_accepted_violation_fails_nothing(tmp_path: Path, claim: str) -> None:
    judgement = judged(tmp_path, LAST_DAY, claim)

    assert [verdict.answer for verdict in judgement.verdicts] == ["violated"]
    assert exit_code((judgement,)) == 0


def test_after_its_date_it_fails_again_and_says_so(tmp_path: Path) -> None:
    judgement = judged(tmp_path, LAST_DAY + timedelta(days=1))

    assert exit_code((judgement,)) == 1
    assert "the violation of no-duplicates was accepted until 2027-01-31, and is not any more" in [
        notice.message for notice in judgement.notices
    ]


def test_another_claim_is_not_accepted_with_it(tmp_path: Path) -> None:
    assert exit_code((judged(tmp_path, LAST_DAY, accepted="no-loss"),)) == 1


def test_each_report_tells_it(tmp_path: Path) -> None:
    judgement = judged(tmp_path, LAST_DAY)

    said = "until 2027-01-31: the sink knows them"
    assert json.loads(as_json("0", [judgement]))["pipelines"][0]["claims"][0]["accepted"] == said
    assert f"accepted {said}" in as_markdown([judgement])
    assert f"violated, and accepted {said}" in as_junit([judgement])
    (result,) = [
        each for each in json.loads(as_sarif("0", [judgement]))["runs"][0]["results"] if each["level"] == "error"
    ]
    assert result["suppressions"] == [{"kind": "external", "justification": said}]
