import pytest
from kio.schema.errors import ErrorCode
from kio.schema.list_offsets.v10.request import ListOffsetsRequest
from kio.schema.offset_for_leader_epoch.v4.request import OffsetForLeaderEpochRequest

from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.errors import (
    LogTruncationError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from ackproof.reference.consumer.record import OffsetAndTimestamp
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import NOW_MS, P0


def asked_times(group: ScriptedGroup) -> list[int]:
    return [
        int(request.topics[0].partitions[0].timestamp) for request in group.asked("list_offsets", ListOffsetsRequest)
    ]


def test_earliest_starts_at_the_beginning_of_the_log() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    group.log_start[P0] = 1

    assert group.poll(group.joined(), 0) == []
    assert asked_times(group) == [-2]


def test_latest_skips_everything_that_was_there_before() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    consumer = group.joined(auto_offset_reset="latest")
    group.append("c")

    assert group.poll(consumer) == ["c"]


def test_a_duration_is_asked_for_as_a_time() -> None:
    group = ScriptedGroup()
    group.append("a", "b", "c")
    consumer = group.joined(auto_offset_reset="by_duration:PT1H")

    (at_ms,) = asked_times(group)
    assert NOW_MS - 3_600_000 <= at_ms < NOW_MS - 3_590_000
    assert group.run(consumer.position(P0)) == 3


def test_without_a_policy_the_application_has_to_decide() -> None:
    group = ScriptedGroup()
    consumer = group.consumer(auto_offset_reset="none")
    consumer.subscribe(["t"])

    with pytest.raises(NoOffsetForPartitionError) as raised:
        group.poll(consumer)

    assert raised.value.partitions == (P0,)


def test_a_position_that_retention_has_passed_is_reset() -> None:
    group = ScriptedGroup()
    group.append("a", "b", "c")
    group.committed[P0] = 0
    group.log_start[P0] = 2
    consumer = group.consumer()
    consumer.subscribe(["t"])

    # Batches are kept as a whole.
    assert group.poll(consumer) == ["c"]


def test_a_position_beyond_the_end_is_reset() -> None:
    group = ScriptedGroup()
    group.append("a")
    group.committed[P0] = 50
    consumer = group.consumer()
    consumer.subscribe(["t"])

    assert group.poll(consumer) == ["a"]


def test_without_a_policy_a_position_out_of_range_is_an_error() -> None:
    group = ScriptedGroup()
    group.committed[P0] = 50
    consumer = group.consumer(auto_offset_reset="none")
    consumer.subscribe(["t"])

    with pytest.raises(OffsetOutOfRangeError) as raised:
        group.poll(consumer)

    assert raised.value.positions == {P0: 50}


@pytest.mark.parametrize(
    "code",
    [
        ErrorCode.not_leader_or_follower,
        ErrorCode.fenced_leader_epoch,
        ErrorCode.unknown_leader_epoch,
        ErrorCode.unknown_topic_or_partition,
        ErrorCode.offset_not_available,
        ErrorCode.kafka_storage_error,
        ErrorCode.unknown_server_error,
    ],
)
def test_a_fetch_that_fails_for_now_is_made_again_from_the_same_position(code: ErrorCode) -> None:
    group = ScriptedGroup()
    group.append("a")
    group.fail("fetch", code, code)
    consumer = group.consumer()
    consumer.subscribe(["t"])

    assert group.poll(consumer, 5_000) == ["a"]


@pytest.mark.parametrize("code", [ErrorCode.not_leader_or_follower, ErrorCode.leader_not_available])
def test_a_look_up_that_fails_for_now_is_made_again(code: ErrorCode) -> None:
    group = ScriptedGroup()
    group.append("a")
    group.fail("list_offsets", code)
    consumer = group.consumer()
    consumer.subscribe(["t"])

    assert group.poll(consumer, 5_000) == ["a"]
    assert asked_times(group) == [-2, -2]


def test_seeking_to_the_beginning_or_the_end_is_found_out_in_poll() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    consumer = group.joined()

    consumer.seek_to_beginning()
    assert group.poll(consumer) == ["a", "b"]
    consumer.seek_to_end([P0])

    assert group.run(consumer.position(P0)) == 2
    assert asked_times(group) == [-2, -2, -1]


def test_starts_ends_and_times_can_be_asked_for_without_reading() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    consumer = group.consumer(group_id=None)

    assert group.run(consumer.beginning_offsets([P0])) == {P0: 0}
    assert group.run(consumer.end_offsets([P0])) == {P0: 2}
    assert group.run(consumer.offsets_for_times({P0: 17})) == {P0: OffsetAndTimestamp(1, -1)}


def moved(group: ScriptedGroup, consumer: Consumer, leader_epoch: int = 1) -> None:
    """Another leader is elected, and the consumer hears of it."""
    group.leader_epoch = leader_epoch
    group.fail("fetch", ErrorCode.not_leader_or_follower)
    group.poll(consumer, 2_000)


def test_after_a_change_of_leader_the_position_is_checked() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    consumer = group.joined()

    moved(group, consumer)

    (asked,) = group.asked("offset_for_leader_epoch", OffsetForLeaderEpochRequest)
    (of,) = asked.topics[0].partitions
    assert (of.leader_epoch, of.current_leader_epoch) == (0, 1)
    assert group.run(consumer.position(P0)) == 2


def test_a_position_in_what_was_truncated_moves_to_where_logs_diverge() -> None:
    group = ScriptedGroup()
    group.append("a", "b", "c")
    consumer = group.joined()
    group.epoch_ends[0] = (0, 1)
    group.batches[P0].clear()
    group.append("a")
    group.append("x", "y")

    group.leader_epoch = 1
    group.fail("fetch", ErrorCode.not_leader_or_follower)

    assert group.poll(consumer, 3_000) == ["x", "y"]


def test_without_a_policy_truncation_is_an_error_that_tells_where_logs_diverge() -> None:
    group = ScriptedGroup()
    group.append("a", "b", "c")
    group.committed[P0] = 0
    consumer = group.joined(auto_offset_reset="none")
    group.epoch_ends[0] = (0, 1)
    group.leader_epoch = 1
    group.fail("fetch", ErrorCode.not_leader_or_follower)

    with pytest.raises(LogTruncationError) as raised:
        group.poll(consumer, 5_000)

    assert raised.value.positions == {P0: 3}
    assert raised.value.divergent_offsets == {P0: 1}


def test_where_it_is_not_known_how_logs_diverge_the_policy_decides() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    consumer = group.joined()
    group.epoch_ends[0] = (-1, -1)

    group.leader_epoch = 1
    group.fail("fetch", ErrorCode.not_leader_or_follower)

    assert group.poll(consumer, 3_000) == ["a", "b"]


def test_nothing_is_read_before_the_new_leader_has_answered() -> None:
    group = ScriptedGroup()
    group.append("a")
    consumer = group.joined()
    group.silent.add("offset_for_leader_epoch")
    moved(group, consumer)
    group.append("b")

    assert group.poll(consumer, 2_000) == []


def test_a_check_that_fails_for_now_is_made_again() -> None:
    group = ScriptedGroup()
    group.append("a")
    consumer = group.joined()
    group.fail("offset_for_leader_epoch", ErrorCode.fenced_leader_epoch)
    moved(group, consumer)
    group.append("b")

    assert group.poll(consumer, 3_000) == ["b"]
    assert len(group.order("offset_for_leader_epoch")) == 2


def test_a_position_that_was_sought_without_epoch_is_not_checked() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    consumer = group.joined()
    consumer.seek(P0, 1)
    group.poll(consumer, 0)
    group.leader_epoch = 1
    consumer.seek(P0, 1)

    group.poll(consumer, 2_000)

    assert group.order("offset_for_leader_epoch") == []


def test_a_client_may_take_no_answer_for_no_committed_offset() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    group.committed[P0] = 1
    group.silent.add("offset_fetch")
    rules = ConsumerRules(resets_without_answer=True)
    consumer = group.consumer(rules=rules, request_timeout_ms=1_000)
    consumer.subscribe(["t"])

    assert group.poll(consumer, 10_000) == ["a", "b"]


def test_others_go_on_asking() -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    group.committed[P0] = 1
    group.silent.add("offset_fetch")
    consumer = group.consumer(request_timeout_ms=1_000)
    consumer.subscribe(["t"])

    assert group.poll(consumer, 10_000) == []
    group.silent.clear()

    assert group.poll(consumer, 10_000) == ["b"]
