"""Commits of members of librdkafka as their group rebalances."""

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest

from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.record import OffsetAndMetadata
from tests.reference.consumer.listening import Told
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import P0


def test_librdkafka_sends_its_commit_all_the_same() -> None:
    group = ScriptedGroup()
    rules = ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA)
    consumer = group.joined(rules=rules, partition_assignment_strategy="cooperative-sticky")
    group.fail("heartbeat", ErrorCode.rebalance_in_progress)
    group.pass_time(4_000)
    group.silent.add("join_group")
    group.poll(consumer, 100)

    group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}))

    assert group.committed == {P0: 7}


def rejoining_with_a_late_commit(listener: Told, rules: ConsumerRules) -> tuple[ScriptedGroup, Consumer]:
    """A member that has its assignment again, and has heard before that that a commit came too late for it."""
    group = ScriptedGroup()
    consumer = group.joined(listener, rules=rules, partition_assignment_strategy="cooperative-sticky")
    group.fail("heartbeat", ErrorCode.rebalance_in_progress)
    group.pass_time(3_100)
    polled = group.start(consumer.poll(500))
    group.pass_time(1)
    group.fail("offset_commit", ErrorCode.illegal_generation)
    consumer.commit_async({P0: OffsetAndMetadata(7)})
    group.pass_time(1_000)
    polled.result()
    return group, consumer


def test_before_librdkafka_4059_a_commit_that_comes_too_late_is_the_end_of_the_assignment() -> None:
    listener = Told()
    before = attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False)
    group, consumer = rejoining_with_a_late_commit(listener, ConsumerRules(rebalancing=before))
    assert listener.told == [("assigned", (P0,)), ("assigned", ())]
    group.pass_time(3_100)

    group.poll(consumer)

    assert ("lost", (P0,)) in listener.told
    assert [each.generation_id for each in group.asked("heartbeat", HeartbeatRequest)][-1] == -1
    assert group.asked("join_group", JoinGroupRequest)[-1].member_id == "member"


def test_a_member_of_librdkafka_keeps_what_it_has_if_a_commit_comes_too_late() -> None:
    listener = Told()
    group, consumer = rejoining_with_a_late_commit(listener, ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA))
    group.pass_time(3_100)

    group.poll(consumer)

    assert listener.told == [("assigned", (P0,)), ("assigned", ())]


def test_a_member_of_librdkafka_goes_on_that_commits_before_its_group_has_its_assignment() -> None:
    group, listener = ScriptedGroup(), Told()
    before = attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False)
    consumer = group.joined(listener, rules=ConsumerRules(rebalancing=before))
    group.fail("offset_commit", ErrorCode.rebalance_in_progress)
    consumer.commit_async({P0: OffsetAndMetadata(7)})

    group.poll(consumer)

    assert listener.told == [("assigned", (P0,))]
