"""Violations that somebody lives with."""

from datetime import date
from pathlib import Path

import pytest

from ackproof.config.pipeline import Accepted
from ackproof.config.reading import BadConfiguration, read_pipeline

PIPELINE = """\
[producer]
client = "java"

[accept.no-duplicates]
"""


def written(folder: Path, lines: str) -> Path:
    """A pipeline that accepts what *lines* say."""
    file = folder / "p.ackproof.toml"
    file.write_text(PIPELINE + lines)
    return file


def test_a_claim_is_accepted_for_a_reason_and_until_a_date(tmp_path: Path) -> None:
    pipeline = read_pipeline(written(tmp_path, 'reason = "the sink knows them"\nuntil = 2027-01-31\n'))

    assert pipeline.accepted == (Accepted("no-duplicates", "the sink knows them", date(2027, 1, 31)),)


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        ("until = 2027-01-31\n", 4, "accept.no-duplicates must say its reason"),
        ('reason = "x"\n', 4, "accept.no-duplicates must say until which date, such as 2027-01-31"),
        (
            'reason = "x"\nuntil = "soon"\n',
            6,
            "accept.no-duplicates must say until which date, such as 2027-01-31, not 'soon'",
        ),
        ("[accept.no-dupes]\n", 5, "there is no claim no-dupes; did you mean no-duplicates?"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, lines: str, line: int, message: str) -> None:
    with pytest.raises(BadConfiguration) as bad:
        read_pipeline(written(tmp_path, lines))

    assert (line, message) in [(problem.line, problem.message) for problem in bad.value.problems]
