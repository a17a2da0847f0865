"""Partitions that are added: a rebalance, or a key that moves."""

from typing import Literal

import attrs
import pytest

from ackproof.model.consume.adding import append, assign_added, discover, see_added
from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.coordinator import CLASSIC, Coordinator
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Added, Group, Log
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.properties.claims import INVARIANTS
from ackproof.properties.liveness import the_lag_is_zero
from ackproof.search.explorer import explore
from ackproof.search.liveness import explore_fairly

CLAIMS = INVARIANTS["consume"]
ADDED = frozenset({"partitions-added"})


def half(reset: Literal["earliest", "latest", "none"] = "earliest", *, moves_key: bool) -> System:
    """A group that has partitions added to its topic."""
    rules = ConsumerRules(reset=reset)
    return consume_half(rules, records=2, faults=Faults(1), kinds=ADDED, moves_key=moves_key)


@pytest.mark.parametrize(("moves_key", "ended"), [(False, "exhausted"), (True, "violated")])
def test_order_breaks_only_where_the_key_moves(moves_key: bool, ended: str) -> None:
    assert explore(half(moves_key=moves_key), CLAIMS["in-order"]).ended == ended


@pytest.mark.parametrize("claim", ["no-loss", "no-duplicates"])
def test_nothing_is_lost_or_doubled(claim: str) -> None:
    assert explore(half(moves_key=True), CLAIMS[claim]).ended == "exhausted"


def test_from_latest_what_is_sent_before_the_discovery_is_skipped() -> None:
    skipped = Log(records=(0,), added=Added((1,), position=1))
    state = {"log": skipped, "group": Group(), "consumers": (), "history": frozenset({0}), "consumer": ConsumerRules()}

    assert not CLAIMS["no-loss"].function(**{name: state[name] for name in CLAIMS["no-loss"].parameters})


@pytest.mark.parametrize(("reset", "ended"), [("earliest", "exhausted"), ("latest", "exhausted"), ("none", "violated")])
def test_the_new_partition_is_read_at_last(reset: Literal["earliest", "latest", "none"], ended: str) -> None:
    system = consume_half(
        ConsumerRules(reset=reset), records=2, faults=Faults(1), kinds=ADDED, moves_key=True, is_fine=True
    )

    assert explore_fairly(system, the_lag_is_zero).ended == ended


@pytest.mark.parametrize(("moves_key", "states"), [(False, 42), (True, 99)])
def test_the_number_of_states(moves_key: bool, states: int) -> None:
    assert explore(half(moves_key=moves_key)).distinct_states == states


def test_later_records_go_to_the_new_partition() -> None:
    (before,) = append.outcomes(Log(), 2)
    (after,) = append.outcomes(Log(records=(0,), added=Added()), 2)

    assert before.changes["log"] == Log(records=(0,))
    assert after.changes["log"] == Log(records=(0,), added=Added((1,)))


@pytest.mark.parametrize(
    ("reset", "positions"), [("earliest", [0]), ("latest", [1]), ("none", []), ("by_duration", [0])]
)
def test_where_the_group_starts_is_up_to_the_reset_policy(
    reset: Literal["earliest", "latest", "none", "by_duration"], positions: list[int]
) -> None:
    log = Log(added=Added((0,)))
    found = discover.outcomes(ConsumerRules(reset=reset), (Consumer("owner"),), Group(), log)
    added = [outcome.changes["log"] for outcome in found]

    assert [other.added.position for other in added if isinstance(other, Log) and other.added] == positions


def test_the_group_rebalances_when_it_discovers_the_partition() -> None:
    owner = Consumer("owner", position=0)
    (found,) = discover.outcomes(ConsumerRules(), (owner,), Group(), Log(added=Added()))

    assert found.changes["consumers"] == (attrs.evolve(owner, position=None),)


def test_a_leader_may_see_the_partition_as_it_assigns() -> None:
    members = frozenset({0})
    found = see_added.outcomes(CLASSIC, Coordinator("completing", members), Log(added=Added()))

    assert [outcome.changes["coordinator"] for outcome in found] == [
        Coordinator("preparing", members),
        Coordinator("completing", members),
    ]


@pytest.mark.parametrize("is_stable", [False, True])
def test_the_partition_is_assigned_with_the_others(*, is_stable: bool) -> None:
    seen = Log(added=Added(is_seen=True))

    assert bool(list(assign_added.outcomes(is_stable, seen))) == is_stable
