"""Known bugs are switched on in the reference by the rules of their record, and found there."""

import pytest

from ackproof.bugs.bug import Bug
from ackproof.bugs.record import BUGS
from tests.reference.known_bugs_table import FOUND, NOT_HONOURED, table

EACH = [bug for bug in BUGS if bug.number in FOUND]


@pytest.mark.parametrize("bug", EACH, ids=lambda bug: bug.number)
def test_a_bug_is_there_under_the_rules_that_had_it_and_gone_under_those_that_fixed_it(bug: Bug) -> None:
    scenario = FOUND[bug.number]

    assert scenario(bug.had())
    assert not scenario(bug.fixed())


def test_every_bug_of_the_record_is_found_or_it_is_said_why_not() -> None:
    assert sorted(FOUND.keys() | NOT_HONOURED.keys()) == sorted(bug.number for bug in BUGS)
    assert not FOUND.keys() & NOT_HONOURED.keys()


def test_every_scenario_and_every_reason_is_one_line() -> None:
    rows = list(table())

    assert all(row.says and "\n" not in row.says and row.says.endswith(".") for row in rows)
