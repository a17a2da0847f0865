"""The track record: every bug is found under the rules that had it, and only there."""

import re
from collections import Counter

import attrs
import pytest

from ackproof.bugs.bug import Bug
from ackproof.bugs.hunting import Found, hunt
from ackproof.bugs.record import BUGS, OUT_OF_REACH
from ackproof.model.faults import KINDS
from ackproof.properties.claims import CLAIMS
from ackproof.search.exploration import Exploration
from ackproof.search.explorer import explore
from ackproof.traces.trace import replay

MOST_STATES = 200_000
"""More states than that are no example that people wait for."""

every_bug = pytest.mark.parametrize("known", BUGS, ids=lambda bug: bug.number)


@pytest.fixture(scope="module")
def hunts() -> dict[str, Found]:
    """What became of each search, so that each is searched for once."""
    return {}


def test_an_interrupted_hunt_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    was = attrs.evolve(explore(BUGS[0].had(), BUGS[0].statement), ended="interrupted")

    def interrupted(*_system: object, **_budget: object) -> Exploration:
        return was

    monkeypatch.setattr("ackproof.bugs.hunting.explore", interrupted)

    with pytest.raises(KeyboardInterrupt):
        hunt(BUGS[0])


def found(hunts: dict[str, Found], known: Bug) -> Found:
    """What became of the search for *known*."""
    if known.number not in hunts:
        hunts[known.number] = hunt(known)
    return hunts[known.number]


@every_bug
def test_a_bug_is_found_where_it_was_and_gone_where_it_was_fixed(hunts: dict[str, Found], known: Bug) -> None:
    outcome = found(hunts, known)

    assert outcome.trace is not None
    assert outcome.fixed_holds
    assert sum(outcome.distinct_states) < MOST_STATES


@every_bug
def test_a_bug_uses_every_fault_that_it_is_said_to_need(hunts: dict[str, Found], known: Bug) -> None:
    trace = found(hunts, known).trace

    assert trace is not None
    assert Counter(trace.faults) == Counter(known.faults)


@every_bug
def test_the_trace_of_a_bug_can_be_taken_again(hunts: dict[str, Found], known: Bug) -> None:
    trace = found(hunts, known).trace

    assert trace is not None
    assert [step.says for step in replay(known.had(), trace).steps] == [step.says for step in trace.steps]


@every_bug
def test_a_bug_is_a_difference_of_rules_alone(known: Bug) -> None:
    had, fixed = known.had(), known.fixed()

    assert dict(had.rules) != dict(fixed.rules) or had.actions != fixed.actions
    assert had.initial.keys() == fixed.initial.keys()


@every_bug
def test_a_bug_names_the_method_that_had_it_and_its_source(known: Bug) -> None:
    assert re.search(r"``[\w.$]+(\.\w+)?``", known.mechanism), known.mechanism
    assert known.source
    assert set(known.faults) <= set(KINDS)


def test_the_record_is_long_and_has_no_bug_twice() -> None:
    numbers = [bug.number for bug in BUGS] + [bug.number for bug in OUT_OF_REACH]

    assert len(BUGS) >= 30
    assert len(set(numbers)) == len(numbers)


def test_a_bug_breaks_a_claim_or_an_invariant_by_its_name() -> None:
    for known in BUGS:
        assert known.breaks in CLAIMS or known.breaks == known.statement.name, known.number
