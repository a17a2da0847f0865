import pytest
from kio.schema.errors import ErrorCode
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest

from ackproof.reference.consumer.errors import (
    CommitFailedError,
    FencedInstanceIdError,
    RebalanceInProgressError,
    RetriableCommitFailedError,
)
from ackproof.reference.consumer.record import OffsetAndMetadata
from ackproof.reference.kernel.future import TimedOutError
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.consumer.listening import Outcome, Told
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import P0


def test_the_committed_value_is_the_next_offset_to_read() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    consumer = group.joined()

    group.run(consumer.commit_sync())

    assert group.committed == {P0: 2}


def test_a_commit_says_which_member_of_which_generation_sends_it() -> None:
    group = ScriptedGroup()
    consumer = group.joined(group_instance_id="i")
    group.run(consumer.commit_sync({P0: OffsetAndMetadata(7, 3, "note")}))

    (request,) = group.asked("offset_commit", OffsetCommitRequest)
    (of,) = request.topics[0].partitions
    assert (request.generation_id_or_member_epoch, request.member_id, request.group_instance_id) == (1, "member", "i")
    assert (of.committed_offset, of.committed_leader_epoch, of.committed_metadata) == (7, 3, "note")


def test_without_a_group_subscription_nobody_in_particular_commits() -> None:
    group = ScriptedGroup()
    consumer = group.consumer(group_instance_id="i")
    group.run(consumer.assign([P0]))
    group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}))

    (request,) = group.asked("offset_commit", OffsetCommitRequest)
    assert (request.generation_id_or_member_epoch, request.member_id, request.group_instance_id) == (-1, "", None)


@pytest.mark.parametrize(
    "code",
    [
        ErrorCode.coordinator_load_in_progress,
        ErrorCode.unknown_topic_or_partition,
        ErrorCode.not_coordinator,
        ErrorCode.coordinator_not_available,
        ErrorCode.request_timed_out,
    ],
)
def test_a_synchronous_commit_is_tried_again_where_that_may_help(code: ErrorCode) -> None:
    group = ScriptedGroup()
    consumer = group.joined()
    group.fail("offset_commit", code, code)

    group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}))

    assert group.committed == {P0: 7}
    assert len(group.asked("offset_commit", OffsetCommitRequest)) == 3


def test_a_coordinator_that_is_elsewhere_is_looked_for_again() -> None:
    group = ScriptedGroup()
    consumer = group.joined()
    group.fail("offset_commit", ErrorCode.not_coordinator)

    group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}))

    assert len(group.order("find_coordinator")) == 2


def test_a_synchronous_commit_that_is_not_answered_times_out() -> None:
    group = ScriptedGroup()
    consumer = group.joined()
    group.silent.add("offset_commit")

    with pytest.raises(TimedOutError):
        group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}, timeout_ms=500))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (ErrorCode.rebalance_in_progress, RebalanceInProgressError),
        (ErrorCode.illegal_generation, CommitFailedError),
        (ErrorCode.unknown_member_id, CommitFailedError),
        (ErrorCode.fenced_instance_id, FencedInstanceIdError),
        (ErrorCode.offset_metadata_too_large, KafkaError),
        (ErrorCode.invalid_commit_offset_size, KafkaError),
        (ErrorCode.group_authorization_failed, KafkaError),
    ],
)
def test_what_does_not_pass_is_told_at_once(code: ErrorCode, error: type[Exception]) -> None:
    group = ScriptedGroup()
    consumer = group.joined(group_instance_id="i")
    group.fail("offset_commit", code)

    with pytest.raises(error):
        group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}))

    assert len(group.asked("offset_commit", OffsetCommitRequest)) == 1


@pytest.mark.parametrize(
    ("code", "member_id", "told"),
    [
        (ErrorCode.rebalance_in_progress, "member", "revoked"),
        (ErrorCode.illegal_generation, "member", "lost"),
        (ErrorCode.unknown_member_id, "", "lost"),
    ],
)
def test_a_refused_commit_makes_the_member_join_again(code: ErrorCode, member_id: str, told: str) -> None:
    group, listener = ScriptedGroup(), Told()
    consumer = group.joined(listener)
    group.fail("offset_commit", code)
    consumer.commit_async({P0: OffsetAndMetadata(7)})

    group.poll(consumer)

    joins = group.asked("join_group", JoinGroupRequest)
    assert [join.member_id for join in joins[1:]] == [member_id]
    assert listener.told == [("assigned", (P0,)), (told, (P0,)), ("assigned", (P0,))]


@pytest.mark.parametrize("code", [ErrorCode.coordinator_load_in_progress, ErrorCode.not_coordinator])
def test_an_asynchronous_commit_is_never_sent_again(code: ErrorCode) -> None:
    group, outcome = ScriptedGroup(), Outcome()
    consumer = group.joined()
    group.fail("offset_commit", code)

    consumer.commit_async({P0: OffsetAndMetadata(7)}, outcome)
    group.poll(consumer)

    assert [type(error) for error in outcome.errors] == [RetriableCommitFailedError]
    assert len(group.asked("offset_commit", OffsetCommitRequest)) == 1


def test_callbacks_are_called_in_poll_not_as_the_answer_comes() -> None:
    group, outcome = ScriptedGroup(), Outcome()
    consumer = group.joined()
    consumer.commit_async({P0: OffsetAndMetadata(7)}, outcome)
    group.pass_time(100)
    assert outcome.errors == []

    group.poll(consumer)

    assert outcome.errors == [None]


def test_a_synchronous_commit_calls_the_callbacks_of_earlier_ones() -> None:
    group, outcome = ScriptedGroup(), Outcome()
    consumer = group.joined()
    consumer.commit_async({P0: OffsetAndMetadata(7)}, outcome)

    group.run(consumer.commit_sync({P0: OffsetAndMetadata(8)}))

    assert outcome.errors == [None]
    assert group.committed == {P0: 8}


def test_a_synchronous_commit_of_nothing_waits_for_earlier_ones() -> None:
    group, outcome = ScriptedGroup(), Outcome()
    consumer = group.joined()
    consumer.commit_async({P0: OffsetAndMetadata(7)}, outcome)

    group.run(consumer.commit_sync({}))

    assert outcome.errors == [None]


def test_commits_are_sent_in_the_order_of_the_calls_and_a_lower_one_counts_if_it_comes_last() -> None:
    group = ScriptedGroup()
    consumer = group.joined()

    consumer.commit_async({P0: OffsetAndMetadata(9)})
    consumer.commit_async({P0: OffsetAndMetadata(2)})
    group.pass_time(100)

    assert group.committed == {P0: 2}


def test_a_fenced_asynchronous_commit_is_raised_by_the_next_poll_and_all_that_follow() -> None:
    group = ScriptedGroup()
    consumer = group.joined(group_instance_id="i")
    group.fail("offset_commit", ErrorCode.fenced_instance_id)
    consumer.commit_async({P0: OffsetAndMetadata(7)})
    group.pass_time(100)

    for _ in range(2):
        with pytest.raises(FencedInstanceIdError):
            group.poll(consumer)


def test_a_member_that_was_kicked_out_does_not_even_send_its_commit() -> None:
    group = ScriptedGroup()
    consumer = group.joined()
    group.fail("heartbeat", ErrorCode.unknown_member_id)
    group.pass_time(4_000)

    with pytest.raises(CommitFailedError):
        group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}))

    assert group.asked("offset_commit", OffsetCommitRequest) == []


def test_a_member_that_is_joining_does_not_even_send_its_commit() -> None:
    group = ScriptedGroup()
    consumer = group.joined(partition_assignment_strategy="cooperative-sticky")
    group.fail("heartbeat", ErrorCode.rebalance_in_progress)
    group.pass_time(4_000)
    group.silent.add("join_group")
    group.poll(consumer, 100)

    with pytest.raises(RebalanceInProgressError):
        group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}))

    assert group.asked("offset_commit", OffsetCommitRequest) == []


def test_an_answer_that_does_not_come_is_no_answer_and_the_coordinator_is_looked_for_again() -> None:
    group, outcome = ScriptedGroup(), Outcome()
    consumer = group.joined()
    group.silent.add("offset_commit")
    consumer.commit_async({P0: OffsetAndMetadata(7)}, outcome)
    group.pass_time(10)
    group.silent.clear()
    group.server.drop()

    group.poll(consumer, 2_000)

    assert [type(error) for error in outcome.errors] == [RetriableCommitFailedError]
    assert len(group.order("find_coordinator")) == 2


def test_a_negative_offset_can_not_be_committed() -> None:
    group = ScriptedGroup()
    consumer = group.joined()

    with pytest.raises(ValueError, match="Invalid offset: -1"):
        group.run(consumer.commit_sync({P0: OffsetAndMetadata(-1)}))


def test_what_is_committed_can_be_asked_for() -> None:
    group = ScriptedGroup({"t": 2})
    group.committed[P0] = 5
    consumer = group.joined()

    assert group.run(consumer.committed([P0, ("t", 1)])) == {P0: OffsetAndMetadata(5, None, ""), ("t", 1): None}


def test_what_is_committed_is_waited_for_while_transactions_decide_on_it() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    group.committed[P0] = 1
    group.unstable.add(P0)
    consumer = group.consumer()
    consumer.subscribe(["t"])
    group.clock.call_at(group.clock.now_ms + 1_000, group.unstable.clear)

    assert group.poll(consumer, 500) == []
    assert group.poll(consumer, 5_000) == ["b"]
