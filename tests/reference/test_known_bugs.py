"""Known bugs are switched on in the reference by the rules of their record, and found there."""

import pytest

from ackproof.bugs.bug import Bug
from ackproof.bugs.record import BUGS
from tests.reference.known_bugs_table import SCENARIOS, table


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.number)
def test_a_bug_is_there_under_the_rules_that_had_it_and_gone_under_those_that_fixed_it(bug: Bug) -> None:
    scenario = SCENARIOS[bug.number]

    assert scenario(bug.had())
    assert not scenario(bug.fixed())


def test_every_scenario_is_of_a_bug_of_the_record_and_says_in_a_line_what_happens() -> None:
    assert sorted(SCENARIOS) == sorted(bug.number for bug in BUGS)
    assert all(says and "\n" not in says and says.endswith(".") for says in table().values())
