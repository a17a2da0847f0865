"""The offsets log: how many losses of power a commit survives, and what is left of it."""

import pytest

from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Group, with_committed
from ackproof.model.consume.offsets import losses, offsets_power_loss
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.properties.consume import no_record_is_processed_twice
from ackproof.search.explorer import explore

TWICE = with_committed(with_committed(Group(earlier=frozenset()), 1), 2)


@pytest.mark.parametrize(
    ("replicas", "kinds", "faults", "ended"),
    [
        (1, {"power-loss"}, 1, "violated"),
        (2, {"power-loss"}, 1, "exhausted"),
        (2, {"power-loss"}, 2, "violated"),
        (3, {"power-loss"}, 2, "exhausted"),
        (3, {"power-loss", "follower-lag"}, 3, "violated"),
    ],
)
def test_as_many_faults_as_replicas_are_needed(replicas: int, kinds: set[str], faults: int, ended: str) -> None:
    system = consume_half(
        ConsumerRules(), records=1, faults=Faults(faults), kinds=frozenset(kinds), offsets_replicas=replicas
    )

    assert explore(system, no_record_is_processed_twice).ended == ended


def test_the_number_of_states() -> None:
    kinds = frozenset({"power-loss"})
    system = consume_half(ConsumerRules(), records=2, faults=Faults(2), kinds=kinds, offsets_replicas=2)

    assert explore(system).distinct_states == 260


def test_replicas_are_counted_only_where_power_may_be_lost() -> None:
    kinds = frozenset({"follower-lag", "consumer-crash"})

    assert "offsets_in_sync" not in consume_half(ConsumerRules(), records=1, faults=Faults(1), kinds=kinds).initial


def test_offsets_in_the_sink_are_not_in_the_log() -> None:
    system = consume_half(
        ConsumerRules(commit="with-sink"), records=1, faults=Faults(1), kinds=frozenset({"power-loss"})
    )

    assert [act for act in system.actions if act.fault] == []


def test_while_another_replica_is_in_sync_nothing_is_lost() -> None:
    ((_, _, group, in_sync, is_forgotten),) = losses((), TWICE, 2)

    assert (group, in_sync, is_forgotten) == (TWICE, 1, False)


def test_alone_a_leader_comes_back_with_any_earlier_commit_or_without_the_group() -> None:
    found = [(group.committed, is_forgotten) for _, _, group, _, is_forgotten in losses((), TWICE, 1)]

    assert found == [(2, False), (None, True), (None, False), (1, False)]


def test_what_is_left_has_nothing_later_before_it() -> None:
    assert {group.earlier for _, _, group, _, _ in losses((), TWICE, 1) if group.committed == 1} == {frozenset()}


def test_members_of_a_group_that_is_gone_are_not_known_any_more() -> None:
    owner = Consumer("owner", position=1)
    after = [
        outcome.changes["consumers"] for outcome in offsets_power_loss.outcomes(ConsumerRules(), (owner,), TWICE, 1)
    ]

    assert (Consumer("stale", position=1),) in after


def test_a_commit_whose_answer_is_lost_may_be_kept() -> None:
    waiting = Consumer("owner", position=1, to_commit=1)
    groups = [
        outcome.changes["group"] for outcome in offsets_power_loss.outcomes(ConsumerRules(), (waiting,), Group(), 2)
    ]

    assert groups == [Group(), Group(1)]
