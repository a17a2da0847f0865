"""What the network loses of commits, and what that breaks."""

import pytest

from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Group
from ackproof.model.consume.losing import answer_lost, answer_lost_in_steps, commit_lost
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore
from tests.model.consume.styles import after

WAITING = Consumer("owner", position=1, to_commit=1)


def test_with_a_connection_go_the_last_commits_on_it_or_all() -> None:
    found = commit_lost.outcomes((Consumer("owner", position=2, in_flight=(1, 2)),))

    assert [after(outcome)[0].in_flight for outcome in found] == [(), (1,)]


def test_who_gets_no_answer_to_an_accepted_commit_asks_again() -> None:
    (found,) = answer_lost.outcomes(ConsumerRules(), (WAITING,), Group())

    assert found.changes == {"group": Group(committed=1)}
    assert list(answer_lost.outcomes(ConsumerRules(), (WAITING,), Group(committed=1))) == []


def test_no_answer_is_lost_that_there_is_not() -> None:
    answered = Consumer("owner", position=1, to_commit=1, answer="accepted")

    assert list(answer_lost_in_steps.outcomes((WAITING,))) == []
    assert [after(outcome) for outcome in answer_lost_in_steps.outcomes((answered,))] == [(WAITING,)]


@pytest.mark.parametrize("is_fine", [False, True])
@pytest.mark.parametrize(
    ("rules", "kinds", "claim"),
    [
        (ConsumerRules(commit_when="before-processing"), ("consumer-pause", "response-lost"), "no-loss"),
        (ConsumerRules(commit="async"), ("member-leaves", "request-lost"), "no-duplicates"),
    ],
)
def test_what_is_lost_and_not_asked_for_again_breaks_what_the_other_fault_alone_does_not(
    rules: ConsumerRules, kinds: tuple[str, str], claim: str, is_fine: bool
) -> None:
    systems = [
        consume_half(rules, records=1, faults=Faults(2), kinds=frozenset(some), is_fine=is_fine)
        for some in (kinds[:1], kinds)
    ]

    assert [explore(system, INVARIANTS["consume"][claim]).ended for system in systems] == ["exhausted", "violated"]
