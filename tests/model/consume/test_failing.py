"""Faults of members: who is put out, who is back in time, what they commit, and what a coordinator finds."""

import attrs
import pytest

from ackproof.model.consume.consumer import Consumer, Status
from ackproof.model.consume.failing import (
    can_close,
    consumer_crash,
    consumer_pause,
    coordinator_failover,
    member_leaves,
    member_stops,
    offset_on_close,
)
from ackproof.model.consume.keeping import Keeping
from ackproof.model.consume.log import Group
from ackproof.model.consume.rebalancing import COOPERATIVE, COOPERATIVE_LIBRDKAFKA, EAGER, RECONCILING, Rebalancing
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.system import Action, Next
from tests.model.consume.styles import after

OWNER, MEMBER = Consumer("owner", position=1), Consumer("member")
STATIC = ConsumerRules(is_static=True)


def statuses(act: Action, rules: ConsumerRules, *consumers: Consumer) -> list[tuple[Status, ...]]:
    """What becomes of the first consumer, and of the others."""
    found = act.outcomes(rules, consumers, Group())
    return [tuple(consumer.status for consumer in after(outcome)) for outcome in found]


def test_a_dynamic_member_that_crashes_is_put_out() -> None:
    assert ("out", "owner") in statuses(consumer_crash, ConsumerRules(), OWNER, MEMBER)
    assert ("owner", "member") not in statuses(consumer_crash, ConsumerRules(), OWNER, MEMBER)


def test_a_static_one_may_be_back_in_time() -> None:
    assert {("out", "owner"), ("owner", "member")} <= set(statuses(consumer_crash, STATIC, OWNER, MEMBER))


def test_the_new_protocol_refuses_its_successor_until_its_session_has_expired() -> None:
    rules = attrs.evolve(STATIC, rebalancing=RECONCILING)

    assert ("owner", "member") not in statuses(consumer_crash, rules, OWNER, MEMBER)
    assert ("owner", "member") in statuses(member_leaves, rules, OWNER, MEMBER)


@pytest.mark.parametrize(("rules", "can_wait"), [(ConsumerRules(), False), (STATIC, True)])
def test_the_group_waits_only_for_a_static_member_that_pauses(rules: ConsumerRules, can_wait: bool) -> None:
    found = consumer_pause.outcomes(rules, (OWNER, MEMBER))

    assert ("silent" in {after(outcome)[0].status for outcome in found}) == can_wait


@pytest.mark.parametrize(("rules", "is_lost"), [(COOPERATIVE, True), (COOPERATIVE_LIBRDKAFKA, True), (EAGER, False)])
def test_a_coordinator_that_does_not_know_the_generation_has_an_owner_that_reads_on_lose_it(
    rules: Rebalancing, is_lost: bool
) -> None:
    rejoining = attrs.evolve(OWNER, is_rejoining=rules.keeps_reading)
    member = ConsumerRules(rebalancing=rules, on_revoke="commit")

    assert (("member", "owner") in statuses(coordinator_failover, member, rejoining, MEMBER)) == is_lost


def test_who_just_stops_commits_nothing() -> None:
    holding = attrs.evolve(OWNER, in_hand=((0, 0),))
    found: list[Next] = list(member_stops.outcomes(ConsumerRules(), (holding, MEMBER), Group()))

    assert {outcome.changes["group"] for outcome in found} == {Group()}


def test_who_closes_while_it_rejoins_commits_nothing_with_java() -> None:
    closing = attrs.evolve(OWNER, is_rejoining=True)
    java = ConsumerRules(commit="auto", rebalancing=COOPERATIVE)

    assert offset_on_close(java, closing, None) is None
    assert offset_on_close(attrs.evolve(java, rebalancing=COOPERATIVE_LIBRDKAFKA), closing, None) == 1


def test_close_waits_for_asynchronous_commits() -> None:
    closing = attrs.evolve(OWNER, in_flight=(1,))
    rules = ConsumerRules(commit="async")

    assert not can_close(rules, closing)
    assert can_close(attrs.evolve(rules, awaits_commits_on_close=False), closing)


def test_an_owner_whose_new_id_is_not_written_down_is_fenced_by_the_next_coordinator() -> None:
    rules = attrs.evolve(STATIC, keeping=Keeping(forgets_replacements=True))
    (found,) = coordinator_failover.outcomes(rules, (OWNER, MEMBER), Group(is_unsaved=True))

    assert found.changes == {"consumers": (attrs.evolve(OWNER, status="silent"), MEMBER), "group": Group()}
