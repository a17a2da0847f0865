"""Followers that fall behind, one by one and at once."""

from collections.abc import Iterator
from typing import cast

import pytest

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.lagging import LAG, followers_lag, several_at_once
from ackproof.model.produce.replica import Replica, Replicas, Role
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.stored import STORED
from ackproof.model.produce.watermark import DERIVED
from ackproof.model.system import Step, System, steps
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore
from ackproof.traces.trace import Trace
from tests import oracle

LOG = (Batch(0),)
BEHIND: Replicas = (Replica("leader", log=LOG), Replica(), Replica())
MANY = Faults(9)


def after_lagging(replicas: Replicas, rules: BrokerRules | None = None, number: int = 2) -> list[tuple[Role, ...]]:
    """Who is what after so many fell behind at once."""
    leader = Leader(rules or BrokerRules(), DERIVED, "all")
    outcomes = followers_lag(number).outcomes(leader, replicas)
    return [tuple(replica.role for replica in cast("Replicas", one.changes["replicas"])) for one in outcomes]


def test_two_that_fall_behind_at_once_are_both_eligible() -> None:
    assert after_lagging(BEHIND) == [("leader", "eligible", "eligible")]


def test_only_those_that_are_behind_leave_at_once() -> None:
    assert after_lagging((BEHIND[0], Replica(log=LOG), Replica())) == []


def test_where_it_is_the_same_one_after_the_other_nobody_leaves_at_once() -> None:
    assert after_lagging(BEHIND, BrokerRules(min_insync_replicas=1)) == []
    assert after_lagging(BEHIND, BrokerRules(min_insync_replicas=3)) == []
    assert after_lagging(BEHIND, BrokerRules(has_eligible_leader_replicas=False)) == []


def test_any_number_of_followers_may_fall_behind_at_once() -> None:
    rules = BrokerRules(replication_factor=5, min_insync_replicas=2)

    assert [act.times for act in several_at_once(rules, MANY)] == [2, 3, 4]
    assert after_lagging((*BEHIND, Replica()), rules, 3) == [("leader", "eligible", "eligible", "eligible")]


def test_what_the_leader_has_not_heard_of_is_behind_where_the_high_watermark_is_stored() -> None:
    unheard = (Replica("leader", log=LOG), Replica(log=LOG), Replica(log=LOG))

    assert list(followers_lag(2).outcomes(Leader(BrokerRules(), STORED, "all"), unheard))
    assert not list(followers_lag(2).outcomes(Leader(BrokerRules(), DERIVED, "all"), unheard))


def lagging(faults: Faults, *kinds: str, is_fine: bool = False) -> System:
    """One record, and followers that fall behind."""
    brokers = BrokerRules(replication_factor=3, min_insync_replicas=2)
    kind = frozenset({LAG, *kinds})
    return produce_half(ProducerRules(), brokers, records=1, faults=faults, kinds=kind, is_fine=is_fine)


def at_once(system: System) -> Iterator[Step]:
    """The steps in which two fall behind at once, after the first record is appended."""
    state = system.first_state
    for name in ("send", "append"):
        state = next(step.state for step in steps(system, state) if step.action.name == name)
    return (step for step in steps(system, state) if step.action.name == "2 followers lag")


def test_each_of_them_is_a_fault() -> None:
    two = lagging(Faults(3, ((LAG, 2),)))
    (step,) = at_once(two)

    assert two.named(step.state)[FAULTS] == Faults(1, ((LAG, 0),))
    assert Trace(tuple(two.initial), two.first_state, (step,)).faults == (LAG, LAG)
    assert not list(at_once(lagging(Faults(1))))
    assert not list(at_once(lagging(Faults(3, ((LAG, 1),)))))


def test_the_search_counts_them_as_the_oracle_does() -> None:
    system = lagging(Faults(3), "broker-crash")

    found = explore(system)

    assert found.distinct_states == 713
    assert found.distinct_states + found.passing_states == len(oracle.explore(system).states)


@pytest.mark.slow
@pytest.mark.parametrize("claim", INVARIANTS["produce"])
def test_the_reduced_system_gives_the_verdicts_of_the_fine_one(claim: str) -> None:
    faults, statement = Faults(4, ((LAG, 2), ("power-loss", 2))), INVARIANTS["produce"][claim]
    ended = [explore(lagging(faults, "power-loss", is_fine=is_fine), statement).ended for is_fine in (False, True)]

    assert ended[0] == ended[1]
