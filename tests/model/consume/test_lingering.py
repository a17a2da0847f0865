"""Tests of who goes on with the partition though its group has put it out."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES
from ackproof.model.consume.committing import commit
from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.coordinator import (
    CLASSIC,
    NOBODY,
    Coordinator,
    answer,
    reconnected,
    with_claim,
    with_joined,
    without_member,
)
from ackproof.model.consume.lingering import (
    disconnected,
    give_up_by_commit,
    hear_as_it_joins,
    hear_as_it_joins_in_steps,
    hear_of_another_refusal,
    hear_of_refusal,
    hear_what_it_has,
    join_with_partition,
    of_its_generation,
    refusal_lost,
    with_older_claim,
)
from ackproof.model.consume.log import Group
from ackproof.model.consume.losing import commit_lost_in_steps
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA
from ackproof.model.consume.rejoining import assign, begun
from ackproof.model.consume.requests import async_commit_arrives
from ackproof.model.consume.rules import ConsumerRules
from tests.model.consume.styles import KEEPS, after

RULES = ConsumerRules(rebalancing=KEEPS, is_static=True)
OUTSIDE = Consumer("lingering", position=3, generation=1)
INSIDE = attrs.evolve(OUTSIDE, is_rejoining=True)
OWNER = Consumer("owner", position=5, generation=2)


def test_who_was_put_out_with_the_partition_may_hear_so_as_it_joins() -> None:
    stale = Consumer("stale", position=3)
    busy, asking = attrs.evolve(stale, in_hand=((2, 2),)), attrs.evolve(stale, in_flight=(3,))

    (told,) = hear_as_it_joins.outcomes(RULES, (stale, busy, asking, Consumer("stale")))

    assert after(told)[0] == Consumer("lingering", position=3)


def test_alone_it_keeps_the_partition() -> None:
    (joined,) = join_with_partition.outcomes(RULES, (OUTSIDE,), Group(committed=1))
    (kept,) = hear_what_it_has.outcomes(RULES, after(joined), Group(committed=1))

    assert after(kept) == (attrs.evolve(OUTSIDE, status="owner"),)


def test_beside_an_owner_it_loses_it() -> None:
    (joined,) = join_with_partition.outcomes(RULES, (OUTSIDE, OWNER), Group(committed=1))
    (lost,) = hear_what_it_has.outcomes(RULES, after(joined), Group(committed=1))

    assert [consumer.status for consumer in after(lost)] == ["member", "owner"]
    assert after(lost)[1].is_rejoining


@pytest.mark.parametrize("pauses", [True, False])
def test_a_client_that_commits_by_itself_in_rebalances_is_refused(*, pauses: bool) -> None:
    auto = attrs.evolve(LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES, pauses=pauses)
    rules = attrs.evolve(RULES, commit="auto", auto_commit=auto)

    lost = list(give_up_by_commit.outcomes(rules, (attrs.evolve(OUTSIDE, stored=3),), Group(committed=1)))

    assert [after(each)[0].status for each in lost] == ([] if pauses else ["out"])


def test_a_claim_of_an_earlier_generation_counts_if_there_is_no_later_one() -> None:
    consumers = (OUTSIDE, OWNER)
    both = with_claim(with_older_claim(Coordinator("preparing"), consumers, 0), 1)

    assert (both.claimant, both.older) == (1, (0,))
    behind = with_older_claim(with_claim(Coordinator("preparing"), 1), consumers, 0)
    assert behind == attrs.evolve(both, followers=frozenset({0}))
    assert without_member(both, 1).claimant == 0


def test_what_it_asks_to_commit_meanwhile_is_refused() -> None:
    members = Coordinator("preparing", frozenset({0}))

    assert answer(RULES, members, Group(generation=1), (OUTSIDE,), 0) == "refused"
    assert of_its_generation(attrs.evolve(OUTSIDE, to_commit=3), 2).answer == "refused"
    assert of_its_generation(OUTSIDE, 2) == attrs.evolve(INSIDE, status="owner", generation=2)


def test_others_have_to_hear_first() -> None:
    assert not list(hear_as_it_joins.outcomes(ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA), (OWNER,)))


def test_what_is_on_its_way_as_it_hears_is_refused_and_it_gives_up() -> None:
    asking = attrs.evolve(OWNER, in_flight=(5,), generation=1)
    (told,) = hear_as_it_joins_in_steps.outcomes(RULES, (asking,), Coordinator())
    refused = attrs.evolve(after(told)[0], in_flight=(), generation=0)

    assert after(told)[0].status == "lingering"
    (lost,) = hear_of_refusal.outcomes((refused,))
    assert after(lost) == (Consumer("out"),)
    assert of_its_generation(refused, 3) == refused
    assert not list(hear_of_refusal.outcomes(after(told)))


def test_the_answer_may_be_lost_before_it_has_joined_again() -> None:
    refused, group = attrs.evolve(OUTSIDE, generation=0), Group(generation=3)
    inside = Coordinator("stable", frozenset({0}))

    (missed,) = refusal_lost.outcomes((refused,), group, Coordinator())

    assert after(missed) == (attrs.evolve(refused, generation=2),)
    assert not list(refusal_lost.outcomes((refused,), group, inside))


def test_who_waits_for_its_assignment_joins_once_more_as_its_connection_breaks() -> None:
    waiting, group, inside = (
        attrs.evolve(OWNER, is_rejoining=True),
        Group(generation=3),
        Coordinator("stable", frozenset({0})),
    )

    assert disconnected(RULES, (waiting,), group, Coordinator()) == (attrs.evolve(waiting, is_rejoining=False),)
    assert disconnected(RULES, (waiting,), group, inside) == (waiting,)
    assert disconnected(ConsumerRules(), (waiting,), group, Coordinator()) == (waiting,)


def test_who_is_silent_and_has_no_position_may_have_had_nothing() -> None:
    silent = Consumer("silent", generation=1)

    assert not list(hear_as_it_joins_in_steps.outcomes(RULES, (silent,), Coordinator()))
    assert list(hear_as_it_joins_in_steps.outcomes(RULES, (attrs.evolve(silent, position=1),), Coordinator()))


def test_a_client_may_be_refused_what_is_committed_already() -> None:
    rules = attrs.evolve(RULES, commit="auto", auto_commit=LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES)
    stored = attrs.evolve(OUTSIDE, stored=3)

    (lost,) = hear_of_another_refusal.outcomes(rules, (stored,), Group(committed=3))

    assert after(lost) == (Consumer("out", generation=1),)
    assert not list(hear_of_another_refusal.outcomes(RULES, (stored,), Group(committed=3)))


def test_a_commit_of_who_does_not_lead_waits_behind_its_sync_group() -> None:
    group, asking = Group(generation=2), attrs.evolve(INSIDE, status="owner", generation=2, in_flight=(3,))
    consumers = (asking, Consumer("joining", generation=2))
    behind = begun(with_older_claim(Coordinator("preparing", frozenset({1})), consumers, 0), is_whole=True)
    others_left_out = begun(attrs.evolve(behind, state="preparing"), is_whole=False)
    first = begun(with_joined(with_older_claim(Coordinator(), consumers, 0), 1), is_whole=True)
    (lost,) = commit_lost_in_steps.outcomes(consumers, behind)

    waits = [
        not list(async_commit_arrives.outcomes(RULES, CLASSIC, consumers, group, coordinator))
        for coordinator in (behind, others_left_out, first, reconnected(behind))
    ]

    assert waits == [True, False, False, False]
    assert lost.changes["coordinator"] == reconnected(behind)
    stable = attrs.evolve(behind, state="stable", followers=NOBODY)
    found = [outcome.changes["coordinator"] for outcome in assign.outcomes(behind)]
    assert found == [attrs.evolve(stable, owner=0), stable]


@pytest.mark.parametrize(("other", "answers"), [(OWNER, 1), (Consumer("member"), 2)])
def test_a_commit_beside_an_owner_is_accepted_behind_the_assignment(other: Consumer, answers: int) -> None:
    asking = attrs.evolve(INSIDE, to_commit=3)

    assert len(list(commit.outcomes(RULES, (asking, other), Group(committed=1)))) == answers
