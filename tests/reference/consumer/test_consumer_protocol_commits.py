import pytest
from kio.schema.errors import ErrorCode
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest

from ackproof.model.consume.auto_commit import JAVA_ON_ANOTHER_THREAD
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.errors import (
    CommitFailedError,
    RetriableCommitFailedError,
    StaleMemberEpochError,
)
from ackproof.reference.consumer.record import OffsetAndMetadata
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.consumer.listening import Outcome, Told
from tests.reference.consumer.modern_member import beats, member
from tests.reference.consumer.scripted_leader import P0


def test_before_it_gives_anything_up_it_commits_what_it_has_read() -> None:
    group, consumer = member(enable_auto_commit="true", auto_commit_interval_ms=600_000)
    group.append("a")
    assert group.poll(consumer) == ["a"]
    group.target = []
    group.pass_time(1_500)

    group.poll(consumer)

    assert group.committed == {P0: 1}


def test_that_commit_is_sent_again_with_a_newer_epoch_if_the_old_one_was_stale() -> None:
    group, consumer = member(enable_auto_commit="true", auto_commit_interval_ms=600_000)
    group.append("a")
    group.poll(consumer)
    group.target, group.member_epoch = [], 2
    group.pass_time(1_500)
    group.fail("offset_commit", ErrorCode.stale_member_epoch)

    group.poll(consumer)

    epochs = [request.generation_id_or_member_epoch for request in group.asked("offset_commit", OffsetCommitRequest)]
    assert epochs == [2, 2]
    assert group.committed == {P0: 1}


def test_commits_and_look_ups_say_who_asks() -> None:
    group, consumer = member(group_instance_id="i")
    group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}))

    (commit,) = group.asked("offset_commit", OffsetCommitRequest)
    (fetch,) = group.asked("offset_fetch", OffsetFetchRequest)
    member_id = beats(group)[0].member_id
    assert (commit.generation_id_or_member_epoch, commit.member_id, commit.group_instance_id) == (1, member_id, "i")
    assert (fetch.groups[0].member_epoch, fetch.groups[0].member_id) == (1, member_id)
    assert consumer.group_metadata.generation == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (ErrorCode.stale_member_epoch, StaleMemberEpochError),
        (ErrorCode.unknown_member_id, CommitFailedError),
        (ErrorCode.offset_metadata_too_large, KafkaError),
    ],
)
def test_a_refused_commit_is_told_and_changes_nothing_about_its_membership(
    code: ErrorCode, error: type[Exception]
) -> None:
    told = Told()
    group, consumer = member(told)
    group.fail("offset_commit", code)

    with pytest.raises(error):
        group.run(consumer.commit_sync({P0: OffsetAndMetadata(7)}))

    group.poll(consumer, 3_000)
    assert told.told == [("assigned", (P0,))]


def test_an_asynchronous_commit_waits_for_a_coordinator_however_often_it_is_looked_for() -> None:
    group, consumer = member()
    group.fail("find_coordinator", *[ErrorCode.coordinator_not_available] * 5)
    group.fail("offset_commit", ErrorCode.not_coordinator)
    outcome = Outcome()

    consumer.commit_async({P0: OffsetAndMetadata(7)}, outcome)
    group.pass_time(10)
    consumer.commit_async({P0: OffsetAndMetadata(8)}, outcome)
    group.poll(consumer, 5_000)
    group.poll(consumer, 100)

    assert [type(error) for error in outcome.errors] == [RetriableCommitFailedError, type(None)]
    assert group.committed == {P0: 8}


def test_closing_waits_for_asynchronous_commits_unless_the_client_does_not() -> None:
    for waits in (True, False):
        rules = ConsumerRules(awaits_commits_on_close=waits)
        group, consumer = member(rules=rules)
        outcome = Outcome()
        consumer.commit_async({P0: OffsetAndMetadata(7)}, outcome)

        group.run(consumer.close())

        assert outcome.errors == [None] * waits


def test_the_background_commits_what_the_application_is_still_processing() -> None:
    rules = ConsumerRules(auto_commit=JAVA_ON_ANOTHER_THREAD)
    group, consumer = member(rules=rules, enable_auto_commit="true", auto_commit_interval_ms=1_000)
    group.append("a")
    assert group.poll(consumer) == ["a"]

    group.pass_time(2_000)

    assert group.committed == {P0: 1}


def test_without_that_it_commits_in_poll_only() -> None:
    group, consumer = member(enable_auto_commit="true", auto_commit_interval_ms=1_000)
    group.append("a")
    assert group.poll(consumer) == ["a"]

    group.pass_time(2_000)

    # Poll has committed where it was before it handed out the record.
    assert group.committed == {P0: 0}


def test_while_an_automatic_commit_is_not_answered_there_is_no_other() -> None:
    group, consumer = member(enable_auto_commit="true", auto_commit_interval_ms=100)
    group.append("a")
    group.poll(consumer)
    group.fail("find_coordinator", *[ErrorCode.coordinator_not_available] * 20)
    group.fail("offset_commit", ErrorCode.not_coordinator)
    group.poll(consumer, 400)
    before = len(group.asked("offset_commit", OffsetCommitRequest))
    polls = 0

    while len(group.asked("offset_commit", OffsetCommitRequest)) == before:
        group.poll(consumer, 100)
        polls += 1

    assert polls >= 10
    assert len(group.asked("offset_commit", OffsetCommitRequest)) <= before + 3


def test_an_automatic_commit_that_failed_for_now_is_sent_again_once_the_interval_is_over() -> None:
    """``CommitRequestManager.maybeResetTimerWithBackoff`` never sees the error that it asks for."""
    group, consumer = member(enable_auto_commit="true", auto_commit_interval_ms=20_000)
    group.append("a")
    group.poll(consumer)
    group.fail("offset_commit", ErrorCode.coordinator_load_in_progress)
    group.pass_time(20_000)
    group.poll(consumer)
    group.pass_time(1_000)
    group.poll(consumer)

    assert len(group.asked("offset_commit", OffsetCommitRequest)) == 1
    group.pass_time(20_000)
    group.poll(consumer)
    assert group.committed == {P0: 1}


def test_a_commit_for_a_topic_that_is_gone_holds_up_no_rebalance() -> None:
    """``CommitRequestManager.autoCommitSyncBeforeRebalanceWithRetries``."""
    group, consumer = member(enable_auto_commit="true", auto_commit_interval_ms=600_000)
    group.append("a")
    group.poll(consumer)
    group.target = []
    group.pass_time(1_500)
    group.fail("offset_commit", *[ErrorCode.unknown_topic_or_partition] * 9)

    group.poll(consumer)
    group.pass_time(1_500)

    assert len(group.asked("offset_commit", OffsetCommitRequest)) == 1
    assert consumer.assignment == ()
