import pytest
from kio.schema.errors import ErrorCode
from kio.schema.join_group.v9.request import JoinGroupRequest

from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.assignors.subscribing import decode_subscription
from ackproof.reference.consumer.errors import ListenerError, RebalanceInProgressError
from ackproof.reference.consumer.record import OffsetAndMetadata
from tests.reference.consumer.listening import Told
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import P0, P1


def test_eager_members_give_up_everything_before_they_join() -> None:
    group, told = ScriptedGroup({"t": 2}), Told()
    consumer = group.joined(told)
    group.rebalance()

    group.poll(consumer)

    assert told.told == [("assigned", (P0, P1)), ("revoked", (P0, P1)), ("assigned", (P0, P1))]
    owned = [
        decode_subscription(join.protocols[0].metadata).owned for join in group.asked("join_group", JoinGroupRequest)
    ]
    assert owned == [(), ()]


def test_cooperative_members_join_with_what_they_have_and_are_told_only_what_changes() -> None:
    group, told = ScriptedGroup({"t": 2}), Told()
    consumer = group.joined(told, partition_assignment_strategy="cooperative-sticky")
    group.rebalance()

    group.poll(consumer)

    assert told.told == [("assigned", (P0, P1)), ("assigned", ())]
    second = decode_subscription(group.asked("join_group", JoinGroupRequest)[1].protocols[0].metadata)
    assert (second.owned, second.generation) == ((P0, P1), 1)


def test_a_partition_that_moves_is_revoked_after_the_first_round_and_takes_a_second_one() -> None:
    group, told = ScriptedGroup({"t": 2}), Told()
    consumer = group.joined(told, partition_assignment_strategy="cooperative-sticky")
    group.assigned = [P0]
    group.rebalance()

    group.poll(consumer)

    assert told.told[1:] == [("revoked", (P1,)), ("assigned", ()), ("assigned", ())]
    assert len(group.order("join_group")) == 3
    assert consumer.assignment == (P0,)


def test_cooperative_members_read_on_while_the_group_rebalances() -> None:
    group = ScriptedGroup()
    consumer = group.joined(partition_assignment_strategy="cooperative-sticky")
    group.silent.add("join_group")
    group.rebalance()
    group.append("a")

    assert group.poll(consumer, 2_000) == ["a"]


def test_librdkafka_keeps_what_it_has_if_its_commit_comes_too_late_for_its_generation() -> None:
    """Source: ``rd_kafka_cgrp_op_handle_OffsetCommit``."""
    group, told = ScriptedGroup(), Told()
    rules = ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA)
    consumer = group.joined(told, rules=rules, partition_assignment_strategy="cooperative-sticky")
    group.silent.add("join_group")
    group.rebalance()
    group.poll(consumer, 100)
    group.fail("offset_commit", ErrorCode.illegal_generation)

    with pytest.raises(RebalanceInProgressError):
        group.run(consumer.commit_sync({P0: OffsetAndMetadata(1)}))

    group.silent.clear()
    group.poll(consumer)
    assert told.told == [("assigned", (P0,)), ("assigned", ())]


def test_eager_members_read_nothing_while_the_group_rebalances() -> None:
    group = ScriptedGroup()
    consumer = group.joined()
    group.silent.add("join_group")
    group.rebalance()
    group.append("a")

    assert group.poll(consumer, 2_000) == []


@pytest.mark.parametrize("code", [ErrorCode.unknown_member_id, ErrorCode.illegal_generation])
def test_who_is_out_of_the_group_has_lost_its_partitions_and_commits_nothing(code: ErrorCode) -> None:
    group, told = ScriptedGroup(), Told()
    group.append("a")
    consumer = group.joined(told, enable_auto_commit="true", auto_commit_interval_ms=600_000)
    group.fail("heartbeat", code)
    group.pass_time(3_100)

    group.poll(consumer)

    assert told.told[1] == ("lost", (P0,))
    assert group.committed == {}


def test_a_refusal_of_a_generation_that_is_over_means_nothing() -> None:
    group, told = ScriptedGroup(), Told()
    consumer = group.joined(told)
    # The heartbeat that is refused was sent before the member joined again.
    group.network.delay_ms = 50
    group.fail("heartbeat", ErrorCode.unknown_member_id)
    consumer.enforce_rebalance()
    group.pass_time(2_990)
    group.poll(consumer, 500)
    group.pass_time(2_000)
    group.poll(consumer, 500)

    assert [told for told, _ in told.told].count("lost") <= 1


def test_the_leader_sees_more_partitions_and_has_the_group_rebalance() -> None:
    group = ScriptedGroup()
    consumer = group.joined(metadata_max_age_ms=5_000)
    group.counts["t"] = 3

    for _ in range(8):
        group.poll(consumer)

    assert consumer.assignment == (P0, P1, ("t", 2))
    assert len(group.order("join_group")) == 2


def test_a_leader_that_waits_for_metadata_sends_no_heartbeats() -> None:
    """Its group puts it out if that takes longer than its session."""
    group = ScriptedGroup()
    consumer = group.joined(metadata_max_age_ms=1_000)
    group.silent.add("metadata")
    group.rebalance()
    polling = group.start(consumer.poll(60_000))
    group.pass_time(1_000)
    before = group.order("heartbeat", "sync_group")

    group.pass_time(20_000)

    assert group.order("heartbeat", "sync_group") == before
    group.silent.clear()
    group.pass_time(60_000)
    assert polling.is_done
    assert group.order("heartbeat", "sync_group")[len(before)] == "sync_group"


def test_who_does_not_lead_does_not_care() -> None:
    group = ScriptedGroup()
    group.leads, group.assigned = False, [P0]
    consumer = group.joined(metadata_max_age_ms=5_000)
    group.counts["t"] = 3

    for _ in range(8):
        group.poll(consumer)

    assert len(group.order("join_group")) == 1


def test_the_application_can_have_the_group_rebalance() -> None:
    group = ScriptedGroup()
    consumer = group.joined()

    consumer.enforce_rebalance()
    group.poll(consumer)

    joins = group.asked("join_group", JoinGroupRequest)
    assert [join.reason for join in joins] == ["", "rebalance enforced by user"]


class Raising(Told):
    """A listener that raises an error when it is told of assignments."""

    async def on_partitions_assigned(self, partitions: tuple[TopicPartition, ...]) -> None:
        await super().on_partitions_assigned(partitions)
        raise OSError("no disk")


def test_what_the_listener_raises_comes_out_of_poll_and_it_has_the_partitions_all_the_same() -> None:
    group = ScriptedGroup()
    consumer = group.consumer()
    consumer.subscribe(["t"], Raising())

    with pytest.raises(ListenerError):
        group.poll(consumer)

    assert consumer.assignment == (P0,)


def test_by_default_lost_partitions_are_told_as_revoked() -> None:
    class Revoked(Told):
        async def on_partitions_lost(self, partitions: tuple[TopicPartition, ...]) -> None:
            await super(Told, self).on_partitions_lost(partitions)

    group, told = ScriptedGroup(), Revoked()
    consumer = group.joined(told)
    group.fail("heartbeat", ErrorCode.unknown_member_id)
    group.pass_time(3_100)

    group.poll(consumer)

    assert told.told[1] == ("revoked", (P0,))


def test_a_client_that_rejoins_in_the_background_does_so_while_the_application_is_processing() -> None:
    group = ScriptedGroup()
    rules = ConsumerRules(rejoins_in_background=True)
    consumer = group.consumer(rules=rules)
    consumer.subscribe(["t"])
    for _ in range(3):
        group.poll(consumer)
    assert consumer.assignment == (P0,)

    group.rebalance()
    group.pass_time(1_000)

    assert len(group.order("join_group")) == 2


def test_other_clients_rejoin_in_poll_only() -> None:
    group = ScriptedGroup()
    group.joined()

    group.rebalance()
    group.pass_time(1_000)

    assert len(group.order("join_group")) == 1
