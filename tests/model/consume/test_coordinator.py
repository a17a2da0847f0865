"""What a group coordinator does about a member, by group protocol, where it takes several steps."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import LIBRDKAFKA
from ackproof.model.consume.consumer import Answer, Consumer, Consumers
from ackproof.model.consume.coordinator import CLASSIC, Coordinator, with_claim
from ackproof.model.consume.failing_in_steps import coordinator_failover, member_leaves
from ackproof.model.consume.keeping import Keeping
from ackproof.model.consume.log import Group
from ackproof.model.consume.rebalancing import (
    COOPERATIVE,
    COOPERATIVE_LIBRDKAFKA,
    RECONCILING,
    RECONCILING_WITH_EXACT_EPOCHS,
    Rebalancing,
)
from ackproof.model.consume.reconciling import HEARTBEATS, advance, compute_target, hear_epoch, revoke
from ackproof.model.consume.rejoining import (
    assign,
    begin_generation,
    hear_of_fencing,
    learn_what_is_kept,
    lose_assignment,
    restart_in_time,
)
from ackproof.model.consume.requests import async_commit_arrives, hear_answer
from ackproof.model.consume.rules import ConsumerRules
from tests.model.consume.styles import after

BOTH = frozenset({0, 1})
STABLE = Coordinator("stable", BOTH, owner=0)
OWNER, MEMBER = Consumer("owner", position=1, generation=3), Consumer("member", generation=3)
NOW = Group(generation=3)
REJOINING = attrs.evolve(OWNER, is_rejoining=True)
WITHOUT_GENERATION = attrs.evolve(REJOINING, generation=0)
BEFORE_2_10 = ConsumerRules(rebalancing=attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False))
ANSWERED = attrs.evolve(REJOINING, to_commit=1, answer="accepted")


def test_every_change_of_a_classic_group_makes_all_rejoin() -> None:
    assert CLASSIC.with_member(STABLE, 2) == Coordinator("preparing", BOTH | {2}, frozenset({2}))
    assert CLASSIC.without_member(STABLE, 1) == Coordinator("preparing", frozenset({0}))
    assert CLASSIC.with_more_partitions(STABLE) == Coordinator("preparing", BOTH)


def test_the_last_member_leaves_an_empty_group() -> None:
    assert CLASSIC.without_member(Coordinator("stable", frozenset({0}), owner=0), 0) == Coordinator()


@pytest.mark.parametrize(
    ("sender", "coordinator", "rules", "answer"),
    [
        (OWNER, STABLE, COOPERATIVE, "accepted"),
        (attrs.evolve(OWNER, generation=2), STABLE, COOPERATIVE, "refused"),
        (attrs.evolve(OWNER, status="silent"), STABLE, COOPERATIVE, "refused"),
        (OWNER, Coordinator("stable", frozenset({1}), owner=1), COOPERATIVE, "refused"),
        (REJOINING, STABLE, COOPERATIVE, "put off"),
        (REJOINING, Coordinator("preparing", BOTH), COOPERATIVE_LIBRDKAFKA, "accepted"),
        (REJOINING, Coordinator("completing", BOTH), COOPERATIVE_LIBRDKAFKA, "put off"),
        (WITHOUT_GENERATION, STABLE, BEFORE_2_10.rebalancing, "put off"),
        (WITHOUT_GENERATION, Coordinator("stable", frozenset({1})), BEFORE_2_10.rebalancing, "refused"),
    ],
)
def test_what_becomes_of_a_commit_in_a_classic_group(
    sender: Consumer, coordinator: Coordinator, rules: Rebalancing, answer: Answer
) -> None:
    assert CLASSIC.answer(ConsumerRules(rebalancing=rules), coordinator, NOW, (sender, MEMBER), 0) == answer


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        (attrs.evolve(REJOINING, in_flight=(1, 2)), REJOINING),
        (attrs.evolve(REJOINING, to_commit=1), attrs.evolve(REJOINING, to_commit=1, answer="put off")),
        (ANSWERED, ANSWERED),
    ],
)
def test_what_a_member_commits_behind_its_joining_is_of_a_generation_that_has_passed(
    sent: Consumer, heard: Consumer
) -> None:
    """It is refused, and its client keeps the partition (``ClassicGroup.validateOffsetCommit``)."""
    everybody = attrs.evolve(STABLE, state="preparing", joined=BOTH, claimant=0)
    rules = ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA)
    (begun,) = begin_generation.outcomes(rules, (sent, MEMBER), NOW, everybody)

    assert begun.changes["consumers"] == (attrs.evolve(heard, generation=4), attrs.evolve(MEMBER, generation=4))


@pytest.mark.parametrize("late", [attrs.evolve(REJOINING, in_flight=(1,)), attrs.evolve(REJOINING, to_commit=1)])
def test_before_2_10_librdkafka_forgets_its_generation_at_that(late: Consumer) -> None:
    everybody = attrs.evolve(STABLE, state="preparing", joined=BOTH, claimant=0)
    (begun,) = begin_generation.outcomes(BEFORE_2_10, (late, MEMBER), NOW, everybody)

    assert [each.generation for each in after(begun)] == [0, 4]


def test_what_a_process_sent_that_has_ended_is_not_of_a_generation_that_began_without_it() -> None:
    rules, dead = attrs.evolve(BEFORE_2_10, is_static=True), Consumer("out", in_flight=(1,))
    without_it = Coordinator("preparing", BOTH, frozenset({1}))
    (begun,) = begin_generation.outcomes(rules, (dead, Consumer("joining")), NOW, without_it)

    def answers(consumers: Consumers) -> set[object]:
        arrives = async_commit_arrives.outcomes(rules, CLASSIC, consumers, attrs.evolve(NOW, generation=4), STABLE)
        return {outcome.changes["group"] for outcome in arrives}

    assert answers(after(begun)) == {attrs.evolve(NOW, generation=4)}
    assert attrs.evolve(NOW, generation=4, committed=1) in answers((dead, MEMBER))


@pytest.mark.parametrize(("members", "commits"), [(BOTH, True), (frozenset({1}), False)])
def test_who_closes_as_it_rejoins_commits_only_while_it_is_a_member(members: frozenset[int], commits: bool) -> None:
    rules = ConsumerRules(commit="auto", auto_commit=LIBRDKAFKA, rebalancing=COOPERATIVE_LIBRDKAFKA)
    preparing, closing = Coordinator("preparing", members), attrs.evolve(REJOINING, stored=1, generation=2)
    left = member_leaves.outcomes(rules, CLASSIC, (closing, MEMBER), NOW, preparing)

    assert (attrs.evolve(NOW, committed=1) in [outcome.changes["group"] for outcome in left]) == commits


def test_who_has_forgotten_its_generation_hears_so_and_rejoins_without_the_partition() -> None:
    (lost,) = lose_assignment.outcomes(BEFORE_2_10, (attrs.evolve(OWNER, generation=0), MEMBER), STABLE)

    assert after(lost) == (Consumer("joining"), MEMBER)
    assert lost.changes["coordinator"] == Coordinator("preparing", BOTH, frozenset({0}))


def test_who_has_a_generation_or_has_joined_the_next_one_loses_nothing() -> None:
    joined = Coordinator("preparing", BOTH, frozenset({0}), claimant=0)

    assert not list(lose_assignment.outcomes(BEFORE_2_10, (OWNER, MEMBER), STABLE))
    assert not list(lose_assignment.outcomes(BEFORE_2_10, (WITHOUT_GENERATION, MEMBER), joined))


def test_a_commit_without_a_generation_is_refused_as_the_partition_is_given_up() -> None:
    rules, to_move = attrs.evolve(BEFORE_2_10, on_revoke="commit"), attrs.evolve(STABLE, owner=None)
    (current,) = learn_what_is_kept.outcomes(rules, (REJOINING, MEMBER), NOW, to_move)
    (late,) = learn_what_is_kept.outcomes(rules, (WITHOUT_GENERATION, MEMBER), NOW, to_move)

    assert [found.changes["group"] for found in (current, late)] == [attrs.evolve(NOW, committed=1), NOW]


def test_who_is_still_known_and_is_refused_gives_up_the_partition_as_it_rejoins() -> None:
    refused = attrs.evolve(OWNER, generation=0, to_commit=1, answer="refused")
    (heard,) = hear_answer.outcomes(BEFORE_2_10, (refused, MEMBER), NOW, STABLE)

    assert after(heard)[0] == attrs.evolve(OWNER, generation=0)


@pytest.mark.parametrize(
    ("coordinator", "rules", "answer"),
    [
        (STABLE, RECONCILING, "accepted"),
        (attrs.evolve(STABLE, ahead=frozenset({0})), RECONCILING, "accepted"),
        (attrs.evolve(STABLE, ahead=frozenset({0})), RECONCILING_WITH_EXACT_EPOCHS, "put off"),
        (attrs.evolve(STABLE, released=frozenset({0})), RECONCILING, "refused"),
        (attrs.evolve(STABLE, members=frozenset({1})), RECONCILING, "refused"),
    ],
)
def test_what_becomes_of_a_commit_under_the_new_protocol(
    coordinator: Coordinator, rules: Rebalancing, answer: Answer
) -> None:
    assert HEARTBEATS.answer(ConsumerRules(rebalancing=rules), coordinator, NOW, (OWNER, MEMBER), 0) == answer


def test_a_claim_is_kept_or_withheld_and_never_given_away() -> None:
    completing = attrs.evolve(with_claim(Coordinator("preparing", BOTH), 0), state="completing")
    found = [outcome.changes["coordinator"] for outcome in assign.outcomes(completing)]

    assert [other.owner for other in found if isinstance(other, Coordinator)] == [0, None]


def test_a_generation_begins_without_static_members_that_are_away() -> None:
    waiting = Coordinator("preparing", BOTH, frozenset({1}))
    consumers = (Consumer("silent"), Consumer("joining"))

    assert list(begin_generation.outcomes(ConsumerRules(), consumers, NOW, waiting)) == []
    assert len(list(begin_generation.outcomes(ConsumerRules(is_static=True), consumers, NOW, waiting))) == 1


@pytest.mark.parametrize(("index", "status"), [(0, "owner"), (1, "member")])
def test_a_static_member_that_is_back_finds_what_it_had(index: int, status: str) -> None:
    found = CLASSIC.restarting(STABLE, NOW, index)
    assert found is not None

    assert found == (STABLE, Consumer("owner" if status == "owner" else "member", generation=3))


FORGETTING = ConsumerRules(is_static=True, keeping=Keeping(forgets_replacements=True))
"""Brokers before 2.6.1 (KAFKA-10284)."""


def test_the_new_id_of_a_static_member_is_not_written_down_before_the_next_assignment() -> None:
    two, completing = (Consumer("out"), MEMBER), attrs.evolve(STABLE, state="completing", unsaved=BOTH)
    (back,) = restart_in_time.outcomes(FORGETTING, CLASSIC, two, NOW, STABLE)
    (sound,) = restart_in_time.outcomes(ConsumerRules(is_static=True), CLASSIC, two, NOW, STABLE)

    assert back.changes["coordinator"] == attrs.evolve(STABLE, unsaved=frozenset({0}))
    assert sound.changes["coordinator"] == STABLE
    assert STABLE in [found.changes["coordinator"] for found in assign.outcomes(completing)]


def test_the_next_coordinator_fences_it_and_it_finds_what_it_had() -> None:
    unsaved = attrs.evolve(STABLE, unsaved=frozenset({0}))
    (moved,) = coordinator_failover.outcomes(FORGETTING, (OWNER, MEMBER), NOW, unsaved)
    (fenced,) = hear_of_fencing.outcomes(after(moved), STABLE)
    (back,) = restart_in_time.outcomes(FORGETTING, CLASSIC, after(fenced), NOW, STABLE)

    assert moved.changes["coordinator"] == STABLE
    assert CLASSIC.answer(FORGETTING, STABLE, NOW, after(moved), 0) == "refused"
    assert [after(step)[0].status for step in (moved, fenced, back)] == ["owner", "silent", "owner"]


def test_during_a_rebalance_it_takes_part_in_that() -> None:
    assert CLASSIC.restarting(Coordinator("completing", BOTH), NOW, 0) == (
        Coordinator("preparing", BOTH, frozenset({0})),
        Consumer("joining"),
    )


def test_under_the_new_protocol_only_who_has_left_for_a_while_is_replaced() -> None:
    holding = attrs.evolve(STABLE, holder=0)

    assert HEARTBEATS.restarting(holding, NOW, 0) is None
    (away,) = HEARTBEATS.waiting(holding, 0)
    assert HEARTBEATS.restarting(away, NOW, 0) == (holding, Consumer("owner", generation=3))


def test_who_leaves_for_a_while_may_have_been_told_to_revoke_and_gets_that_not_back() -> None:
    is_to_move = attrs.evolve(STABLE, owner=1, holder=0)
    found = [HEARTBEATS.restarting(away, NOW, 0) for away in HEARTBEATS.waiting(is_to_move, 0)]

    assert found == [
        (is_to_move, Consumer("owner", generation=3)),
        (attrs.evolve(is_to_move, holder=None), Consumer("member", generation=3)),
    ]


def test_threads_keep_what_they_hold_when_a_static_member_is_back() -> None:
    paused = attrs.evolve(OWNER, status="silent", in_hand=((0, 0),))
    rules = ConsumerRules(is_static=True, processing="handed-off")
    (found,) = restart_in_time.outcomes(rules, CLASSIC, (paused, MEMBER), NOW, STABLE)

    assert found.changes["consumers"] == (Consumer("owner", left_over=((0, 0),), generation=3), MEMBER)


def test_the_partition_moves_only_once_its_holder_has_revoked_it() -> None:
    rules = ConsumerRules(rebalancing=RECONCILING)
    target = Coordinator("stable", BOTH, owner=1, holder=0, behind=BOTH)
    (told,) = advance.outcomes((OWNER, MEMBER), target)
    waiting = told.changes["coordinator"]
    (done,) = revoke.outcomes(rules, (OWNER, MEMBER), NOW, target)

    assert waiting == attrs.evolve(target, behind=frozenset({0}), ahead=frozenset({1}))
    assert done.changes["coordinator"] == attrs.evolve(target, holder=None, behind=frozenset({1}), ahead=frozenset({0}))


def test_a_member_gets_what_nobody_holds_any_more() -> None:
    free = Coordinator("stable", BOTH, owner=1)
    (found,) = hear_epoch.outcomes((MEMBER, MEMBER), NOW, free)

    assert found.changes["consumers"] == (MEMBER, attrs.evolve(MEMBER, status="owner", generation=4))
    assert found.changes["coordinator"] == attrs.evolve(free, holder=1)


def test_a_new_target_leaves_every_member_behind() -> None:
    found = [outcome.changes["coordinator"] for outcome in compute_target.outcomes(Coordinator("preparing", BOTH))]

    assert [(other.owner, other.behind) for other in found if isinstance(other, Coordinator)] == [(0, BOTH), (1, BOTH)]
