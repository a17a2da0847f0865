"""Commits of members of librdkafka as their group rebalances."""

import attrs
import pytest
from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest

from ackproof.model.consume.auto_commit import LIBRDKAFKA_WITHOUT_OFFSET_STORE
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA, EAGER_LIBRDKAFKA, Rebalancing
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.errors import CommitFailedError, FencedInstanceIdError
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


def that_has_forgotten_itself(rules: Rebalancing) -> tuple[ScriptedGroup, Consumer]:
    """A static member whose application does not poll for too long."""
    group = ScriptedGroup()
    consumer = group.joined(rules=ConsumerRules(rebalancing=rules), group_instance_id="i", max_poll_interval_ms=11_000)
    group.pass_time(11_100)
    return group, consumer


@pytest.mark.parametrize("rules", [EAGER_LIBRDKAFKA, COOPERATIVE_LIBRDKAFKA], ids=["eager", "cooperative"])
def test_who_has_forgotten_its_member_id_commits_without_one_and_ends_if_it_is_fenced(rules: Rebalancing) -> None:
    group, consumer = that_has_forgotten_itself(rules)
    group.fail("offset_commit", ErrorCode.fenced_instance_id)

    with pytest.raises(FencedInstanceIdError):
        group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}))

    (sent,) = group.asked("offset_commit", OffsetCommitRequest)
    assert (sent.member_id, sent.generation_id_or_member_epoch, sent.group_instance_id) == ("", 1, "i")
    for _ in range(2):
        with pytest.raises(FencedInstanceIdError):
            group.poll(consumer)


@pytest.mark.parametrize("code", [ErrorCode.unknown_member_id, ErrorCode.group_id_not_found])
def test_who_has_forgotten_its_member_id_and_is_unknown_just_joins_anew(code: ErrorCode) -> None:
    group, consumer = that_has_forgotten_itself(EAGER_LIBRDKAFKA)
    group.fail("offset_commit", code)

    with pytest.raises(CommitFailedError):
        group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}))
    group.poll(consumer)

    assert [join.member_id for join in group.asked("join_group", JoinGroupRequest)] == ["", ""]


def test_what_is_lost_is_not_committed_automatically() -> None:
    group = ScriptedGroup()
    rules = ConsumerRules(auto_commit=LIBRDKAFKA_WITHOUT_OFFSET_STORE, commit="auto", rebalancing=EAGER_LIBRDKAFKA)
    consumer = group.joined(
        rules=rules,
        group_instance_id="i",
        max_poll_interval_ms=11_000,
        enable_auto_commit=True,
        auto_commit_interval_ms=900,
    )
    group.pass_time(11_100)
    consumer.store_offsets({P0: OffsetAndMetadata(7)})

    group.pass_time(2_000)

    assert not group.asked("offset_commit", OffsetCommitRequest)
