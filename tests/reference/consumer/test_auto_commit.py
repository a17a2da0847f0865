import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.consume.auto_commit import (
    AIOKAFKA,
    JAVA_ON_ANOTHER_THREAD,
    JAVA_THAT_STOPS_COMMITTING,
    LIBRDKAFKA,
    LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES,
    LIBRDKAFKA_WITHOUT_OFFSET_STORE,
    AutoCommit,
    behind_the_last_event,
    the_position,
    the_stored_offset,
)
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.record import OffsetAndMetadata
from tests.reference.consumer.auto_committing import commits, scene
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import P0


def test_java_commits_nothing_while_the_application_does_not_poll() -> None:
    group, _ = scene()

    group.pass_time(20_000)

    assert commits(group) == []


def test_aiokafka_commits_what_the_application_is_still_processing() -> None:
    group, _ = scene(AIOKAFKA)

    group.pass_time(2_000)

    assert group.committed == {P0: 1}


def test_librdkafka_commits_what_it_has_handed_out_as_the_application_is_still_processing() -> None:
    group, _ = scene(LIBRDKAFKA)

    group.pass_time(2_000)

    assert group.committed == {P0: 1}


@pytest.mark.parametrize(("client", "commits"), [(LIBRDKAFKA, False), (LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES, True)])
def test_librdkafka_commits_nothing_by_itself_while_it_rejoins_since_1_7(client: AutoCommit, commits: bool) -> None:
    rules = ConsumerRules(auto_commit=client, rebalancing=COOPERATIVE_LIBRDKAFKA)
    group, consumer = scene(
        rules=rules, auto_commit_interval_ms=5_000, partition_assignment_strategy="cooperative-sticky"
    )
    group.fail("heartbeat", ErrorCode.rebalance_in_progress)
    group.pass_time(4_000)
    group.silent.add("join_group")
    group.poll(consumer, 100)

    group.pass_time(2_000)

    assert bool(consumer.view().under_way) == commits


def test_librdkafka_commits_nothing_twice() -> None:
    group, _ = scene(LIBRDKAFKA)

    group.pass_time(10_000)

    assert commits(group) == [1]


def test_java_commits_the_same_position_again_and_again() -> None:
    group, consumer = scene(max_poll_records=2)
    for _ in range(5):
        group.poll(consumer)

    assert commits(group)[:3] == [2, 2, 2]


def test_an_application_that_stores_offsets_itself_decides_what_is_committed() -> None:
    group, consumer = scene(LIBRDKAFKA_WITHOUT_OFFSET_STORE)
    group.pass_time(2_000)
    assert commits(group) == []

    consumer.store_offsets({P0: OffsetAndMetadata(1)})
    group.pass_time(2_000)

    assert group.committed == {P0: 1}


def test_a_client_that_stores_nothing_takes_no_stored_offsets() -> None:
    _, consumer = scene()

    with pytest.raises(ValueError, match="does not commit what the application stores"):
        consumer.store_offsets({P0: OffsetAndMetadata(1)})


def test_an_offset_can_not_be_stored_for_what_is_not_assigned() -> None:
    _, consumer = scene(LIBRDKAFKA_WITHOUT_OFFSET_STORE)

    with pytest.raises(ValueError, match="No current assignment"):
        consumer.store_offsets({("t", 5): OffsetAndMetadata(1)})


def test_a_commit_at_hand_out_covers_what_poll_is_about_to_return() -> None:
    rule = AutoCommit(the_position, is_in_background=True, is_sent_at_hand_out=True)
    group, _ = scene(rule)

    group.pass_time(10)

    assert commits(group) == [1]


def test_a_client_that_takes_the_end_for_a_record_stores_one_too_many() -> None:
    rule = AutoCommit(the_stored_offset, is_in_background=True, stores="client", stored=behind_the_last_event)
    group, consumer = scene(rule)
    group.pass_time(1_500)
    assert group.committed == {P0: 1}

    group.poll(consumer)
    group.pass_time(1_500)

    assert group.committed == {P0: 3}


def test_a_commit_of_nothing_may_be_the_last_one() -> None:
    group = ScriptedGroup()
    rules = ConsumerRules(auto_commit=JAVA_THAT_STOPS_COMMITTING)
    consumer = group.consumer(rules=rules, enable_auto_commit="true", auto_commit_interval_ms=100)
    group.pass_time(500)
    group.append("a")
    consumer.subscribe(["t"])
    group.poll(consumer)

    group.pass_time(5_000)

    assert commits(group) == []


def test_another_thread_of_java_commits_while_the_application_is_still_processing() -> None:
    group, _ = scene(JAVA_ON_ANOTHER_THREAD)

    group.pass_time(2_000)

    assert group.committed == {P0: 1}


def test_a_commit_that_failed_for_now_is_sent_again_after_the_back_off() -> None:
    group, consumer = scene(auto_commit_interval_ms=20_000)
    group.fail("offset_commit", ErrorCode.coordinator_load_in_progress)
    group.pass_time(20_000)
    group.poll(consumer)

    group.poll(consumer)

    assert len(commits(group)) == 2


def test_closing_commits_what_poll_has_returned() -> None:
    group, consumer = scene(auto_commit_interval_ms=600_000)

    group.run(consumer.close())

    assert group.committed == {P0: 1}
    assert group.order("offset_commit", "leave_group") == ["offset_commit", "leave_group"]


def test_unsubscribing_commits_nothing() -> None:
    group, consumer = scene(auto_commit_interval_ms=600_000)

    group.run(consumer.unsubscribe())
    group.pass_time(100)

    assert commits(group) == []


def test_other_partitions_are_assigned_once_what_is_due_is_on_its_way() -> None:
    group = ScriptedGroup({"t": 2})
    group.append("a")
    consumer = group.consumer(enable_auto_commit="true", auto_commit_interval_ms=100)
    group.run(consumer.assign([P0]))
    group.poll(consumer)
    group.pass_time(200)

    group.run(consumer.assign([("t", 1)]))
    group.pass_time(100)

    assert group.committed == {P0: 1}
