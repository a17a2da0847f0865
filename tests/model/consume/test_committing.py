"""What becomes of a synchronous commit, in one step: of an owner, and of a consumer that is out of the group."""

import attrs
import pytest

from ackproof.model.consume.committing import commit
from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Group, Log
from ackproof.model.consume.reading import poll
from ackproof.model.consume.rebalancing import EAGER, RECONCILING, Rebalancing
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore
from tests.model.consume.styles import after

STALE = Consumer("stale", position=1, batch=((0, 0),), to_commit=1)
AS_NOBODY = ConsumerRules(commits_as_nobody=True)


def committed(rules: ConsumerRules, *others: Consumer) -> list[int | None]:
    """What the group has committed after each outcome."""
    found = commit.outcomes(rules, (STALE, *others), Group())
    return [group.committed for outcome in found if isinstance(group := outcome.changes.get("group", Group()), Group)]


def test_who_is_out_of_the_group_can_not_commit() -> None:
    assert committed(ConsumerRules()) == [None]


def test_some_clients_can_while_nobody_is_in_it() -> None:
    assert committed(AS_NOBODY) == [1, None]
    assert committed(AS_NOBODY, Consumer("out")) == [1, None]
    assert committed(AS_NOBODY, Consumer("member")) == [None]


def test_who_commits_as_nobody_knows_that_it_is_out_and_is_handed_no_more() -> None:
    log = Log(records=(0, 1))
    outcomes = [after(found) for found in commit.outcomes(AS_NOBODY, (attrs.evolve(STALE, batch=()),), Group())]
    unaware = attrs.evolve(STALE, batch=(), to_commit=None)

    assert [told.status for (told,) in outcomes] == ["stale", "out"]
    assert not list(poll.outcomes(AS_NOBODY, 1, outcomes[0], log))
    assert list(poll.outcomes(AS_NOBODY, 1, (unaware,), log))


@pytest.mark.parametrize(("rules", "status"), [(EAGER, "out"), (RECONCILING, "stale")])
def test_a_refusal_ends_the_membership_unless_heartbeats_do(rules: Rebalancing, status: str) -> None:
    (found,) = commit.outcomes(ConsumerRules(rebalancing=rules), (STALE,), Group())

    assert after(found)[0].status == status


def test_a_commit_before_processing_then_fences_nobody() -> None:
    kinds = frozenset({"consumer-pause", "consumer-crash"})
    fenced = ConsumerRules(commit_when="before-processing", rebalancing=RECONCILING, instances=2)
    systems = [
        consume_half(rules, records=1, faults=Faults(2), kinds=kinds)
        for rules in (fenced, attrs.evolve(fenced, commits_as_nobody=True))
    ]

    assert [explore(system, INVARIANTS["consume"]["no-duplicates"]).ended for system in systems] == [
        "exhausted",
        "violated",
    ]
